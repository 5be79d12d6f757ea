"""Any number of runs that compose, claim, mail, settle, crash and recover while people stop, leave and try again.

Nobody is mailed twice, nobody is forgotten, no stopped edition is sent on; where by `resend` or by a person's order
somebody may be mailed twice, the row says so.
"""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from digest.store import decisions, editions, ledger, recovery, retries, subscribers, suppressions
from digest.store.audience import Audience
from digest.store.editions import LIFETIME
from store.model import OVER, READERS
from store.processes import Processes
from stored import NOW, SLOT, composition, issue, rows, state_of, tag

JOBS = sorted(READERS)
SPELLED = (None, str.lower, str.upper)
FINISHED = ("sent", "partial", "expired", "stopped")


class Sending(Processes):
    """What people do meanwhile, and what must hold whatever they do."""

    @initialize(policy=st.sampled_from(["hold", "resend"]))
    def start(self, policy: str) -> None:
        """A newsletter has one policy, and sends both jobs' editions."""
        self.policy = policy
        for job in READERS:
            self.compose(job, "well")

    @rule(data=st.data(), what=st.sampled_from(["wait", "lose", "again", "try_again", "resolve"]))
    def meddle(self, data: st.DataObject, what: str) -> None:
        """Something happens outside of the processes."""
        job = data.draw(st.sampled_from(JOBS))
        match what:
            case "wait":
                self.now += timedelta(hours=data.draw(st.sampled_from([0.1, 4.5, 20])))
                recovery.recover(self.store, self.policy, self.now)
            case "lose":
                self.lose(job, data.draw(st.sampled_from(READERS[job])), data.draw(st.sampled_from(SPELLED)))
            case "again":
                self.again(job, data.draw(st.sampled_from(["well", "dies", "stopped"])), stop=data.draw(st.booleans()))
            case "try_again":
                self.try_again(job, data.draw(st.sampled_from([("failed", "expired", "deferred"), ("uncertain",)])))
            case "resolve":
                self.resolve()

    def again(self, job: str, how: str, *, stop: bool) -> None:
        """A job's edition is stopped; or it is over, and whoever did not get it gets another revision."""
        edition = self.model.revisions[job][-1]
        if stop and decisions.stop(self.store, edition, self.now):
            self.model.stopped.add(edition)
            return
        ledger.finish(self.store, edition)
        if state_of(self.store, edition) in FINISHED and len(self.frozen) < 5:
            recovery.recover(self.store, self.policy, self.now)
            self.compose(job, how)

    def compose(self, job: str, how: str) -> None:
        """The next revision of a job's edition, by a process that ends well, dies, or is stopped by a person."""
        revisions = self.model.revisions[job]
        new = issue(job, SLOT, self.now, len(revisions) + 1)
        made = composition(new.id, Audience(job=job, without=tuple(revisions)))
        assert editions.begin(self.store, new, "0-dead")
        if how == "dies":
            assert editions.begin(self.store, new, "1-next")
        if how == "stopped":
            assert decisions.stop(self.store, new.id, self.now)
            self.model.stopped.add(new.id)
        assert editions.freeze(self.store, new.id, made) == (how != "stopped")
        planned = {row.email for row in rows(self.store, new.id)}
        if how != "stopped":
            waiting = {row.email for each in revisions for row in rows(self.store, each) if row.state not in OVER}
            self.model.plan(job, new.id, planned, waiting)
        assert (how != "stopped") or not planned
        revisions.append(new.id)

    def lose(self, job: str, email: str, spelled: Callable[[str], str] | None) -> None:
        """A reader leaves a job, or complains and is never to be mailed again."""
        if spelled:
            suppressions.add(self.store, tag, [spelled(email)], "complained", "", self.now)
            self.model.bar(email)
        elif subscribers.remove(self.store, job, email, self.now):
            self.model.states[job, email] = "unsubscribed"

    def try_again(self, job: str, states: tuple[str, ...]) -> None:
        """A person wants mails of a job's newest revision sent again."""
        edition = self.model.revisions[job][-1]
        if edition not in self.frozen:
            return
        asked = [row for row in rows(self.store, edition) if row.state in states]
        queued = retries.retry(self.store, tag, edition, states, [], self.now)
        assert queued == (len(asked) if edition not in self.model.stopped else 0)
        for row in asked if queued else ():
            if row.state == "failed":
                self.model.forgive(edition, row.email)
            if row.state == "uncertain":
                self.model.ordered.add((edition, row.email))

    def resolve(self) -> None:
        """A person settles what is uncertain by the relay's log, which names every mail that it took."""
        doubtful = tuple(retries.uncertain(self.store))
        taken = frozenset(f"<{edition}.{email}>" for (edition, email), times in self.model.left.items() if times)
        tuple(retries.resolve(self.store, taken, self.now, dry_run=False))
        for edition in doubtful:
            ledger.finish(self.store, edition)

    @invariant()
    def nobody_twice_and_nobody_forgotten(self) -> None:
        """The ledger says what is true, and each mail is one living process's own."""
        maybe: set[tuple[str, str]] = set()
        for edition in self.frozen:
            found = rows(self.store, edition)
            self.model.check(edition, found, self.policy)
            maybe |= {(edition, row.email) for row in found if row.maybe}
            states = {row.email: row.state for row in found}
            held = [email for process in self.processes if process.edition == edition for email in process.holds]
            assert len(held) == len(set(held))
            assert {states[email] for email in held} <= {"sending"}
            assert edition not in self.model.stopped or not {"queued", "deferred"} & set(states.values())
        self.model.check_slots(maybe)

    def teardown(self) -> None:
        """After everything, a last process brings every mail to its end."""
        with self.stack:
            while self.processes:
                self.crash(self.processes.pop(), arrived=False)
            for _ in range(4):
                recovery.recover(self.store, self.policy, self.now)
                for edition in self.frozen:
                    self.send_all(edition)
                self.now += timedelta(hours=4)
            for edition in self.frozen:
                assert state_of(self.store, edition) in FINISHED
                self.model.check_end(edition, rows(self.store, edition), late=self.now - NOW > LIFETIME)
            self.nobody_twice_and_nobody_forgotten()


Sending.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
)
TestSending = Sending.TestCase
