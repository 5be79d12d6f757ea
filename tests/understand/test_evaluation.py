"""Evaluation: the figures against sums done by hand, and what is said about a file with mistakes."""

from pathlib import Path

import pytest

from digest.core.errors import UsageError
from digest.core.settings import TopicRules
from digest.understand.evaluation import Example, Measure, Wrong, evaluate, read_examples, strangers

RULES = [
    TopicRules(id=topic, name=topic, color="#000000", floor=1.0, phrases={topic: 2.0})
    for topic in ("cars", "ai", "space")
]


def example(title: str, *topics: str, optional: tuple[str, ...] = ()) -> Example:
    return Example(title=title, text="", topics=frozenset(topics), optional=frozenset(optional))


def test_figures_are_those_of_a_sum_done_by_hand() -> None:
    result = evaluate(
        RULES,
        [
            example("cars", "cars"),
            example("cars and ai", "cars", "ai"),
            example("cars", "ai"),  # cars too much, ai missed
            example("nothing"),
            example("nothing", "cars"),  # missed: other too much
        ],
    )
    assert result.articles == 5
    assert result.topics == {
        "cars": Measure(precision=2 / 3, recall=2 / 3, f1=2 / 3),
        "ai": Measure(precision=1.0, recall=1 / 2, f1=2 / 3),
        "other": Measure(precision=1 / 2, recall=1.0, f1=2 / 3),
    }
    assert result.macro_f1 == pytest.approx(2 / 3)
    assert result.wrong == (
        Wrong(title="cars", expected=("ai",), got=("cars",)),
        Wrong(title="nothing", expected=("cars",), got=("other",)),
    )


def test_a_topic_without_a_row_is_left_out_of_the_mean() -> None:
    result = evaluate(RULES, [example("cars", "cars"), example("nothing")])
    assert set(result.topics) == {"cars", "other"}
    assert result.macro_f1 == 1.0


def test_an_optional_topic_counts_neither_way() -> None:
    got, missed = example("cars and ai", "cars", optional=("ai",)), example("cars", "cars", optional=("ai",))
    alone = example("ai", optional=("ai",))
    assert evaluate(RULES, [got, missed, alone]).macro_f1 == 1.0
    assert evaluate(RULES, [got, missed, alone]).wrong == ()


def test_an_optional_other_is_not_held_against_other() -> None:
    result = evaluate(RULES, [example("nothing", "cars", optional=("other",)), example("nothing")])
    assert result.topics["other"] == Measure(precision=1.0, recall=1.0, f1=1.0)
    assert result.topics["cars"].recall == 0.0
    assert result.wrong == (Wrong(title="nothing", expected=("cars",), got=()),)


def test_labels_the_newsletter_has_not_are_no_topic() -> None:
    assert evaluate(RULES, [example("nothing", "gardening")]).topics["other"].f1 == 1.0


def test_nothing_to_judge_is_nothing_right() -> None:
    result = evaluate(RULES, [])
    assert (result.articles, result.macro_f1, result.topics, result.wrong) == (0, 0.0, {}, ())


def test_examples_are_read_with_both_spellings_of_no_topic(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(
        '{"title": "A", "text": "B", "topics": [], "id": 7}\n\n'
        '{"title": "A", "text": "B", "topics": ["other"]}\r\n'
        '{"title": "A", "text": "B\u2028C", "topics": ["ai"], "optional": ["cars"]}',
        encoding="utf-8-sig",
    )
    first, second, third = read_examples(file)
    assert first == second
    assert third == Example(title="A", text="B\u2028C", topics=frozenset({"ai"}), optional=frozenset({"cars"}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON, it ends too early: found {, needed {"),
        ('{"title": "A", text: 3}', "not JSON, it breaks off at character 16: found "),
        ("title,text,topics", "not JSON, it breaks off at character 1: found title,text,topics, needed {"),
        ("[" * 100_000, "not JSON that can be read: found [[["),
        ('{"title": ' + "1" * 5_000 + "}", "not JSON that can be read"),
        ("[]", "found [], needed an object"),
        ("null", "found null, needed an object"),
        ('{"text": "B", "topics": []}', '"title" must be a text, found nothing'),
        ('{"title": null, "text": "B", "topics": []}', '"title" must be a text, found null'),
        ('{"title": "A", "text": 3, "topics": []}', '"text" must be a text, found 3'),
        ('{"title": "A", "text": "B"}', '"topics" must be a list of topic names, found nothing'),
        ('{"title": "A", "text": "B", "topics": "ai"}', '"topics" must be a list of topic names, found "ai"'),
        ('{"title": "A", "text": "B", "topics": [1]}', '"topics" must be a list of topic names, found [1]'),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text('{"title": "A", "text": "B", "topics": []}\n' + line, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        read_examples(file)
    assert f"{file}, line 2: " in str(error.value)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < len(str(file)) + 200


def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe{")
    for name in ("missing.jsonl", "latin.jsonl", "."):
        with pytest.raises(UsageError, match="cannot be read"):
            read_examples(tmp_path / name)


def test_labels_that_are_no_topic_are_counted() -> None:
    examples = [example("a", "cars", "crs"), example("b", "other", optional=("crs", "zoo")), example("c")]
    assert strangers(RULES, examples) == {"crs": 2, "zoo": 1}
    assert strangers(RULES, []) == {}


def test_titles_from_a_file_are_fit_to_be_shown(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text('{"title": "A\\u001b[31m\\ud800\\nB", "text": "C", "topics": []}', encoding="utf-8")
    assert read_examples(file)[0].title == "A[31m B"


def test_shipped_topics_hold_on_labelled_articles(shipped: tuple[TopicRules, ...], data: Path) -> None:
    for name, least in (("real_dev", 0.95), ("own_dev", 0.95)):
        assert evaluate(shipped, read_examples(data / "articles" / f"{name}.jsonl")).macro_f1 >= least
