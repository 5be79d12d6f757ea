"""What opens a reader's page, and what does not."""

from digest.core.tokens import Key
from digest.links import Page
from digest.links import link as linked
from site_pages import ONE_CLICK, Place

ADA = "ada@example.org"


def test_every_other_token_is_the_same_404(place: Place) -> None:
    number = place.add()
    place.add("bea@example.org")
    bea = place.path(Page.UNSUBSCRIBE, "bea@example.org").rpartition("/")[2]
    right = place.path(Page.UNSUBSCRIBE).rpartition("/")[2]
    version, _, tag = right.split(".")
    stranger = linked("", Key(b"k" * 64), Page.UNSUBSCRIBE, number, "brief", ADA).rpartition("/")[2]
    wrong = {
        *(
            "x",
            "1",
            "1..",
            f"{version}.{number + 1:x}.{tag}",
            f"2.{number:x}.{tag}",
            f"{version}.fffffffffffffff.{tag}",
        ),
        *(
            bea.replace(bea.split(".")[1], f"{number:x}", 1),
            stranger,
            right[:-1],
            f"{right}0",
            right.upper(),
            "%00",
            "é",
        ),
        *(f"{version}.{'f' * 16}.{tag}", f"{version}.-1.{tag}", f"{version}.0.{tag}", " " + right, right + "%0a"),
        *(place.path(page).rpartition("/")[2] for page in (Page.PREFERENCES, Page.CONFIRM)),
    } - {right}
    before, pages = place.rows(), set()
    for token in wrong:
        for method in ("GET", "POST"):
            answer = place.client.request(method, f"/unsubscribe/{token}", data=ONE_CLICK if method == "POST" else None)
            assert answer.status_code == 404, token
            pages.add(answer.text)
    assert len(pages) == 1
    assert place.rows() == before


def test_two_thousand_random_tokens_open_nothing(place: Place) -> None:
    place.add()
    before = place.rows()
    for number in range(2_000):
        token = f"1.{number % 3:x}.{number * 0x9E3779B97F4A7C15F39CC0605CEDC834:036x}"[:41]
        assert place.client.post(f"/unsubscribe/{token}").status_code == 404
    assert place.rows() == before


def test_a_link_of_an_older_key_still_leaves(place: Place) -> None:
    place.add()
    path = place.path(Page.UNSUBSCRIBE)
    site = place.inside
    object.__setattr__(site, "key", Key(b"n" * 64, (place.key.secret,)))
    assert place.client.post(path).status_code == 200
    assert place.state() == "unsubscribed"
