"""An MJML template -> the mistakes in it with file and line, which the compiler would take without a word."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from digest.render._mjml import ANY, ATTRIBUTE_ADVICE, ATTRIBUTES, CHILDREN, ELEMENT_ADVICE

_JINJA = re.compile(r"\{#.*?#\}|\{%[-+]?\s*(?P<statement>.*?)[-+]?%\}|\{\{.*?\}\}", re.DOTALL)
_KEYWORD = re.compile(r"\W")
_BLOCK_SET = re.compile(r"set\s+[\w.]+\s*(?:\||\Z)")
# Stand-ins for Jinja: a printed value, and a statement's keyword between two marks.
_VALUE, _OPEN, _CLOSE = "\x01", "\x02", "\x03"
_TOKEN = re.compile(
    rf"<!--.*?-->|<!\[CDATA\[.*?\]\]>|{_OPEN}(?P<keyword>\w*){_CLOSE}|"
    r"""<(?P<closing>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<inside>(?:"[^"]*"|'[^']*'|[^"'>])*+)>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/\x01-\x03]+)\s*=\s*("[^"]*"|'[^']*')""")
_CLASS_NAME = re.compile(r"""<mj-class\s[^>]*?\bname\s*=\s*["']([^"']*)["']""")

_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:px|%|r?em|pt)?"
_COLOR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,}|(?:rgb|hsl)a?\([\w\s.,%/-]+\)", re.IGNORECASE
)
_SIZE = re.compile(rf"(?:{_NUMBER})(?:\s+{_NUMBER}){{0,3}}|auto|normal|none|inherit")
_SIZE_NAME = re.compile(r"(?:.*-)?(?:width|height|padding(?:-\w+)?|radius|spacing|font-size|icon-size)")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "align": ("left", "center", "right", "justify"),
    "text-align": ("left", "center", "right", "justify"),
    "vertical-align": ("top", "middle", "bottom"),
    "direction": ("ltr", "rtl"),
    "full-width": ("full-width",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake in a template."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}, line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """An opening tag."""

    place: int
    name: str
    parent: str
    """The MJML element around it, empty where only the render knows: in a macro or a part."""
    attributes: Mapping[str, tuple[str, int]]
    """Name -> value and place."""
    is_open: bool
    """Whether Jinja may print further attributes."""


def lint(path: Path) -> tuple[Fault, ...]:
    """The mistakes in one template, by line; parts (`_NAME.mjml.j2`) beside it may define its classes. OSError."""
    plain = _without_jinja(path)
    parts = [_without_jinja(part) for part in path.parent.glob("_*.mjml.j2") if part != path]
    classes = frozenset(name for source in (plain, *parts) for name in _CLASS_NAME.findall(source))
    faults = [
        (place, message)
        for element in _elements(plain)
        for place, message in (*_misplaced(element), *_misnamed(element), *_undefined(element, classes, path))
    ]
    return tuple(
        Fault(path=path, line=plain.count("\n", 0, place) + 1, message=message) for place, message in sorted(faults)
    )


def _without_jinja(path: Path) -> str:
    """The template's own markup, every line where it was."""
    return _JINJA.sub(_stand_in, path.read_text(encoding="utf-8", errors="replace"))


def _stand_in(jinja: re.Match[str]) -> str:
    lines = "\n" * jinja[0].count("\n")
    if jinja[0].startswith("{#"):
        return lines
    statement = jinja["statement"]
    if statement is None:
        return _VALUE + lines
    keyword = _KEYWORD.split(statement, maxsplit=1)[0]
    is_block = keyword != "set" or _BLOCK_SET.match(statement.strip())
    return f"{_OPEN}{keyword if is_block else ''}{_CLOSE}{lines}"


def _elements(plain: str) -> Iterator[_Element]:
    """The opening tags in order; each branch of an `if` begins inside what was open before it."""
    stack: list[str] = []
    saved: list[list[str]] = []
    for token in _TOKEN.finditer(plain):
        name, inside = token["name"], token["inside"] or ""
        if token["keyword"]:
            stack = _after(token["keyword"], stack, saved)
        elif token["closing"] and name in stack:
            del stack[len(stack) - 1 - stack[::-1].index(name) :]
        elif name and not token["closing"]:
            found = _ATTRIBUTE.finditer(inside)
            yield _Element(
                place=token.start(),
                name=name,
                parent=stack[-1] if stack else "",
                attributes={match[1]: (match[2][1:-1], token.start("inside") + match.start()) for match in found},
                is_open=_VALUE in _ATTRIBUTE.sub("", inside),
            )
            if _is_mjml(name) and not inside.endswith("/"):
                stack.append(name)


def _after(keyword: str, stack: list[str], saved: list[list[str]]) -> list[str]:
    """What is open after a Jinja statement; `saved` holds what was open before each block around it."""
    if keyword in {"if", "for", "macro", "set", "call"}:
        saved.append(stack)
        return stack.copy() if keyword in {"if", "for"} else []
    if keyword in {"elif", "else"} and saved:
        return saved[-1].copy()
    if keyword in {"endif", "endfor", "endmacro", "endset", "endcall"} and saved:
        before = saved.pop()
        return stack if keyword in {"endif", "endfor"} else before
    return stack


def _is_mjml(name: str) -> bool:
    return name == "mjml" or name.startswith("mj-")


def _misplaced(element: _Element) -> Iterator[tuple[int, str]]:
    """An element that does not exist, does nothing, or stands where it loses its layout."""
    name, parent, allowed = element.name, element.parent, CHILDREN.get(element.parent, frozenset())
    if name in ELEMENT_ADVICE:
        yield element.place, f"<{name}> {ELEMENT_ADVICE[name]}"
    elif not _is_mjml(name):
        if parent in CHILDREN:
            yield element.place, f"<{name}> stands in <{parent}>: HTML belongs into mj-text, mj-table or mj-raw"
    elif name not in ATTRIBUTES:
        hint = _hint(name, frozenset(ATTRIBUTES), f"in <{parent}> are allowed {_listed(allowed)}" if allowed else "")
        yield element.place, f"<{name}> is no MJML element{hint}"
    elif parent in ATTRIBUTES and name not in allowed:
        parents = frozenset(around for around in CHILDREN if name in CHILDREN[around]) - {"mj-attributes"}
        yield element.place, f"<{name}> stands in <{parent}>: it belongs into {_listed(parents) or '<mj-attributes>'}"


def _misnamed(element: _Element) -> Iterator[tuple[int, str]]:
    """Attributes that do not exist or are dropped, and values that are plainly bad."""
    known = ATTRIBUTES.get(element.name)
    if known is None or element.name in ELEMENT_ADVICE:
        return
    for name, (value, place) in element.attributes.items():
        if (element.name, name) in ATTRIBUTE_ADVICE:
            yield place, f"{name} of <{element.name}> {ATTRIBUTE_ADVICE[element.name, name]}"
        elif name not in known:
            hint = _hint(
                name, known, "nor has any other" if known >= ANY else f"allowed are {_listed(known) or 'none'}"
            )
            yield place, f"<{element.name}> has no attribute {name}{hint}"
        elif not {_VALUE, _OPEN} & set(value) and (wanted := _wanted(name, value.strip())):
            yield place, f"{name}={value!r} of <{element.name}>: allowed is {wanted}"
    is_picture = element.name == "mj-image" and element.parent != "mj-attributes"
    if is_picture and "alt" not in element.attributes and not element.is_open:
        yield element.place, '<mj-image> has no alt: say what it shows, or alt="" when the text does'


def _undefined(element: _Element, classes: frozenset[str], path: Path) -> Iterator[tuple[int, str]]:
    """Classes that no mj-class defines; those of a part may be defined wherever it is included."""
    value, place = element.attributes.get("mj-class", ("", 0))
    if path.name.startswith("_") or {_VALUE, _OPEN} & set(value):
        return
    for name in value.split():
        if name not in classes:
            hint = _hint(name, classes, f"there are {_listed(classes)}" if classes else "mj-attributes defines none")
            yield place, f"there is no mj-class {name}{hint}"


def _wanted(name: str, value: str) -> str:
    """What an attribute takes, empty if the value may be such."""
    if name in _CHOICES:
        return "" if value in _CHOICES[name] else ", ".join(_CHOICES[name])
    if name.endswith("color"):
        return "" if _COLOR.fullmatch(value) else "a colour such as #16181D"
    if _SIZE_NAME.fullmatch(name):
        return "" if _SIZE.fullmatch(value) else "a size such as 16px"
    return ""


def _hint(name: str, known: frozenset[str], allowed: str) -> str:
    """The known name it comes near to, else what is allowed."""
    near = get_close_matches(name, sorted(known), n=1)
    return f": did you mean {near[0]}?" if near else f"; {allowed}" if allowed else ""


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
