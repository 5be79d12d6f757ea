import pytest
from click.shell_completion import ShellComplete

from digest.cli import main
from support import Folder, Make


def completed(folder: Folder, *words: str) -> list[str]:
    """What may stand in place of the last word."""
    completer = ShellComplete(main, {}, "digest", "_DIGEST_COMPLETE")
    *before, incomplete = words
    return [item.value for item in completer.get_completions(["--home", str(folder.path), *before], incomplete)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("render", ""), ["brief"]),
        (("send", "br"), ["brief"]),
        (("check", "x"), []),
        (("subscribers", "list", "--job", ""), ["brief"]),
        (("articles", "move", "id", "c"), ["cars"]),
        (("sources", "check", "The"), ["The Harbour Post"]),
        (("articles", "why", ""), []),
        (("artic",), ["articles"]),
    ],
)
def test_names_are_completed(newsletter: Make, words: tuple[str, ...], expected: list[str]) -> None:
    folder = newsletter()
    assert completed(folder, *words) == expected
    assert not (folder.path / "digest.db").exists()


def test_articles_are_completed_by_id(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    ids = [row["id"] for row in folder.json("articles", "list")]
    assert sorted(completed(folder, "articles", "why", "")) == sorted(ids)
    assert completed(folder, "articles", "drop", ids[0][:9]) == [ids[0]]


def test_a_broken_newsletter_completes_nothing_and_says_nothing(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("digest.toml", "[[")
    folder.write("digest.db", "no database at all, not even nearly " * 30)
    assert completed(folder, "sources", "check", "") == []
    assert completed(folder, "articles", "why", "") == []
