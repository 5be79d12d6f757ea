"""Mails -> an SMTP relay, one after another on one connection, and the relay's word on each."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.core.errors import DeliveryError
from digest.core.mail import Exchange, Outgoing, Result, SendState
from digest.core.settings import Delivery
from digest.deliver._relay import Relay, Security, parse
from digest.deliver._session import Patience, Session, UnreachableError, close, connect, reason
from digest.deliver._transaction import Answer, Step, fault, is_address, reset, transact

SCHEMES: tuple[str, ...] = tuple(Security)

# What a killed process leaves unknown is one batch (phase bytes will make it one mail).
BATCH = 10
# So many refusals of the sender in a row are no accident.
_REFUSALS = 3


def check_target(to: str) -> None:
    """Nothing; ValueError, which says what is allowed, when `to` names no relay."""
    parse(to)


def check(delivery: Delivery, home: Path) -> None:
    """Connect, secure, log in and leave; DeliveryError in one line when that cannot be done."""
    del home  # a relay is no folder
    close(connect(parse(delivery.to), Patience()))


def deliver(delivery: Delivery, home: Path, exchange: Exchange, stopping: Callable[[], bool]) -> None:
    """Send every mail that `exchange` hands out; DeliveryError, with the rest given back, when the relay will not."""
    del home  # a relay is no folder
    run(parse(delivery.to), exchange, stopping, Patience())


def run(relay: Relay, exchange: Exchange, stopping: Callable[[], bool], patience: Patience) -> None:
    """`deliver` with the seconds to wait."""
    courier = _Courier(relay, patience, stopping)
    results: list[Result] = []
    try:
        while batch := exchange(results, 0 if stopping() else BATCH):
            results, trouble = courier.carry(batch)
            if trouble:
                exchange(results, 0)
                raise DeliveryError(trouble)
    finally:
        courier.leave()


class _Courier:
    """Keeps one connection, and counts what goes wrong in a row."""

    __slots__ = ("_losses", "_patience", "_refusals", "_relay", "_session", "_stopping")

    def __init__(self, relay: Relay, patience: Patience, stopping: Callable[[], bool]) -> None:
        self._relay = relay
        self._patience = patience
        self._stopping = stopping
        self._session: Session | None = None
        self._losses = 0
        self._refusals = 0

    def carry(self, batch: Sequence[Outgoing]) -> tuple[list[Result], str]:
        """Results of a batch, and what stops the run: from there on nothing was begun."""
        results: list[Result] = []
        trouble = ""
        for mail in batch:
            if self._stopping():
                break
            try:
                results.append(self._deliver(mail))
                self._check_row(results[-1])
            except DeliveryError as error:
                trouble = str(error)
                break
        why = trouble or "stopped before it was begun"
        return results + [_result(mail, SendState.QUEUED, why) for mail in batch[len(results) :]], trouble

    def leave(self) -> None:
        """Say good-bye, when there is anybody."""
        if self._session:
            close(self._session)
            self._session = None

    def _deliver(self, mail: Outgoing) -> Result:
        """What became of a mail; DeliveryError when it was not begun and no other mail should be."""
        data = b"".join(mail.chunks)
        if why := fault(mail, data):
            return _result(mail, SendState.FAILED, why)
        if mail.return_path and not is_address(mail.return_path):
            raise DeliveryError(f"{mail.return_path!r} cannot be the sender: it may not stand in a command")
        while True:
            try:
                session = self._connected()
                self._check_size(session, len(data))
                answer = transact(session, mail, data)
            except UnreachableError as error:
                self._wait(str(error))
            except OSError as error:
                self._wait(f"{self._relay}: {reason(error)}")
            else:
                break
        if answer.is_for_all:
            raise DeliveryError(f"{self._relay}: refuses mails from {mail.return_path} ({answer.step}): {answer.reply}")
        self._after(session, answer)
        return _result(mail, answer.state, answer.reply.text, answer.reply.codes)

    def _connected(self) -> Session:
        if self._session is None:
            self._session = connect(self._relay, self._patience)
        return self._session

    def _check_size(self, session: Session, size: int) -> None:
        """All mails of an edition have about one size: none is begun when the relay takes only smaller ones."""
        limit = session.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            raise DeliveryError(f"{self._relay}: takes mails of at most {limit} bytes, and this one has {size}")

    def _after(self, session: Session, answer: Answer) -> None:
        """Count what goes wrong in a row, and have the connection ready for the next mail."""
        self._refusals = self._refusals + 1 if answer.step is Step.MAIL else 0
        self._losses = self._losses + 1 if answer.is_loss else 0
        if answer.is_loss or (answer.step is not Step.END and not reset(session)):
            self._drop()

    def _check_row(self, last: Result) -> None:
        """DeliveryError when one thing has gone wrong too often in a row."""
        if self._refusals >= _REFUSALS:
            raise DeliveryError(f"{self._relay}: refuses the sender time and again: {last.code} {last.reply}")
        if self._losses > len(self._patience.reconnect):
            raise DeliveryError(f"{self._relay}: {self._losses} mails in a row went without an answer: {last.reply}")

    def _wait(self, why: str) -> None:
        """Before another try; DeliveryError when there have been enough."""
        self._drop()
        if self._losses >= len(self._patience.reconnect) or self._stopping():
            raise DeliveryError(why)
        time.sleep(self._patience.reconnect[self._losses])
        self._losses += 1

    def _drop(self) -> None:
        if self._session:
            self._session.close()
            self._session = None


def _result(mail: Outgoing, state: SendState, reply: str, code: str = "") -> Result:
    return Result(claim=mail.claim, state=state, code=code, reply=reply)
