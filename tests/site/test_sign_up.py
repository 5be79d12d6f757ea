"""Signing up: by the form, once, by a person, within limits, and without a word on who is subscribed."""

import json
import re
from html import unescape
from typing import Any

import pytest

from digest.site import _limits
from digest.store import persons, subscribers
from site_pages import Place, furnish, heading, opened
from support import Make

ANSWER = "Look into your mailbox"
CONSENT = (
    "Mit der Anmeldung bitten Sie Meridian, Ihnen den hier gewählten Newsletter per E-Mail zu schicken. "
    "Sie können jederzeit abbestellen, mit einem Klick in jeder Mail."
)
LETTERS = "We cannot mail addresses with letters other than a to z before the @ yet"


def asked(place: Place) -> list[str]:
    """The addresses that a mail was asked for."""
    place.settled()
    with place.store() as store:
        found = {row[0]: row[1] for row in store.rows("SELECT id, email FROM subscribers")}
    return [found[number] for _, number in place.asked]


def test_the_form_offers_public_jobs_and_their_topics_alone(place: Place) -> None:
    page = place.client.get("/").text
    assert "The Brief" in page
    assert "The Evening" in page
    assert "The Secret" not in page
    assert page.count('name="topics-brief"') == 2
    assert 'name="topics-evening"' not in page  # it has one topic: there is nothing to choose


def test_a_sign_up_waits_for_its_confirmation_with_a_proof(place: Place) -> None:
    given = place.form("de", **{"topics-brief": ["money"], "language": "de", "email": "Ada@Example.org"})
    page = unescape(place.client.get("/", headers={"accept-language": "de"}).text)
    answer = place.client.post("/subscribe", data=given, headers={"accept-language": "de"})
    assert answer.status_code == 200
    place.settled()
    with place.store() as store:
        found = subscribers.find(store, "brief", "ada@example.org")
        (subscription,) = persons.known(store, place.inside.tag, "ada@example.org").subscriptions
    assert found
    assert (found.state, found.topics, found.language, found.source) == ("pending", ("money",), "de", "form")
    assert [name for name, _ in place.asked] == ["brief"]
    (proof,) = subscription.consents
    assert (proof.how, proof.prefix) == ("form", "203.0.113.0/24")
    assert proof.text == CONSENT
    assert f'<p class="fine">{CONSENT}</p>' in page


def test_all_topics_are_stored_as_everything(place: Place) -> None:
    place.client.post("/subscribe", data=place.form())
    place.settled()
    with place.store() as store:
        found = subscribers.find(store, "brief", "ada@example.org")
    assert found
    assert found.topics == ()


@pytest.mark.parametrize("state", ["nobody", "active", "unsubscribed", "bounced", "complained", "pending"])
def test_the_answer_says_nothing_of_the_address(place: Place, state: str) -> None:
    plain = place.client.post("/subscribe", data=place.form(email="new@example.org"))
    if state != "nobody":
        place.add()
        with place.store() as store, store.writing() as connection:
            connection.execute("UPDATE subscribers SET state = ? WHERE email = 'ada@example.org'", (state,))
    answer = place.client.post("/subscribe", data=place.form())
    assert (answer.status_code, answer.text, heading(answer)) == (200, plain.text, ANSWER)
    mailed = {"nobody", "unsubscribed", "pending"}
    assert ("ada@example.org" in asked(place)) == (state in mailed)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "ada"}, "That is no email address"),
        ({"email": ""}, "That is no email address"),
        ({"email": "ada@example.org\nBcc: x@example.org"}, "That is no email address"),
        ({"email": "ада@example.org"}, LETTERS),
        ({"email": "jörg@example.org"}, LETTERS),
        ({"email": "jo\u0308rg@example.org"}, LETTERS),
        ({"email": "राम@example.org"}, LETTERS),
        ({"email": "jörg@münchen.example"}, LETTERS),
        ({"email": "jörg@example"}, "That is no email address"),
        ({"email": "jörg@@example.org"}, "That is no email address"),
        ({"email": "jörg\u200b@example.org"}, "That is no email address"),
        ({"email": "jörg(1)@example.org"}, "That is no email address"),
        ({"email": "“ada”@example.org"}, "That is no email address"),
        ({"topics-brief": []}, "at least one topic"),
        ({"topics-brief": ["nothing such"]}, "at least one topic"),
        ({"job": "secret"}, "choose a newsletter"),
        ({"job": "nothing such"}, "choose a newsletter"),
        ({"shown": "0.0"}, "once more"),
        ({"shown": ""}, "once more"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_and_nothing_is_kept(place: Place, given: dict[str, Any], said: str) -> None:
    before = place.rows()
    answer = place.client.post("/subscribe", data=place.form(**given))
    assert answer.status_code == 400
    assert said in answer.text
    place.settled()
    assert place.asked == []
    assert place.rows() == before


def test_a_form_comes_back_with_what_was_typed_and_nothing_of_it_is_markup(place: Place) -> None:
    answer = place.client.post("/subscribe", data=place.form(email='"><script>alert(1)</script>'))
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_an_address_that_cannot_be_mailed_yet_is_still_in_the_form(place: Place) -> None:
    typed: dict[str, Any] = {"email": " jörg@example.org ", "topics-brief": ["money"]}
    answer = place.client.post("/subscribe", data=place.form(**typed))
    assert 'value="jörg@example.org"' in answer.text
    assert 'aria-describedby="email-wrong"' in answer.text
    assert 'id="email-wrong"' in answer.text
    assert re.findall(r'name="topics-brief" value="(\w+)" checked', answer.text) == ["money"]


def test_a_form_is_good_from_two_seconds_to_two_hours(place: Place) -> None:
    for seconds, is_good in ((-2, False), (-1.1, False), (-1, True), (7_197, True), (7_198, False)):
        given = place.form(email=f"after{seconds}@example.org")
        place.clock.forward(seconds=seconds)
        assert (heading(place.client.post("/subscribe", data=given)) == ANSWER) == is_good, seconds


def test_a_form_of_another_key_is_not_ours(place: Place) -> None:
    given = place.form()
    moment, _, tag = given["shown"].partition(".")
    other = place.client.post("/subscribe", data=given | {"shown": f"{int(moment, 16) - 1:x}.{tag}"})
    assert other.status_code == 400


def test_a_program_that_fills_in_everything_is_answered_and_forgotten(place: Place) -> None:
    before = place.rows()
    assert heading(place.client.post("/subscribe", data=place.form(website="https://buy.example"))) == ANSWER
    assert asked(place) == []
    assert place.rows() == before


def test_an_address_is_asked_once_a_day_and_three_times_ever(place: Place) -> None:
    mails = []
    for _ in range(8):
        place.client.post("/subscribe", data=place.form())
        place.client.post("/subscribe", data=place.form(email="ADA@EXAMPLE.ORG"))
        place.clock.forward(hours=12)
        mails.append(len(asked(place)))
    assert mails == [1, 1, 2, 2, 3, 3, 3, 3]


def test_who_answers_may_be_asked_again(place: Place) -> None:
    for number in range(1, 5):
        place.client.post("/subscribe", data=place.form())
        assert len(asked(place)) == number
        with place.store() as store:
            tag = place.inside.tag
            assert subscribers.confirm(store, "brief", "ada@example.org", place.clock(), tag=tag)
            subscribers.leave(store, "brief", "ada@example.org", place.clock(), "page")


def test_a_network_a_domain_and_all_together_have_their_limits(newsletter: Make) -> None:
    folder = furnish(newsletter(0), 'proxies = ["127.0.0.0/8"]\n')
    with opened(folder, ("127.0.0.1", 1)) as place:

        def flood(number: int, domain: str, network: str) -> int:
            before = len(asked(place))
            for each in range(number):
                given = place.form(email=f"r{each}@{domain.format(each)}")
                place.client.post("/subscribe", data=given, headers={"x-forwarded-for": network.format(each % 200)})
            return len(asked(place)) - before

        assert flood(20, "one{}.example", "198.51.100.{}") == _limits.NETWORK_HOUR
        assert flood(20, "two{}.example", "2001:db8:1:{}::7") == _limits.NETWORK_HOUR
        assert flood(80, "firm.example", "100.64.{}.7") == _limits.DOMAIN_HOUR
        sofar = 2 * _limits.NETWORK_HOUR + _limits.DOMAIN_HOUR
        assert flood(200, "any{}.example", "100.65.{}.7") == _limits.ALL_HOUR - sofar
        place.clock.forward(hours=1)
        assert flood(5, "later{}.example", "198.51.100.{}") == 5


def test_what_fails_behind_the_answer_harms_nobody(newsletter: Make, caplog: pytest.LogCaptureFixture) -> None:
    with opened(furnish(newsletter(0))) as place:
        object.__setattr__(place.inside, "ask", lambda *_: 1 / 0)
        assert heading(place.client.post("/subscribe", data=place.form())) == ANSWER
        place.settled()
        assert place.state() == "pending"
        assert place.client.get("/health").status_code == 200
    assert [json.dumps(record.why) for record in caplog.records if hasattr(record, "why")] == [
        '"ZeroDivisionError: division by zero"'
    ]
