import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.core import plug

COMMANDS = plug.names("digest.cli")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_begins_with_a_sentence(name: str) -> None:
    result = CliRunner().invoke(main, [name, "-h"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    help_text = plug.load("digest.cli", name).command.help
    assert help_text.split("\n")[0].endswith((".", ":"))


def test_the_list_of_commands_says_what_each_does() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for name in COMMANDS:
        assert f"  {name} " in shown
    assert "Fetch and read sources, and keep what is new." in shown


def test_help_loads_no_command_and_none_of_their_libraries() -> None:
    code = (
        "import sys, digest.cli\n"
        "try: digest.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('lxml', 'jinja2', 'pycurl', 'sqlite_utils', 'rich', 'digest.cli.send')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["editions", "subscribers", "sources", "schedule"])
def test_the_list_of_subcommands_breaks_off_no_sentence(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "-h"]).stdout.partition("Commands:")[2]
    assert shown
    assert "..." not in shown


def test_an_unknown_command_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["sned"])
    assert result.exit_code == 2
    assert "No such command 'sned'. Did you mean 'send'?" in result.stderr


def test_a_folder_without_a_newsletter_is_named_with_what_helps(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "topics", "list"])
    assert result.exit_code == 2
    assert "digest.toml: no such file; `digest init DIR` makes a newsletter's folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_the_packages_own() -> None:
    assert "0.1.0" in CliRunner().invoke(main, ["--version"]).stdout
