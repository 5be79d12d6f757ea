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
