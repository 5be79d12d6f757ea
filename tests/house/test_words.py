import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from house.tree import Module, modules, parse

LINES_PER_SUPPRESSION = 1_000

_SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no\s*cover|mypy:|ruff:)", re.IGNORECASE)
# The code, then words that say why.
_CODED = r"noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\]|pragma:\s*no\s*cover"
_REASONED = re.compile(rf"#\s*(?:{_CODED})[\s#:,-]+(?=.*\w+\W+\w+)")
_IN_SYNC = re.compile(r"\b(?:in sync|synchroni[sz]ed with|same as in)\b", re.IGNORECASE)


def comments(module: Module) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def suppressions(module: Module) -> list[tuple[int, str]]:
    return [(number, comment) for number, comment in comments(module) if _SUPPRESSION.search(comment)]


def unreasoned(module: Module) -> list[str]:
    """Suppressions without a code or without a reason."""
    found = suppressions(module)
    return [f"{module.path}:{number}: {comment}" for number, comment in found if not _REASONED.search(comment)]


def out_of_tune(module: Module) -> list[str]:
    """Comments that ask a person to keep two places alike."""
    return [f"{module.path}:{number}: {comment}" for number, comment in comments(module) if _IN_SYNC.search(comment)]


def undocumented(module: Module) -> list[str]:
    """Modules, public classes, and public functions and methods without a docstring."""
    faults = [] if ast.get_docstring(module.tree) else [f"{module.path}: no docstring"]
    public = list(_public(module.tree.body))
    public += [inner for node in public if isinstance(node, ast.ClassDef) for inner in _public(node.body)]
    return faults + [f"{module.at(node)}: {node.name}: no docstring" for node in public if not ast.get_docstring(node)]


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    definitions = (n for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    return (node for node in definitions if not node.name.startswith("_"))


def test_each_suppression_has_its_code_and_its_reason() -> None:
    assert [fault for module in modules("src", "tests", "benchmarks") for fault in unreasoned(module)] == []


def test_suppressions_are_rare() -> None:
    found = [
        f"{module.path}:{number}: {comment}" for module in modules("src") for number, comment in suppressions(module)
    ]
    lines = sum(len(module.text.splitlines()) for module in modules("src"))
    assert len(found) <= lines / LINES_PER_SUPPRESSION, "\n".join(found)


def test_whatever_is_public_is_documented() -> None:
    assert [fault for module in modules("src") for fault in undocumented(module)] == []


def test_no_two_places_are_kept_alike_by_hand() -> None:
    assert [fault for module in modules("src", "tests", "benchmarks") for fault in out_of_tune(module)] == []


@pytest.mark.parametrize(
    "comment",
    [
        "noqa",
        "noqa: S101",
        "noqa: S101 -",
        "type: ignore",
        "type: ignore[arg-type]",
        "type: ignore  # the library has no types",
        "pragma: no cover",
        "ruff: noqa",
    ],
)
def test_a_suppression_without_code_or_reason_is_a_fault(comment: str) -> None:
    assert len(unreasoned(parse(f"x = 1  # {comment}\n"))) == 1


@pytest.mark.parametrize(
    "comment",
    [
        "noqa: S101 - our own assertion",
        "noqa: S101, S603  our own program",
        "type: ignore[arg-type]  # a dataclass, by the callers",
        "pragma: no cover - needs another system",
    ],
)
def test_a_reasoned_suppression_is_none(comment: str) -> None:
    module = parse(f"x = 1  # {comment}\n")
    assert len(suppressions(module)) == 1
    assert unreasoned(module) == []


def test_a_suppression_inside_a_text_does_not_count() -> None:
    assert suppressions(parse('x = "# noqa"\n')) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n",
        '"""Doc."""\ndef read():\n    return 1\n',
        '"""Doc."""\nclass Reader:\n    x = 1\n',
        '"""Doc."""\nclass Reader:\n    """Doc."""\n    def read(self):\n        return 1\n',
    ],
)
def test_a_missing_docstring_is_a_fault(source: str) -> None:
    assert len(undocumented(parse(source))) == 1


def test_private_things_need_no_docstring() -> None:
    assert undocumented(parse('"""Doc."""\ndef _read():\n    x = 1\nclass _Reader:\n    def read(self): ...\n')) == []


def test_a_comment_that_asks_for_care_is_a_fault() -> None:
    assert len(out_of_tune(parse("x = 1  # keep in sync with y\n"))) == 1
