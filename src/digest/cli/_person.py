"""All that is known of a person -> lines on a terminal."""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from digest.cli import _screen
from digest.core import text
from digest.store.consents import Consent
from digest.store.persons import Mail, Person, Subscription

_LONGEST = 1_000


def lines(person: Person, zone: tzinfo) -> Iterator[str]:
    """What `subscribers show` says, its moments in this zone."""
    told = partial(_screen.moment, zone=zone)
    yield person.email
    if person.suppression:
        barred = person.suppression
        yield f"is mailed by no job: {_joined(barred.reason, barred.detail, barred.edition, told(barred.at))}"
    for moment in person.requests:
        yield f"asked for on a form, not confirmed: {told(moment)}"
    for report in person.reports:
        yield f"came back: {_joined(told(report.at), report.edition, report.words, report.effect)}"
    for subscription in person.subscriptions:
        yield from _subscription(subscription, zone)


def _subscription(s: Subscription, zone: tzinfo) -> Iterator[str]:
    changed, created = (_screen.moment(each, zone) for each in (s.changed, s.created))
    yield ""
    yield f"{s.job}: {s.state}, last changed {changed}; came by {s.source}, {created}"
    until = _screen.moment(s.paused_until, zone) if s.paused_until else ""
    topics = ", ".join(s.topics) or ("" if s.state == "erased" else "all")
    wishes = (("name", s.name), ("topics", topics), ("language", s.language))
    for head, value in (*wishes, ("timezone", s.timezone), ("paused until", until)):
        if value:
            yield f"  {head}: {value}"
    for consent in s.consents:
        yield f"  agreed: {_consent(consent, zone)}"
    for mail in s.mails:
        yield f"  mail: {_mail(mail, zone)}"


def _consent(consent: Consent, zone: tzinfo) -> str:
    told = partial(_screen.moment, zone=zone)
    parts = [told(consent.at), f"by {consent.how}", f"from {consent.prefix}" if consent.prefix else ""]
    parts += [
        f"confirmed {told(consent.confirmed)}" if consent.confirmed else "",
        f'"{consent.text}"' if consent.text else "",
    ]
    parts += [f"withdrawn {told(consent.withdrawn)} {consent.withdrawal}".rstrip() if consent.withdrawn else ""]
    return _joined(*parts)


def _mail(mail: Mail, zone: tzinfo) -> str:
    at = _screen.moment(mail.at, zone) if mail.at else ""
    return _joined(mail.edition, mail.state, at, f"{mail.code} {mail.reply}".strip())


def _joined(*parts: str) -> str:
    """What a relay or a form said shows as text and steers no terminal."""
    return text.line(", ".join(filter(None, parts)), _LONGEST)
