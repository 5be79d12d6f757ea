"""What a mail that came back says, as plain values: the kinds there are, and the notice others act on."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a mail that came back means for the address it is about."""

    HARD = "hard"
    """No mail will ever arrive there: the mailbox or its domain does not exist."""
    SOFT = "soft"
    """This mail did not arrive, another one may: full, too big, refused by a policy, given up."""
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO = "auto"
    """A machine's word that asks for nothing: out of office, delayed, delivered."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one shape of mail tells by itself."""

    kind: Kind
    recipients: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail that came back, read; nothing of it is proven: a VERP's or a tag's MAC is for the caller to check."""

    kind: Kind
    """Of several recipients the worst: a mail of ours has but one."""
    recipients: tuple[str, ...]
    """The addresses it is about, lower-cased; none where it hides them."""
    status: str
    """The enhanced status code x.y.z (RFC 3463), or nothing."""
    reason: str
    """One clean line of at most 300 characters."""
    return_paths: tuple[str, ...]
    """Addresses with a `+` that it was delivered to, then those its original was sent from; the surest first."""
    message_ids: tuple[str, ...]
    """Message-IDs of the mail it is about, with their angle brackets."""
    tag: str
    """What follows `unsubscribe` in the subject, or nothing."""
    sender: str
    """From's address, or nothing where it is none."""
