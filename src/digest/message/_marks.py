"""A run's random mark -> what stands in a mail for a recipient's values until they are known."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from digest.core.mail import Reader

UNSUBSCRIBE_MARK: Final = re.compile(r"%%[0-9A-Za-z]+:UNSUBSCRIBE%%")
"""What stands in a rendered mail for a reader's way out, whatever the run's mark."""
LINK_MARK: Final = re.compile(r"%%[0-9A-Za-z]+:(?:UNSUBSCRIBE|PREFERENCES|BROWSER|CONFIRM)%%")
"""The same for any link of a reader's own."""
NAMES: Final = "EMAIL|UNSUBSCRIBE|PREFERENCES|BROWSER|CONFIRM"
"""The names of all marks, as a part of a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A mail with marks in place of a recipient's values: what is stored before the first one leaves."""

    mark: str
    data: bytes


def reader(mark: str, links: Collection[str] = ()) -> Reader:
    """Marks that stand for a recipient's values in a render; `mark` is random and alphanumeric.

    `links` names those of the Reader's links to a site that there are.
    """
    if not re.fullmatch(r"[0-9A-Za-z]{8,}", mark):
        raise ValueError(f"{mark!r} is no mark: 8 or more letters and digits")
    shown = {link: place(mark, link.upper()) for link in links}
    return Reader(email=place(mark, "EMAIL"), unsubscribe=place(mark, "UNSUBSCRIBE"), **shown)


def place(mark: str, name: str) -> str:
    """What stands for the value of this name."""
    return f"%%{mark}:{name}%%"


def cut(text: str, mark: str) -> list[str]:
    """The text cut at its marks: what is between them, and at every second place the name of a value."""
    return re.split(rf"%%{mark}:([A-Z]+)%%", text)


def cut_bytes(data: bytes, mark: str) -> list[bytes]:
    """A mail's bytes cut in the same way, where a name may also say in which part the value stands."""
    # The mark may come out of a damaged database.
    return re.split(rb"%%" + re.escape(mark.encode()) + rb":([A-Z-]+)%%", data)
