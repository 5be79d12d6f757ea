"""A newsletter's folder -> its site as a process of its own on loopback, and pages of it in Debian's chromium."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from digest import config
from digest.core.settings import Settings
from digest.core.tokens import Key, load_key
from digest.links import Page as LinkTo
from digest.links import link
from digest.store import connect, readers
from support import DIGEST, Folder
from system.browser import Look
from system.browser import _axe_script as axe_script

_READY = re.compile(r"at http://127\.0\.0\.1:(\d+)")
_FOUND = "axe.run(document, {resultTypes: ['violations', 'passes']})"


@dataclass(frozen=True)
class Served:
    """A running site."""

    folder: Folder
    news: Settings
    key: Key
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where it is, for this machine."""
        return f"http://127.0.0.1:{self.port}"

    def link(self, page: LinkTo, email: str, job: str = "brief", edition: str = "") -> str:
        """A reader's link to this server."""
        with connect(self.news.database) as store:
            number = readers.number(store, job, email)
        assert number is not None, email
        return link(self.url, self.key, page, number, job, email, edition)


@contextmanager
def served(folder: Folder) -> Iterator[Served]:
    """`digest serve` in the folder; it must end with 0 when it is told to stop."""
    # A file: a log that nobody reads would stop the server when the pipe is full.
    with (folder.path / "serve.log").open("w") as told:
        command = [*DIGEST, "--home", str(folder.path), "serve", "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True)
        try:
            yield Served(folder, config.load(folder.path), load_key(folder.path), _port(process), process)
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 0, log(folder)


def log(folder: Folder) -> str:
    """What the site told on stderr."""
    return (folder.path / "serve.log").read_text(encoding="utf-8")


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    line = process.stdout.readline()
    found = _READY.search(line)
    assert found, line
    return int(found[1])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, look: Look, *, scripts: bool = True, **more: Any) -> Iterator[Page]:
    """A window of so many pixels in one scheme."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.dark else "light",
        java_script_enabled=scripts,
        **more,
    )
    yield context.new_page()
    context.close()


def violations(browser: Browser, url: str, look: Look) -> tuple[list[str], int]:
    """What axe-core finds on a page, and how many contrasts it could measure."""
    with window(browser, look, bypass_csp=True) as page:
        page.goto(url)
        return found_by_axe(page)


def found_by_axe(page: Page) -> tuple[list[str], int]:
    """The same for a page that is shown; its policy must be off."""
    page.add_script_tag(content=axe_script())
    found = page.evaluate(_FOUND)
    listed = [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]
    measured = [node for rule in found["passes"] if rule["id"] == "color-contrast" for node in rule["nodes"]]
    return listed, len(measured)
