"""An edition that waits is composed anew: what stays, what changes, and what a failure leaves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digest import composing
from digest.core import runfile
from digest.store import decisions, edits
from reviews import (
    EDITION,
    EDITOR,
    code,
    mails_to,
    message_ids,
    moment,
    opened,
    parsed,
    part,
    readers,
    record,
    reviewed,
    state,
)
from support import Folder, Make
from test_slots_sent import at, sender

OTHER = "A gardener wins a prize\n\nThe roses in the municipal garden won first prize this weekend.\n"
HARBOUR = "A carmaker in Porto hires\n\nThe carmaker hires two hundred people for its plant next year.\n"


def shown(newsletter: Make, how: str = "30m", **texts: str) -> Folder:
    """A newsletter with one edition under review."""
    folder = reviewed(newsletter(), how)
    for name, text in texts.items():
        folder.write(f"sources/{name}.txt", text)
    at(folder, "2026-11-23T07:00", "brief")
    return folder


def article(folder: Folder, title: str) -> str:
    return str(next(each["id"] for each in folder.json("articles", "list") if title in each["title"]))


def edit(folder: Folder, **texts: str) -> int:
    options = [text for name, value in texts.items() for text in (f"--{name}", value)]
    return folder.run("editions", "edit", EDITION, *options).exit_code


def titles(folder: Folder) -> list[str]:
    sections = folder.json("editions", "show", EDITION)["sections"]
    return [story["title"] for section in sections for story in section["stories"]]


def sent(folder: Folder) -> str:
    """The text that the first reader got."""
    return part(mails_to(folder, "r0@")[0], "plain")


def test_a_dropped_article_is_gone_and_what_readers_know_an_edition_by_stays(newsletter: Make) -> None:
    folder = shown(newsletter, porto=HARBOUR)
    before, old = record(folder), code(folder)
    names = message_ids(folder)
    result = folder.run("articles", "drop", article(folder, "Porto"))
    assert (result.exit_code, "composed anew - ready" in result.stdout) == (0, True)
    after = record(folder)
    assert code(folder) != old
    assert "A carmaker in Porto hires" not in titles(folder)
    assert (after.release, after.number, after.expires, after.composed) == (
        *(before.release, before.number, before.expires, before.composed),
    )
    assert message_ids(folder) == names
    told = {part(mail, "plain").partition("--seen ")[2][:8] for mail in mails_to(folder, EDITOR)}
    assert told == {old, code(folder)}
    at(folder, "2026-11-23T07:30")
    assert "Porto" not in sent(folder)


def test_an_article_that_is_in_no_edition_changes_none_and_tells_nobody(newsletter: Make) -> None:
    folder = shown(newsletter, garden=OTHER)
    old = code(folder)
    result = folder.run("articles", "drop", article(folder, "gardener"))
    assert (result.exit_code, "nothing in it changed" in result.stdout) == (0, True)
    assert code(folder) == old
    assert len(mails_to(folder, EDITOR)) == 1
    approved = folder.run("editions", "approve", EDITION, "--seen", old)
    assert approved.exit_code == 0, approved.output


def test_a_pin_and_a_move_compose_anew_too(newsletter: Make) -> None:
    folder = shown(newsletter, porto=HARBOUR)
    seen = {code(folder)}
    folder.run("articles", "pin", article(folder, "Porto"))
    assert titles(folder)[0] == "A carmaker in Porto hires"
    seen.add(code(folder))
    folder.run("articles", "move", article(folder, "Porto"), "money")
    assert titles(folder)[0] != "A carmaker in Porto hires"
    seen.add(code(folder))
    assert len(seen) == 3
    assert len(mails_to(folder, EDITOR)) == 3


def test_when_an_edition_cannot_be_changed_any_more_the_correction_stands_and_says_so(newsletter: Make) -> None:
    folder = shown(newsletter)
    assert folder.run("editions", "hold", EDITION).exit_code == 0
    with opened(folder) as store, store.writing() as connection:
        connection.execute("UPDATE sends SET state = 'sent' WHERE subscriber = (SELECT min(subscriber) FROM sends)")
    before = code(folder), message_ids(folder)
    result = folder.run("articles", "drop", article(folder, "Aurel"))
    assert (result.exit_code, "not composed anew" in result.stderr) == (0, True)
    assert (code(folder), message_ids(folder)) == before
    assert edit(folder, subject="Another") == 2
    with opened(folder) as store:
        assert edits.get(store, EDITION) == edits.Edits()
    assert (code(folder), state(folder)) == (before[0], ("held", "person"))


def test_a_hold_that_came_just_before_a_change_is_kept(newsletter: Make) -> None:
    folder = shown(newsletter)
    with opened(folder) as store, runfile.begin(runfile.folder(store.path)) as run:
        stale = record(folder)
        assert decisions.hold(store, EDITION)
        made = composing.recompose(sender(folder, store, run, moment("2026-11-23T07:05")), stale)
    assert made.report.state == "held"
    assert state(folder) == ("held", "person")


def test_when_nothing_is_left_the_edition_is_skipped_and_open_until_there_is_more(newsletter: Make) -> None:
    folder = shown(newsletter)
    for title in ("Aurel", "savings"):
        folder.run("articles", "drop", article(folder, title))
    assert state(folder) == ("skipped", "")
    folder.write("sources/porto.txt", HARBOUR)
    (report,) = at(folder, "2026-11-23T08:00", "brief")
    assert (report.state, record(folder).release) == ("ready", "2026-11-23T08:30:00+00:00")
    assert readers(folder) == []


def test_what_a_person_held_stays_held_when_it_cannot_be_composed(newsletter: Make) -> None:
    folder = shown(newsletter)
    folder.run("editions", "hold", EDITION)
    folder.append("jobs/brief.toml", 'intro = "intro.md"\n')
    assert edit(folder, title="New") == 1
    assert state(folder) == ("held", "person")
    at(folder, "2026-11-23T08:00", "brief")
    refused = folder.run("editions", "approve", EDITION, "--seen", code(folder))
    assert refused.exit_code == 2
    assert "it has no mails, jobs/brief.toml: intro: intro.md: No such file or directory" in refused.stderr
    folder.write("intro.md", "Good morning")
    assert edit(folder, title="Newer") == 0
    assert folder.run("editions", "approve", EDITION, "--seen", code(folder)).exit_code == 0
    at(folder, "2026-11-23T08:01")
    assert ("Good morning" in sent(folder), "Newer: 2 stories" in sent(folder)) == (True, True)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("intro.md", None, "intro.md: No such file or directory"),
        ("../outside.md", b"secret", "../outside.md: lies outside the newsletter's folder"),
        ("/etc/hostname", None, "/etc/hostname: lies outside the newsletter's folder"),
        ("link.md", None, "link.md: lies outside the newsletter's folder"),
        ("sources", None, "sources: Is a directory"),
        ("intro.md", b"caf\xe9", "intro.md: not UTF-8"),
        ("intro.md", b"a" * 6_000, "intro.md: 6,000 characters; allowed are 5,000"),
    ],
)
def test_an_introduction_that_cannot_be_read_holds_the_edition_until_it_can(
    newsletter: Make, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    folder = newsletter(recipients=1)
    (tmp_path / "secret.md").write_text("secret")
    (folder.path / "link.md").symlink_to(tmp_path / "secret.md")
    if content is not None:
        (folder.path / name).write_bytes(content)
    job = (folder.path / "jobs/brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/brief.toml", f'{job}intro = "{name}"\n')
    result = folder.run("send", "brief")
    assert result.exit_code == 1
    told = [line for line in result.stdout.splitlines() if "held" in line]
    assert len(told) == 1
    assert told[0].endswith(f"jobs/brief.toml: intro: {why}")
    assert folder.mails() == []
    folder.write("jobs/brief.toml", f'{job}intro = "good.md"\n')
    (folder.path / "good.md").write_bytes(b"\xef\xbb\xbfGood **morning**")
    assert folder.run("send", "brief").exit_code == 0
    assert "\n\nGood morning\n\n" in sent(folder).replace("\r\n", "\n")


HOSTILE = {
    "braces": "{{ 70003 * 70003 }} {% for x in range(9) %} {# gone #}",
    "html": '<script>alert(1)</script><img src=x onerror="y">',
    "link": "[click](javascript:alert(1)) <javascript:alert(2)>",
    "mjml": "</mj-text></mj-section><mj-raw>raw</mj-raw>",
    "controls": "a\x01b\u202ec\u2066d",
    "marks": "%%0:EMAIL%% %%0:UNSUBSCRIBE%%",
    "quotes": "\"quoted\" \\ 'single' \\n \\u0041",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_editors_write_is_text_and_nothing_else(newsletter: Make, text: str) -> None:
    folder = shown(newsletter)
    folder.write("hostile.md", text)
    assert edit(folder, title=text, subject=text, intro=str(folder.path / "hostile.md")) == 0
    at(folder, "2026-11-23T07:30")
    assert readers(folder) == ["r0@example.org", "r1@example.org", "r2@example.org"]
    mail = mails_to(folder, "r0@")[0]
    clean = text.replace("\x01", "").replace("\u202e", "").replace("\u2066", "")
    assert mail["Subject"] == clean
    assert f"{clean}: 2 stories" in " ".join(part(mail, "plain").split())
    page = part(mail, "html")
    assert not any(bad in page for bad in ("<script", "<img src=x", 'href="javascript', "<mj-", "\u202e", "\x01"))
    assert "49 " not in part(mail, "plain").partition("CARS")[0]


def test_an_empty_text_takes_an_edit_back(newsletter: Make) -> None:
    folder = shown(newsletter)
    old = code(folder)
    assert edit(folder, title="T", subject="S") == 0
    assert record(folder).subject == "S"
    assert edit(folder, title="", subject="") == 0
    assert code(folder) == old


def test_what_is_approved_is_what_was_seen_however_changes_and_approval_race(newsletter: Make) -> None:
    folder = shown(newsletter, "hold")
    for number in range(6):
        seen = code(folder)
        with ThreadPoolExecutor(2) as two:
            change = two.submit(folder.start, "editions", "edit", EDITION, "--subject", f"Subject {number}")
            approval = two.submit(folder.start, "editions", "approve", EDITION, "--seen", seen)
            processes = change.result(), approval.result()
            outcomes = [(process.communicate(timeout=60), process.returncode)[1] for process in processes]
        assert sorted(outcomes) == [0, 2]
        if outcomes[1] == 0:
            assert code(folder) == seen
            break
        assert state(folder) == ("held", "review")
        assert record(folder).subject == f"Subject {number}"
    else:
        assert folder.run("editions", "approve", EDITION, "--seen", code(folder)).exit_code == 0
    subject = record(folder).subject
    at(folder, "2026-11-23T09:00")
    assert {str(parsed(mail)["Subject"]) for mail in folder.mails() if b"\r\nTo: r" in mail} == {subject}
