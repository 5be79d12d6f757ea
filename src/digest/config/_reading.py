"""TOML files -> values of settings, with the mistakes collected."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar, get_type_hints

from digest.config._refine import REFINED
from digest.core.settings import Delivery, Editors, Feedback, Job, Keep, Limits, Newsletter, Site, Source, TopicRules
from digest.core.values import READERS

T = TypeVar("T", Newsletter, Delivery, Site, Feedback, Limits, Editors, Keep, Source, Job, TopicRules)
Table: TypeAlias = dict[str, Any]

MAIN: Final = "digest.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Keys that a file may not say: its name says them.
_FROM_FILE_NAME = {Job: "name", TopicRules: "id"}
_SPELLED: dict[tuple[type, str], str] = {(Job, "sender"): "from"}


@dataclass(slots=True)
class Reading:
    """Collects mistakes while files become settings."""

    home: Path
    names: dict[tuple[type, str], set[str]]
    """What an option may name, as far as it is known yet: a thing whose own file has mistakes counts as there."""
    mistakes: list[str] = field(default_factory=list)

    def toml(self, where: str) -> Table | None:
        """A file of the folder; none when it cannot be read."""
        path = self.home / where
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            self.mistakes.append(f"{path}: no such file; `digest init DIR` makes a newsletter's folder")
        except (OSError, ValueError, RecursionError) as error:
            self.mistakes.append(f"{where}: not readable as TOML: {error}")
        return None

    def unknown(self, where: str, table: Table, allowed: tuple[str, ...]) -> None:
        """Collect keys that there are not."""
        for key in sorted(table.keys() - set(allowed)):
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(allowed)}"
            self.mistakes.append(f"{where}: {key if key.isprintable() else repr(key)}: no such key; {hint}")

    def meant(self, table: Table, allowed: tuple[str, ...]) -> Table:
        """The table with each mistyped key under the name it was meant to have: what stands in it is read too."""
        free = [key for key in allowed if key not in table]
        near = {key: difflib.get_close_matches(key, free, 1) for key in table.keys() - set(allowed)}
        return {(near.get(key) or [key])[0]: value for key, value in table.items()}

    def sources(self, tables: object) -> Iterator[Source]:
        """The sources, each a table."""
        if not isinstance(tables, list):
            self.mistakes += (
                [] if tables is None else [f"{MAIN}: sources: found {_shown(tables)}; allowed is [[sources]]"]
            )
            return
        named = [table.get(key) for table in tables if isinstance(table, dict) for key in ("name", "group")]
        self.names[Job, "sources"] = {name for name in named if isinstance(name, str) and name}
        for number, table in enumerate(tables, 1):
            where = f"{MAIN}: [[sources]] no. {number}"
            source = self.value(Source, table, where, {})
            if source and bool(source.url) == bool(source.path):
                self.mistakes.append(f"{where}: found {', '.join(table) or 'nothing'}; needed is either url or path")
            elif source:
                yield source

    def section(self, kind: type[T], main: Table, name: str) -> T | None:
        """A table of the main file."""
        return self.value(kind, main.get(name, {}), f"{MAIN}: [{name}]", {})

    def folder(self, kind: type[T], folder: str, given: Table) -> dict[str, T]:
        """Name -> the value of each file in a folder of such files."""
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
        refine = REFINED.get((kind, option.name))
        return refine(result) if refine and result not in ("", ()) else result


def _shown(value: object) -> str:
    """What was found, without a password that stands in an address."""
    return re.sub(r"//.*@", "//***@", repr(value))
