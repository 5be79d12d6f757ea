"""Forgetting a person: what goes, byte by byte, and what must stay."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.core import tokens
from digest.core.mail import Result, SendState
from digest.core.runfile import Run
from digest.mailroom import suppression_tag
from digest.store import Store, connect, editions, erasure, ledger, persons, subscribers, suppressions
from digest.store.audience import Audience, Values
from digest.store.consents import Proof
from stored import LATER, NOW, claim, composition, everything, issue, rows, settle, states, terms

EMAIL = "Jo.Searched-For@Example.org"
TAG = suppression_tag(tokens.Key(b"k" * 64))
FORM = Proof(how="form", text="Send me the Brief.", prefix="192.0.2.0/24")


def found_in(folder: Path) -> list[str]:
    """The files that hold the address in any spelling, or the name."""
    needles = (EMAIL.lower().encode(), b"josephine the sought")
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes().lower() for needle in needles)
    ]


def known(store: Store) -> str:
    """The id of an edition that the person got, with a proof and a reply that name the address."""
    subscribers.add(
        store, "daily", EMAIL, name="Josephine the Sought", source="cli", now=NOW, proof=f"{EMAIL} wrote to us"
    )
    subscribers.add_configured(store, "daily", ["r0@example.org", "r1@example.org", "r2@example.org"], NOW)
    new = issue()
    assert editions.begin(store, new, "0-composer")
    values = Values(variant=everything, message_id=lambda folded: f"<{TAG(folded)}@example.org>")
    assert editions.freeze(store, new.id, composition(new.id, Audience(job="daily"), values=values))
    return new.id


def forget(store: Store, email: str = EMAIL) -> erasure.Forgotten:
    return erasure.forget(store, TAG, email, LATER)


def refuse(store: Store, run: Run, edition: str) -> None:
    """Let the relay refuse the person's mail in words that name the address."""
    (one,) = claim(store, edition, run, 1)
    result = Result(claim=one, state=SendState.FAILED, code="550 5.7.1", reply=f"<{EMAIL.lower()}>: no")
    ledger.exchange(store, edition, terms(run), [result], 0, LATER)


def test_no_byte_of_the_address_is_left_in_the_databases_files(store: Store, run: Run) -> None:
    refuse(store, run, known(store))
    subscribers.request(store, "weekly", EMAIL, topics=(), language="", timezone="", proof=FORM, now=NOW, tag=TAG)
    with connect(store.path):  # so that the log stays
        assert found_in(store.path.parent)
        gone = forget(store, EMAIL.upper())
        assert gone == erasure.Forgotten(subscriptions=2, mails=1, is_wiped=True)
        assert found_in(store.path.parent) == []


def test_what_an_earlier_write_left_in_free_space_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with connect(path) as store:
        known(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("CREATE TABLE old (email TEXT)")
        careless.executemany("INSERT INTO old VALUES (?)", [(f"{EMAIL} {number}",) for number in range(900)])
        careless.execute("DROP TABLE old")
    with connect(path) as store:
        assert forget(store).is_wiped
        assert found_in(tmp_path) == []
        assert store.rows("PRAGMA integrity_check")[0][0] == "ok"


def test_a_reader_that_goes_on_is_said(store: Store) -> None:
    known(store)
    store.connection.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM subscribers").fetchone()
        assert not forget(store).is_wiped
    assert forget(store).is_wiped
    assert found_in(store.path.parent) == []


def test_who_got_what_still_adds_up(store: Store, run: Run) -> None:
    edition = known(store)
    settle(store, run, claim(store, edition, run), SendState.SENT)
    before = [(row.state, row.message_id) for row in rows(store, edition)]
    assert forget(store).mails == 1
    assert [(row.state, row.message_id) for row in rows(store, edition)] == before
    assert [row.email for row in rows(store, edition)][:2] == ["", "r0@example.org"]
    assert persons.known(store, TAG, EMAIL).subscriptions[0].mails[0].state == "sent"


def test_a_mail_that_waits_or_is_claimed_does_not_follow(store: Store, run: Run) -> None:
    edition = known(store)
    claims = claim(store, edition, run, 2)
    seen = run.changes()
    forget(store)
    forget(store, "r2@example.org")
    assert run.changes() == seen + 2
    assert [each.email for each in ledger.wanted(store, TAG, claims)] == ["r0@example.org"]
    settle(store, run, claims, SendState.QUEUED)
    assert claim(store, edition, run, 9)[0].email == "r0@example.org"
    assert states(store, edition)[::3] == ["cancelled", "suppressed"]


def test_a_forgotten_address_is_suppressed_whatever_it_was_before(store: Store) -> None:
    for reason, after in (("bounced", "erased"), ("unsubscribed", "erased"), ("complained", "complained")):
        email = f"{reason}@example.org"
        suppressions.add(store, TAG, [email], reason, f"550 <{email}> unknown", NOW)
        assert forget(store, email).subscriptions == 0
        assert suppressions.reasons(store.connection, TAG, [email]) == {email: after}
    assert b"@example.org" not in b"".join(str(tuple(row)).encode() for row in store.rows("SELECT * FROM suppressions"))


def test_somebody_elses_address_that_ends_alike_stays(store: Store) -> None:
    for email in ("o@example.org", "jo@example.org"):
        subscribers.add(store, "daily", email, name="", source="cli", now=NOW, proof=f"{email} wrote")
    assert forget(store, "o@example.org").is_wiped
    person = persons.known(store, TAG, "jo@example.org")
    assert person.subscriptions[0].consents[0].text == "jo@example.org wrote"
    assert person.suppression is None


def test_one_who_was_forgotten_may_come_back_and_be_forgotten_again(store: Store) -> None:
    for _ in range(3):
        assert subscribers.add(store, "daily", EMAIL, name="", source="cli", now=NOW)
        assert forget(store).subscriptions == 1
    assert forget(store).subscriptions == 0
    assert [s.state for s in persons.known(store, TAG, EMAIL).subscriptions] == ["erased"] * 3
    assert found_in(store.path.parent) == []


def test_a_late_answer_that_names_the_person_goes_by_forgetting_again(store: Store, run: Run) -> None:
    edition = known(store)
    (one,) = claim(store, edition, run, 1)
    forget(store)
    result = Result(claim=one, state=SendState.FAILED, code="550", reply=f"<{EMAIL}>: no such user")
    ledger.exchange(store, edition, terms(run), [result], 0, LATER)
    assert rows(store, edition)[0].reply == f"<{EMAIL}>: no such user"
    forget(store)
    assert rows(store, edition)[0].reply == "<***>: no such user"
    assert found_in(store.path.parent) == []


def test_whom_a_backup_brings_back_is_forgotten_again(store: Store, tmp_path: Path) -> None:
    known(store)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(backup)) as copied:
        store.connection.backup(copied)
    forget(store)
    suppressions.add(store, TAG, ["r1@example.org"], "complained", "", NOW)
    with connect(backup) as brought:
        assert erasure.repeat(brought, TAG, LATER) == 0
        brought.connection.execute("ATTACH ? AS later", (str(store.path),))
        brought.connection.execute("INSERT INTO suppressions SELECT * FROM later.suppressions")
        assert erasure.repeat(brought, TAG, LATER) == 1
        assert [s.email for s in subscribers.each(brought) if s.email] == [
            f"r{number}@example.org" for number in range(3)
        ]
    assert found_in(tmp_path) == []


def test_words_that_many_agreed_to_stay_and_those_about_one_person_go(store: Store) -> None:
    subscribers.add(store, "daily", EMAIL, name="", source="cli", now=NOW, proof="met at the fair")
    subscribers.add(store, "daily", "b@example.org", name="", source="cli", now=NOW, proof="met at the fair")
    subscribers.add(store, "weekly", EMAIL, name="", source="cli", now=NOW, proof="Jo, who lives next door")
    forget(store)
    words = {row[0] for row in store.rows("SELECT words FROM wordings")}
    assert "met at the fair" in words
    assert "Jo, who lives next door" not in words


@pytest.mark.parametrize("email", ["nobody@example.org", "%@example.org", "_@x.org"])
def test_forgetting_a_stranger_erases_nobody(store: Store, email: str) -> None:
    known(store)
    assert forget(store, email) == erasure.Forgotten(subscriptions=0, mails=0, is_wiped=True)
    assert len([s for s in subscribers.each(store) if s.email]) == 4
