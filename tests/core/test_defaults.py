from pathlib import Path

import pytest

from digest.core import defaults


@pytest.mark.parametrize("name", defaults.FOLDERS)
def test_every_shipped_folder_has_something_in_it(name: str) -> None:
    assert any((defaults.shipped() / name).iterdir())


@pytest.mark.parametrize("name", defaults.FILES)
def test_every_shipped_file_is_there(name: str) -> None:
    assert (defaults.shipped() / name).is_file()


def test_a_newsletters_own_templates_come_before_the_shipped_ones(tmp_path: Path) -> None:
    own, shipped = defaults.template_folders(tmp_path)
    assert own == tmp_path / "templates"
    assert (shipped / "brief.mjml.j2").is_file()
