"""All that is known of a person -> lines on a terminal."""

from collections.abc import Iterator

from digest.core import text
from digest.store.consents import Consent
from digest.store.persons import Mail, Person, Subscription

_LONGEST = 1_000


def lines(person: Person) -> Iterator[str]:
    """What `subscribers show` says."""
    yield person.email
    if person.suppression:
        barred = person.suppression
        yield f"is mailed by no job: {_joined(barred.reason, barred.detail, barred.edition, barred.at)}"
    for moment in person.requests:
        yield f"asked for on a form, not confirmed: {moment}"
    for report in person.reports:
        yield f"came back: {_joined(report.at, report.edition, report.words, report.effect)}"
    for subscription in person.subscriptions:
        yield from _subscription(subscription)


def _subscription(subscription: Subscription) -> Iterator[str]:
    s = subscription
    yield ""
    yield f"{s.job}: {s.state}, last changed {s.changed}; came by {s.source}, {s.created}"
    wishes = (("name", s.name), ("topics", ", ".join(s.topics) or "all"), ("language", s.language))
    for head, value in (*wishes, ("timezone", s.timezone), ("paused until", s.paused_until)):
        if value:
            yield f"  {head}: {value}"
    for consent in s.consents:
        yield f"  agreed: {_consent(consent)}"
    for mail in s.mails:
        yield f"  mail: {_mail(mail)}"


def _consent(consent: Consent) -> str:
    parts = [consent.at, f"by {consent.how}", f"from {consent.prefix}" if consent.prefix else ""]
    parts += [
        f"confirmed {consent.confirmed}" if consent.confirmed else "",
        f'"{consent.text}"' if consent.text else "",
    ]
    parts += [f"withdrawn {consent.withdrawn} {consent.withdrawal}".rstrip() if consent.withdrawn else ""]
    return _joined(*parts)


def _mail(mail: Mail) -> str:
    return _joined(mail.edition, mail.state, mail.at, f"{mail.code} {mail.reply}".strip())


def _joined(*parts: str) -> str:
    """What a relay or a form said shows as text and steers no terminal."""
    return text.line(", ".join(filter(None, parts)), _LONGEST)
