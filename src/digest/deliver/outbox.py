"""Mails -> files of a Maildir folder, each complete and on disk before it counts as sent.

A file is the mail as a relay would get it, below its Return-Path.
"""

import os
import re
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, time

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Outgoing, Result, SendState, Wanted, never
from digest.core.runfile import Phase, Run
from digest.core.settings import Delivery

SCHEMES: tuple[str, ...] = ("outbox",)

BATCH = 500
SETTLE = 1.0
"""Seconds after which results are given back."""
_NOT_IN_A_PATH = re.compile(r"[^!-;=?-~]")  # what may not stand in an SMTP command: line ends and brackets first of all


def check_target(to: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `to` names no folder."""
    if not to.partition(":")[2]:
        raise ValueError("allowed is outbox:FOLDER, below the newsletter's folder unless absolute")


def check(delivery: Delivery, home: Path, stopping: Callable[[], bool] = never) -> None:
    """Make the Maildir; DeliveryError when the folder cannot be written."""
    del stopping  # a folder answers at once
    target = folder(delivery, home)
    try:
        for name in ("tmp", "new", "cur"):
            (target / name).mkdir(parents=True, exist_ok=True)
        probe = target / "tmp" / f"probe-{secrets.token_hex(6)}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise DeliveryError(f"outbox {target}: cannot be written: {error.strerror}") from None


def deliver(
    delivery: Delivery, home: Path, exchange: Exchange, wanted: Wanted, run: Run, stopping: Callable[[], bool]
) -> None:
    """Write every mail that `exchange` hands out; DeliveryError, with the rest given back, when the disk refuses."""
    check(delivery, home)
    outbox = _Outbox(folder(delivery, home), wanted, run, stopping)
    results: Sequence[Result] = ()
    while True:
        # Read before the claim: what is stopped after it must be seen.
        changes = run.changes()
        claimed = exchange(results, 0 if outbox.mails or stopping() else BATCH).mails
        if claimed:
            outbox.take(claimed, changes)
        elif not outbox.mails:
            return
        results, trouble = outbox.write()
        if trouble:
            exchange(results, 0)
            raise DeliveryError(f"outbox {outbox.target}: {trouble}")


def folder(delivery: Delivery, home: Path) -> Path:
    """The Maildir of `to = "outbox:FOLDER"`, below the newsletter's folder unless absolute."""
    return home / delivery.to.partition(":")[2]


class _Outbox:
    """The folder, and the mails that wait to be written there."""

    def __init__(self, target: Path, wanted: Wanted, run: Run, stopping: Callable[[], bool]) -> None:
        self.target = target
        self.mails = deque[Outgoing]()
        self._wanted = wanted
        self._run = run
        self._stopping = stopping
        self._changes = 0

    def take(self, mails: Sequence[Outgoing], changes: int) -> None:
        """Mails to write, and what the run's counter said before they were claimed."""
        self.mails.extend(mails)
        self._changes = changes

    def write(self) -> tuple[list[Result], str]:
        """Results of a second's work, and what the disk said when it refused: then all are given back."""
        written: list[Outgoing] = []
        results: list[Result] = []
        trouble = ""
        end = monotonic() + SETTLE
        try:
            while not self._stopping():
                results += self._unwanted()
                if not self.mails or monotonic() >= end:
                    break
                self._write(self.mails[0])
                written.append(self.mails.popleft())
        except OSError as error:
            trouble = error.strerror or str(error)
        done, reply = self._synced(written)
        trouble = trouble or (reply if done is SendState.UNCERTAIN else "")
        results += [_result(mail, done, reply) for mail in written]
        if trouble or self._stopping():
            results += [
                _result(mail, SendState.QUEUED, trouble or "stopped before it was begun") for mail in self.mails
            ]
            self.mails.clear()
        return results, trouble

    def _unwanted(self) -> list[Result]:
        """The mails that may no longer leave, when something was stopped; they are no longer here."""
        changes = self._run.changes()
        if changes == self._changes:
            return []
        mails = self.mails
        wanted = set(self._wanted([mail.claim for mail in mails]))
        self._changes = changes
        self.mails = deque(mail for mail in mails if mail.claim in wanted)
        return [_result(mail, SendState.QUEUED, "no longer wanted") for mail in mails if mail.claim not in wanted]

    def _write(self, mail: Outgoing) -> None:
        """One file in `new`, complete: written and synced in `tmp`, then renamed."""
        name = f"{time():.6f}.{secrets.token_hex(8)}.digest.eml"
        temporary, place = self.target / "tmp" / name, mail.claim.place
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines((_return_path(mail), *mail.chunks))
                file.flush()
                os.fsync(file.fileno())
            self._run.mark(place, Phase.LEAVING)
            temporary.rename(self.target / "new" / name)
        except OSError:
            temporary.unlink(missing_ok=True)
            self._run.mark(place, Phase.NOT_BEGUN)
            raise
        self._run.mark(place, Phase.SENT)

    def _synced(self, written: Sequence[Outgoing]) -> tuple[SendState, str]:
        """What the mails written are once the folder is on disk, and in words."""
        try:
            _sync(self.target / "new")
        except OSError as error:
            for mail in written:
                self._run.mark(mail.claim.place, Phase.LEAVING)
            return SendState.UNCERTAIN, error.strerror or str(error)
        return SendState.SENT, "written to the outbox"


def _return_path(mail: Outgoing) -> bytes:
    """The line that who delivers a mail in the end puts above it (RFC 5321 4.4); over SMTP the relay's server does."""
    return f"Return-Path: <{_NOT_IN_A_PATH.sub('', mail.return_path)}>\r\n".encode()


def _result(mail: Outgoing, state: SendState, reply: str) -> Result:
    return Result(claim=mail.claim, state=state, code="", reply=reply)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
