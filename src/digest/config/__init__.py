"""A newsletter's TOML files -> settings; every mistake at once, with file, key, what was found and what is allowed."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from digest.core import address, defaults, plug, slots, text
from digest.core.errors import ConfigError
from digest.core.settings import UTC, Delivery, Editors, Job, Keep, Limits, Newsletter, Settings, Source, TopicRules
from digest.core.values import READERS

T = TypeVar("T", Newsletter, Delivery, Limits, Editors, Keep, Source, Job, TopicRules)
Table = dict[str, Any]

_MAIN = "digest.toml"
_SECTIONS = ("newsletter", "delivery", "fetch", "editors", "keep", "sources")
_LIGHTEST, _HEAVIEST = 0.5, 1.5
_MOST_CONNECTIONS = 100
_LONGEST_BOUNCES = 23  # RFC 5321 4.5.3.1.1: 64 octets before the @, of which a mail's tag takes 41
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Keys that a file may not say: its name says them.
_FROM_FILE_NAME = {Job: "name", TopicRules: "id"}
_SPELLED: dict[tuple[type, str], str] = {(Job, "sender"): "from"}


def load(home: Path) -> Settings:
    """The settings of a newsletter's folder; ConfigError lists every mistake of every file."""
    topics = {path.stem for path in (home / "topics").glob("*.toml")}
    names = {
        (Source, "kind"): {"", *plug.names("digest.gather")},
        (Source, "topics"): topics,
        (Job, "topics"): topics,
        (Job, "template"): _looks(home),
        (Job, "images"): {"embed", "none"},
        (Job, "catch_up"): {"latest", "none"},
        (Delivery, "uncertain"): {"hold", "resend", "drop"},
        (Editors, "report"): {"trouble", "always", "never"},
        (Job, "not_in"): {path.stem for path in (home / "jobs").glob("*.toml")},
    }
    reading = _Reading(home, names)
    main = reading.toml(_MAIN)
    if main is None:
        main = dict.fromkeys(_SECTIONS)
    reading.unknown(_MAIN, main, _SECTIONS)
    newsletter = reading.value(Newsletter, main.get("newsletter", {}), f"{_MAIN}: [newsletter]", {})
    delivery = reading.value(Delivery, main.get("delivery", {}), f"{_MAIN}: [delivery]", {})
    limits = reading.value(Limits, main.get("fetch", {}), f"{_MAIN}: [fetch]", {})
    editors = reading.value(Editors, main.get("editors", {}), f"{_MAIN}: [editors]", {})
    keep = reading.value(Keep, main.get("keep", {}), f"{_MAIN}: [keep]", {})
    sources = tuple(reading.sources(main.get("sources", [])))
    rules = reading.folder(TopicRules, "topics", {})
    jobs = reading.folder(Job, "jobs", {"timezone": newsletter.timezone if newsletter else UTC})
    if reading.mistakes or not (newsletter and delivery and limits and editors and keep):
        raise ConfigError(reading.mistakes)
    return Settings(
        home=home,
        newsletter=newsletter,
        delivery=delivery,
        sources=sources,
        limits=limits,
        editors=editors,
        keep=keep,
        jobs=jobs,
        topics=rules,
    )


@dataclass(slots=True)
class _Reading:
    """Collects mistakes while files become settings."""

    home: Path
    names: dict[tuple[type, str], set[str]]
    """What an option may name, as far as it is known yet: a thing whose own file has mistakes counts as there."""
    mistakes: list[str] = field(default_factory=list)

    def toml(self, where: str) -> Table | None:
        path = self.home / where
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            self.mistakes.append(f"{path}: no such file; `digest init DIR` makes a newsletter's folder")
        except (OSError, ValueError, RecursionError) as error:
            self.mistakes.append(f"{where}: not readable as TOML: {error}")
        return None

    def unknown(self, where: str, table: Table, allowed: tuple[str, ...]) -> None:
        for key in sorted(table.keys() - set(allowed)):
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(allowed)}"
            self.mistakes.append(f"{where}: {key if key.isprintable() else repr(key)}: no such key; {hint}")

    def sources(self, tables: object) -> Iterator[Source]:
        if not isinstance(tables, list):
            self.mistakes += (
                [] if tables is None else [f"{_MAIN}: sources: found {_shown(tables)}; allowed is [[sources]]"]
            )
            return
        named = [table.get(key) for table in tables if isinstance(table, dict) for key in ("name", "group")]
        self.names[Job, "sources"] = {name for name in named if isinstance(name, str) and name}
        for number, table in enumerate(tables, 1):
            where = f"{_MAIN}: [[sources]] no. {number}"
            source = self.value(Source, table, where, {})
            if source and bool(source.url) == bool(source.path):
                self.mistakes.append(f"{where}: found {', '.join(table) or 'nothing'}; needed is either url or path")
            elif source:
                yield source

    def folder(self, kind: type[T], folder: str, given: Table) -> dict[str, T]:
        found: dict[str, T] = {}
        for path in sorted((self.home / folder).glob("*.toml")):
            where = f"{folder}/{path.name}"
            if not _NAME.fullmatch(path.stem):
                self.mistakes.append(f"{where}: file name; allowed are lower-case letters, digits, '-' and '_'")
                continue
            value = self.value(kind, self.toml(where), where, given | {_FROM_FILE_NAME[kind]: path.stem})
            if value is not None:
                found[path.stem] = value
        return found

    def value(self, kind: type[T], table: object, where: str, given: Table) -> T | None:
        """A settings value from its table; None when something was wrong with it, or when its file is unreadable."""
        if not isinstance(table, dict):
            self.mistakes += [] if table is None else [f"{where}: found {_shown(table)}; allowed is a table"]
            return None
        before = len(self.mistakes)
        hidden = _FROM_FILE_NAME.get(kind)
        options = {_SPELLED.get((kind, f.name), f.name): f for f in fields(kind) if f.name != hidden}
        self.unknown(where, table, tuple(options))
        arguments = dict(given)
        for key, option in options.items():
            if key in table:
                try:
                    arguments[option.name] = self.read(kind, option, table[key])
                except ValueError as error:
                    self.mistakes.append(f"{where}: {key}: found {_shown(table[key])}; {error}")
            elif option.default is MISSING and option.default_factory is MISSING:
                self.mistakes.append(f"{where}: {key}: missing; it is needed")
        return kind(**arguments) if len(self.mistakes) == before else None

    def read(self, kind: type, option: Field[Any], value: object) -> object:
        """One option's value as it is used; ValueError says what is allowed."""
        result: Any = READERS[get_type_hints(kind)[option.name]](value)
        if result == "" != option.default:
            raise ValueError("it may not be empty")
        names = self.names.get((kind, option.name))
        if names is not None and (strange := {*([result] if isinstance(result, str) else result)} - names):
            which = "" if isinstance(result, str) else f"there is no {', '.join(map(repr, sorted(strange)))}; "
            raise ValueError(f"{which}allowed are {', '.join(sorted(names - {''})) or 'none yet'}")
        refine = _REFINED.get((kind, option.name))
        return refine(result) if refine and result not in ("", ()) else result


def _looks(home: Path) -> set[str]:
    """The looks there are: templates whose name has no `_` in front."""
    files = [path.name for folder in defaults.template_folders(home) for path in folder.glob("[!_]*.mjml.j2")]
    return {name.removesuffix(".mjml.j2") for name in files}


def _shown(value: object) -> str:
    """What was found, without a password that stands in an address."""
    return re.sub(r"//.*@", "//***@", repr(value))


def _require(allowed: str, holds: Callable[[Any], object]) -> Callable[[Any], object]:
    """A refinement that gives back what holds, and says what is allowed otherwise."""

    def check(value: object) -> object:
        if holds(value):
            return value
        raise ValueError(f"allowed is {allowed}")

    return check


def _destination(to: str) -> str:
    scheme = to.partition(":")[0]
    ways = [plug.load("digest.deliver", name) for name in plug.names("digest.deliver")]
    for way in ways:
        if scheme in way.SCHEMES:
            way.check_target(to)
            return to
    known = ", ".join(sorted(scheme for way in ways for scheme in way.SCHEMES))
    raise ValueError(f"allowed is KIND:TARGET with a kind of {known}")


def _bounces(email: str) -> str:
    """A return path with room for the tag that each mail adds to it."""
    checked = address.normalised(email)
    if len(checked.partition("@")[0]) > _LONGEST_BOUNCES:
        raise ValueError(f"allowed are {_LONGEST_BOUNCES} characters before the @: a tag for each mail follows them")
    return checked


def _sender(sender: str) -> str:
    name, email = address.mailbox(sender)
    return f"{name} <{email}>" if name else email


_REFINED: dict[tuple[type, str], Callable[[Any], object]] = {
    (Delivery, "to"): _destination,
    (Delivery, "unsubscribe"): address.normalised,
    (Delivery, "bounces"): _bounces,
    (Delivery, "connections"): _require(f"1 to {_MOST_CONNECTIONS}", lambda n: 1 <= n <= _MOST_CONNECTIONS),
    (Limits, "allow"): _require(
        '"host:port"', lambda all_: all(re.fullmatch(r"[^\s/]+:\d{1,5}", each) for each in all_)
    ),
    (Editors, "to"): lambda emails: tuple(map(address.normalised, emails)),
    (Editors, "healthcheck"): _require("an http or https address without a password", text.link),
    (Source, "url"): _require("an http or https address without a password", text.link),
    (Source, "weight"): _require("0.5 to 1.5", lambda weight: _LIGHTEST <= weight <= _HEAVIEST),
    (Job, "sender"): _sender,
    (Job, "schedule"): slots.check,
    (Job, "to"): lambda emails: tuple(map(address.normalised, emails)),
    (TopicRules, "color"): _require('"#" and six hex digits', re.compile(r"#[0-9a-fA-F]{6}").fullmatch),
}
