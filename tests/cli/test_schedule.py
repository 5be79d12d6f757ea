import re
import shlex
from datetime import datetime, timedelta

import pytest

from digest.store import connect
from support import Make


def test_the_list_says_when_each_job_is_next_and_what_became_of_its_last_slot(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", 'schedule = "*/10 * * * *"\ntimezone = "Asia/Kolkata"\n')
    job = (folder.path / "jobs/brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/lapsed.toml", job.replace("*/10 * * * *", "0 7 1 1 *") + 'catch_up = "none"\n')
    folder.write("jobs/by_hand.toml", re.sub(r"schedule = .*", "", job))
    brief, by_hand, lapsed = folder.json("schedule", "list")
    assert list(brief) == ["job", "schedule", "timezone", "next", "last_slot", "state"]
    assert (brief["job"], brief["schedule"], brief["timezone"]) == ("brief", "*/10 * * * *", "Asia/Kolkata")
    following, last = datetime.fromisoformat(brief["next"]), datetime.fromisoformat(brief["last_slot"])
    assert following.utcoffset() == timedelta(hours=5, minutes=30)
    assert following.replace(tzinfo=None) == last + timedelta(minutes=10)
    assert (by_hand["next"], len(by_hand["last_slot"])) == (None, len("2026-11-23"))
    assert [row["state"] for row in (brief, by_hand, lapsed)] == ["", "", "missed"]
    (sent,) = folder.json("send", "by_hand")["jobs"]
    assert folder.json("schedule", "list")[1] == by_hand | {"last_slot": sent["slot"], "state": "sent"}
    shown = folder.run("schedule", "list").stdout.splitlines()
    assert [line.split("\t")[-1] for line in shown] == ["-", "sent", "missed"]
    assert shown[0].split("\t")[3:5] == [f"{following:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"]


def test_a_listing_makes_no_job_known(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    folder.append("jobs/brief.toml", 'schedule = "* * * * *"\n')
    folder.run("schedule", "list")
    with connect(folder.path / "digest.db") as store:
        assert store.rows("SELECT * FROM jobs") == []


def test_the_line_for_cron_is_quoted_for_cron_and_for_its_shell(newsletter: Make) -> None:
    folder = newsletter(name='it\'s 100% "ours" $HOME')
    *comments, line = folder.run("schedule", "crontab").stdout.splitlines()
    assert comments
    assert all(comment.startswith("# ") for comment in comments)
    times, command = line[:11], line[12:]
    assert times == "*/5 * * * *"
    assert not re.search(r"(?<!\\)%", command)
    words = shlex.split(command.replace(r"\%", "%"))
    home = str(folder.path)
    assert words[1:] == ["--home", home, "send", ">>", f"{home}/cron.log", "2>&1"]


def test_a_folder_that_cron_cannot_name_is_refused(newsletter: Make) -> None:
    folder = newsletter(name="two\nlines")
    refused = folder.run("schedule", "crontab")
    assert refused.exit_code == 2
    assert "line break" in refused.stderr


@pytest.mark.parametrize("option", [[], ["--timer"]])
def test_the_units_may_write_to_the_newsletter_alone(newsletter: Make, option: list[str]) -> None:
    folder = newsletter(name="our news")
    folder.append("digest.toml", '\n[editors]\nmetrics = "figures.prom"\n')
    lines = folder.run("schedule", "systemd", *option).stdout.splitlines()
    assert f'ReadWritePaths="{folder.path}"' in lines
    assert {"ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes"} <= set(lines)
    assert ("Type=oneshot" if option else "Type=notify") in lines


def test_the_units_may_also_write_where_the_figures_go(newsletter: Make) -> None:
    folder = newsletter()
    folder.append("digest.toml", '\n[editors]\nmetrics = "/var/lib/figures/digest.prom"\n')
    lines = folder.run("schedule", "systemd").stdout.splitlines()
    assert f"ReadWritePaths={folder.path} /var/lib/figures" in lines
