"""Debian's Postfix returns a mail of ours, its Dovecot keeps what came back, and nobody mails that reader again."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.store import connect
from returned import Office
from support import Folder, Make
from system import test_mailbox_imap
from system.postfix import postfix
from system.test_mailbox_imap import USER, Dovecot

server = test_mailbox_imap.server
dovecot = test_mailbox_imap.dovecot

READER, UNKNOWN, OTHER = (f"r{number}@example.org" for number in range(3))
# It takes mails for anybody, as a relay does that only hands them on, and learns later who is not there.
_SETTINGS = """
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = example.org, news.example.org
virtual_mailbox_base = MAIL
virtual_mailbox_maps = inline:{{ {{READER=reader/}}, {{OTHER=other/}}, {{bounces@news.example.org=USER/}} }}
smtpd_recipient_restrictions = permit_mynetworks reject
"""


@dataclass(frozen=True)
class Relay:
    """A Postfix of our own."""

    port: int
    log: Path

    def tries(self, email: str) -> int:
        """How often it tried to deliver something to an address."""
        return len(re.findall(rf"to=<{re.escape(email)}>", self.log.read_text(encoding="utf-8")))


@pytest.fixture
def relay(dovecot: Dovecot) -> Iterator[Relay]:
    settings = _SETTINGS.replace("MAIL", str(dovecot.home / "mail")).replace("USER", USER)
    with postfix(settings.replace("READER", READER).replace("OTHER", OTHER)) as found:
        yield Relay(found.port, found.home / "log")


def sends_to(folder: Folder, relay: Relay) -> None:
    """Have a newsletter's mails leave through the relay, each with its own return path."""
    main = (folder.path / "digest.toml").read_text(encoding="utf-8")
    ways = f'to = "smtp+plain://127.0.0.1:{relay.port}"\nbounces = "bounces@news.example.org"'
    folder.write("digest.toml", main.replace('to = "outbox:outbox"', ways))


def wait_for_letters(dovecot: Dovecot, count: int) -> None:
    deadline = time.monotonic() + 60
    while sum(1 for _ in (dovecot.home / "mail" / USER / "new").glob("*")) < count:
        assert time.monotonic() < deadline, "nothing comes back"
        time.sleep(0.1)


def test_who_is_unknown_to_a_real_server_is_mailed_once_and_never_again(
    newsletter: Make, relay: Relay, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    folder = newsletter(3)
    sends_to(folder, relay)
    test_mailbox_imap.put(dovecot, test_mailbox_imap.letter(1, "A stranger's"))
    assert folder.run("send", "brief").exit_code == 0
    wait_for_letters(dovecot, 1)  # what was put there has been looked at, and lies in cur

    dry = folder.json("feedback", "read", dovecot.secure_target, "--dry-run")
    assert [(row["recipients"], row["kind"], row["status"]) for row in dry] == [
        ([], "other", ""),
        ([UNKNOWN], "hard", "5.1.1"),
    ]
    assert dovecot.flags()[1] <= {"\\Recent"}
    result = folder.run("feedback", "read", dovecot.secure_target)
    assert (result.exit_code, "2 letters: 1 hard, 1 nothing of ours" in result.stdout) == (0, True), result.output
    stranger, ours = dovecot.flags()
    assert {"\\Seen", "$Digest"} <= ours
    assert "$Digest" not in stranger
    with connect(folder.path / "digest.db") as store:
        assert Office(folder, store).suppressed() == {UNKNOWN: "bounced"}
        assert Office(folder, store).states() == ["active", "bounced", "active"]
    assert folder.run("feedback", "read", dovecot.secure_target).stdout == "0 letters\n"

    folder.write("jobs/weekly.toml", (folder.path / "jobs" / "brief.toml").read_text(encoding="utf-8"))
    for job in ("weekly", "brief"):
        assert folder.run("send", job).exit_code == 0
    tries = {email: relay.tries(email) for email in (READER, UNKNOWN, OTHER)}
    deadline = time.monotonic() + 30
    while tries[OTHER] < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
        tries = {email: relay.tries(email) for email in (READER, UNKNOWN, OTHER)}
    assert tries == {READER: 2, UNKNOWN: 1, OTHER: 2}
