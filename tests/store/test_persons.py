from dataclasses import asdict

from digest.core.mail import SendState
from digest.core.runfile import Run
from digest.store import Store, persons, subscribers, suppressions
from digest.store.consents import Proof
from stored import LATER, NOW, claim, frozen, settle, tag


def test_all_that_is_known_about_a_person_is_told(store: Store, run: Run) -> None:
    subscribers.add(store, "daily", "Jo@example.org", name="Jo", source="cli", now=NOW, topics=["ai"], proof="asked")
    subscribers.add(store, "other", "somebody@example.org", name="", source="cli", now=NOW)
    edition = frozen(store, 1)
    settle(store, run, claim(store, edition, run), SendState.SENT)
    frozen(store, 1, slot="2026-11-24T07:00")
    subscribers.leave(store, "daily", "jo@example.org", LATER, "one-click")
    suppressions.add(store, tag, ["jo@example.org"], "complained", "by its provider", LATER)
    proof = Proof(how="form", text="Send it", prefix="192.0.2.0/24")
    subscribers.request(
        store, "other", "jo@example.org", topics=(), language="", timezone="", proof=proof, now=LATER, tag=tag
    )
    person = persons.known(store, tag, "JO@example.org")
    (one,) = person.subscriptions
    assert (one.job, one.email, one.name, one.state, one.topics) == (
        *("daily", "Jo@example.org", "Jo", "unsubscribed"),
        ("ai",),
    )
    (consent,) = one.consents
    assert (consent.how, consent.text, consent.withdrawal, len(consent.version)) == ("cli", "asked", "one-click", 64)
    assert [(mail.state, mail.reply) for mail in one.mails] == [("sent", "as the relay says"), ("queued", "")]
    assert [mail.edition for mail in one.mails] == [edition, "daily-2026-11-24T0700"]
    assert person.suppression
    assert asdict(person.suppression) == {
        "reason": "complained",
        "detail": "by its provider",
        "edition": "",
        "at": "2026-11-23T06:01:00+00:00",
    }
    assert person.requests == ("2026-11-23T06:01:00+00:00",)


def test_what_came_back_of_the_mails_is_told(store: Store) -> None:
    subscribers.add(store, "daily", "jo@example.org", name="", source="cli", now=NOW)
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO feedback VALUES ('l', '2026', 'hard', '5.1.1', 'no such user', 'suppressed', NULL, 1, ?, '')",
            (tag("jo@example.org"),),
        )
    (report,) = persons.known(store, tag, "Jo@example.org").reports
    assert (report.kind, report.words, report.effect) == ("hard", "bounced later: 5.1.1 no such user", "suppressed")


def test_of_a_stranger_nothing_is_known(store: Store) -> None:
    subscribers.add(store, "daily", "jo@example.org", name="", source="cli", now=NOW)
    assert not persons.known(store, tag, "o@example.org").is_known
    assert not persons.known(store, tag, "%").is_known
    assert persons.known(store, tag, "JO@example.org").is_known
