import re
import tomllib
from pathlib import Path

import pytest

from digest import config
from digest.core import defaults
from house.tree import ROOT, texts

_BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LOCKED = re.compile(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.+!]*", re.IGNORECASE)
# Written in two halves, or this file would name them.
_REGISTRIES = tuple(
    ".".join(halves)
    for halves in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy.golang", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
    )
)


def broken_blocks(page: str) -> list[str]:
    """What is wrong with the TOML blocks of a Markdown page."""
    faults = []
    for block in _BLOCK.findall(page):
        try:
            tomllib.loads(block)
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{error}: {block}")
    return faults


def registries(text: str) -> list[str]:
    return [host for host in _REGISTRIES if host in text.casefold()]


def unlocked(lock: str) -> list[str]:
    """Lines that are neither comment nor `name==version`."""
    lines = [line.strip() for line in lock.splitlines()]
    return [line for line in lines if line and not line.startswith("#") and not _LOCKED.fullmatch(line)]


def test_every_toml_block_of_the_documentation_parses() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert pages
    assert [fault for page in pages for fault in broken_blocks(page.read_text(encoding="utf-8"))] == []


def test_a_broken_toml_block_is_a_fault() -> None:
    assert broken_blocks('Text\n```toml\n[newsletter]\nname = "Meridian"\n```\n') == []
    assert len(broken_blocks("```toml\nname = Meridian\n```\n")) == 1


def test_the_repository_is_a_newsletter_that_runs_as_it_is() -> None:
    news = config.load(ROOT)
    assert {"daily", "demo"} <= news.jobs.keys()
    assert {"ai", "automotive", "crypto"} <= news.topics.keys()
    assert news.jobs["demo"].to
    assert not news.jobs["demo"].schedule
    assert not news.jobs["daily"].to


def test_every_job_finds_its_template_and_its_sources() -> None:
    news = config.load(ROOT)
    known = {name for source in news.sources for name in (source.name, source.group)}
    for job in news.jobs.values():
        for suffix in (".mjml.j2", ".txt.j2"):
            assert any((folder / f"{job.template}{suffix}").is_file() for folder in defaults.template_folders(ROOT))
        assert set(job.sources) <= known
    assert any(not source.group for source in news.sources)


def test_every_local_source_has_files_and_every_sample_a_source() -> None:
    local = [source.path for source in config.load(ROOT).sources if source.path]
    reached: set[Path] = set()
    for pattern in local:
        found = set(ROOT.glob(pattern))
        assert found, pattern
        reached |= found
    assert {path for path in (ROOT / "samples").rglob("*") if path.is_file()} == reached


def test_what_is_shipped_exists() -> None:
    for name in (*defaults.FILES, *defaults.FOLDERS):
        assert (ROOT / name).exists(), name


def test_no_file_names_a_package_registry() -> None:
    assert [(path, registries(text)) for path, text in texts() if registries(text)] == []


@pytest.mark.parametrize("host", _REGISTRIES)
def test_a_registry_is_found_wherever_it_is_named(host: str) -> None:
    assert registries(f"repo: https://files.{host.upper()}/simple") == [host]


def test_every_locked_line_names_one_version() -> None:
    lock = ROOT / "requirements.lock"
    if not lock.is_file():
        pytest.skip("nothing is locked yet")
    assert unlocked(lock.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", ["click", "click>=8.1", "click==8.*", "-e .", "click @ https://example.org/click.whl"])
def test_a_line_that_leaves_the_version_open_is_unlocked(line: str) -> None:
    assert unlocked(f"# locked\nlxml==6.0.1\n{line}\n") == [line]
