"""An edition's rows -> its mails handed out, and what became of each taken back."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import message
from digest.core.errors import StoreError
from digest.core.log import Progress
from digest.core.mail import Batch, Claim, Outgoing, Result, SendState
from digest.core.runfile import Run
from digest.core.settings import Settings
from digest.core.tokens import Key
from digest.recipients import is_addressed, recipient, return_path, signer, with_links
from digest.store import Store, editions, ledger, report, safety

_OPEN = (SendState.QUEUED, SendState.DEFERRED, SendState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sending process: what it needs for every job, and its run file."""

    news: Settings
    store: Store
    key: Key
    run: Run
    now: Callable[[], datetime]
    stopping: Callable[[], bool]
    progress: Progress
    dry_run: bool = False
    force: bool = False


def suppression_tag(key: Key) -> Callable[[str], str]:
    """Folded address -> what stands for it in the list of those whom nobody may mail."""
    return lambda folded: key.lasting_tag("suppression", folded)


class Mailroom:
    """Hands an edition's mails out and takes the answers, for one run."""

    def __init__(self, sender: Sender, record: editions.Record) -> None:
        self.tried = Counter[SendState]()
        self._sender = sender
        self._record = record
        delivery = sender.news.delivery
        self._terms = ledger.Terms(
            run=sender.run,
            tag=suppression_tag(sender.key),
            uncertain=delivery.uncertain,
            rate=None if delivery.to.startswith("outbox:") else delivery.rate,
            target=delivery.to,
        )
        self._tagged = record.return_path == delivery.bounces
        sealed = signer(sender.news, record.job)
        self._bodies = editions.bodies(sender.store, record.id)
        self._templates = {
            body.variant: message.Template(message.Frozen(mark=body.mark, data=body.data), sealed)
            for body in self._bodies.values()
        }
        self._unmade: list[Result] = []
        counts = report.counts(sender.store, record.id)
        self.waiting = sum(counts.get(state, 0) for state in _OPEN)
        self._finished = record.recipients - self.waiting

    def exchange(self, results: Sequence[Result], want: int) -> Batch:
        """Settle results and claim mails."""
        while True:
            taken = [*results, *self._unmade]
            self._unmade = []
            handout = ledger.exchange(self._sender.store, self._record.id, self._terms, taken, want, self._sender.now())
            self._count(taken)
            mails = [mail for claim in handout.claims if (mail := self._mail(claim))]
            if mails or not self._unmade:
                return Batch(mails, handout.wait)
            results = ()

    def wanted(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Those of the claims that may still leave."""
        return ledger.wanted(self._sender.store, self._terms.tag, claims)

    def _count(self, taken: Sequence[Result]) -> None:
        self.tried.update(result.state for result in taken)
        done = self._finished + self.tried.total() - self.tried[SendState.QUEUED]
        self._sender.progress("send", min(done, self._record.recipients), self._record.recipients)

    def _mail(self, claim: Claim) -> Outgoing | None:
        """The claim as bytes; none when no mail can carry its address, which is its failure alone."""
        key, record = self._sender.key, self._record
        body = self._bodies.get(claim.variant)
        if body is None or not is_addressed(key, record.job, claim, body.data):
            raise StoreError(safety.damaged(self._sender.store, f"a mail of {claim.edition} is not what was planned"))
        path = record.return_path
        if self._tagged:
            path = return_path(key, path, claim.edition, claim.subscriber)
        try:
            to = recipient(key, record.job, record.unsubscribe, claim.email, claim.message_id)
            if record.site:
                to = with_links(to, key, record.site, record.job, claim.subscriber, claim.edition)
            chunks = self._templates[claim.variant].mail(to)
        except ValueError as error:
            self._unmade.append(Result(claim=claim, state=SendState.FAILED, code="", reply=str(error)))
            return None
        return Outgoing(claim=claim, return_path=path, chunks=chunks)
