"""One mail that came back -> what it says; one public module is one shape of such mails."""

from functools import cache
from types import ModuleType

from digest.core import address, plug
from digest.feedback import _addresses, _mail, _original
from digest.feedback._notice import Kind, Notice, Told

__all__ = ["Kind", "Notice", "read"]

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


def read(raw: bytes) -> Notice:
    """The notice, OTHER when nothing is understood; at most the first MB is read, and nothing is raised."""
    mail = _mail.parse(raw)
    original = _original.returned(mail).original
    told = _told(mail)
    return Notice(
        kind=told.kind,
        recipients=told.recipients,
        status=told.status,
        reason=told.reason,
        return_paths=_return_paths(mail, original),
        message_ids=_original.message_ids(mail, original),
        tag=told.tag,
        sender=_sender(mail),
    )


def _told(mail: _mail.Mail) -> Told:
    """What the shape tells that it looks like most; the next one is asked when that one finds nothing in it."""
    likely = sorted(((shape.looks_like(mail), shape) for shape in _shapes()), key=lambda pair: -pair[0])
    for likeness, shape in likely:
        told: Told | None = shape.read(mail) if likeness else None
        if told:
            return told
    return Told(kind=Kind.OTHER)


@cache
def _shapes() -> tuple[ModuleType, ...]:
    """Looking into the folder for each mail takes longer than reading the mail."""
    return tuple(plug.load(__name__, name) for name in plug.names(__name__))


def _return_paths(mail: _mail.Mail, original: _mail.Part) -> tuple[str, ...]:
    """Where it was delivered, then whom the original was from: a server that returns a mail may lie in both."""
    values = [value for name in _DELIVERED for value in mail.head.every(name)]
    addresses = (*_addresses.found(", ".join(values)), *_original.senders(original))
    return tuple(dict.fromkeys(each for each in addresses if "+" in each.partition("@")[0]))


def _sender(mail: _mail.Mail) -> str:
    for found in _addresses.found(mail.header("from")):
        try:
            return address.normalised(found)
        except ValueError:
            return ""
    return ""
