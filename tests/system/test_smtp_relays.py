"""Debian's own mail server and its sink take our mails as they are."""

import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

from digest import message
from digest.core.mail import Claim, Outgoing, Rendered, SendState
from digest.core.settings import Delivery
from digest.deliver import smtp
from mail_queue import Queue, all_of, begun
from system.postfix import free_port, wait_for
from system.postfix import postfix as running

_SETTINGS = """
virtual_mailbox_domains = example.org
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:all/
smtpd_recipient_restrictions = check_recipient_access inline:{{nobody@example.org=REJECT}} permit_mynetworks reject
"""


def mails(count: int) -> Queue:
    """Mails as `message` makes them, with lines that begin with dots."""
    rendered = Rendered(
        subject="Größe zählt",
        preheader="",
        text="Hello\n.\n..two\n" + "word " * 900,
        html="<p>.\n<p>é" + "<b>x</b>" * 800,
    )
    headers = message.Headers(
        edition="daily-2026-11-23T0700",
        sender="Meridian <brief@news.example.org>",
        date=datetime(2026, 11, 23, 7, tzinfo=UTC),
        list_id="<daily.news.example.org>",
    )
    template = message.Template(message.freeze(rendered, headers, "0123456789abcdef"))
    return Queue([outgoing(template, number, f"r{number}@example.org") for number in range(count)])


def outgoing(template: message.Template, number: int, email: str) -> Outgoing:
    message_id = f"<daily.{number}@news.example.org>"
    claim = Claim(edition="daily", subscriber=number, email=email, message_id=message_id, place=64 + number)
    values = message.Recipient(
        email=email, message_id=message_id, unsubscribe=f"mailto:leave@example.org?subject={number}"
    )
    return Outgoing(claim=claim, chunks=template.mail(values), return_path="bounces@example.org")


def test_a_sink_counts_every_mail() -> None:
    port = free_port()
    account = "root" if Path("/proc/self").stat().st_uid == 0 else ""
    command = ["smtp-sink", *(["-u", account] if account else []), "-c", f"127.0.0.1:{port}", "64"]
    sink = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(port)
        queue = mails(200)
        delivery = Delivery(to=f"smtp+plain://127.0.0.1:{port}")
        smtp.check(delivery, Path())
        with begun(queue) as (run, _):
            smtp.deliver(delivery, Path(), queue.exchange, all_of, run, lambda: False)
    finally:
        sink.terminate()
        said = sink.communicate(timeout=20)[0].decode()
    assert queue.states == [SendState.SENT] * 200
    assert re.findall(r"mesg=(\d+)", said)[-1] == "200"


@pytest.fixture(scope="module")
def postfix() -> Iterator[tuple[int, Path]]:
    """A Postfix of our own: its port, and the folder where it puts the mails for example.org."""
    with running(_SETTINGS) as found:
        yield found.port, found.home / "mail" / "all" / "new"


def arrived(folder: Path, count: int) -> list[bytes]:
    deadline = time.monotonic() + 30
    while len(files := list(folder.glob("*"))) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return [path.read_bytes() for path in files]


def test_a_real_relay_takes_the_mails_and_changes_nothing(postfix: tuple[int, Path]) -> None:
    port, folder = postfix
    queue = mails(20)
    sent = {mail.claim.email: b"".join(mail.chunks).replace(b"\r\n", b"\n") for mail in queue.waiting}
    delivery = Delivery(to=f"smtp+plain://127.0.0.1:{port}")
    smtp.check(delivery, Path())
    with begun(queue) as (run, _):
        smtp.deliver(delivery, Path(), queue.exchange, all_of, run, lambda: False)
    assert queue.states == [SendState.SENT] * 20
    assert all(re.fullmatch(r"Ok: queued as \w+", result.reply) for result in queue.results)
    found = {parsed(data)["To"]: data for data in arrived(folder, 20)}
    assert found.keys() == sent.keys()
    for email, data in found.items():
        mail = parsed(data)
        assert mail.keys() == ["Return-Path", "X-Original-To", "Delivered-To", "Received", *message.HEADER_NAMES]
        assert mail["Return-Path"] == "<bounces@example.org>"
        assert data.endswith(b"\n" + sent[email])


def parsed(data: bytes) -> Message:
    return BytesParser().parsebytes(data)


def test_a_real_relay_refuses_one_reader_and_takes_the_others(postfix: tuple[int, Path]) -> None:
    port, _ = postfix
    queue = mails(3)
    stranger = "nobody@example.org"
    queue.waiting[1] = Outgoing(
        claim=Claim(edition="daily", subscriber=9, email=stranger, message_id="<9@example.org>", place=65),
        chunks=queue.waiting[1].chunks,
        return_path="bounces@example.org",
    )
    with begun(queue) as (run, _):
        smtp.deliver(Delivery(to=f"smtp+plain://127.0.0.1:{port}"), Path(), queue.exchange, all_of, run, lambda: False)
    assert queue.states == [SendState.SENT, SendState.FAILED, SendState.SENT]
    assert queue.settled[1].code == "554 5.7.1"
    assert stranger in queue.settled[1].reply
