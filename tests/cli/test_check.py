from digest.core.defaults import shipped
from support import Make


def test_what_is_in_order_is_said_template_by_template(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    rows = {row["what"]: row["verdict"] for row in folder.json("check")}
    assert rows["template brief.mjml.j2"] == "ok"
    assert rows["configuration"] == rows["database"] == rows["delivery"] == rows["job brief"] == "ok"
    assert folder.run("check", "brief").exit_code == 0


def test_a_mistake_in_a_template_is_named_with_its_line(newsletter: Make) -> None:
    folder = newsletter()
    look = (shipped() / "templates" / "brief.mjml.j2").read_text(encoding="utf-8")
    folder.write("templates/brief.mjml.j2", look.replace("<mj-text", "<mj-txt", 1))
    rows = [row for row in folder.json("check") if row["what"] == "template brief.mjml.j2"]
    assert rows
    assert {row["verdict"] for row in rows} == {"warn"}
    assert "mj-txt" in rows[0]["detail"]
    assert ", line " in rows[0]["detail"]


def test_an_unknown_job_is_refused(newsletter: Make) -> None:
    result = newsletter().run("check", "weekly")
    assert (result.exit_code, result.stderr) == (2, "digest: weekly: no such job; allowed are brief\n")


def test_a_relay_that_is_away_and_a_job_that_cannot_be_composed_hide_nothing_else(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    config = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", config.replace("outbox:outbox", "smtp+plain://127.0.0.1:1"))
    brief = (folder.path / "jobs" / "brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/aside.toml", brief + 'template = "own"\n')
    folder.write("templates/own.mjml.j2", "<mjml><mj-body></mj-body></mjml>")
    assert folder.run("check").exit_code == 1
    rows = {row["what"]: (row["verdict"], row["detail"]) for row in folder.json("check")}
    assert rows["delivery"] == ("hold", "relay 127.0.0.1:1: nobody listens there (connection refused)")
    assert rows["job brief"][0] == "ok"
    assert rows["job aside"] == ("hold", "there is no template 'own.txt.j2'; looks with both parts: brief")


def test_an_edition_that_would_be_skipped_says_so_before(newsletter: Make) -> None:
    folder = newsletter()
    folder.run("gather")
    brief = (folder.path / "jobs" / "brief.toml").read_text(encoding="utf-8")
    folder.write("jobs/brief.toml", brief.replace("minimum = 1", "minimum = 50"))
    rows = {row["what"]: (row["verdict"], row["detail"]) for row in folder.json("check")}
    verdict, detail = rows["job brief"]
    assert verdict == "warn"
    assert detail.endswith("where the minimum is 50: nothing would be sent")
    shown = folder.run("render", "brief", "--offline")
    assert shown.exit_code == 0
    assert "where the minimum is 50: `digest send brief` would skip it" in shown.stderr
