"""Letters that ask for something, and those that ask for nothing."""

from collections.abc import Iterator

import pytest

from digest.core.tokens import Key
from returned import BASE, R0, R1, R2, Office, letter, marked, opened, sent_newsletter, words
from support import Make


@pytest.fixture
def office(newsletter: Make) -> Iterator[Office]:
    with opened(sent_newsletter(newsletter)) as found:
        yield found


def test_an_automatic_answer_changes_nothing_and_is_put_away(office: Office) -> None:
    away = letter(office.path(R1), "Out of office", R1, "Auto-Submitted: auto-replied\n")
    (heard,) = office.hear(away)
    assert (heard.word, heard.effect) == ("automatic", None)
    assert (office.suppressed(), office.states(), marked(office.folder)) == ({}, ["active"] * 3, 1)


def test_what_is_not_understood_is_left_to_a_person(office: Office) -> None:
    heard = office.hear(letter(office.path(R1), "What a nice edition", R1), letter(BASE, "Buy my list", "x@y.example"))
    assert words(heard) == ["not understood", "nothing of ours"]
    assert marked(office.folder) == 0


def leaving_tag(office: Office, email: str, job: str = "brief") -> str:
    return office.key.tag("unsubscribe", job, email)


@pytest.mark.parametrize("sender", [R1, "R1@Example.ORG", "another@mailbox.example"])
def test_a_request_with_our_tag_is_honoured_from_whatever_address(office: Office, sender: str) -> None:
    (heard,) = office.hear(letter("leave@example.org", f"unsubscribe {leaving_tag(office, R1)}", sender))
    assert (heard.word, heard.effect) == ("left", "left")
    assert office.states() == ["active", "unsubscribed", "active"]
    assert office.suppressed() == {}
    assert office.store.rows("SELECT withdrawal FROM consents WHERE withdrawn <> ''")[0][0] == "mail"
    assert marked(office.folder) == 1


def test_the_address_in_the_mails_header_does_it(office: Office) -> None:
    mail = next(each for each in office.folder.mails() if f"To: {R2}".encode() in each)
    tag = mail.partition(b"subject=unsubscribe%20")[2].partition(b">")[0].replace(b"\r\n ", b"").decode()
    assert words(office.hear(letter("leave@example.org", f"unsubscribe {tag}", "me@elsewhere.example"))) == ["left"]
    assert office.states() == ["active", "active", "unsubscribed"]


def test_without_our_tag_nobody_leaves_and_editors_are_told(office: Office) -> None:
    stranger = Key(b"s" * 64)
    subjects = (
        "unsubscribe",
        "unsubscribe me-please",
        f"unsubscribe {leaving_tag(office, R1)}",  # another's, which still proves for that one alone
        f"unsubscribe {leaving_tag(office, R0, 'weekly')}",
        f"unsubscribe {office.key.tag('bounce', 'brief', R0)}",
        f"unsubscribe {stranger.tag('unsubscribe', 'brief', R0)}",
    )
    heard = office.hear(*(letter("leave@example.org", subject, R0) for subject in subjects))
    unproven = "asking to leave without proof"
    assert words(heard) == [unproven, unproven, "left", unproven, unproven, unproven]
    assert office.states() == ["active", "unsubscribed", "active"]
    assert marked(office.folder) == 1


def test_an_answer_to_our_mail_is_a_proof(office: Office) -> None:
    (heard,) = office.hear(letter(BASE, "unsubscribe", R1, f"In-Reply-To: {office.message_id(R1)}\n"))
    assert (heard.word, office.states()) == ("left", ["active", "unsubscribed", "active"])


def test_our_own_mails_change_nothing_when_they_come_in(office: Office) -> None:
    heard = office.hear(*office.folder.mails())
    assert len(heard) == 3
    assert {each.word for each in heard} <= {"automatic", "not understood", "nothing of ours"}
    assert (office.suppressed(), office.states()) == ({}, ["active"] * 3)
