from pathlib import Path

import pytest

from support import Folder, Make


def left_behind(folder: Folder) -> set[str]:
    return {path.name for path in folder.path.iterdir()}


@pytest.mark.parametrize(
    ("file", "broken", "told"),
    [
        ("jobs/brief.toml", "title = ", "jobs/brief.toml: not readable as TOML"),
        (
            "jobs/brief.toml",
            'title = "x"\nfrom = "x@example.org"\nstorys = 3',
            "storys: no such key; did you mean 'stories'?",
        ),
        (
            "jobs/brief.toml",
            'title = "x"\nfrom = "x@example.org"\ntemplate = "fancy"',
            "template: found 'fancy'; allowed are brief",
        ),
        ("jobs/brief.toml", 'title = "x"\nfrom = "nobody"', "from: found 'nobody'"),
        ("topics/cars.toml", 'name = "Cars"\ncolor = "red"', "color: found 'red'; allowed is"),
        ("topics/cars.toml", 'name = "Cars"\ncolor = "#FFFFFF"', "4.5"),
        ("digest.toml", "[newsletter]", "name: missing; it is needed"),
    ],
)
def test_a_mistake_in_a_file_is_told_and_nothing_is_touched(
    newsletter: Make, file: str, broken: str, told: str
) -> None:
    folder = newsletter()
    folder.write(file, broken)
    before = left_behind(folder)
    result = folder.run("send", "brief")
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert left_behind(folder) == before


def test_all_mistakes_are_told_at_once(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("jobs/brief.toml", 'title = 3\nfrom = "x"\nwindow = "soon"\nstories = -1\ntopics = ["carz"]')
    lines = folder.run("check").stderr.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("digest: jobs/brief.toml: ") for line in lines)


def test_a_missing_key_says_how_to_make_one(newsletter: Make) -> None:
    folder = newsletter()
    (folder.path / "digest.key").unlink()
    result = folder.run("send", "brief")
    assert result.exit_code == 2
    assert "digest.key" in result.stderr
    assert "DIGEST_KEY" in result.stderr


def test_an_unknown_job_names_those_there_are(newsletter: Make) -> None:
    result = newsletter().run("send", "weekly")
    assert (result.exit_code, result.stderr) == (2, "digest: weekly: no such job; allowed are brief\n")


def test_a_missing_source_file_is_named_and_the_exit_code_says_failed(newsletter: Make) -> None:
    folder = newsletter()
    for path in (folder.path / "sources").glob("*"):
        path.unlink()
    result = folder.run("send", "brief")
    assert result.exit_code == 1
    assert "sources/*.txt: no such file" in result.stderr


@pytest.mark.parametrize("email", ["nobody", "a@b\nBcc: c@d.org", "|id@example.org", "a@example.org,b@example.org"])
def test_what_is_no_address_is_refused(newsletter: Make, email: str) -> None:
    folder = newsletter()
    result = folder.run("subscribers", "add", email, "--job", "brief")
    assert result.exit_code == 2
    assert folder.json("subscribers", "list") == []


def test_a_topic_that_the_job_does_not_have_is_refused(newsletter: Make) -> None:
    folder = newsletter()
    result = folder.run("subscribers", "add", "a@example.org", "--job", "brief", "--topics", "cars,carz")
    assert result.exit_code == 2
    assert result.stderr == "digest: --topics 'carz': no such topic; allowed are cars, money\n"
    assert folder.json("subscribers", "list") == []


def test_init_refuses_a_folder_that_is_not_empty(newsletter: Make) -> None:
    folder = newsletter()
    before = left_behind(folder)
    result = folder.run("init", str(folder.path))
    assert result.exit_code == 2
    assert "not empty" in result.stderr
    assert left_behind(folder) == before


def test_a_labelled_file_with_a_broken_line_is_named_by_line(newsletter: Make, tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text('{"title": "x", "text": "y", "topics": []}\n{"title": 3}\n', encoding="utf-8")
    result = newsletter().run("topics", "evaluate", str(labelled))
    assert result.exit_code == 2
    assert "line 2" in result.stderr


def test_a_database_that_is_none_is_refused_with_its_name(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("digest.db", "this is no database, only a text that somebody put here " * 40)
    result = folder.run("send", "brief")
    assert result.exit_code == 1
    assert "digest.db" in result.stderr
    assert "Traceback" not in result.output


def test_debug_shows_where_an_error_came_from(newsletter: Make) -> None:
    folder = newsletter()
    result = folder.run("--debug", "send", "weekly")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
