"""A template and its data -> HTML; the MJML compiler sees digits in place of every text.

mrml 6 garbles combining marks in attributes, stops at control characters and crashes on deep nesting (measured: 9,100
nested elements), so a text is swapped for a token before it and comes back HTML-escaped after it.
"""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape

from jinja2 import Template, Undefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from mjml import mjml2html

from digest.core.errors import TemplateError
from digest.core.palette import Shade

NO_BREAK = "\u00a0"
_DIGITS = 5
_MOST = 10**_DIGITS
_PREFIX_LENGTH = 12


def _prefix() -> str:
    """A random number that no digits in front of it can shift: its first digit does not come again."""
    return "7" + "".join(secrets.choice("012345689") for _ in range(_PREFIX_LENGTH - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The texts of one render, each under its token."""

    prefix: str = field(default_factory=_prefix)
    texts: list[str] = field(default_factory=list)

    def issue(self, text: str) -> str:
        """A token of digits that stands for the text."""
        if len(self.texts) == _MOST:
            raise OverflowError(f"more than {_MOST:,} texts are printed")
        self.texts.append(text)
        return f"{self.prefix}{len(self.texts) - 1:0{_DIGITS}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """MJML with tokens in place of texts, and the texts."""

    mjml: str
    table: Table


# A context variable rather than the render context: macros of imported templates must see it too.
_TABLE: ContextVar[Table] = ContextVar("_TABLE")


# Taking the evaluation context keeps Jinja from printing constants at compile time, past the table.
@pass_eval_context
def finalized(_: EvalContext, value: object) -> str:
    """What `{{ value }}` prints in MJML."""
    return token(value)


def token(value: object) -> str:
    """A template's own markup and numbers as they are, a text as its token."""
    if type(value) is str:
        return _TABLE.get().issue(value)
    if isinstance(value, Markup | Shade):
        return value
    return _TABLE.get().issue(str(value)) if isinstance(value, str) else printable(value)


def printable(value: object) -> str:
    """A text or number as text; TypeError for all else, whose repr() could show anything."""
    if isinstance(value, Undefined):
        str(value)  # raises UndefinedError with the name
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"a {type(value).__name__} cannot be printed")
    return str(value)


def fill(template: Template, data: Mapping[str, object]) -> Filled:
    """The template's MJML for the data, without one character of the data's texts."""
    table = Table()
    previous = _TABLE.set(table)
    try:
        return Filled(mjml=template.render(data), table=table)
    finally:
        _TABLE.reset(previous)


def compiled(filled: Filled, name: str) -> str:
    """HTML with the texts back in place, escaped; TemplateError names the template `name`."""
    try:
        html = mjml2html(filled.mjml, fonts={}, disable_comments=False, include_loader=None)
    except ValueError as error:
        raise TemplateError(f"{name}: the MJML it makes is not valid: {_one_line(error)}") from error
    return _restored(_with_roles(html), filled, name)


def _with_roles(html: str) -> str:
    """HTML in which every table is only layout: the compiler drops the role of mj-table."""
    before, *tables = html.split("<table ")
    roles = ("" if " role=" in f" {table[: table.index('>')]}" else 'role="presentation" ' for table in tables)
    return before + "".join(f"<table {role}{table}" for role, table in zip(roles, tables, strict=True))


def _restored(html: str, filled: Filled, name: str) -> str:
    prefix, texts = filled.table.prefix, filled.table.texts
    # All at once: a call of escape() for each text takes five times as long.
    escaped = escape(prefix.join(texts)).replace(NO_BREAK, "&nbsp;").split(prefix)
    before, *pieces = html.split(prefix)
    numbers = [int(piece[:_DIGITS]) if piece[:_DIGITS].isdecimal() else -1 for piece in pieces]
    if lost := set(range(len(texts))).difference(numbers):
        raise TemplateError(f"{name}: {_loss(filled, min(lost))}")
    if numbers and not 0 <= min(numbers) <= max(numbers) < len(texts):
        raise TemplateError(f"{name}: a text is cut up: print texts whole, where they belong")
    return before + "".join([escaped[n] + piece[_DIGITS:] for n, piece in zip(numbers, pieces, strict=True)])


def _loss(filled: Filled, number: int) -> str:
    """Which text the compiler lost and where it stood."""
    text = filled.table.texts[number]
    before, token_there, _ = filled.mjml.partition(f"{filled.table.prefix}{number:0{_DIGITS}}")
    if not token_there:
        return f"the text {text[:40]!r} is made but not printed, or cut up: print texts whole, where they belong"
    around = re.sub(rf"{filled.table.prefix}\d{{{_DIGITS}}}", "…", before[-80:])
    return (
        f"the text {text[:40]!r} after {_one_line(around)[-40:]!r} is not in the HTML: "
        "print texts where MJML takes any text, and a number with |int where it takes a size"
    )


def _one_line(value: object) -> str:
    return " ".join(str(value).split())
