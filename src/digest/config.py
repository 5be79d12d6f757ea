"""A newsletter's TOML files -> settings; every mistake at once, with file, key, what was found and what is allowed."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

from digest.core import address, defaults, plug, slots, text
from digest.core.errors import ConfigError
from digest.core.settings import Delivery, Job, Limits, Newsletter, Settings, Source, TopicRules

T = TypeVar("T")
Table = dict[str, Any]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10080}
_SECTIONS = {"newsletter": Newsletter, "delivery": Delivery, "fetch": Limits}
# Keys that a file may not say: its name says them.
_FROM_FILE_NAME = {Job: "name", TopicRules: "id"}
_SPELLED = {(Job, "sender"): "from"}


def load(home: Path) -> Settings:
    """The settings of a newsletter's folder; ConfigError lists every mistake of every file."""
    reading = _Reading()
    main = reading.toml(home / "digest.toml")
    reading.unknown("digest.toml", main, [*_SECTIONS, "sources"])
    newsletter = reading.section(Newsletter, main, "newsletter")
    delivery = reading.section(Delivery, main, "delivery")
    limits = reading.section(Limits, main, "fetch")
    sources = tuple(reading.sources(main.get("sources", [])))
    topics = reading.folder(TopicRules, home / "topics", {})
    zone = newsletter.timezone if newsletter else ZoneInfo("UTC")
    jobs = reading.folder(Job, home / "jobs", {"timezone": zone})
    reading.mistakes += _unresolved(home, jobs, sources)
    if reading.mistakes or newsletter is None or delivery is None or limits is None:
        raise ConfigError(reading.mistakes)
    return Settings(
        home=home, newsletter=newsletter, delivery=delivery, sources=sources, limits=limits, jobs=jobs, topics=topics
    )


@dataclass(slots=True)
class _Reading:
    """Collects mistakes while files become settings."""

    mistakes: list[str] = field(default_factory=list)

    def toml(self, path: Path) -> Table:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            hint = "; `digest init DIR` makes a newsletter's folder" if path.name == "digest.toml" else ""
            self.mistakes.append(f"{path}: no such file{hint}")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.mistakes.append(f"{path.parent.name}/{path.name}: not readable as TOML: {error}")
        return {}

    def unknown(self, where: str, table: Table, allowed: list[str]) -> None:
        for key in table.keys() - set(allowed):
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(allowed)}"
            self.mistakes.append(f"{where}: {key}: no such key; {hint}")

    def section(self, kind: type[T], main: Table, name: str) -> T | None:
        table = main.get(name, {})
        if isinstance(table, dict):
            return self.value(kind, table, f"digest.toml: [{name}]", {})
        self.mistakes.append(f"digest.toml: {name}: found {table!r}; allowed is a table [{name}]")
        return None

    def sources(self, tables: object) -> Iterator[Source]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.mistakes.append(f"digest.toml: sources: found {tables!r}; allowed are tables [[sources]]")
            return
        for number, table in enumerate(tables, 1):
            where = f"digest.toml: [[sources]] no. {number}"
            source = self.value(Source, table, where, {})
            if source and bool(source.url) == bool(source.path):
                self.mistakes.append(f"{where}: found {sorted(table)}; needed is either url or path")
            elif source:
                yield source

    def folder(self, kind: type[T], folder: Path, given: Table) -> dict[str, T]:
        found: dict[str, T] = {}
        for path in sorted(folder.glob("*.toml")):
            where = f"{folder.name}/{path.name}"
            if not _NAME.fullmatch(path.stem):
                self.mistakes.append(f"{where}: file name; allowed are lower-case letters, digits, '-' and '_'")
                continue
            value = self.value(kind, self.toml(path), where, given | {_FROM_FILE_NAME[kind]: path.stem})
            if value is not None:
                found[path.stem] = value
        return found

    def value(self, kind: type[T], table: Table, where: str, given: Table) -> T | None:
        """A settings value from its table; None when something was wrong with it."""
        before = len(self.mistakes)
        hidden = _FROM_FILE_NAME.get(kind)
        options = {_SPELLED.get((kind, f.name), f.name): f for f in fields(kind) if f.name != hidden}  # type: ignore[arg-type]  # a dataclass, by the callers
        self.unknown(where, table, list(options))
        arguments = dict(given)
        for key, option in options.items():
            if key in table:
                try:
                    arguments[option.name] = _read(kind, option, table[key])
                except ValueError as error:
                    self.mistakes.append(f"{where}: {key}: found {table[key]!r}; {error}")
            elif option.default is MISSING and option.default_factory is MISSING:
                self.mistakes.append(f"{where}: {key}: missing; it is needed")
        return kind(**arguments) if len(self.mistakes) == before else None


def _read(kind: type, option: Field[Any], value: object) -> object:
    """One option's value in its type; ValueError says what is allowed."""
    reader = _READERS[get_type_hints(kind)[option.name]]
    result = reader(value)
    check = _CHECKS.get((kind, option.name))
    if check:
        check(result)
    return result


def _text(value: object) -> str:
    if isinstance(value, str) and text.line(value, 10_000) == " ".join(value.split()):
        return value.strip()
    raise ValueError("allowed is a text without control characters")


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("allowed is a whole number from 0")


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6:  # noqa: PLR2004  no weight is that big; shuts out inf and nan
        return float(value)
    raise ValueError("allowed is a number")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(_text(item) for item in value)
    raise ValueError('allowed is a list of texts, such as ["one", "two"]')


def _weights(value: object) -> Mapping[str, float]:
    if isinstance(value, dict):
        return {_text(phrase): _number(weight) for phrase, weight in value.items()}
    raise ValueError('allowed are lines such as "electric vehicle" = 3.0')


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, str) and value in available_timezones():
        return ZoneInfo(value)
    raise ValueError('allowed is an IANA time zone, such as "Europe/Berlin"')


def _window(value: object) -> timedelta | None:
    if value == "any":
        return None
    match = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
    if not match:
        raise ValueError('allowed is "any" or a number and m, h, d or w, such as "36h"')
    return timedelta(minutes=int(match[1]) * _UNITS[match[2]])


_READERS: dict[Any, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    float: _number,
    tuple[str, ...]: _texts,
    Mapping[str, float]: _weights,
    ZoneInfo: _zone,
    timedelta | None: _window,
}


def _check_kind(kind: str) -> None:
    if kind and kind not in plug.names("digest.gather"):
        raise ValueError(f"allowed are {', '.join(plug.names('digest.gather'))}")


def _check_destination(to: str) -> None:
    backend, _, target = to.partition(":")
    if backend not in plug.names("digest.deliver") or not target:
        raise ValueError(f"allowed is KIND:TARGET with a kind of {', '.join(plug.names('digest.deliver'))}")


def _check_url(url: str) -> None:
    if url and not text.link(url):
        raise ValueError("allowed is an http or https address without a password")


def _check_color(color: str) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise ValueError('allowed is "#" and six hex digits')


def _check_template(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("allowed are lower-case letters, digits, '-' and '_'")


def _check_address(value: str) -> None:
    if value:
        address.normalised(value)


def _check_schedule(schedule: str) -> None:
    if schedule:
        slots.check(schedule)


def _check_addresses(values: tuple[str, ...]) -> None:
    for value in values:
        address.normalised(value)


def _check_mailbox(sender: str) -> None:
    address.mailbox(sender)


_CHECKS: dict[tuple[type, str], Callable[[Any], None]] = {
    (Source, "kind"): _check_kind,
    (Source, "url"): _check_url,
    (Delivery, "to"): _check_destination,
    (Delivery, "unsubscribe"): _check_address,
    (Job, "sender"): _check_mailbox,
    (Job, "schedule"): _check_schedule,
    (Job, "template"): _check_template,
    (Job, "to"): _check_addresses,
    (TopicRules, "color"): _check_color,
}


def _unresolved(home: Path, jobs: Mapping[str, Job], sources: tuple[Source, ...]) -> Iterator[str]:
    """What jobs and sources name that does not exist; a topic's broken file counts as there."""
    topics = {path.stem for path in (home / "topics").glob("*.toml")}
    chosen = ({source.name for source in sources} | {source.group for source in sources}) - {""}
    files = [path.name for folder in defaults.template_folders(home) for path in folder.glob("[!_]*.mjml.j2")]
    looks = {name.removesuffix(".mjml.j2") for name in files}
    asked = [("digest.toml: [[sources]] " + s.key, "topics", t, topics) for s in sources for t in s.topics]
    for job in jobs.values():
        where = f"jobs/{job.name}.toml"
        asked += [(where, "topics", topic, topics) for topic in job.topics]
        asked += [(where, "sources", name, chosen) for name in job.sources]
        asked += [(where, "template", job.template, looks)]
    for where, key, value, known in asked:
        if value not in known:
            yield f"{where}: {key}: found {value!r}; allowed are {', '.join(sorted(known)) or 'none yet'}"
