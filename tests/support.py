"""A small real newsletter on disk, and the command that runs in it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from click.testing import CliRunner, Result

from digest.cli import main

DIGEST = (sys.executable, "-m", "digest")


@dataclass(frozen=True)
class Folder:
    """A newsletter's folder on disk."""

    path: Path

    def run(self, *arguments: str) -> Result:
        """The command's result, run in this process."""
        return CliRunner().invoke(main, ["--home", str(self.path), *arguments])

    def json(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command as a process of its own."""
        command = [*DIGEST, "--home", str(self.path), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def write(self, name: str, text: str) -> None:
        """Put a file below the folder."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        """Add lines to a file."""
        self.write(name, (self.path / name).read_text(encoding="utf-8") + text)

    def mails(self) -> list[bytes]:
        """Every mail in the outbox, without the Return-Path above it."""
        return [path.read_bytes().partition(b"\r\n")[2] for path in sorted((self.path / "outbox" / "new").glob("*"))]


Make: TypeAlias = Callable[..., Folder]
