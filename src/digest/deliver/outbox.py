"""Mails -> files of a Maildir folder, each complete and on disk before it counts as sent."""

import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Outgoing, Result, SendState
from digest.core.settings import Delivery

SCHEMES: tuple[str, ...] = ("outbox",)

# What a killed process leaves unknown is one batch (phase bytes will make it one mail).
BATCH = 10


def check_target(to: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `to` names no folder."""
    if not to.partition(":")[2]:
        raise ValueError("allowed is outbox:FOLDER, below the newsletter's folder unless absolute")


def check(delivery: Delivery, home: Path) -> None:
    """Make the Maildir; DeliveryError when the folder cannot be written."""
    target = folder(delivery, home)
    try:
        for name in ("tmp", "new", "cur"):
            (target / name).mkdir(parents=True, exist_ok=True)
        probe = target / "tmp" / f"probe-{secrets.token_hex(6)}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise DeliveryError(f"outbox {target}: cannot be written: {error.strerror}") from None


def deliver(delivery: Delivery, home: Path, exchange: Exchange, stopping: Callable[[], bool]) -> None:
    """Write every mail that `exchange` hands out; DeliveryError, with the rest given back, when the disk refuses."""
    target = folder(delivery, home)
    results: list[Result] = []
    while batch := exchange(results, 0 if stopping() else BATCH):
        results, trouble = _write(target, batch)
        if trouble:
            exchange(results, 0)
            raise DeliveryError(f"outbox {target}: {trouble}")


def folder(delivery: Delivery, home: Path) -> Path:
    """The Maildir of `to = "outbox:FOLDER"`, below the newsletter's folder unless absolute."""
    return home / delivery.to.partition(":")[2]


def _write(target: Path, batch: Sequence[Outgoing]) -> tuple[list[Result], str]:
    """Results of a batch, and what the disk said when it refused: from there on nothing was begun."""
    written = 0
    trouble = ""
    try:
        for mail in batch:
            _write_one(target, mail)
            written += 1
    except OSError as error:
        trouble = error.strerror or str(error)
    done, reply = SendState.SENT, "written to the outbox"
    try:
        _sync(target / "new")
    except OSError as error:
        trouble = reply = error.strerror or str(error)
        done = SendState.UNCERTAIN
    outcomes = [(done, reply)] * written + [(SendState.QUEUED, trouble)] * (len(batch) - written)
    pairs = zip(batch, outcomes, strict=True)
    return [Result(claim=mail.claim, state=state, code="", reply=said) for mail, (state, said) in pairs], trouble


def _write_one(target: Path, mail: Outgoing) -> None:
    """One file in `new`, complete: written and synced in `tmp`, then renamed."""
    name = f"{time.time():.6f}.{secrets.token_hex(8)}.digest"
    temporary = target / "tmp" / name
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(mail.chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target / "new" / name)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
