from hypothesis import given
from hypothesis import strategies as st

from digest import recipients
from digest.core.tokens import Key

KEY, FORMER, STRANGER = (Key(letter * 64) for letter in (b"k", b"f", b"s"))
BASE = "bounces@news.example.org"
NAMES = ("daily-2026-11-23T0700", "weekly-2026-11-22", "x" * 200)
EDITIONS = {recipients.short(name): ["another", name] for name in NAMES}

names = st.sampled_from([ids[1] for ids in EDITIONS.values()])
numbers = st.integers(1, 10**9)
hexadecimal = st.text("0123456789abcdef", min_size=20, max_size=20)


@given(name=names, number=numbers, host=st.sampled_from(["news.example.org", "relay.example.net"]))
def test_a_return_path_names_its_mail_wherever_it_was_delivered(name: str, number: int, host: str) -> None:
    path = recipients.return_path(KEY, BASE, name, number).replace("news.example.org", host)
    assert recipients.addressed(KEY, path, EDITIONS) == (name, number)
    assert recipients.addressed(KEY, path.upper(), EDITIONS) == (name, number)
    assert recipients.addressed(Key(STRANGER.secret, (FORMER.secret, KEY.secret)), path, EDITIONS) == (name, number)


@given(name=names, number=numbers, mac=hexadecimal, other=numbers)
def test_nothing_else_does(name: str, number: int, mac: str, other: int) -> None:
    path = recipients.return_path(KEY, BASE, name, number)
    head, _, own = path.partition("@")[0].rpartition("-")
    begun = head.rpartition("-")[0]
    forged = [f"{head}-{mac}@news.example.org", f"{head}-{KEY.id}{mac[4:]}@news.example.org", BASE, "", path[1:9]]
    forged += [f"{begun}-{other}-{own}@news.example.org"] if other != number else []
    forged += [recipients.return_path(key, BASE, of, number) for key, of in ((STRANGER, name), (KEY, "unknown"))]
    forged += [f"{head}-{own[:-1]}@news.example.org", f"{head}-{own}0@news.example.org", f"{begun}-0{number}-{own}@x"]
    assert [each for each in forged if recipients.addressed(KEY, each, EDITIONS)] == []


@given(st.text(max_size=80))
def test_any_text_is_no_return_path_of_ours(text: str) -> None:
    assert recipients.addressed(KEY, text, EDITIONS) is None
