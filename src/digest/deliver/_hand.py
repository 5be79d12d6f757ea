"""A crew's mails -> those that one courier has in hand, each of which may still leave."""

from collections import deque

from digest.core.mail import Outgoing, SendState, Wanted
from digest.core.runfile import Run
from digest.deliver._crew import Crew
from digest.deliver._transaction import fault

_UNKNOWN = -1  # no count is less than zero


class Hand:
    """Mails of one courier, none of which has left, and its place for a connection; the first one is its work."""

    def __init__(self, crew: Crew, run: Run, wanted: Wanted) -> None:
        self._crew = crew
        self._run = run
        self._wanted = wanted
        self._mails = deque[Outgoing]()
        self._is_placed = False
        self._sound: Outgoing | None = None
        """The last mail whose address was found right."""
        self._changes = _UNKNOWN
        """What the run's counter said when it was last known that all in hand may leave."""

    def yields(self) -> bool:
        """Whether the relay bears fewer connections; then the place is given up."""
        if self._mails or not self._is_placed or not self._crew.standing.close_surplus():
            return False
        self._is_placed = False
        return True

    async def first(self) -> Outgoing | None:
        """The next mail, once there is one; None at the end."""
        while not (mail := self.ready()) and not self._crew.is_over:
            await self._crew.rest()
        return mail

    def ready(self) -> Outgoing | None:
        """The next mail, if there is one now; those that no relay can be asked for are refused here."""
        while self._mails or self._take():
            mail = self._mails[0]
            if mail is self._sound:
                return mail
            why = fault(mail.claim.email)
            if not why:
                self._sound = mail
                return mail
            self._crew.tally.settle(self.pop().claim, SendState.FAILED, why)
        return None

    def pop(self) -> Outgoing:
        """The first mail, which is no longer in hand."""
        return self._mails.popleft()

    def advance(self, *, is_last: bool) -> Outgoing | None:
        """The mail behind the first, which is no longer in hand; none when there is none now or it is the last."""
        mail = self.pop()
        try:
            return None if is_last else self.ready()
        except BaseException:
            self.push(mail)
            raise

    def push(self, mail: Outgoing) -> None:
        """Take a mail back whose end has not left."""
        self._crew.tally.stay(mail.claim)
        self._mails.appendleft(mail)
        # It may have been claimed long before the others: ask again.
        self._changes = _UNKNOWN

    def is_wanted(self) -> bool:
        """Whether the first mail may still leave; asked for all in hand after something was stopped."""
        changes = self._run.changes()
        if changes == self._changes:
            return True
        mails = self._mails
        wanted = set(self._wanted([mail.claim for mail in mails]))
        self._changes = changes
        self._mails = deque(mail for mail in mails if mail.claim in wanted)
        for mail in mails:
            if mail.claim not in wanted:
                self._crew.tally.settle(mail.claim, SendState.QUEUED, "no longer wanted")
        return mails[0].claim in wanted

    def leave(self) -> None:
        """Give back the place and what is in hand."""
        if self._is_placed:
            self._is_placed = False
            self._crew.standing.close()
        mails, self._mails = list(self._mails), deque()
        self._crew.give_back(mails, self._changes)

    def _take(self) -> bool:
        mail = self._crew.take(is_placed=self._is_placed)
        if mail is None:
            return False
        self._is_placed = True
        self._mails.append(mail)
        self._changes = self._crew.changes
        return True
