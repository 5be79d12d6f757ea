"""The words said in templates and code -> the shipped .po files, brought up to date; `make words` runs it."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src" / "digest" / "words"
_KEYWORDS = {"_": None, "ngettext": (1, 2), "text": None, "counted": (1, 2)}
# Lines of the head that say nothing here, or change each time.
_IDLE = re.compile(rb'^"(?!Language:|Plural-Forms:|Content-Type:)[A-Z][A-Za-z-]+: .*\n', re.MULTILINE)


def said(root: Path = ROOT) -> Catalog:
    """Every literal text that a template or a module says through the words."""
    catalog = Catalog()
    for path, method in sorted(_files(root)):
        options = {"silent": "false"} if method == "jinja2" else {}
        with path.open("rb") as file:
            for line, message, comments, context in extract(
                method, file, keywords=_KEYWORDS, comment_tags=("Words:",), options=options, strip_comment_tags=True
            ):
                place = str(path.relative_to(root))
                catalog.add(message, None, [(place, line)], auto_comments=comments, context=context)
    return catalog


def updated(path: Path, known: Catalog) -> bytes:
    """The .po file with all that is said and nothing else; what is new stands in it without a translation."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem.replace("-", "_"), abort_invalid=True)
    catalog.update(known, no_fuzzy_matching=True, update_creation_date=False)
    written = BytesIO()
    write_po(written, catalog, width=100, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    head, gap, body = written.getvalue().partition(b"\n\n")
    return _IDLE.sub(b"", head + b"\n") + gap[1:] + body


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    yield from ((path, "python") for path in (root / "src" / "digest").rglob("*.py"))
    for folder in (root / "templates", root / "src" / "digest"):
        yield from ((path, "jinja2") for path in folder.rglob("*.j2"))


if __name__ == "__main__":
    for each in sorted(SHIPPED.glob("*.po")):
        each.write_bytes(updated(each, said()))
