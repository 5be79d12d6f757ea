"""Any number of runs that claim, mail, settle, crash and recover in any order: nobody is mailed twice or forgotten."""

import tempfile
from collections import Counter
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from digest.core import runfile
from digest.core.mail import Claim, Result, SendState
from digest.store import connect, ledger, subscribers
from stored import NOW, frozen, state_of

RECIPIENTS = 7
ANSWERS = (SendState.SENT, SendState.FAILED, SendState.UNCERTAIN, SendState.QUEUED)


class CrashError(Exception):
    """The process is gone."""


@dataclass
class Run:
    """A sending process: its run file, the mails it may send now, and what became of those it tried."""

    file: AbstractContextManager[str]
    id: str
    claims: list[Claim] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


class Sending(RuleBasedStateMachine):
    """The ledger against a model that counts what left."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        path = Path(self.stack.enter_context(tempfile.TemporaryDirectory())) / "digest.db"
        self.store = self.stack.enter_context(connect(path))
        self.edition = frozen(self.store, RECIPIENTS)
        self.runs: list[Run] = []
        self.mailed = Counter[str]()
        self.left: set[str] = set()

    @property
    def states(self) -> dict[str, str]:
        """Address -> state of its row."""
        return {row.email: row.state for row in ledger.rows(self.store, self.edition)}

    def exchange(self, run: Run, want: int) -> None:
        """Settle what was tried and claim more."""
        claims = ledger.exchange(self.store, self.edition, run.id, run.results, want, NOW)
        assert not self.left & {claim.email for claim in claims}
        run.results = []
        run.claims += claims

    @precondition(lambda self: len(self.runs) < 3)
    @rule()
    def begin(self) -> None:
        """A process starts, and settles what dead ones left."""
        file = runfile.begin(runfile.folder(self.store.path))
        self.runs.append(Run(file, file.__enter__()))

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), want=st.integers(0, 4))
    def claim(self, data: st.DataObject, want: int) -> None:
        """A process settles and claims."""
        self.exchange(data.draw(st.sampled_from(self.runs)), want)

    @precondition(lambda self: any(run.claims for run in self.runs))
    @rule(data=st.data(), answer=st.sampled_from(ANSWERS))
    def mail(self, data: st.DataObject, answer: SendState) -> None:
        """A process tries one of its mails; an uncertain one did leave, a queued one was not begun."""
        run = data.draw(st.sampled_from([run for run in self.runs if run.claims]))
        claim = run.claims.pop()
        self.mailed[claim.email] += answer in (SendState.SENT, SendState.UNCERTAIN)
        run.results.append(Result(claim=claim, state=answer, code="", reply=""))

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """A process ends well: it settles and gives back the rest."""
        run = data.draw(st.sampled_from(self.runs))
        run.results += [Result(claim=c, state=SendState.QUEUED, code="", reply="") for c in run.claims]
        self.exchange(run, 0)
        run.file.__exit__(None, None, None)
        self.runs.remove(run)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        """A process dies with what it has not settled."""
        run = data.draw(st.sampled_from(self.runs))
        run.file.__exit__(CrashError, CrashError(), None)
        self.runs.remove(run)

    @rule()
    def recover(self) -> None:
        """What dead runs left becomes uncertain; the living keep theirs."""
        ledger.recover(self.store, NOW)

    @rule(number=st.integers(0, RECIPIENTS - 1))
    def leave(self, number: int) -> None:
        """A reader leaves, mailed or not."""
        email = f"r{number}@example.org"
        subscribers.remove(self.store, "daily", email, NOW)
        self.left.add(email)

    @invariant()
    def nobody_is_mailed_twice(self) -> None:
        """At most one mail a recipient, and one process at a time may send it."""
        assert all(times <= 1 for times in self.mailed.values())
        held = Counter(claim.email for run in self.runs for claim in run.claims)
        assert all(times == 1 and not self.mailed[email] for email, times in held.items())

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Every recipient has a row, and what a living process holds is marked as its own."""
        states = self.states
        assert len(states) == RECIPIENTS
        assert {states[claim.email] for run in self.runs for claim in run.claims} <= {"sending"}
        assert not any(
            states[email] in ("queued", "failed", "cancelled") for email in self.mailed if self.mailed[email]
        )

    def teardown(self) -> None:
        """After everything, one last run brings every mail to its end."""
        with self.stack:
            while self.runs:
                run = self.runs.pop()
                run.file.__exit__(CrashError, CrashError(), None)
            ledger.recover(self.store, NOW)
            with runfile.begin(runfile.folder(self.store.path)) as last:
                while claims := ledger.exchange(self.store, self.edition, last, [], 3, NOW):
                    self.mailed.update(claim.email for claim in claims)
                    results = [Result(claim=c, state=SendState.SENT, code="", reply="") for c in claims]
                    ledger.exchange(self.store, self.edition, last, results, 0, NOW)
            states = self.states
            ledger.finish(self.store, self.edition)
            assert set(states.values()) <= {"sent", "failed", "uncertain", "cancelled"}
            assert all(states[email] in ("sent", "uncertain") for email, times in self.mailed.items() if times)
            assert {email for email, state in states.items() if state == "sent"} <= {
                e for e in self.mailed if self.mailed[e]
            }
            assert {email for email, state in states.items() if state == "cancelled"} <= self.left
            assert state_of(self.store, self.edition) in ("sent", "partial")
            assert all(times <= 1 for times in self.mailed.values())


Sending.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, report_multiple_bugs=False)
TestSending = Sending.TestCase
