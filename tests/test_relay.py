"""`digest send` by SMTP: what a relay answers is what the ledger says."""

import email
import email.policy
import re
from collections import Counter

from scripted_relay import ScriptedRelay, running
from support import Folder, Make


def by_relay(folder: Folder, relay: ScriptedRelay) -> Folder:
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    settings = f'to = "smtp+plain://127.0.0.1:{relay.port}"\nbounces = "bounces@example.org"'
    folder.write("digest.toml", text.replace('to = "outbox:outbox"', settings))
    return folder


def states(folder: Folder) -> Counter[str]:
    return Counter(row["state"] for row in folder.json("report")["rows"])


def test_every_recipient_gets_the_mail_by_the_relay(newsletter: Make) -> None:
    with running(ScriptedRelay()) as relay:
        folder = by_relay(newsletter(recipients=25), relay)
        result = folder.run("send", "brief")
    assert result.exit_code == 0, result.output
    assert sorted(relay.recipients) == sorted(f"r{number}@example.org" for number in range(25))
    senders = {taken.sender for taken in relay.taken}
    assert len(senders) == 25
    assert all(re.fullmatch(r"bounces\+[0-9a-f]{8}-\d+-[0-9a-z]{20}@example\.org", sender) for sender in senders)
    mail = email.message_from_bytes(relay.taken[0].data, policy=email.policy.default)
    assert str(mail["To"]) == relay.taken[0].recipient
    assert states(folder) == {"sent": 25}


def test_a_refused_address_fails_alone_and_a_greylisted_one_waits(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"RCPT": ["550 5.1.1 no such user", "451 4.7.1 greylisted"]})) as relay:
        folder = by_relay(newsletter(recipients=5), relay)
        result = folder.run("send", "brief")
        assert result.exit_code == 3, result.output
        assert states(folder) == {"sent": 3, "failed": 1, "deferred": 1}
        failed = next(row for row in folder.json("report")["rows"] if row["state"] == "failed")
        assert (failed["code"], "no such user" in failed["reply"]) == ("550 5.1.1", True)
        again = folder.run("send", "brief")
    assert again.exit_code == 0
    assert len(relay.recipients) == 3
    assert states(folder)["deferred"] == 1


def test_an_answer_that_never_comes_after_the_dot_is_uncertain_and_never_mailed_again(newsletter: Make) -> None:
    with running(ScriptedRelay(script={"END": ["take and close"]})) as relay:
        folder = by_relay(newsletter(recipients=4), relay)
        assert folder.run("send", "brief").exit_code == 3
        assert states(folder) == {"sent": 3, "uncertain": 1}
        assert folder.run("send", "brief").exit_code == 0
    assert Counter(relay.recipients).most_common(1)[0][1] == 1
    assert len(relay.recipients) == 4


def test_a_relay_that_is_away_leaves_everything_queued_and_says_so_in_one_line(newsletter: Make) -> None:
    with running(ScriptedRelay()) as relay:
        folder = by_relay(newsletter(), relay)
    result = folder.run("send", "brief")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert str(relay.port) in result.stderr
    assert folder.json("editions", "list") == []
