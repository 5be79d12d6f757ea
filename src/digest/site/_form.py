"""What a form sends -> its fields, when our own page sent it; and when which words were shown, as its token says."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.core.tokens import Key
from digest.site._site import visitor_of

_FIELDS = 50
_LONGEST = 1_000
_TOKEN = re.compile(r"([0-9a-f]{1,12})\.([0-9a-f]{36})")

Fields: TypeAlias = Mapping[str, Sequence[str]]
"""Name -> every value of that name."""


async def fields(request: Request) -> Fields:
    """The fields of a form of ours; HTTPException with 403 when a page of another site sent it, 400 for no form."""
    if visitor_of(request).is_foreign:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    found: dict[str, list[str]] = {}
    async with request.form(max_files=0, max_fields=_FIELDS) as form:
        for name, value in form.multi_items():
            if isinstance(value, str) and len(value) <= _LONGEST:
                found.setdefault(name, []).append(value)
    return found


def first(form: Fields, name: str) -> str:
    """The first value of a field, stripped; empty when there is none."""
    return form.get(name, [""])[0].strip()


def issued(key: Key, now: datetime, words: str) -> str:
    """A token that says when a form was shown with which words, good without a cookie."""
    moment = f"{int(now.timestamp() * 1_000):x}"
    return f"{moment}.{key.tag('form', moment, words)}"


def age(key: Key, token: str, now: datetime, words: str) -> timedelta | None:
    """How long ago a form was shown; None for a token that is not ours or one that stood beside other words."""
    found = _TOKEN.fullmatch(token)
    if not found or not key.made(found[2], "form", found[1], words):
        return None
    return timedelta(seconds=now.timestamp() - int(found[1], 16) / 1_000)
