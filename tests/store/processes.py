"""Sending processes, in this one: what they do one step at a time, and what becomes of them at any moment."""

import tempfile
from contextlib import ExitStack, nullcontext
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from digest.core import runfile
from digest.core.mail import Claim, Result, SendState
from digest.core.runfile import Phase
from digest.store import connect, ledger, recovery, subscribers
from store.model import READERS, Model, Process
from stored import NOW, tag, terms

ANSWERS = {
    "taken": (SendState.SENT, "250 2.0.0", Phase.SENT),
    "refused": (SendState.FAILED, "550 5.7.1", Phase.REFUSED),
    "unknown user": (SendState.FAILED, "550 5.1.1", Phase.REFUSED),
    "deferred": (SendState.DEFERRED, "450 4.2.0", Phase.DEFERRED),
    "lost after it was taken": (SendState.UNCERTAIN, "", Phase.LEAVING),
    "lost before it was taken": (SendState.UNCERTAIN, "", Phase.LEAVING),
}
STEPS = ("exchange", "leave", "leave", "leave", "taken", *ANSWERS)


class Processes(RuleBasedStateMachine):
    """What sending processes do, and what becomes of them."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        path = Path(self.stack.enter_context(tempfile.TemporaryDirectory())) / "digest.db"
        self.store = self.stack.enter_context(connect(path))
        # What dies here is a process, not the machine.
        self.store.connection.execute("PRAGMA synchronous = OFF")
        self.runs = runfile.folder(path)
        self.model = Model()
        self.processes: list[Process] = []
        self.policy = "hold"
        self.now = NOW
        for job, emails in READERS.items():
            subscribers.add_configured(self.store, job, emails, NOW)

    @property
    def frozen(self) -> list[str]:
        """All editions that have rows."""
        return list(self.model.audience)

    def exchange(self, process: Process, want: int) -> None:
        """Settle what was answered and claim more."""
        bounced = [result for result in process.results if result.code.endswith("5.1.1")]
        policy = terms(process.run, uncertain=self.policy)
        claims = ledger.exchange(self.store, process.edition, policy, process.results, want, self.now).claims
        process.results = []
        for result in bounced:
            self.model.bounce(result)
        assert all(self.model.may_be_mailed(process.edition, each.email) for each in claims)
        process.claims += claims

    def answer(self, process: Process, claim: Claim, fate: str) -> None:
        """The relay takes a mail or not, and says so or not."""
        state, code, phase = ANSWERS[fate]
        key = claim.edition, claim.email
        self.model.left[key] += fate in ("taken", "lost after it was taken")
        if state == SendState.UNCERTAIN:
            self.model.doubted.add(key)
        if state == SendState.FAILED:
            self.model.refused.add(key)
        process.flying.remove(claim)
        process.run.mark(claim.place, phase)
        process.results.append(Result(claim=claim, state=state, code=code, reply=""))

    def let_leave(self, process: Process) -> None:
        """A process looks whether anything changed; what is not wanted any more is given back, a mail is let go."""
        if process.run.changes() != process.seen:
            process.seen = process.run.changes()
            wanted = ledger.wanted(self.store, tag, process.claims)
            process.give_back(set(process.claims) - set(wanted))
        if process.claims:
            mine = process.claims.pop(0)
            assert self.model.may_be_mailed(mine.edition, mine.email)
            process.run.mark(mine.place, Phase.LEAVING)
            process.flying.append(mine)

    def begin(self, edition: str) -> None:
        """A process starts, settles what dead ones left, and takes an edition on."""
        recovery.recover(self.store, self.policy, self.now)
        file = runfile.begin(self.runs)
        run = file.__enter__()
        self.processes.append(Process(file, run, edition, run.changes()))
        self.exchange(self.processes[-1], 3)

    @rule(data=st.data(), who=st.integers(0, 2), steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=12))
    def work(self, data: st.DataObject, who: int, steps: list[str]) -> None:
        """One of three processes claims, lets mails leave, and reads answers."""
        if who >= len(self.processes):
            self.begin(data.draw(st.sampled_from(self.frozen)))
        process = self.processes[min(who, len(self.processes) - 1)]
        for step in steps:
            if step == "exchange":
                self.exchange(process, data.draw(st.integers(0, 3)))
            elif step == "leave":
                self.let_leave(process)
            elif process.flying:
                self.answer(process, process.flying[0], step)

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), how=st.sampled_from(["well", "killed after it was taken", "killed before it was taken"]))
    def end(self, data: st.DataObject, how: str) -> None:
        """A process ends well, settles and gives back the rest; or it dies with what it has not settled."""
        process = data.draw(st.sampled_from(self.processes))
        self.processes.remove(process)
        if how != "well":
            self.crash(process, arrived=how == "killed after it was taken")
            return
        for claim in tuple(process.flying):
            self.answer(process, claim, "taken")
        process.give_back(process.claims)
        self.exchange(process, 0)
        ledger.finish(self.store, process.edition)
        process.file.__exit__(None, None, None)

    def crash(self, process: Process, *, arrived: bool) -> None:
        """Let a process die, and its mails in flight arrive or not."""
        for claim in process.flying:
            self.model.left[claim.edition, claim.email] += arrived
            self.model.doubted.add((claim.edition, claim.email))
        process.die()

    def send_all(self, edition: str) -> None:
        """Mail everybody who is due, with a relay that takes all."""
        with runfile.begin(self.runs) as run:
            process = Process(nullcontext(run), run, edition, run.changes())
            self.exchange(process, 9)
            while process.claims:
                mine = process.claims.pop()
                process.flying.append(mine)
                self.answer(process, mine, "taken")
            self.exchange(process, 0)
            ledger.finish(self.store, edition)
