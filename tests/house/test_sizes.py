import ast

import pytest

from house.tree import Module, modules, parse

FILE, FUNCTION, CLASS = 250, 40, 120


def too_long(module: Module) -> list[str]:
    lines = len(module.text.splitlines())
    faults = [f"{module.path}: {lines} lines; at most {FILE}"] if lines > FILE else []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            limit = CLASS if isinstance(node, ast.ClassDef) else FUNCTION
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > limit:
                faults.append(f"{module.at(node)}: {node.name}: {length} lines; at most {limit}")
    return faults


def test_no_file_function_or_class_is_too_long() -> None:
    assert [fault for module in modules("src", "tests", "benchmarks") for fault in too_long(module)] == []


@pytest.mark.parametrize(
    ("head", "limit"),
    [("def read():\n", FUNCTION), ("async def read():\n", FUNCTION), ("class Reader:\n", CLASS), ("", FILE)],
)
def test_one_line_over_the_limit_is_a_fault(head: str, limit: int) -> None:
    indent = "    " if head else ""
    rest = limit - len(head.splitlines())
    assert too_long(parse(head + f"{indent}x = 1\n" * rest)) == []
    assert len(too_long(parse(head + f"{indent}x = 1\n" * (rest + 1)))) == 1


def test_a_long_method_is_a_fault_in_a_short_class() -> None:
    body = "        x = 1\n" * FUNCTION
    assert len(too_long(parse(f"class Reader:\n    def read(self):\n{body}"))) == 1
