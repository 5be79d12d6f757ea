import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.formats.metrics import Gauge, Sample, gauge, labelled, render

# Prometheus' text format 0.0.4, as a collector reads it.
_LABEL = r'(?P<label>[a-zA-Z_]\w*)="(?P<text>(?:[^"\\\n]|\\["\\n])*)"'
_SAMPLE = re.compile(rf"(?P<name>[a-zA-Z_:][\w:]*)(?:\{{{_LABEL}\}})? (?P<value>\S+)")
_ESCAPE = re.compile(r"\\(.)")


def unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def test_a_file_has_help_type_and_figures() -> None:
    text = render(
        [gauge("digest_queue_length", "Mails that wait.", 7), labelled("digest_x", "X.", "job", {"brief": 3})]
    )
    assert text == (
        "# HELP digest_queue_length Mails that wait.\n# TYPE digest_queue_length gauge\ndigest_queue_length 7\n"
        '# HELP digest_x X.\n# TYPE digest_x gauge\ndigest_x{job="brief"} 3\n'
    )


@given(st.dictionaries(st.text(), st.one_of(st.integers(0, 2**53), st.floats())))
def test_every_label_and_figure_comes_out_as_it_went_in(values: dict[str, float]) -> None:
    text = render([labelled("digest_x", "X.", "source", values)])
    lines = [each for each in text.split("\n") if each and not each.startswith("#")]
    found = [_SAMPLE.fullmatch(each) for each in lines]
    assert all(found)
    read = {unescaped(each["text"]): float(each["value"]) for each in found if each}
    assert repr(read) == repr({key: float(value) for key, value in values.items()})


def test_several_labels_are_parted_by_commas() -> None:
    sample = Sample(value=1, labels={"job": "brief", "state": "sent"})
    assert 'x{job="brief",state="sent"} 1\n' in render([Gauge(name="x", help="X.", samples=[sample])])


@pytest.mark.parametrize(("told", "written"), [("a\nb", r"a\nb"), ("a\\b", r"a\\b"), ('"a"', '"a"')])
def test_a_help_stays_on_its_line(told: str, written: str) -> None:
    assert render([gauge("x", told, 1)]).split("\n")[0] == f"# HELP x {written}"


def test_a_gauge_without_figures_is_left_out() -> None:
    assert render([labelled("x", "X.", "job", {})]) == ""
