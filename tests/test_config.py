import json
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config_folder import JOB, MAIN, TOPIC, folder, mistakes
from digest import config
from digest.core import defaults
from digest.core.errors import ConfigError


def test_a_good_folder_loads_with_what_it_says_and_defaults_for_the_rest(tmp_path: Path) -> None:
    job = JOB + 'timezone = "America/New_York"\nwindow = "2d"\nschedule = "0 7 * * mon-fri"\ntopics = ["cars"]\n'
    phrases = TOPIC + 'floor = 3\n[phrases]\n"EV" = 2\n"model train" = -4.5\n'
    files = {"jobs/daily.toml": job, "jobs/any.toml": JOB + 'window = "any"\n', "topics/cars.toml": phrases}
    found = config.load(folder(tmp_path, files))
    assert found.newsletter.name == "Meridian"
    assert (found.newsletter.language, found.newsletter.timezone) == ("en", ZoneInfo("Europe/Berlin"))
    assert (found.delivery.to, found.delivery.unsubscribe) == ("outbox:outbox", "")
    assert [source.key for source in found.sources] == ["https://example.com/feed.xml", "samples/*.txt"]
    assert (found.sources[0].weight, found.sources[0].topics, found.sources[1].kind) == (1.25, ("cars",), "file")
    assert list(found.jobs) == ["any", "daily"]
    daily = found.jobs["daily"]
    assert (daily.name, daily.sender) == ("daily", "Meridian <brief@news.example.org>")
    assert (daily.timezone, daily.window) == (ZoneInfo("America/New_York"), timedelta(days=2))
    assert (daily.stories, daily.per_source, daily.minimum, daily.template) == (8, 3, 3, "brief")
    assert (found.jobs["any"].window, found.jobs["any"].timezone) == (None, ZoneInfo("Europe/Berlin"))
    assert found.topics["cars"].phrases == {"EV": 2.0, "model train": -4.5}
    assert (found.topics["cars"].id, found.topics["cars"].floor) == ("cars", 3.0)


def test_the_shipped_newsletter_loads() -> None:
    found = config.load(defaults.shipped())
    assert found.jobs
    assert found.topics
    assert found.sources


@pytest.mark.parametrize("broken", [{}, {"digest.toml": "["}])
def test_reading_writes_nothing(tmp_path: Path, broken: dict[str, str]) -> None:
    folder(tmp_path, broken)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with suppress(ConfigError):
        config.load(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_addresses_are_kept_in_the_form_that_is_mailed(tmp_path: Path) -> None:
    main = MAIN + '[delivery]\nunsubscribe = " leave@BÜCHER.example"\n'
    job = 'title = "x"\nfrom = "A <a@BÜCHER.example>"\nto = ["Me@Example.ORG ", "b@bücher.example"]\n'
    found = config.load(folder(tmp_path, {"digest.toml": main, "jobs/daily.toml": job}))
    assert found.delivery.unsubscribe == "leave@xn--bcher-kva.example"
    assert found.jobs["daily"].sender == "A <a@xn--bcher-kva.example>"
    assert found.jobs["daily"].to == ("Me@example.org", "b@xn--bcher-kva.example")


@pytest.mark.parametrize("name", ["Cafe\u0301", "क़लम", "👩\u200d🚀 News", "Tiếng Việt", "A  B", "Nord\u00a0Post"])
def test_a_name_in_any_script_is_kept(tmp_path: Path, name: str) -> None:
    found = config.load(folder(tmp_path, {"topics/cars.toml": f'name = "{name}"\ncolor = "#b4441b"\n'}))
    assert found.topics["cars"].name == name


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert config.load(folder(tmp_path, {"digest.toml": "\ufeff" + MAIN})).newsletter.name == "Meridian"


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
tables = {
    "newsletter": st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["name", "address", "language", "timezone"], values)
    ),
    "delivery": st.fixed_dictionaries({}, optional=dict.fromkeys(["to", "unsubscribe"], values)),
    "fetch": st.fixed_dictionaries({}, optional={"allow": values}),
    "sources": st.lists(
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(["url", "path", "kind", "name", "group", "weight", "topics"], values)
        ),
        max_size=2,
    ),
}
job_keys = [
    *("title", "from", "subject", "template", "schedule", "timezone", "topics", "window", "sources", "stories"),
    *("per_source", "minimum", "to"),
]


@given(
    st.fixed_dictionaries({}, optional={key: st.one_of(table, values) for key, table in tables.items()}),
    st.fixed_dictionaries({}, optional=dict.fromkeys(job_keys, values)),
)
def test_whatever_stands_in_the_files_they_load_or_every_mistake_has_one_line(
    main: dict[str, Any], job: dict[str, Any]
) -> None:
    texts = ["\n".join(f"{key} = {toml(value)}" for key, value in table.items()) for table in (main, job)]
    with tempfile.TemporaryDirectory() as home:
        told = mistakes(Path(home), {"digest.toml": texts[0], "jobs/daily.toml": texts[1]})
    assert all(mistake.isprintable() for mistake in told)
