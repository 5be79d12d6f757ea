"""Who signs up agrees to words that were shown: who sends what, how often, and that one can leave."""

from html import unescape

import pytest

from digest.store import persons
from site_pages import SECRET, Place, furnish, opened
from support import Folder, Make


def proof_of(folder: Folder) -> tuple[str, str]:
    """The page of a newsletter whose one public job is `brief`, and the words kept with a sign-up there."""
    (folder.path / "jobs" / "evening.toml").unlink()
    with opened(folder) as place:
        page = unescape(place.client.get("/").text)
        place.client.post("/subscribe", data=place.form())
        place.settled()
        with place.store() as store:
            (subscription,) = persons.known(store, place.inside.tag, "ada@example.org").subscriptions
    return page, subscription.consents[0].text


def test_who_agrees_is_told_what_comes_and_how_often(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    folder.append("jobs/brief.toml", "schedule = '0 7 * * mon-fri'\ntimezone = 'Europe/Berlin'\n")
    page, proof = proof_of(folder)
    often = "Monday to Friday at 7:00 am (Berlin time)"
    assert proof == (
        f"By signing up, you ask Meridian to email you The Brief, {often}. "
        "You can leave at any time, with one click in every mail."
    )
    assert proof in page
    assert f"Comes {often}." in page


@pytest.mark.parametrize("schedule", ["", "schedule = '13 7 8 4 *'\n"])
def test_what_cannot_be_said_in_words_is_not_said(newsletter: Make, schedule: str) -> None:
    folder = furnish(newsletter(0))
    folder.append("jobs/brief.toml", schedule)
    page, proof = proof_of(folder)
    assert proof.startswith("By signing up, you ask Meridian to email you The Brief. You can")
    assert proof in page
    assert "Comes" not in page
    assert "*" not in page


def test_of_several_newsletters_each_says_how_often_it_comes(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    folder.append("jobs/evening.toml", "schedule = '30 18 * * tue,thu'\ntimezone = 'Europe/Vienna'\n")
    with opened(folder) as place:
        german = {"accept-language": "de"}
        assert "Comes on Tuesdays and Thursdays at 6:30 pm (Vienna time)." in place.client.get("/").text
        page = place.client.get("/", headers=german).text
    assert "Kommt dienstags und donnerstags um 18:30 Uhr (Zeit in Wien)." in page
    assert page.count("Kommt ") == 1


def test_nobody_agrees_to_words_that_were_not_shown(place: Place) -> None:
    before = place.rows()
    answer = place.client.post("/subscribe", data=place.form("de"), headers={"accept-language": "en"})
    assert answer.status_code == 400
    assert "has changed since" in answer.text
    place.settled()
    assert place.asked == []
    assert place.rows() == before


def test_a_form_shown_before_its_words_changed_is_shown_once_more(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    with opened(folder) as place:
        given = place.form()
    folder.write("jobs/evening.toml", SECRET)
    with opened(folder) as place:
        place.clock.forward(seconds=3)
        assert place.client.post("/subscribe", data=given).status_code == 400
        again = given | {"shown": place.form()["shown"]}
        assert place.client.post("/subscribe", data=again).status_code == 200


@pytest.mark.parametrize("language", ["*", "de;q=" + "9" * 999, "\x01", "xx-" * 400, "de, en;q=0.9" + ",de" * 300])
def test_any_language_of_a_browser_is_shown_what_it_agrees_to(place: Place, language: str) -> None:
    answer = place.client.post("/subscribe", data=place.form(language), headers={"accept-language": language})
    assert answer.status_code == 200
    place.settled()
    assert place.state() == "pending"
