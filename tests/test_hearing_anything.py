"""Whatever comes in whatever order, however often and in however many readings: only proven letters change anything."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.store import connect
from returned import BASE, FULL, REFUSED, Office, bounce, complaint, letter, put, sent_newsletter
from support import Folder, Make

READERS = [f"r{number}@example.org" for number in range(4)]
KINDS = ("hard", "soft", "policy", "complaint", "leave", "away")
Sent = tuple[str, int, bool]
"""Kind, reader, and whether what it says is true."""

letters = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.booleans()), max_size=12)


@pytest.fixture
def template(newsletter: Make) -> Folder:
    """A sent newsletter, of which each example gets a copy."""
    return sent_newsletter(newsletter, len(READERS))


def written(office: Office, sent: Sent) -> bytes:
    kind, number, is_true = sent
    path = office.path(READERS[number])
    tag = office.key.tag("unsubscribe", "brief", READERS[number])
    if not is_true:
        path, tag = path.replace("@", "0@"), tag[:-1] + ("0" if tag[-1] != "0" else "1")
    made = {
        "hard": bounce(path, about=READERS[number]),
        "soft": bounce(path, FULL),
        "policy": bounce(path, REFUSED),
        "complaint": complaint(path),
        "leave": letter(BASE, f"unsubscribe {tag}", READERS[number]),
        "away": letter(path, "Away", READERS[number], "Auto-Submitted: auto-replied\n"),
    }
    return made[kind]


def expected(letters_sent: Sequence[Sent]) -> tuple[dict[str, str], list[str]]:
    """Why nobody mails whom, and the state of each subscription, by what is true of it; the first thing counts."""
    barred: dict[str, str] = {}
    states = ["active"] * len(READERS)
    for kind, number, is_true in letters_sent:
        email = READERS[number]
        if not is_true:
            continue
        if kind == "complaint":
            barred[email] = "complained"
            states[number] = "unsubscribed" if states[number] == "unsubscribed" else "complained"
        if kind == "hard" and states[number] == "active":
            barred.setdefault(email, "bounced")
            states[number] = "bounced"
        if kind == "leave" and states[number] == "active":
            states[number] = "unsubscribed"
    return barred, states


@given(first=letters, second=letters)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_what_is_proven_changes_anything(template: Folder, first: Sequence[Sent], second: Sequence[Sent]) -> None:
    with TemporaryDirectory() as name:
        copy = shutil.copytree(template.path, Path(name) / "newsletter")
        check(Folder(copy), first, second)


def check(folder: Folder, first: Sequence[Sent], second: Sequence[Sent]) -> None:
    with connect(folder.path / "digest.db") as store:
        office = Office(folder, store)
        put(folder, [written(office, each) for each in first])
        office.read(dry_run=True)
        office.read()
        put(folder, [written(office, each) for each in second], first=len(first))
        office.read()
        assert office.read() == []
        barred, states = expected([*first, *second])
        assert (office.suppressed(READERS[3]), office.states()) == (barred, states)
        true = sum(is_true and kind != "away" for kind, _, is_true in (*first, *second))
        assert store.rows("SELECT count(*) FROM feedback")[0][0] == true
