"""The demo's mail in Debian's chromium: nothing sticks out at the widths of phones and desks."""

import re
import subprocess
from pathlib import Path

import pytest

from digest.cli.init import fill
from support import Folder

_MEASURE = """<!doctype html><meta charset="utf-8"><title>none</title>
<iframe id="mail" src="index.html" style="width:{width}px;height:4000px;border:0"></iframe>
<script>
document.getElementById("mail").onload = function () {{
  var found = [], page = this.contentDocument;
  page.querySelectorAll("body *").forEach(function (element) {{
    var box = element.getBoundingClientRect();
    if (box.width > 0 && box.right > {width} + 0.5) found.push(element.tagName + " " + box.right);
  }});
  document.title = page.querySelectorAll("h3").length + " headlines, wide: " + found.join(", ");
}};
</script>"""


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(tmp_path_factory.mktemp("home") / "demo")
    fill(folder.path)
    result = folder.run("render", "demo")
    assert result.exit_code == 0, result.output
    return folder.path / "preview" / "demo"


@pytest.mark.parametrize("width", [320, 375, 414, 700])
def test_no_element_is_wider_than_the_window(preview: Path, tmp_path: Path, width: int) -> None:
    page = preview / f"measure-{width}.html"
    page.write_text(_MEASURE.format(width=width), encoding="utf-8")
    command = [
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        *("--no-first-run", "--allow-file-access-from-files", f"--user-data-dir={tmp_path}", "--dump-dom"),
        *("--virtual-time-budget=5000", page.as_uri()),
    ]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
    assert title
    headlines, _, wide = title[1].partition(" headlines, wide: ")
    assert int(headlines) > 5
    assert wide == ""
