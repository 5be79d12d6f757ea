"""The mails that a crew has claimed -> mails on one connection to the relay, one coroutine."""

from typing import Final

from digest.core.errors import DeliveryError
from digest.core.mail import Outgoing, SendState, Wanted
from digest.core.runfile import Run
from digest.deliver._crew import Crew
from digest.deliver._hand import Hand
from digest.deliver._line import Line
from digest.deliver._relay import Relay
from digest.deliver._reply import CLOSING
from digest.deliver._session import UnreachableError
from digest.deliver._transaction import (
    DOT,
    Answer,
    ClosingError,
    Step,
    end_answer,
    envelope_answer,
    expect_silence,
    invitation,
    length_of,
    pipelines,
    step_answer,
)
from digest.deliver._wire import Patience, Session, reason

MAILS_A_CONNECTION: Final = 500
"""Many relays cut a connection after so many; good manners come cheaper."""


class Courier:
    """Keeps one connection; the first mail in hand is the one at the relay."""

    def __init__(self, crew: Crew, relay: Relay, patience: Patience, run: Run, wanted: Wanted) -> None:
        self._crew = crew
        self._relay = relay
        self._line = Line(relay, patience, crew.trust)
        self._hand = Hand(crew, run, wanted)
        self._is_asked = False
        """The envelope of the first mail in hand went out with the mail before it."""
        self._known = crew.standing.known()

    async def work(self) -> None:
        """Carry mails until the crew has no more; DeliveryError when it is no use going on."""
        try:
            while mail := await self._next():
                await self._carry(mail)
            await self._line.close()
        except BaseException:
            self._line.drop()
            self._crew.end()
            raise
        finally:
            self._hand.leave()

    async def _next(self) -> Outgoing | None:
        """The mail to carry, once there is one; at the end only one whose envelope has gone ahead."""
        if self._hand.yields():
            await self._line.close()
        return await self._hand.first() if self._is_asked or not self._crew.is_over else None

    async def _carry(self, mail: Outgoing) -> None:
        """Bring one mail as far as it goes, and have the connection ready for the next."""
        self._known = self._crew.standing.known()
        is_asked, self._is_asked = self._is_asked, False
        try:
            session = await self._line.session()
            answer = await (envelope_answer(session) if is_asked else self._line.address(session, mail))
            if not answer and not pipelines(session):
                if not self._hand.is_wanted():
                    await self._line.reset()
                    return
                answer = await step_answer(session, Step.DATA, "DATA")
            if answer:
                await self._refused(mail, answer)
            elif self._hand.is_wanted():
                await self._hand_over(session, mail)
            else:
                # Now the relay waits for a mail, and a lone dot would be an empty one.
                self._line.drop()
        except UnreachableError as error:
            self._retreat(str(error), is_crowded=True)
        except OSError as error:
            self._break(mail, error)

    async def _hand_over(self, session: Session, mail: Outgoing) -> None:
        """The body, its dot and the next envelope at once, and the answer to the first two."""
        expect_silence(session)
        left = length_of(mail) + len(DOT)
        following = self._following(session)
        self._crew.tally.leave(mail.claim)
        try:
            await session.send_chunks([*mail.chunks, DOT + following], left + len(following))
        except OSError:
            if session.accepted < left:
                self._hand.push(mail)
                raise
        self._is_asked = bool(following)
        await self._finish(session, mail, await end_answer(session))

    def _following(self, session: Session) -> bytes:
        """The envelope of the next mail, if it may go with the body of the first in hand, which no longer is."""
        is_last = not pipelines(session) or session.carried + 1 >= MAILS_A_CONNECTION or self._crew.is_over
        following = self._hand.advance(is_last=is_last or self._crew.standing.is_crowded)
        return invitation(session, following) if following else b""

    async def _finish(self, session: Session, mail: Outgoing, answer: Answer) -> None:
        """Settle a mail that has left, and judge the connection by the answer."""
        state, reply = answer.state, answer.reply
        is_closing = reply.code == CLOSING
        self._crew.tally.settle(mail.claim, state, reply.text, reply.codes)
        if is_closing or state is SendState.UNCERTAIN:
            said = str(reply) if is_closing else f"mails go without an answer: {reply}"
            self._retreat(f"{self._relay}: {said}", is_crowded=is_closing)
            return
        self._crew.succeed()
        session.carried += 1
        if session.carried >= MAILS_A_CONNECTION:
            await self._line.close()

    async def _refused(self, mail: Outgoing, answer: Answer) -> None:
        """Settle a mail whose envelope was refused; DeliveryError when every mail would be."""
        if answer.is_for_all:
            raise DeliveryError(f"{self._relay}: refuses mails from {mail.return_path} ({answer.step}): {answer.reply}")
        self._hand.pop()
        self._crew.tally.settle(mail.claim, answer.state, answer.reply.text, answer.reply.codes)
        if answer.step is not Step.MAIL:
            self._crew.succeed()
        elif not self._crew.standing.refuse():
            raise DeliveryError(f"{self._relay}: refuses the sender time and again: {answer.reply}")
        if answer.is_last:
            self._line.drop()
        await self._line.reset()

    def _break(self, mail: Outgoing, error: OSError) -> None:
        """The connection was lost before the first mail in hand left."""
        why, is_closing = reason(error), isinstance(error, ClosingError)
        if self._crew.suspects.set_aside(mail, why, is_closing=is_closing):
            self._hand.pop()
        self._retreat(f"{self._relay}: {why}", is_crowded=is_closing)

    def _retreat(self, why: str, *, is_crowded: bool) -> None:
        """After a loss: somebody else may carry what is in hand; DeliveryError after too many in a row."""
        self._is_asked = False
        self._line.drop()
        goes_on = self._crew.standing.lose(self._known, is_crowded=is_crowded)
        self._hand.leave()
        if not goes_on:
            raise DeliveryError(why)
