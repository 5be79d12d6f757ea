"""Debian's Postfix returns a mail of ours, its Dovecot keeps what came back, and nobody mails that reader again."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.store import connect
from returned import Office
from support import Folder, Make
from system import test_mailbox_imap
from system.test_mailbox_imap import USER, Dovecot
from system.test_smtp_relays import free_port, wait_for

server = test_mailbox_imap.server
dovecot = test_mailbox_imap.dovecot

READER, UNKNOWN, OTHER = (f"r{number}@example.org" for number in range(3))
_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# It takes mails for anybody, as a relay does that only hands them on, and learns later who is not there.
_SETTINGS = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = relay.example.net
mydestination =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = example.org, news.example.org
virtual_mailbox_base = {mail}
virtual_mailbox_maps = inline:{{ {{{reader}=reader/}}, {{{other}=other/}}, {{bounces@news.example.org={user}/}} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
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
    port = free_port()
    # Postfix's own users must get in, which pytest's folders do not allow.
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        for folder in ("config", "queue", "data"):
            (home / folder).mkdir()
        shutil.chown(home / "data", "postfix")
        (home / "config" / "master.cf").write_text(_SERVICES.format(port=port))
        named = {"reader": READER, "other": OTHER, "user": USER, "mail": dovecot.home / "mail"}
        (home / "config" / "main.cf").write_text(_SETTINGS.format(home=home, **named))
        subprocess.run(["postfix", "-c", str(home / "config"), "start"], check=True, timeout=60)
        try:
            wait_for(port)
            yield Relay(port, home / "log")
        finally:
            subprocess.run(["postfix", "-c", str(home / "config"), "stop"], check=True, timeout=60)


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
