"""What people do with a newsletter: review, change, order again, take backups and put them back."""

from contextlib import suppress
from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from digest import composing, review, sending
from digest.core.errors import UsageError
from digest.store import articles as gathered
from digest.store import corrections, decisions, editions, edits, ledger, report, retries, safety, subscribers
from machine.desk import EVERYBODY, JOBS, Desk
from machine.model import Decided, check_end
from machine.newsletter import HOURLY, Fate, KilledError, slot_at, spelled

STALE = "00000000"
ACTS = ("approve", "approve what was changed", "stop", "hold", "leave", "bar", "join", "join", "resolve", "resolve")


class Editors(Desk):
    """All that the processes do, and people who decide, change and order."""

    @rule(what=st.sampled_from(ACTS), number=st.integers(0, 9))
    def decide(self, what: str, number: int) -> None:
        """Somebody approves, stops or holds an edition, joins, leaves or is barred, or settles what is uncertain."""
        match what:
            case "approve" | "approve what was changed":
                self.approve(is_as_seen=what == "approve", number=number)
            case "join":
                self.join(JOBS[number % 2], EVERYBODY[number % len(EVERYBODY)])
            case "resolve":
                self.resolve()
            case _:
                self.meddle(what, number)

    def meanwhile(self, data: st.DataObject) -> None:
        """What people do while an edition waits for them."""
        match data.draw(st.sampled_from(["approve", "approve", "change", "hold", "nothing"])):
            case "approve":
                self.approve(is_as_seen=True, number=0)
            case "change":
                self.change(data, "Tuesday", 0)
            case "hold":
                self.meddle("hold", 0)

    def join(self, job: str, email: str) -> None:
        """Somebody subscribes, also one who had left."""
        with self.letters.opened() as store:
            subscribers.add(store, job, email, name="", source="cli", now=self.model.now)
        self.model.decided.active[job, email] = True

    def approve(self, *, is_as_seen: bool, number: int) -> None:
        """An editor approves what was shown, or what has been changed since."""
        with self.letters.opened() as store:
            waiting = editions.under_review(store)
            if not waiting:
                return
            edition = waiting[number % len(waiting)].id
            code = review.code(store, edition)
            seen = code if is_as_seen else STALE
            is_whole = bool(editions.bodies(store, edition))
            done = decisions.approve(store, edition, self.model.now, lambda: review.code(store, edition) == seen)
        assert done == (is_as_seen and is_whole), edition
        if done:
            self.model.decided.approved[edition] = code
            self.model.held.discard(edition)

    @rule(data=st.data(), subject=st.sampled_from(["", "Monday", "Engines"]), number=st.integers(0, 9))
    def change(self, data: st.DataObject, subject: str, number: int) -> None:
        """An editor writes into what waits, or drops, pins or takes back an article, and it is composed anew."""
        fate = self.drawn(data)
        with suppress(KilledError), self.letters.process(self.model.now, fate) as sender:
            store, waiting = sender.store, editions.under_review(sender.store)
            found = gathered.newest(store, 10)
            if not subject and found:
                pinned, dropped = (True, None) if number % 3 else (None, number % 2 == 0)
                article = found[number % len(found)].id
                corrections.change(store, article, self.model.now, pinned=pinned, dropped=dropped)
            for record in waiting if not subject else waiting[:1]:
                with suppress(UsageError):
                    composing.recompose(sender, record, edits.Edits(subject=subject) if subject else None)
        with self.letters.opened() as store:
            for record in waiting:
                if written := edits.get(store, record.id).subject:
                    self.model.subjects[record.id] = written
        # Editors read what they were sent before time goes by.
        self.look()

    @rule(data=st.data(), job=st.sampled_from(JOBS), to=st.sampled_from([(), (), *((e,) for e in EVERYBODY)]))
    def again(self, data: st.DataObject, job: str, to: tuple[str, ...]) -> None:
        """A person wants a slot composed once more, for those who did not get it or for somebody."""
        fate = self.drawn(data)
        self.model.order_again(job, slot_at(job, self.model.now), to)
        with suppress(KilledError, UsageError), self.letters.process(self.model.now, fate) as sender:
            sending.send_again(sender, job, to)

    @rule(number=st.integers(0, 9), states=st.sampled_from([("uncertain",), ("expired", "failed", "deferred")]))
    def retry(self, number: int, states: tuple[str, ...]) -> None:
        """A person wants mails of an edition sent again; uncertain ones may arrive twice."""
        with self.letters.opened() as store:
            asked = {
                record.id: rows
                for record in editions.listed(store)
                if (rows := [row for row in report.rows(store, record.id) if row.state in states])
            }
            if not asked:
                return
            edition = sorted(asked)[number % len(asked)]
            queued = retries.retry(store, self.tag, edition, states, [], self.model.now)
        assert queued in (0, len(asked[edition]))
        if queued and (states == ("uncertain",) or self.model.restored):
            self.model.order(edition, [row.email for row in asked[edition]])

    def resolve(self) -> None:
        """A person settles what is uncertain by the outbox, which has every mail that left."""
        with self.letters.opened() as store:
            doubtful = tuple(retries.uncertain(store))
            tuple(retries.resolve(store, frozenset(self.model.copies), self.model.now, dry_run=False))
            for edition in doubtful:
                ledger.finish(store, edition)
                self.model.order(edition, [])


class People(Editors):
    """All of that, and backups."""

    def __init__(self) -> None:
        super().__init__()
        self.backups: list[Decided] = []

    @precondition(lambda self: len(self.backups) < 3)
    @rule()
    def backup(self) -> None:
        """A backup is taken."""
        target = self.home / f"backup-{len(self.backups)}.db"
        with self.letters.opened() as store:
            safety.backup(store, target, lambda *_: None, force=False)
        self.backups.append(deepcopy(self.model.decided))

    @precondition(lambda self: self.backups and self.model.now == self.model.latest)
    @rule(chosen=st.integers(0, 2))
    def restore(self, chosen: int) -> None:
        """A backup is put back: nothing is sent for any slot up to now until a person says so."""
        model, number = self.model, chosen % len(self.backups)
        slots = {job: spelled(slot_at(job, model.now)) for job in JOBS}
        source = self.home / f"backup-{number}.db"
        done = safety.restore(self.letters.news.database, source, slots, model.now, lambda *_: None)
        assert set(done.stopped) == self.backups[number].open
        model.restore(self.backups[number], done.closed)
        self.due_from = dict.fromkeys(JOBS, model.now)

    @precondition(lambda self: self.model.now == self.model.latest)
    @rule(data=st.data(), after=st.sampled_from([0, -60, 5]), asked=st.sampled_from([(), JOBS]))
    def disaster(self, data: st.DataObject, after: int, asked: tuple[str, ...]) -> None:
        """The database is lost with all that happened since the last backup, and the clock may be wrong after that."""
        if len(self.backups) < 3:
            self.backup()
        self.tick(data, HOURLY)
        self.meddle("leave", data.draw(st.integers(0, 9)))
        self.restore(len(self.backups) - 1)
        self.wait(after, news=True)
        self.sending(data, asked)

    def teardown(self) -> None:
        """After everything, all that waits is approved and sent, and the counts add up."""
        with self.stack:
            if not self.due_from:
                return
            self.model.now = self.model.latest
            for _ in range(3):
                with self.letters.opened() as store:
                    waiting = len(editions.under_review(store))
                for number in reversed(range(waiting)):
                    self.approve(is_as_seen=True, number=number)
                self.send((), Fate(step=0, is_death=False, happens=lambda: None))
            with self.letters.opened() as store:
                for record in editions.listed(store):
                    rows = tuple(report.rows(store, record.id))
                    check_end(self.model, record, rows, report.counts(store, record.id))
