import re
from pathlib import Path

import pytest

from config_folder import GOOD, JOB, MAIN, TOPIC, folder, mistakes
from digest import config
from digest.core.errors import ConfigError


@pytest.mark.parametrize(
    ("file", "added", "told"),
    [
        ("digest.toml", "[newsleter]\n", "digest.toml: newsleter: no such key; did you mean 'newsletter'?"),
        (
            "digest.toml",
            "[mail]\n",
            "digest.toml: mail: no such key; allowed are newsletter, delivery, site, feedback, fetch, editors, keep",
        ),
        (
            "digest.toml",
            "[delivery]\nunsubscibe = 1\n",
            "digest.toml: [delivery]: unsubscibe: no such key; did you mean",
        ),
        (
            "digest.toml",
            '[delivery]\nto = "pigeon:x"\n',
            "[delivery]: to: found 'pigeon:x'; allowed is KIND:TARGET with",
        ),
        ("digest.toml", '[delivery]\nto = "outbox:"\n', "to: found 'outbox:'; allowed is outbox:FOLDER"),
        ("digest.toml", '[delivery]\nto = ""\n', "to: found ''; it may not be empty"),
        (
            "digest.toml",
            '[delivery]\nunsubscribe = "leave"\n',
            "unsubscribe: found 'leave'; 'leave' is no e-mail address",
        ),
        (
            "digest.toml",
            '[fetch]\nallow = ["10.0.0.1"]\n',
            "[fetch]: allow: found ['10.0.0.1']; allowed is \"host:port\"",
        ),
        ("digest.toml", '[fetch]\nallow = "10.0.0.1:80"\n', "allow: found '10.0.0.1:80'; allowed is a list of texts"),
        ("digest.toml", "[[sources]]\n", "digest.toml: [[sources]] no. 3: found nothing; needed is either url or path"),
        (
            "digest.toml",
            '[[sources]]\nurl = "https://a.example/"\npath = "x"\n',
            "[[sources]] no. 3: found url, path; needed is either url or path",
        ),
        (
            "digest.toml",
            '[[sources]]\nurl = "ftp://a.example/"\n',
            "no. 3: url: found 'ftp://a.example/'; allowed is an http",
        ),
        ("digest.toml", '[[sources]]\npath = "x"\nkind = "fax"\n', "kind: found 'fax'; allowed are "),
        ("digest.toml", '[[sources]]\npath = "x"\ntopics = ["carz"]\n', "there is no 'carz'; allowed are cars"),
        ("digest.toml", '[[sources]]\npath = "x"\nweight = 2\n', "weight: found 2; allowed is 0.5 to 1.5"),
        ("digest.toml", '[[sources]]\npath = "x"\nweight = nan\n', "weight: found nan; allowed is a number"),
        ("digest.toml", '[[sources]]\npath = "x"\nname = 3\n', "name: found 3; allowed is one line of text"),
        ("digest.toml", '[[sources]]\npath = "x"\nname = "a\\u0000b"\n', "allowed is one line of text without control"),
        (
            "digest.toml",
            '[[sources]]\npath = "x"\nname = "a\\nb"\n',
            "name: found 'a\\nb'; allowed is one line of text",
        ),
        ("jobs/daily.toml", "storys = 8\n", "jobs/daily.toml: storys: no such key; did you mean 'stories'?"),
        ("jobs/daily.toml", 'name = "daily"\n', "jobs/daily.toml: name: no such key"),
        ("jobs/daily.toml", 'stories = "8"\n', "jobs/daily.toml: stories: found '8'; allowed is a whole number from 0"),
        ("jobs/daily.toml", "stories = -1\n", "stories: found -1; allowed is a whole number from 0"),
        ("jobs/daily.toml", "stories = true\n", "stories: found True; allowed is a whole number from 0"),
        ("jobs/daily.toml", "minimum = 2.5\n", "minimum: found 2.5; allowed is a whole number from 0"),
        ("jobs/daily.toml", 'subject = ""\n', "subject: found ''; it may not be empty"),
        ("jobs/daily.toml", 'template = "fancy"\n', "template: found 'fancy'; allowed are brief"),
        ("jobs/daily.toml", 'template = "../brief"\n', "template: found '../brief'; allowed are brief"),
        ("jobs/daily.toml", 'timezone = "Berlin"\n', "timezone: found 'Berlin'; allowed is an IANA time zone"),
        ("jobs/daily.toml", 'timezone = "../../etc/passwd"\n', "allowed is an IANA time zone"),
        (
            "jobs/daily.toml",
            'window = "soon"\n',
            "window: found 'soon'; allowed is \"any\" or a number and m, h, d or w",
        ),
        ("jobs/daily.toml", "window = 36\n", "window: found 36; allowed is"),
        ("jobs/daily.toml", 'window = "-1h"\n', "window: found '-1h'; allowed is"),
        ("jobs/daily.toml", 'schedule = "0 0 31 2 *"\n', "schedule: found '0 0 31 2 *'; '0 0 31 2 *' never fires"),
        ("jobs/daily.toml", 'schedule = "daily"\n', "schedule: found 'daily'; 1 fields where cron has 5"),
        ("jobs/daily.toml", 'topics = ["cars", "a", "b"]\n', "; there is no 'a', 'b'; allowed are cars"),
        ("jobs/daily.toml", 'topics = [""]\n', "topics: found ['']; there is no ''; allowed are cars"),
        ("jobs/daily.toml", 'topics = "cars"\n', "topics: found 'cars'; allowed is a list of texts"),
        ("jobs/daily.toml", 'sources = ["bikes"]\n', "there is no 'bikes'; allowed are Example Motors, cars"),
        ("jobs/daily.toml", 'to = ["a@b.example,x@y.example"]\n', "to: found ['a@b.example,x@y.example']; "),
        ("topics/cars.toml", "flor = 3\n", "topics/cars.toml: flor: no such key; did you mean 'floor'?"),
        ("topics/cars.toml", 'id = "cars"\n', "topics/cars.toml: id: no such key"),
        ("topics/cars.toml", "phrases = 3\n", "phrases: found 3; allowed are lines such as"),
        ("topics/cars.toml", '[phrases]\n"EV" = "much"\n', "phrases: found {'EV': 'much'}; allowed is a number"),
        ("topics/cars.toml", '[phrases]\n"EV" = inf\n', "phrases: found {'EV': inf}; allowed is a number"),
    ],
)
def test_a_mistake_is_told_with_file_key_what_was_found_and_what_is_allowed(
    tmp_path: Path, file: str, added: str, told: str
) -> None:
    (mistake,) = mistakes(tmp_path, {file: GOOD[file] + added})
    assert told in mistake
    assert mistake.startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "digest.toml",
            MAIN.replace('"Europe/Berlin"', '"Europe/Berln"'),
            "[newsletter]: timezone: found 'Europe/Berln'",
        ),
        (
            "digest.toml",
            MAIN.replace("Example Street 1, Berlin", ""),
            "[newsletter]: address: found ''; it may not be empty",
        ),
        ("digest.toml", 'newsletter = "Meridian"\n', "digest.toml: [newsletter]: found 'Meridian'; allowed is a table"),
        (
            "digest.toml",
            MAIN + '[sources]\npath = "x"\n',
            "digest.toml: sources: found {'path': 'x'}; allowed is [[sources]]",
        ),
        ("digest.toml", "sources = [3]\n" + MAIN, "digest.toml: [[sources]] no. 1: found 3; allowed is a table"),
        ("jobs/daily.toml", JOB.replace("brief@", "|brief@"), "from: found 'Meridian <|brief@news.example.org>'; "),
        (
            "jobs/daily.toml",
            'title = "x"\nfrom = "Meridian"\n',
            "from: found 'Meridian'; 'Meridian' is no e-mail address",
        ),
        (
            "jobs/daily.toml",
            'title = "x"\nfrom = "A <b> c"\n',
            "from: found 'A <b> c'; 'A <b> c' is not \"Name <address>\"",
        ),
        (
            "topics/cars.toml",
            'name = "Cars"\ncolor = "red"\n',
            "color: found 'red'; allowed is \"#\" and six hex digits",
        ),
        ("topics/cars.toml", 'name = "Cars"\ncolor = "#b4441b\\u0663"\n', "color: found '#b4441b\u0663'"),
    ],
)
def test_a_wrong_value_is_told_with_file_key_what_was_found_and_what_is_allowed(
    tmp_path: Path, file: str, text: str, told: str
) -> None:
    files = {"topics/cars.toml": TOPIC, file: text}
    assert [mistake for mistake in mistakes(tmp_path, files) if told in mistake and mistake.startswith(file)]


@pytest.mark.parametrize(
    ("file", "keys"),
    [
        ("digest.toml", ["name", "address"]),
        ("jobs/daily.toml", ["title", "from"]),
        ("topics/cars.toml", ["name", "color"]),
    ],
)
def test_an_empty_file_is_told_what_it_needs(tmp_path: Path, file: str, keys: list[str]) -> None:
    assert [re.sub(r".*: (\w+): missing; it is needed", r"\1", told) for told in mistakes(tmp_path, {file: ""})] == keys


@pytest.mark.parametrize("file", ["digest.toml", "jobs/daily.toml", "topics/cars.toml"])
@pytest.mark.parametrize("text", ["[", 'name = "a"\nname = "b"\n', "a = " + "[" * 5000, "a = '\0'"])
def test_a_broken_file_is_told_once_and_nothing_is_made_up_about_what_it_says(
    tmp_path: Path, file: str, text: str
) -> None:
    uses = {"jobs/other.toml": JOB + 'topics = ["cars"]\nsources = ["cars"]\n'}
    (mistake,) = mistakes(tmp_path, uses | {file: text})
    assert mistake.startswith(f"{file}: not readable as TOML: ")


def test_bytes_that_are_no_utf_8_are_told(tmp_path: Path) -> None:
    (folder(tmp_path, {}) / "jobs" / "daily.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(ConfigError, match=r"^jobs/daily.toml: not readable as TOML: .*utf-8"):
        config.load(tmp_path)


@pytest.mark.parametrize("name", ["Daily", "a b", "-a", "x" * 65, "a.b", "ä"])
def test_a_file_name_that_makes_no_name_is_told(tmp_path: Path, name: str) -> None:
    (mistake,) = mistakes(tmp_path, {f"jobs/{name}.toml": JOB})
    assert mistake.startswith(f"jobs/{name}.toml: file name; allowed are lower-case letters")


def test_a_folder_without_a_newsletter_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"digest\.toml: no such file; `digest init DIR` makes"):
        config.load(tmp_path)


def test_every_mistake_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    files = {
        "digest.toml": MAIN.replace("name", "nam")
        + '[delivery]\nto = "x"\n[[sources]]\npath = "x"\nweight = 9\nkind = "fax"\n',
        "jobs/daily.toml": 'title = 3\nfrom = "x"\nwindow = "soon"\ntopics = ["carz"]\ntemplate = "no"\n',
        "jobs/weekly.toml": "[",
        "topics/cars.toml": 'color = "red"\nfloor = "high"\n',
    }
    told = mistakes(tmp_path, files)
    keys = [re.sub(r"^(\S+): (?:(\[.*?\](?: no\. \d)?): )?(\w+): .*", r"\1 \3", mistake) for mistake in told]
    assert sorted(keys) == sorted(
        [
            *("digest.toml nam", "digest.toml name", "digest.toml to", "digest.toml weight", "digest.toml kind"),
            *("topics/cars.toml name", "topics/cars.toml color", "topics/cars.toml floor"),
            *(f"jobs/daily.toml {key}" for key in ("title", "from", "window", "topics", "template")),
            told[-1],
        ]
    )
    assert told[-1].startswith("jobs/weekly.toml: not readable as TOML")


def test_what_stands_in_a_mistyped_table_is_told_in_the_same_run(tmp_path: Path) -> None:
    told = mistakes(tmp_path, {"digest.toml": MAIN + '[sites]\nurl = "x"\nlistn = "y"\n', "jobs/daily.toml": JOB})
    assert len(told) == 3
    for part in ("sites: no such key; did you mean 'site'?", "url: found 'x'", "listn: no such key"):
        assert sum(part in mistake for mistake in told) == 1


def test_a_source_with_a_mistake_may_still_be_named_by_a_job(tmp_path: Path) -> None:
    main = MAIN + '[[sources]]\npath = "x"\nname = "Docks"\nweight = 9\n'
    (mistake,) = mistakes(tmp_path, {"digest.toml": main, "jobs/daily.toml": JOB + 'sources = ["Docks"]\n'})
    assert "weight" in mistake


def test_no_mistake_shows_a_password(tmp_path: Path) -> None:
    main = (
        MAIN
        + '[delivery]\nto = "pigeon://me:canary@relay.example:587"\n[[sources]]\nurl = "https://me:can@ary@a.example/"\n'
    )
    told = mistakes(tmp_path, {"digest.toml": main})
    assert len(told) == 2
    assert "canary" not in "".join(told)
    assert "ary@" not in "".join(told)
