import inspect
from collections.abc import Sequence
from types import ModuleType

import click
import pytest

from digest.core import plug

# Room -> the functions each of its public modules has; the signatures are those of the room's first module.
KINDS = {
    "digest.gather": ("looks_like", "read"),
    "digest.render.checks": ("check",),
    "digest.deliver": ("check", "deliver"),
    "digest.feedback": ("looks_like", "read"),
    "digest.mailbox": ("check_target", "reading"),
}


def residents(package: str) -> list[ModuleType]:
    return [plug.load(package, name) for name in plug.names(package)]


def misfits(modules: Sequence[ModuleType], function: str) -> list[str]:
    """The modules that lack the function or have it with another signature than the first one."""
    faults = [f"{module.__name__}: no {function}" for module in modules if not callable(vars(module).get(function))]
    signatures = {m.__name__: inspect.signature(vars(m)[function]) for m in modules if callable(vars(m).get(function))}
    first = next(iter(signatures.values()), None)
    return faults + [f"{name}: {function}{found}; not {first}" for name, found in signatures.items() if found != first]


def silent(modules: Sequence[ModuleType]) -> list[str]:
    """The modules without a click command that says what it does, and with options that do not."""
    faults = []
    for module in modules:
        command = vars(module).get("command")
        if not isinstance(command, click.Command) or not (command.help or "").strip():
            faults.append(f"{module.__name__}: no command with help")
            continue
        options = [option for option in command.params if isinstance(option, click.Option)]
        faults += [f"{module.__name__}: {option.name}: no help" for option in options if not option.help]
    return faults


def module(name: str, **contents: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(contents)
    return made


@pytest.mark.parametrize(("package", "function"), [(room, name) for room, names in KINDS.items() for name in names])
def test_every_kind_of_a_room_answers_to_one_signature(package: str, function: str) -> None:
    found = residents(package)
    assert found, f"{package} has no public module"
    assert misfits(found, function) == []


def test_every_command_has_help() -> None:
    found = residents("digest.cli")
    assert found
    assert silent(found) == []


def test_a_kind_without_its_function_is_a_misfit() -> None:
    def read(document: bytes) -> int:
        return len(document)

    assert len(misfits([module("feed", read=read), module("page")], "read")) == 1


def test_a_kind_with_another_signature_is_a_misfit() -> None:
    def read(document: bytes) -> int:
        return len(document)

    def read_more(document: bytes, limit: int) -> int:
        return len(document) + limit

    assert misfits([module("feed", read=read), module("page", read=read)], "read") == []
    assert len(misfits([module("feed", read=read), module("page", read=read_more)], "read")) == 1


def test_a_command_or_an_option_without_help_is_silent() -> None:
    loud = click.Command("send", help="Send it.", params=[click.Option(["--force"], help="Whatever comes.")])
    quiet = click.Command("send", help="Send it.", params=[click.Option(["--force"])])
    assert silent([module("send", command=loud)]) == []
    assert len(silent([module("send", command=quiet)])) == 1
    assert len(silent([module("send", command=click.Command("send")), module("none")])) == 2
