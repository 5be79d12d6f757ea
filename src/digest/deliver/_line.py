"""A relay -> one connection to it, opened when there is a mail to address; what ends it is said here."""

from digest.core.errors import DeliveryError
from digest.core.mail import Outgoing
from digest.deliver._relay import Relay
from digest.deliver._session import Trust, close, connect
from digest.deliver._transaction import (
    Answer,
    Step,
    envelope,
    envelope_answer,
    expect_silence,
    hindrance,
    length_of,
    pipelines,
    reset,
    step_answer,
)
from digest.deliver._wire import Patience, Session


class Line:
    """The connection of one courier."""

    __slots__ = ("_patience", "_relay", "_session", "_trust")

    def __init__(self, relay: Relay, patience: Patience, trust: Trust) -> None:
        self._relay = relay
        self._trust = trust
        self._patience = patience
        self._session: Session | None = None

    async def session(self) -> Session:
        """The open connection; DeliveryError when there can be none, UnreachableError if that may pass."""
        if self._session is None:
            self._session = await connect(self._relay, self._patience, self._trust)
        return self._session

    async def address(self, session: Session, mail: Outgoing) -> Answer | None:
        """The relay's refusal of a mail's envelope, without DATA where commands go one by one; None when it takes it.

        OSError when the connection is lost, DeliveryError when the relay takes no mail like this one.
        """
        length = length_of(mail)
        if why := hindrance(session, mail, length):
            raise DeliveryError(f"{self._relay}: {why}")
        expect_silence(session)
        commands = envelope(session, mail, length)
        if pipelines(session):
            await session.send(commands)
            return await envelope_answer(session)
        sender, recipient, _ = commands.splitlines()
        refused = await step_answer(session, Step.MAIL, sender)
        return refused or await step_answer(session, Step.RCPT, recipient)

    async def reset(self) -> None:
        """Have the relay forget a mail, or have no connection."""
        if self._session and not await reset(self._session):
            self.drop()

    async def close(self) -> None:
        """Say good-bye, when there is anybody."""
        session, self._session = self._session, None
        if session:
            await close(session)

    def drop(self) -> None:
        """Have no connection any more."""
        session, self._session = self._session, None
        if session:
            session.close()
