"""A page of a mail -> what Debian's chromium makes of it: its measures, what axe-core finds, and pictures."""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

AXE = "axe-core@4.14.1"
_PACKAGES = Path(__file__).parents[2] / ".venv" / "npm"
_CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    *("--hide-scrollbars", "--allow-file-access-from-files", "--virtual-time-budget=30000"),
)
# A window is never narrower than 500 pixels, a frame may be.
_FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>frame</title><style>body {{ margin: 0 }} iframe {{ display: block; border: 0 }}</style>
<iframe id="mail" title="mail" src="{page}" style="width:{width}px;height:{height}px"></iframe>
<pre id="found" hidden></pre>
<script>
document.getElementById("mail").onload = async function () {{
  var width = {width}, mail = this.contentWindow, page = this.contentDocument;
  var found = await ({script})(mail, page, width);
  document.getElementById("found").textContent = JSON.stringify(found);
}};
</script></html>"""
_MEASURE = """function (mail, page, width) {
  var found = {dark: mail.matchMedia("(prefers-color-scheme: dark)").matches, title: page.title,
    text: page.body.innerText, height: page.body.offsetHeight, wide: [], runs: [], heads: []};
  if (page.documentElement.scrollWidth > width) found.wide.push("page " + page.documentElement.scrollWidth);
  page.querySelectorAll("body *").forEach(function (element) {
    var box = element.getBoundingClientRect(), style = mail.getComputedStyle(element);
    if (box.width === 0 || box.height === 0) return;
    if (box.right > width + 0.5 || box.left < -0.5) found.wide.push([element.tagName, box.left, box.right].join(" "));
    var texts = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim());
    var own = texts.join(" ").trim();
    var footer = element.closest(".ft, .m") !== null;
    if (own.replace(/\\u00a0/g, "")) found.runs.push([parseFloat(style.fontSize), element.tagName, footer, own]);
    if (/^H[123]$/.test(element.tagName)) {
      var range = page.createRange();
      range.selectNodeContents(element);
      var lines = [...range.getClientRects()].filter(line => line.width > 0);
      found.heads.push([element.tagName, style.direction, Math.min(...lines.map(line => line.left)),
        width - Math.max(...lines.map(line => line.right))]);
    }
  });
  return found;
}"""
_ASK_AXE = """function (mail, page, width) {
  // A mail has no landmarks: the program that shows it has.
  var rules = {region: {enabled: false}, "landmark-one-main": {enabled: false}};
  return mail.axe.run(page, {rules: rules}).then(found => ({
    dark: mail.matchMedia("(prefers-color-scheme: dark)").matches,
    contrasts: found.passes.filter(rule => rule.id === "color-contrast").flatMap(rule => rule.nodes).length,
    violations: found.violations.flatMap(rule => rule.nodes.map(node => rule.id + ": " + node.html.slice(0, 200)))
  }));
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is looked at."""

    width: int
    """In CSS pixels; of the frame, whatever the window is."""
    dark: bool = False


def measured(page: Path, look: Look) -> Mapping[str, Any]:
    """What sticks out, the size of each run of text, where headings begin."""
    return _asked(page, look, _MEASURE)


def axe(page: Path, look: Look, extra: str = "") -> Mapping[str, Any]:
    """The violations that axe-core finds in a copy of the page with something added at its end."""
    script = _axe_script().replace("</script", "<\\/script")
    copy = page.with_name(".axe.html")
    html = page.read_text(encoding="utf-8")
    assert "</body>" in html
    copy.write_text(html.replace("</body>", f"{extra}<script>{script}</script></body>"), encoding="utf-8")
    return _asked(copy, look, _ASK_AXE)


def photographed(page: Path, look: Look, target: Path, height: int) -> None:
    """A PNG of the upper part of the page."""
    frame = _framed(page, look, "function () {}", height)
    _chromium(look, f"--window-size={max(look.width, 500)},{height}", f"--screenshot={target}", frame.as_uri())


def _asked(page: Path, look: Look, script: str) -> Mapping[str, Any]:
    shown = _chromium(look, "--window-size=1000,4000", "--dump-dom", _framed(page, look, script).as_uri())
    found = re.search(r'<pre id="found" hidden="">(.+?)</pre>', shown, re.DOTALL)
    assert found, shown[-2_000:]
    answer: Mapping[str, Any] = json.loads(unescape(found[1]))
    assert answer["dark"] == look.dark
    return answer


def _framed(page: Path, look: Look, script: str, height: int = 4_000) -> Path:
    frame = page.with_name(".frame.html")
    html = _FRAME.format(page=escape(page.name), width=look.width, height=height, script=script)
    frame.write_text(html, encoding="utf-8")
    return frame


def _chromium(look: Look, *arguments: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        scheme = f"--blink-settings=preferredColorScheme={0 if look.dark else 1}"
        command = [*_CHROMIUM, scheme, f"--user-data-dir={profile}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout


@cache
def _axe_script() -> str:
    folder = _PACKAGES / AXE.replace("@", "-")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ("--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts")
        subprocess.run(
            ["npm", "install", "--prefix", folder, *options, AXE], check=True, capture_output=True, timeout=100
        )
    return script.read_text(encoding="utf-8")
