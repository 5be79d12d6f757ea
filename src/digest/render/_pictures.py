"""An edition and its articles' pictures -> which story shows which image, how large, within a mail's budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import Final, TypeAlias

from digest.core.mail import Image, Picture
from digest.core.model import Edition
from digest.core.text import line

BUDGET: Final = 250_000
"""Bytes of JPEG in one mail; base64 makes 37 % more of them."""
_COLUMN = 584
_THUMB = 116


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """What a template prints of a picture; width and height are those of the column or the thumb, in CSS pixels."""

    src: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture as a template sees it, and the image it takes into the mail."""

    view: PictureView
    image: Image


Places: TypeAlias = Mapping[tuple[int, int], Placed]
"""By number of the section and of the story in it."""
NOWHERE: Final[Places] = MappingProxyType({})


def placed(edition: Edition, pictures: Mapping[str, Picture], host: str = "") -> Places:
    """The pictures by place, each shown once: large for the sections' leads, then thumbs, the best stories' first.

    They travel in the mail, or are loaded from `host` when it is shown.
    """
    ranks = zip_longest(*([(s, n) for n in range(len(found.stories))] for s, found in enumerate(edition.sections)))
    left, seen = BUDGET, set[str]()
    places: dict[tuple[int, int], Placed] = {}
    for place in filter(None, chain.from_iterable(ranks)):
        article = edition.sections[place[0]].stories[place[1]].lead
        picture = pictures.get(article.id)
        # What comes with two stories is an outlet's own, and says nothing of the second.
        if picture is None or picture.large.hash in seen:
            continue
        found = _thumb(picture.thumb, host) if place[1] else _large(picture.large, line(article.title), host)
        if len(found.image.data) <= left:
            left -= len(found.image.data)
            seen.add(picture.large.hash)
            places[place] = found
    return places


def _large(image: Image, alt: str, host: str) -> Placed:
    height = max(1, round(_COLUMN * image.height / image.width))
    src = _address(image, host)
    return Placed(view=PictureView(src=src, width=_COLUMN, height=height, alt=alt), image=image)


def _thumb(image: Image, host: str) -> Placed:
    return Placed(view=PictureView(src=_address(image, host), width=_THUMB, height=_THUMB, alt=""), image=image)


def _address(image: Image, host: str) -> str:
    """Equal for all readers: that a picture was loaded says nothing of who did."""
    return f"{host}/pictures/{image.hash}.jpg" if host else f"cid:{image.content_id}"
