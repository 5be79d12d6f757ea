import email
import email.policy
from email.message import EmailMessage
from random import Random
from typing import Any, cast

from support import Folder, Make


def mails(folder: Folder) -> dict[str, EmailMessage]:
    parsed = [email.message_from_bytes(mail, policy=email.policy.default) for mail in folder.mails()]
    return {str(mail["To"]): mail for mail in parsed}


def text(mail: EmailMessage) -> str:
    part = cast(Any, mail.get_body(("plain",)))
    return " ".join(str(part.get_content()).split())


def choose(folder: Folder, email_: str, topics: str) -> None:
    assert folder.run("subscribers", "add", email_, "--job", "brief", "--topics", topics).exit_code == 0


def test_a_reader_who_chose_a_topic_gets_its_section_with_a_subject_of_its_own(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    choose(folder, "cars@example.org", "cars")
    choose(folder, "money@example.org", "money")
    choose(folder, "both@example.org", "cars,money")
    assert folder.run("send", "brief").exit_code == 0
    got = mails(folder)
    assert set(got) == {"r0@example.org", "cars@example.org", "money@example.org", "both@example.org"}
    assert "Aurel" in text(got["cars@example.org"])
    assert "savings bank" not in text(got["cars@example.org"])
    assert "Aurel" not in text(got["money@example.org"])
    assert str(got["cars@example.org"]["Subject"]).startswith("Aurel")
    assert str(got["money@example.org"]["Subject"]).startswith("Four savings banks")
    for whole in ("r0@example.org", "both@example.org"):
        assert "Aurel" in text(got[whole])
        assert "savings bank" in text(got[whole])
    assert (
        text(got["r0@example.org"]).replace("r0@", "both@").split("Unsubscribe")[0]
        == (text(got["both@example.org"]).split("Unsubscribe")[0])
    )


def test_a_reader_who_chose_nothing_of_this_edition_is_told_so_in_the_report(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    (folder.path / "sources" / "bank.txt").unlink()
    choose(folder, "money@example.org", "money")
    assert folder.run("send", "brief").exit_code == 0
    assert set(mails(folder)) == {"r0@example.org"}
    rows = {row["email"]: row for row in folder.json("report")["rows"]}
    assert rows["money@example.org"]["state"] == "cancelled"
    assert rows["money@example.org"]["reply"] == "none of the chosen topics is in this edition"
    assert folder.json("report")["state"] == "sent"


def test_an_edition_too_big_for_a_mail_is_cut_from_its_lowest_stories(newsletter: Make) -> None:
    folder = newsletter(recipients=1)
    job = (
        (folder.path / "jobs" / "brief.toml").read_text().replace("per_source = 99", "per_source = 300\nstories = 300")
    )
    folder.write("jobs/brief.toml", job)
    chance = Random(1)  # noqa: S311  words that no two articles share, no secret
    for number in range(260):
        words = ["".join(chance.choices("abdefgiklmnoprstu", k=9)) for _ in range(40)]
        title = f"Carmaker opens {words[0].title()} plant {number}"
        folder.write(f"sources/{number}.txt", f"{title}\n\nThe carmaker says {' '.join(words)}.\n")
    assert folder.run("send", "brief").exit_code == 0
    (mail,) = mails(folder).values()
    html = cast(Any, mail.get_body(("html",))).get_content()
    assert 80_000 < len(html.encode()) <= 90_200
    content = folder.json("editions", "show", folder.json("editions", "list")[0]["id"])
    assert sum(left["reason"] == "size" for left in content["left_out"]) > 10
    shown = [story["id"] for section in content["sections"] for story in section["stories"]]
    assert not {left["id"] for left in content["left_out"]} & set(shown)
