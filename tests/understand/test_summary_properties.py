"""What holds of every summary: whole sentences of the article, few words, and little time."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.understand.summary import lead

NEWS = "The harbour of Holm opens again on Monday after nine weeks of repairs."
MORE = "Two cranes that fell in the storm have been replaced by one."

_PIECES = st.sampled_from(
    [
        NEWS,
        MORE,
        "By Anna Holt and Ben",
        "(AP) - ",
        "\n\n",
        "  ",
        "\t",
        "Dr.",
        "J.D. Power",
        "U.S.",
        '"',
        "“",
        "1. ",
        "…",
        "🚗",
        "but it. ",
        "你好。",
    ]
)


_TEXTS = st.lists(_PIECES | st.text(max_size=40), max_size=30).map(" ".join)
_HANGING = re.compile(r"[\"'“‘(]*(?:He|She|It|They|But|And|However|This|That|So)\b")


@settings(deadline=None)
@given(st.sampled_from(["", "Harbour opens", NEWS, MORE]) | st.text(max_size=60), _TEXTS, _TEXTS)
def test_a_summary_is_whole_sentences_of_the_article(title: str, text: str, own: str) -> None:
    summary = lead(title, text, own)
    sources = [" ".join(source.split()) for source in (text, own)]
    cuts = [place for place, char in enumerate(summary) if char == " "]
    pairs = [(summary[:cut], summary[cut + 1 :]) for cut in cuts] + [(summary, "")]
    assert any(first in source and second in source for source in sources for first, second in pairs)
    assert len(summary.split()) <= 60
    assert not _HANGING.match(summary)
    as_it_stands = [source for source in sources if source.endswith(summary) and summary[-1:].isalnum()]
    assert not summary or as_it_stands or re.search(r"[.!?。！？।॥۔؟][\"'”’»)\]]*$", summary)


def test_summaries_of_real_articles_are_whole_sentences_of_them(data: Path) -> None:
    rows = [
        json.loads(line) for line in (data / "articles" / "real_dev.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    summaries = [(row, lead(row["title"], row["text"])) for row in rows]
    assert sum(bool(summary) for _, summary in summaries) >= 0.9 * len(rows)
    for row, summary in summaries:
        assert all(word in row["text"] for word in summary.split())
        assert len(summary.split()) <= 60
        assert not _HANGING.match(summary)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        ". " * 50_000,
        '"' * 100_000,
        "A. B. " * 20_000,
        "Inc. J.D. " * 10_000,
        "HOLM, " * 20_000,
        "(" * 99_999,
    ],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    assert len(lead("Title", text)) <= 1_500
    assert time.process_time() - started < 1
