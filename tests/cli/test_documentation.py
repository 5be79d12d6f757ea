import runpy

import click
import pytest

from digest.core import plug
from house.tree import ROOT

COMMANDS = plug.names("digest.cli")


def test_the_page_of_settings_says_what_the_settings_say() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generate.py"))["page"]()
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == made, "run `make docs`"


@pytest.mark.parametrize("key", ["`from`", "`check_every`", "`per_source`", "`phrases`", "`unsubscribe`"])
def test_every_file_has_its_keys_on_the_page(key: str) -> None:
    assert f"| {key} |" in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_has_help_that_is_a_sentence(name: str) -> None:
    command = plug.load("digest.cli", name).command
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    assert [each.name for each in inner if not (each.help or "").split("\n")[0].endswith(".")] == []
    assert [
        f"{each.name} {option.name}"
        for each in inner
        for option in each.params
        if isinstance(option, click.Option) and not option.help
    ] == []
