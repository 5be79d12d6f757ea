"""Template folders -> the two cached Jinja environments of a mail; what fails in them -> file, line and cause."""

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from digest.core.errors import TemplateError
from digest.render._phrases import CountedPhrase, Phrase, phrases
from digest.render._quarantine import finalized, printable
from digest.words import ENGLISH

HTML_SUFFIX = ".mjml.j2"
TEXT_SUFFIX = ".txt.j2"
LOOK_FILE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.mjml|\.txt)\.j2")
# What an editor's template can do wrong at run time, Jinja's own errors beside.
FAULTS: Final = (
    *(JinjaError, ArithmeticError, AssertionError, AttributeError),
    *(LookupError, OSError, RuntimeError, TypeError, ValueError),
)
# Neither those that make markup from text (safe, escape, urlize, tojson, xmlattr, ...) nor attr, pprint and random.
FILTERS: Final = (
    *("abs", "batch", "capitalize", "count", "d", "default", "first", "float", "format", "groupby", "int", "items"),
    *("join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse"),
    *("round", "select", "selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique"),
    *("upper", "urlencode", "wordcount"),
)
_PART_FILE = re.compile(rf"_?{LOOK_FILE.pattern}")
_LONGEST_RANGE = 1_000
_TEXT_WIDTH = 72


class FolderLoader(BaseLoader):
    """Templates from folders in order of look-up; neither a name nor a symbolic link leads out of them."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    def find(self, name: str) -> Path | None:
        """The file of a template, None when no folder has it."""
        if not _PART_FILE.fullmatch(name):
            return None
        paths = (folder / name for folder in self._folders)
        return next((path for path in paths if path.is_file() and _stays(path)), None)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Source, path and a test whether both still hold, as Jinja asks for them."""
        del environment
        path = self.find(template)
        if path is None:
            raise TemplateNotFound(template)
        changed = path.stat().st_mtime_ns
        return (
            path.read_text(encoding="utf-8"),
            str(path),
            lambda: self.find(template) == path and path.stat().st_mtime_ns == changed,
        )

    def list_templates(self) -> list[str]:
        """The looks there are: names with both parts."""
        files = {path.name for folder in self._folders for path in folder.glob(f"*{HTML_SUFFIX}")}
        names = (file.removesuffix(HTML_SUFFIX) for file in files if LOOK_FILE.fullmatch(file))
        return sorted(name for name in names if self.find(name + HTML_SUFFIX) and self.find(name + TEXT_SUFFIX))


def _stays(path: Path) -> bool:
    """Whether the file lies where its name says."""
    return not path.is_symlink() or path.resolve().parent == path.parent.resolve()


class _Printing(CodeGenerator):
    """Prints what `finalize` gives as it is: a token has nothing to escape, and escaping took a third of the time."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        del node, frame
        self.write(finalize.src or "str(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        del node, frame, finalize
        self.write(")")


class MailEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which a text can join a template's own markup only by being printed."""

    code_generator_class = _Printing
    intercepted_binops = frozenset(("+", "%", "*"))

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """The operator's result, unless it is markup."""
        return _no_markup(super().call_binop(context, operator, left, right))

    def getattr(self, obj: object, attribute: str) -> object:
        """An attribute a template may use; a field of our own frozen values needs none of the sandbox's questions."""
        if attribute in getattr(type(obj), "__dataclass_fields__", ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: object, /, *args: object, **named: object) -> object:
        """What a call gives; a macro of a template and our own functions need none of the sandbox's questions."""
        if type(obj) is Macro:
            return context.call(obj, *args, **named)
        if type(obj) is Phrase or type(obj) is CountedPhrase:
            # Jinja adds these inside loops and blocks, for functions that take its context.
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return obj(*args, **named)
        return super().call(context, obj, *args, **named)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may use it; the methods of markup take text in unprinted."""
        return not isinstance(obj, Markup) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: object) -> Callable[..., str] | None:
        """Jinja's safe `str.format`, which it hands out before it asks `is_safe_attribute`."""
        formatter = super().wrap_str_format(value)
        return None if formatter and isinstance(getattr(value, "__self__", None), Markup) else formatter

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for concat in list(tree.find_all(nodes.Concat)):
            # `a ~ b` becomes `[a, b]|join`, which refuses markup as all filters do.
            parts = nodes.List(concat.nodes, lineno=concat.lineno)
            concat.nodes = [nodes.Filter(parts, "join", [], [], None, None, lineno=concat.lineno)]
        # Imports are made anew each time: a module that is kept would bring the tokens of an earlier render.
        for module in tree.find_all(nodes.Import):
            module.with_context = True
        for names in tree.find_all(nodes.FromImport):
            names.with_context = True
        return tree


def _no_markup(value: object) -> object:
    if isinstance(value, Markup):
        raise SecurityError("markup is printed as it is: no filter, `~`, `+` or `%` takes it")
    return value


def _refusing_markup(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    def refusing(*args: object, **named: object) -> object:
        return _no_markup(function(*args, **named))

    return refusing


def _bounded_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _LONGEST_RANGE:
        raise OverflowError(f"a range has at most {_LONGEST_RANGE:,} numbers")
    return numbers


def wrap(text: str, width: int = _TEXT_WIDTH, indent: str = "") -> str:
    """Text in lines of at most `width` characters, all but the first indented; a link stays whole."""
    # Ten times as fast as textwrap, which took half of a render.
    longest = width - len(indent)
    words = text.split()
    if len(text) <= longest:
        return " ".join(words)
    lines = [""]
    for word in words:
        is_whole = len(word) <= longest or "://" in word
        pieces = [word] if is_whole else [word[at : at + longest] for at in range(0, len(word), longest)]
        for piece in pieces:
            if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
                lines.append(indent + piece)
            else:
                lines[-1] += f" {piece}" if lines[-1] else piece
    return "\n".join(lines)


def _closed(environment: Environment) -> Environment:
    environment.globals = {"range": _bounded_range, **phrases(ENGLISH)}
    environment.filters = {name: _refusing_markup(environment.filters[name]) for name in FILTERS}
    return environment


@lru_cache(maxsize=16)
def html_environment(folders: tuple[Path, ...]) -> Environment:
    """The environment of MJML templates; compiling a template takes 20 ms, so it is kept."""
    return _closed(
        MailEnvironment(loader=FolderLoader(folders), autoescape=True, undefined=StrictUndefined, finalize=finalized)
    )


@lru_cache(maxsize=16)
def text_environment(folders: tuple[Path, ...]) -> Environment:
    """The environment of plain-text templates and subject lines: nothing is escaped, blocks leave no empty line."""
    environment = _closed(
        MailEnvironment(
            loader=FolderLoader(folders),
            undefined=StrictUndefined,
            finalize=printable,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )
    environment.filters["wrap"] = wrap
    return environment


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turns what fails in a template into a TemplateError that names file, line and cause in one line."""
    try:
        yield
    except FAULTS as error:
        where = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        file, line = next(((file, line) for file, line in reversed(where) if file.endswith(".j2")), (name, None))
        if isinstance(error, TemplateSyntaxError):
            file, line = error.filename or name, error.lineno
        place = f"{file}:{line}" if line else file
        raise TemplateError(f"{place}: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r}"
    message = error.message if isinstance(error, JinjaError) else str(error)
    # A person knows "Edition", not the class behind it.
    shown = re.sub(r"'digest\.[\w.]*?(\w+?)(?:View)? object'", r"\1", message or "")
    return " ".join(shown.split()) or type(error).__name__
