"""What is told on standard error -> lines of text or of JSON; a line that cannot be written stops nothing."""

import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TextIO, TypeAlias, cast

from digest.core import text

STYLES: Final = ("text", "json")
SCREEN: Final = "digest.screen"
"""The logger of what a command tells the person who typed it: in text nothing but the words."""
RUNS: Final = "digest.run"
"""The logger of what became of each edition; in text only for who has no answer on stdout."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""

_STRAY = "digest.stderr"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_COLOURS: Mapping[int, str] = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "31"}
_LINE = 4_000
_WORD = re.compile(r'[^\s<>"(),:;]+')
_URL_PARTS = re.compile(r"([/?=&])")
_DESCRIPTORS = 3


def set_up(style: str) -> None:
    """Have all records and whatever else goes to stderr written in one of the STYLES from now on."""
    _fill_descriptors()
    under = sys.stderr.under if isinstance(sys.stderr, _Steady) else sys.stderr
    plain = _Steady(under)
    sys.stderr = cast(TextIO, _Stray(under) if style == "json" else plain)
    # In text through sys.stderr as it is then: progress bars put themselves between.
    handler = logging.StreamHandler(plain if style == "json" else _Current())
    handler.setFormatter(_JsonLines() if style == "json" else _TextLines())
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each.formatter, _JsonLines | _TextLines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    told = style == "json"
    logging.getLogger("digest").setLevel(logging.INFO if told else logging.WARNING)
    logging.getLogger(SCREEN).setLevel(logging.INFO)
    logging.getLogger(RUNS).setLevel(logging.INFO if told else logging.CRITICAL)


def follow() -> None:
    """Tell all that happens also in text: for the daemon, which has no answer on stdout."""
    for name in ("digest", RUNS):
        logging.getLogger(name).setLevel(logging.INFO)


def tag_addresses(tag: Callable[[str], str]) -> None:
    """From now on the log calls an e-mail address by its tag: its lines can be followed, and nobody is named."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Private) and not handler.formatter.shows:
            handler.formatter.name = lambda address: tag(address.lower())


def show_addresses() -> None:
    """From now on the log says addresses as they are."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Private):
            handler.formatter.shows = True
            handler.formatter.name = lambda address: address.rpartition("@")[0]


def anonymous(told: str, name: Callable[[str], str] = lambda _: "***") -> str:
    """The text with each e-mail address reduced to a name and its domain: `***@example.org`."""
    return _WORD.sub(lambda word: _reduced(word[0], name), told) if "@" in told else told


def _reduced(word: str, name: Callable[[str], str]) -> str:
    parts = _URL_PARTS.split(word) if word.startswith("//") else [word]
    return "".join(f"{name(part)}@{part.rpartition('@')[2]}" if part.find("@") > 0 else part for part in parts)


class _Steady(io.TextIOBase):
    """A stream that never fails: what cannot be written is lost, whether it is closed, full or a broken pipe."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, under: TextIO | None) -> None:
        self.under = under

    def write(self, told: str, /) -> int:
        if self.under is not None:
            with suppress(OSError, ValueError):
                self.under.write(told)
        return len(told)

    def flush(self) -> None:
        if self.under is not None:
            with suppress(OSError, ValueError):
                self.under.flush()

    def isatty(self) -> bool:
        with suppress(OSError, ValueError):
            return self.under is not None and self.under.isatty()
        return False

    def fileno(self) -> int:
        return super().fileno() if self.under is None else self.under.fileno()


class _Current(_Steady):
    """Whatever sys.stderr is when something is written."""

    def __init__(self) -> None:
        super().__init__(None)

    def write(self, told: str, /) -> int:
        return sys.stderr.write(told)

    def flush(self) -> None:
        sys.stderr.flush()


class _Stray(_Steady):
    """Lines that no logger knows of, such as those of a library -> records."""

    def __init__(self, under: TextIO | None) -> None:
        super().__init__(under)
        self._rest = ""

    def isatty(self) -> bool:
        return False  # no bars, no colour

    def write(self, told: str, /) -> int:
        *lines, self._rest = (self._rest + told).split("\n")
        for line in lines:
            _log_stray(line)
        return len(told)

    def flush(self) -> None:
        rest, self._rest = self._rest, ""
        _log_stray(rest)


def _log_stray(line: str) -> None:
    if line.strip():
        logging.getLogger(_STRAY).warning("%s", line.rstrip())


class _Private(logging.Formatter):
    """Writes no address as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.name: Callable[[str], str] = lambda _: "***"
        self.shows = False
        """Somebody wants addresses as they are."""

    def told(self, words: str) -> str:
        """The words with what stands for each address."""
        return anonymous(words, self.name)

    def plain(self, value: object) -> object:
        """The value as JSON knows it, without addresses."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.told(str(key)): self.plain(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(each) for each in value]
        return self.told(str(value))


class _TextLines(_Private):
    """A record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        line = record.getMessage()
        if record.name != SCREEN:
            fields = [f"{name}={_shown(self.plain(value))}" for name, value in _fields(record).items() if value]
            line = text.line(" ".join([_time(record), record.levelname, self.told(line), *fields]), _LINE)
            if record.exc_info:
                line += f"\n{self.told(self.formatException(record.exc_info))}"
        colour = _COLOURS.get(record.levelno) if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else None
        return f"\x1b[{colour}m{line}\x1b[0m" if colour else line


class _JsonLines(_Private):
    """A record as a JSON object on a line of its own, ASCII, so that no reader takes a part of it for a line's end."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        event = fields.pop("event", record.getMessage())
        head = {"time": _time(record), "level": record.levelname.lower(), "event": event}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(self.plain(head | {name: value for name, value in fields.items() if name not in head}))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _shown(value: object) -> str:
    """A value as one word, quoted where it is none."""
    shown = str(value)
    return shown if shown.isprintable() and not re.search(r'[\s"=]', shown) else json.dumps(shown, ensure_ascii=False)


def _fill_descriptors() -> None:
    """Open what is closed of stdin, stdout and stderr: the next file would get its number, and others' words."""
    for number in range(_DESCRIPTORS):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
