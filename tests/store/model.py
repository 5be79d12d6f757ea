"""What is true of everybody's mails, kept beside the ledger: who may be mailed, and whose mail did leave."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from digest.core.mail import Claim, Result, SendState
from digest.core.runfile import Run
from digest.store.report import Row

READERS = {
    "daily": [f"r{number}@example.org" for number in range(5)],
    "weekly": [f"r{number}@example.org" for number in range(3, 7)],
}
OVER = ("sent", "failed", "uncertain", "suppressed", "cancelled", "expired")


class CrashError(Exception):
    """The process is gone."""


@dataclass(eq=False)
class Process:
    """A sending process: its run file, the mails it may send now, what it has in flight, and the answers it read."""

    file: AbstractContextManager[Run]
    run: Run
    edition: str
    seen: int
    """The counter of changes when it last looked."""
    claims: list[Claim] = field(default_factory=list)
    flying: list[Claim] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    @property
    def holds(self) -> set[str]:
        """Whose mails are its own."""
        return {each.email for each in (*self.claims, *self.flying, *(result.claim for result in self.results))}

    def give_back(self, claims: Iterable[Claim]) -> None:
        """Answer for mails that were not begun."""
        given = tuple(claims)
        self.claims = [each for each in self.claims if each not in given]
        self.results += [Result(claim=each, state=SendState.QUEUED, code="", reply="") for each in given]

    def die(self) -> None:
        """Leave the run file to whoever comes next."""
        self.file.__exit__(CrashError, CrashError(), None)


@dataclass
class Model:
    """What is true, whatever the ledger says."""

    states: dict[tuple[str, str], str] = field(
        default_factory=lambda: {(job, email): "active" for job, emails in READERS.items() for email in emails}
    )
    """Job and address -> how the subscription stands."""
    barred: dict[str, str] = field(default_factory=dict)
    """Suppressed address -> the edition whose failure did it, empty for a person."""
    once_barred: set[str] = field(default_factory=set)
    revisions: dict[str, list[str]] = field(default_factory=lambda: {job: [] for job in READERS})
    audience: dict[str, set[str]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Edition and address -> how many mails a relay took."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    doubted: set[tuple[str, str]] = field(default_factory=set)
    """Edition and address of whose mail nobody knew once whether it left."""
    ordered: set[tuple[str, str]] = field(default_factory=set)
    """Those of which a person wanted it sent although it may have left."""

    def may_be_mailed(self, edition: str, email: str) -> bool:
        """Whether a mail may leave now."""
        active = self.states[edition.partition("-")[0], email] == "active"
        return active and email not in self.barred and edition not in self.stopped

    def bar(self, email: str, edition: str = "") -> None:
        """Suppress an address."""
        self.barred.setdefault(email, edition)
        self.once_barred.add(email)

    def bounce(self, result: Result) -> None:
        """Remember that an address does not exist."""
        claim = result.claim
        self.bar(claim.email, claim.edition)
        key = claim.edition.partition("-")[0], claim.email
        if self.states[key] == "active":
            self.states[key] = "bounced"

    def forgive(self, edition: str, email: str) -> None:
        """Give an address that failed another chance."""
        if self.barred.get(email) == edition:
            del self.barred[email]
        key = edition.partition("-")[0], email
        if self.states[key] == "bounced":
            self.states[key] = "active"

    def plan(self, job: str, edition: str, planned: set[str], held: set[str]) -> None:
        """A new revision goes to everybody who did not get an earlier one, and to nobody who did.

        `held` are those whose earlier mail is a living process's own.
        """
        earlier = self.revisions[job]
        active = {email for email in READERS[job] if self.states[job, email] == "active"}
        got = {email for email in active if any(self.left[other, email] for other in earlier)}
        unsure = held | {email for email in active if any((other, email) in self.doubted for other in earlier)}
        assert active - got - unsure <= planned <= active - got
        self.audience[edition] = planned

    def check(self, edition: str, rows: Iterable[Row], policy: str) -> None:
        """Nobody twice unless it says so, nobody forgotten, and no row that says what is not true."""
        found = {row.email: row for row in rows}
        assert found.keys() == self.audience[edition]
        for email, row in found.items():
            key = edition, email
            if row.state == "sent":
                assert self.left[key]
            if self.left[key]:
                assert row.maybe or row.state in ("sent", "uncertain", "sending")
            if row.state == "uncertain":
                assert key in self.doubted
            if row.maybe:
                assert key in self.doubted
                assert policy == "resend" or key in self.ordered
            else:
                assert self.left[key] <= 1

    def check_end(self, edition: str, rows: Iterable[Row], *, late: bool) -> None:
        """Whoever did not get it has a reason."""
        for row in rows:
            key = edition, row.email
            assert row.state in OVER
            if row.state == "cancelled":
                left = self.states[edition.partition("-")[0], row.email] != "active"
                assert left or edition in self.stopped
            if row.state == "suppressed":
                assert row.email in self.once_barred
            if row.state == "failed":
                assert key in self.refused or key in self.doubted
            if row.state == "expired":
                assert late

    def check_slots(self, maybe: set[tuple[str, str]]) -> None:
        """Nobody got two revisions of one slot, but for those of whom a row says that it may be so."""
        for job, revisions in self.revisions.items():
            for email in READERS[job]:
                keys = [(edition, email) for edition in revisions]
                assert sum(self.left[key] for key in keys) <= 1 or maybe & set(keys)
