import sys
from pathlib import Path

import pytest

from digest.core import plug


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with two public modules, one of which cannot be imported, and a private one."""
    folder = tmp_path / "plug_box"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "smtp.py").write_text('"""Mails by SMTP.\n\nMore.\n"""\n\nNAME = "smtp"\n')
    (folder / "broken.py").write_text('"""Cannot be loaded."""\n\nraise SystemExit("loaded")\n')
    (folder / "_pace.py").write_text('"""How fast."""\n')
    (folder / "notes.txt").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "plug_box"]:
        monkeypatch.delitem(sys.modules, name)
    return "plug_box"


def test_a_packages_public_modules_are_its_names_and_none_is_imported(box: str) -> None:
    assert plug.names(box) == ("broken", "smtp")


def test_a_new_file_is_a_new_name(box: str) -> None:
    plug.names(box)
    Path(str(sys.modules[box].__path__[0]), "outbox.py").write_text('"""A folder."""\n')
    assert plug.names(box) == ("broken", "outbox", "smtp")


def test_a_module_is_loaded_by_name(box: str) -> None:
    assert plug.load(box, "smtp").NAME == "smtp"


@pytest.mark.parametrize("name", ["pigeon", "_pace", "", "../smtp", "smtp.NAME", "__init__"])
def test_what_is_no_public_module_is_refused_with_what_there_is(box: str, name: str) -> None:
    with pytest.raises(LookupError, match="is none of broken, smtp"):
        plug.load(box, name)


def test_a_summary_is_read_without_importing(box: str) -> None:
    assert plug.summary(box, "smtp") == "Mails by SMTP."
    assert plug.summary(box, "broken") == "Cannot be loaded."
    assert f"{box}.smtp" not in sys.modules


def test_a_module_without_docstring_or_file_has_an_empty_summary(box: str) -> None:
    Path(str(plug.load(box, "smtp").__file__)).with_name("bare.py").write_text("NAME = 1\n")
    assert plug.summary(box, "bare") == ""
    assert plug.summary(box, "gone") == ""
