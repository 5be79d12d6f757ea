"""Processes that send and die, and what they must have come to."""

import tempfile
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from digest import review, sending
from digest.mailroom import suppression_tag
from digest.store import Store, decisions, editions, report, subscribers, suppressions
from machine.model import Model, check_doubts
from machine.newsletter import (
    DAILY,
    HOURLY,
    READERS,
    STRANGERS,
    Fate,
    KilledError,
    Newsletter,
    moment,
    slot_at,
    spelled,
)

JOBS = (HOURLY, DAILY)
EVERYBODY = sorted({*READERS[HOURLY], *READERS[DAILY], *STRANGERS})
FATES = ("well", "well", "dies", "dies", "dies", "is asked to stop", "stop", "hold", "leave", "other")
WAITS = (0, 1, 5, 10, 30, 60, 61, 180, 1500, -60)


class Processes(RuleBasedStateMachine):
    """Processes that send, what befalls them, and what must hold whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.home = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.due_from: dict[str, datetime] = {}
        """Job -> from when on its slots are due."""

    @initialize(waiting=st.sampled_from(["hold", "10m"]), has_editor=st.booleans())
    def start(self, waiting: str, *, has_editor: bool = True) -> None:
        """The hourly job's editions wait for a person, or for ten minutes; somebody is told or nobody."""
        self.letters = Newsletter(self.home, waiting, has_editor=has_editor)
        self.tag = suppression_tag(self.letters.key)
        self.model = Model(review=None if waiting == "hold" else timedelta(minutes=10), has_editor=has_editor)
        self.due_from = dict.fromkeys(JOBS, self.model.now)
        self.send((), self.fate("well"))

    def fate(self, what: str, step: int = 0, number: int = 0) -> Fate:
        """What becomes of a process at one of its steps: it dies, is asked to stop, or others do something."""

        def happens() -> None:
            self.look()
            if what == "dies":
                self.model.deaths += 1
                raise KilledError
            if what == "is asked to stop":
                fate.is_asked_to_stop = True
            elif what == "other":
                self.send((), self.fate("well"), is_beside=True)
            else:
                self.meddle(what, number)

        fate = Fate(step if what != "well" else 0, is_death=what == "dies", happens=happens)
        return fate

    def meddle(self, what: str, number: int) -> None:
        """Somebody stops or holds an edition, leaves, or is barred, while a process may be sending."""
        model, job, email = self.model, JOBS[number % 2], EVERYBODY[number % len(EVERYBODY)]
        with self.letters.opened() as store:
            found = editions.unfinished(store) or [r for r in editions.listed(store) if r.id in model.decided.open]
            edition = found[number % len(found)].id if found else ""
            if what == "stop" and decisions.stop(store, edition, model.now):
                model.decided.stopped.add(edition)
                model.held.discard(edition)
            if what == "hold" and decisions.hold(store, edition):
                model.held.add(edition)
            if what == "leave" and subscribers.remove(store, job, email, model.now):
                model.lose(job, email)
            if what == "bar":
                suppressions.add(store, self.tag, [email.upper()], "complained", "", model.now)
                model.bar(email)

    def send(self, asked: tuple[str, ...], fate: Fate, *, is_beside: bool = False) -> None:
        """A process sends; one that ends well has left nothing undone."""
        with suppress(KilledError), self.letters.process(self.model.now, fate) as sender:
            sending.send(sender, asked)
            if not (asked or fate.has_happened or is_beside) and self.model.now == self.model.latest:
                self.nothing_undone(sender.store)
        self.look()

    def nothing_undone(self, store: Store) -> None:
        """All that was due is sent, waits for editors, or is over."""
        now = self.model.now
        assert editions.unfinished(store) == ()
        for waits in editions.under_review(store):
            is_late = moment(slot_at(waits.job, now)) > moment(waits.slot.replace(":", ""))
            is_told = review.is_shown(self.letters.news, store, waits.id)
            assert is_told or (waits.state == "held" and (is_late or waits.reason == "person")), waits
        for job in JOBS:
            slot = slot_at(job, now)
            if moment(slot) >= self.due_from[job]:
                record = editions.of_slot(store, job, spelled(slot))
                assert record, (job, slot)
                assert record.state != "composing" or record.revision > 1, record

    def look(self) -> None:
        """Read what has left so far, by what is decided so far."""
        with self.letters.opened() as store:
            records = editions.listed(store)
            self.model.see(records)
            for mail in self.letters.new_mails():
                if mail.code:
                    self.model.show(mail.edition, mail.code)
                else:
                    self.model.leave(mail, review.code(store, mail.edition))
            rows = {record.id: tuple(report.rows(store, record.id)) for record in records}
            for edition, found in rows.items():
                self.model.check_rows(edition, found)
            check_doubts(self.model, [row for found in rows.values() for row in found])
            for each in subscribers.listed(store):
                assert (each.state == "active") == self.model.decided.active.get((each.job, each.email), True), each

    @invariant()
    def all_is_well(self) -> None:
        """Whatever happened: nobody twice, nothing unapproved or stopped, and the database says what is true."""
        if self.due_from:
            self.look()


class Desk(Processes):
    """The clock, and who lets processes send."""

    @rule(minutes=st.sampled_from(WAITS), news=st.booleans())
    def wait(self, minutes: int, news: bool) -> None:  # noqa: FBT001  hypothesis draws it by name
        """Time goes by, or somebody sets the clock back; something may happen meanwhile."""
        self.model.now += timedelta(minutes=minutes)
        self.model.latest = max(self.model.latest, self.model.now)
        if news:
            self.letters.add_article()

    @rule(data=st.data(), asked=st.sampled_from([(), (), (), *((job,) for job in JOBS), JOBS]))
    def sending(self, data: st.DataObject, asked: tuple[str, ...]) -> None:
        """Cron, the daemon or a person sends; who names a job on a clock set back means what it shows."""
        for job in asked:
            if self.model.restored and self.model.now < self.model.restored:
                self.model.order_again(job, slot_at(job, self.model.now), ())
        self.send(asked, self.drawn(data))

    @rule(data=st.data(), job=st.sampled_from(JOBS))
    def tick(self, data: st.DataObject, job: str) -> None:
        """The daemon sleeps until a job's next slot, or until the hourly one's time for review is over."""
        step = timedelta(hours=1 if job == HOURLY else 24)
        self.model.now = moment(slot_at(job, self.model.now)) + step
        self.model.latest = max(self.model.latest, self.model.now)
        self.letters.add_article()
        self.send((), self.drawn(data))
        self.meanwhile(data)
        self.wait(10, news=False)
        self.send((), self.drawn(data))

    def meanwhile(self, data: st.DataObject) -> None:
        """What people do while an edition waits for them."""

    def drawn(self, data: st.DataObject) -> Fate:
        """What becomes of a process."""
        return self.fate(data.draw(st.sampled_from(FATES)), data.draw(st.integers(1, 24)), data.draw(st.integers(0, 9)))
