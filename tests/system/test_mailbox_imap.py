"""Debian's own IMAP server: what is ours is marked there, and nothing else is touched."""

import imaplib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest import mailbox
from system.postfix import free_port

PASSWORD = 'pä"ss wörd\\'  # noqa: S105  of a server that lives as long as this test
USER = "bounces@example.org"
ALL = "1:*"

_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
mail_location = maildir:{home}/mail/%u
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={home}/mail/%u
}}
first_valid_uid = 1
mail_max_userip_connections = 100
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
ssl = yes
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
"""


@dataclass(frozen=True)
class Dovecot:
    """A Dovecot of our own."""

    home: Path
    plain: int
    tls: int

    @property
    def certificate(self) -> Path:
        return self.home / "certificate.pem"

    @property
    def target(self) -> str:
        return f"imap+plain://{USER}@127.0.0.1:{self.plain}/INBOX"

    @property
    def secure_target(self) -> str:
        return f"imaps://bounces%40example.org@localhost:{self.tls}"

    @contextmanager
    def person(self, folder: str = "INBOX", *, looks: bool = True) -> Iterator[imaplib.IMAP4]:
        """Somebody with another mail program."""
        with imaplib.IMAP4("127.0.0.1", self.plain, 20) as client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            if looks:
                client.select(folder)
            yield client

    def flags(self) -> list[set[str]]:
        """Of each letter, in order."""
        with self.person() as client:
            answers = client.fetch(ALL, "(FLAGS)")[1]
        return [{flag.decode() for flag in imaplib.ParseFlags(each)} for each in answers if isinstance(each, bytes)]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    # Dovecot's own users must get in, which pytest's folders do not allow.
    with tempfile.TemporaryDirectory() as name:
        found = Dovecot(Path(name), free_port(), free_port())
        found.home.chmod(0o755)
        (found.home / "mail").mkdir()
        shutil.chown(found.home / "mail", "nobody", "nogroup")
        (found.home / "users").write_text(f"{USER}:{{PLAIN.b64}}{_base64(PASSWORD)}\n")
        (found.home / "config").write_text(_CONFIG.format(home=found.home, plain=found.plain, tls=found.tls))
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=imap"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(found.home / "key.pem")]
        subprocess.run([*command, "-out", str(found.certificate)], check=True, capture_output=True, timeout=60)
        process = subprocess.Popen(["dovecot", "-F", "-c", str(found.home / "config")])
        try:
            wait_for(found)
            yield found
        finally:
            process.terminate()
            process.wait(20)


def _base64(text: str) -> str:
    return subprocess.run(["base64", "-w0"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()


def wait_for(server: Dovecot) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with server.person(looks=False):
                return
        except (OSError, imaplib.IMAP4.error):
            assert time.monotonic() < deadline, (server.home / "log").read_text()
            time.sleep(0.1)


@pytest.fixture
def dovecot(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    """The server with an empty folder."""
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", PASSWORD)
    yield server
    with server.person() as client:
        client.uid("STORE", ALL, "+FLAGS.SILENT", r"(\Deleted)")
        client.expunge()


def letter(number: int, body: str = "Hello") -> bytes:
    return f"From: <>\r\nSubject: {number}\r\n\r\n{body}\r\n".encode()


def put(server: Dovecot, *letters: bytes, flags: str = "") -> None:
    with server.person() as client:
        for each in letters:
            assert client.append("INBOX", flags, "", each)[0] == "OK"


def nothing(_letter: str) -> bool:
    return False


def read(target: str, known: Callable[[str], bool] = nothing, ours: bytes = b"\0") -> list[mailbox.Letter]:
    """A reading that marks what has `ours` in it."""
    with mailbox.reading(target, Path()) as box:
        found = []
        for each in box.letters(known):
            found.append(each)
            if ours in each.data:
                box.handled(each)
        return found


def test_ours_are_marked_and_strangers_keep_their_flags(dovecot: Dovecot) -> None:
    put(dovecot, letter(1), letter(2, "OURS"))
    put(dovecot, letter(3), letter(4, "OURS"), flags=r"(\Seen \Flagged Work)")
    put(dovecot, letter(5, "OURS"), flags=r"(\Deleted)")
    before = dovecot.flags()
    found = read(dovecot.target, ours=b"OURS")
    assert [each.data for each in found] == [letter(1), letter(2, "OURS"), letter(3), letter(4, "OURS")]
    assert [each.size for each in found] == [len(each.data) for each in found]
    after = dovecot.flags()
    assert [after[0], after[2], after[4]] == [before[0], before[2], before[4]]
    assert {"\\Seen", "$Digest"} <= after[1]
    assert after[3] == before[3] | {"$Digest"}


def test_the_second_reading_hands_out_nothing(dovecot: Dovecot) -> None:
    put(dovecot, letter(1), letter(2, "OURS"))
    known = {each.id for each in read(dovecot.target, ours=b"OURS")}
    assert len(known) == 2
    assert read(dovecot.target, known.__contains__) == []
    assert [each.data for each in read(dovecot.target)] == [letter(1)]
    put(dovecot, letter(3))
    assert [each.data for each in read(dovecot.target, known.__contains__)] == [letter(3)]


def test_a_letter_that_somebody_deletes_meanwhile_is_passed_over(dovecot: Dovecot) -> None:
    put(dovecot, letter(1), letter(2), letter(3))
    with mailbox.reading(dovecot.target, Path()) as box:
        letters = box.letters(nothing)
        first = next(letters)
        with dovecot.person() as client:
            client.store("1:2", "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()
        box.handled(first)
        assert [each.data for each in letters] == [letter(3)]


def test_of_a_long_letter_only_the_beginning_is_read(dovecot: Dovecot) -> None:
    long = letter(1, "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 60_000)
    put(dovecot, long)
    (found,) = read(dovecot.target)
    assert found.data == long[: 1 << 20]
    assert found.size == len(long)


def test_a_thousand_letters_are_read_at_once_and_the_others_next_time(dovecot: Dovecot) -> None:
    put(dovecot, letter(0))
    folder = dovecot.home / "mail" / USER / "new"
    for number in range(1, 1_020):
        (folder / f"1700000{number:04}.M1P1.host").write_bytes(letter(number))
    known = {each.id for each in read(dovecot.target)}
    assert len(known) == 1_000
    assert len(read(dovecot.target, known.__contains__)) == 20


def test_tls_needs_a_certificate_that_is_trusted(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    put(dovecot, letter(1))
    with pytest.raises(mailbox.MailboxError, match="certificate is not valid for localhost: self-signed certificate"):
        read(dovecot.secure_target)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert [each.data for each in read(dovecot.secure_target)] == [letter(1)]
    with pytest.raises(mailbox.MailboxError, match=r"not valid for 127\.0\.0\.1: IP address mismatch"):
        read(dovecot.secure_target.replace("localhost", "127.0.0.1"))
    with pytest.raises(mailbox.MailboxError, match="no TLS: "):
        read(f"imaps://{USER}@localhost:{dovecot.plain}")


def test_a_wrong_password_is_one_line_without_it(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", "c4nary")
    with pytest.raises(mailbox.MailboxError) as caught:
        read(dovecot.target)
    line = f"mailbox 127.0.0.1:{dovecot.plain}: wrong user or password for {USER} (DIGEST_IMAP_PASSWORD): "
    assert str(caught.value) == f"{line}[AUTHENTICATIONFAILED] Authentication failed."
    monkeypatch.delenv("DIGEST_IMAP_PASSWORD")
    with pytest.raises(mailbox.MailboxError, match=f"no password for {USER}: set DIGEST_IMAP_PASSWORD"):
        read(dovecot.target)


def test_folders_have_names_in_any_language(dovecot: Dovecot) -> None:
    with dovecot.person() as client:
        assert client.create(r'"R&APw-ckl&AOQ-ufer &- \"Co\""')[0] == "OK"
    assert read(dovecot.target.replace("INBOX", "R%C3%BCckläufer%20&%20%22Co%22")) == []
    with pytest.raises(mailbox.MailboxError, match="cannot open the folder Nowhere: "):
        read(dovecot.target.replace("INBOX", "Nowhere"))
