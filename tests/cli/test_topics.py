"""`digest topics`: what an editor sees of the topics, their phrases and their mistakes."""

import tomllib

from support import Folder, Make


def identifier(folder: Folder, part: str) -> str:
    (found,) = [row["id"] for row in folder.json("articles", "list") if part in row["title"]]
    return str(found)


def test_topics_are_listed_with_what_they_are_about(newsletter: Make) -> None:
    folder = newsletter()
    rows = folder.json("topics", "list")
    assert [row["id"] for row in rows] == ["cars", "money"]
    assert set(rows[0]) == {"id", "name", "color", "floor", "phrases", "description"}
    assert folder.run("topics", "list").stdout.splitlines()[0].split("\t")[0] == "cars"


def test_a_text_is_tested_with_what_fired_and_what_it_lacks(newsletter: Make) -> None:
    folder = newsletter()
    said = folder.run("topics", "test", "One carmaker and a ferry.").stdout.splitlines()
    assert said[:2] == ["cars 4.2: yes", '  "carmaker" 4.2 in the text']
    folder.write("topics/sea.toml", 'name = "Sea"\ncolor = "#0b6f65"\n\n[phrases]\n"ferry" = 2.0\n')
    said = folder.run("topics", "test", "One carmaker and a ferry.").stdout.splitlines()
    assert "sea 2.8: no, 1.7 below its floor of 4.5" in said
    assert folder.json("topics", "test", "Nothing at all.") == []
    assert "no phrase of any topic" in folder.run("topics", "test", "Nothing at all.").stdout


def test_a_dash_reads_the_text_from_stdin(newsletter: Make) -> None:
    folder = newsletter()
    process = folder.start("topics", "test", "-", "--title", "A carmaker")
    assert process.communicate("The carmaker sells.")[0].startswith("cars ")


def test_a_file_of_examples_is_evaluated_and_strange_labels_are_named(newsletter: Make) -> None:
    folder = newsletter()
    folder.write(
        "some.jsonl",
        '{"title": "Carmaker sells", "text": "A carmaker.", "topics": ["cars"]}\n'
        '{"title": "A choir", "text": "It sings.", "topics": ["crs"]}\n',
    )
    said = folder.run("topics", "evaluate", str(folder.path / "some.jsonl"))
    assert said.exit_code == 0
    assert said.stdout.startswith("2 articles, macro F1 1.0000")
    assert "crs: the label of 1, no topic of this newsletter" in said.stderr


def test_a_broken_or_empty_file_of_examples_is_told_in_words(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("broken.jsonl", '{"title": "A", "text": "B", "topics": []}\n{"title": "A", "text"\n')
    said = folder.run("topics", "evaluate", str(folder.path / "broken.jsonl"))
    assert said.exit_code == 2
    assert 'broken.jsonl, line 2: not JSON, it ends too early: found {"title": "A", "text", needed {' in said.stderr
    folder.write("empty.jsonl", "\n\n")
    said = folder.run("topics", "evaluate", str(folder.path / "empty.jsonl"))
    assert said.exit_code == 2
    assert "no article in it" in said.stderr


def test_a_moved_article_makes_a_suggestion_that_decides_once_it_is_pasted(newsletter: Make) -> None:
    folder = newsletter()
    folder.write("sources/hatch.txt", "Vellmar hatchback is late\n\nBuyers wait for the Vellmar hatchback since May.\n")
    folder.run("gather")
    assert folder.json("topics", "suggest") == []
    assert "no article was moved" in folder.run("topics", "suggest").stdout
    hatch = identifier(folder, "hatchback")
    folder.run("articles", "move", hatch, "cars")
    (row,) = folder.json("topics", "suggest")
    assert set(row) == {"topic", "phrase", "weight", "file", "line", "decides", "changes"}
    assert (row["file"], row["decides"]) == ("topics/cars.toml", 1)
    assert tomllib.loads(row["line"]) == {row["phrase"]: row["weight"]}
    assert row["line"] in folder.run("topics", "suggest").stdout

    folder.append(row["file"], f"{row['line']}\n")
    assert "nothing to add for 1 moved article" in folder.run("topics", "suggest").stdout
    folder.run("articles", "move", hatch, "--undo")
    assert [topic["name"] for topic in folder.json("articles", "show", hatch)["topics"]] == ["cars"]
