"""What people decided and what the clock says -> whether a mail may leave, kept beside the database."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.store.editions import Record
from digest.store.report import Row
from machine.newsletter import HOURLY, READERS, START, Mail, moment

OVER = ("sent", "failed", "uncertain", "suppressed", "cancelled", "expired")
OPEN = ("composing", "held", "ready", "sending")


@dataclass
class Decided:
    """What stands in the database, and so in a backup."""

    active: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Job and address -> whether the person gets it; False for who left."""
    barred: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    """Editions that are not over."""
    approved: dict[str, str] = field(default_factory=dict)
    """Edition -> the code of what was approved."""
    shown: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """Edition -> code -> when editors were first shown it; without editors when anybody could first see it."""


@dataclass
class Model:
    """What is true, whatever the database says."""

    review: timedelta | None
    """How long the hourly job's editions wait; None: until somebody approves them."""
    has_editor: bool = True
    """Whether there is somebody to tell."""
    now: datetime = START
    latest: datetime = START
    """The latest the clock ever showed."""
    decided: Decided = field(default_factory=Decided)
    once_barred: set[str] = field(default_factory=set)
    once_left: set[tuple[str, str]] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    subjects: dict[str, str] = field(default_factory=dict)
    """Edition -> the subject that an editor wrote."""
    restored: datetime | None = None
    """When a backup was last put back: slots up to then are closed."""
    reopened: set[tuple[str, str]] = field(default_factory=set)
    """Job and slot that a person ordered since the restore."""
    again: set[tuple[str, str]] = field(default_factory=set)
    """Those of them that are composed once more."""
    deaths: int = 0
    left: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Job, slot and address -> mails."""
    copies: Counter[str] = field(default_factory=Counter)
    """Message-ID -> mails."""
    since: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Edition and address -> mails since the restore: what the database must know of."""
    ordered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Job, slot and address -> how often a person wanted it sent although it may have been."""
    repeated: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Job and slot -> how often it was composed again from a backup that does not know who got it."""

    def may_get(self, job: str, email: str) -> bool:
        """Whether a person is to get a job's mails."""
        is_active = self.decided.active.get((job, email), email in READERS[job])
        return is_active and email not in self.decided.barred

    def see(self, records: Iterable[Record]) -> None:
        """Notice what became of editions by itself."""
        self.decided.open.clear()
        for record in records:
            if record.state in ("held", "ready") and not self.has_editor:
                self.show(record.id, "")
            if record.state == "skipped":
                self.decided.shown.pop(record.id, None)
                self.decided.approved.pop(record.id, None)
            if record.state in OPEN:
                self.decided.open.add(record.id)
            assert record.reason in ("", "review", "person"), record
            assert (record.id in self.decided.stopped) == (record.state == "stopped"), record
            assert record.id not in self.held or record.state in ("held", "composing"), record

    def show(self, edition: str, code: str) -> None:
        """Editors are shown what has this code."""
        self.decided.shown.setdefault(edition, {}).setdefault(code, self.now)

    def leave(self, mail: Mail, code: str) -> None:
        """A mail has left; it had to be allowed to."""
        edition, slot, key = mail.edition, (mail.job, mail.slot), (mail.job, mail.slot, mail.email)
        assert self.may_get(mail.job, mail.email), mail
        assert edition not in self.decided.stopped, mail
        assert edition not in self.held, mail
        assert moment(mail.slot) <= self.latest, mail
        if mail.job == HOURLY and edition not in self.decided.approved:
            check_review(self, mail, code)
        assert self.decided.approved.get(edition, code) == code, mail
        assert self.subjects.get(edition, mail.subject) == mail.subject, mail
        assert self.restored is None or moment(mail.slot) > self.restored or slot in self.reopened, mail
        self.left[key] += 1
        self.copies[mail.message_id] += 1
        self.since[edition, mail.email] += 1
        most = 1 + self.ordered[key] + self.repeated[slot]
        assert self.left[key] <= most, mail
        assert self.copies[mail.message_id] <= most, mail

    def lose(self, job: str, email: str) -> None:
        """Somebody left."""
        self.decided.active[job, email] = False
        self.once_left.add((job, email))

    def bar(self, email: str) -> None:
        """Somebody is never to be mailed again."""
        self.decided.barred.add(email)
        self.once_barred.add(email)

    def order_again(self, job: str, slot: str, to: Sequence[str]) -> None:
        """A person wants a slot composed once more."""
        self.ordered.update((job, slot, email) for email in to)
        if self.restored and moment(slot) <= self.restored:
            self.reopened.add((job, slot))
            self.repeated[job, slot] += (job, slot) not in self.again
            self.again.add((job, slot))

    def order(self, edition: str, emails: Iterable[str]) -> None:
        """A person wants mails sent that may have been sent."""
        job, slot = edition.partition("-")[0], edition.partition("-")[2].partition(".")[0]
        self.ordered.update((job, slot, email) for email in emails)
        self.reopened.add((job, slot))

    def restore(self, backup: Decided, closed: Iterable[str]) -> None:
        """Put back what a backup had, but for those who left or were barred since; editions stand for closed slots."""
        before, self.decided = self.decided, deepcopy(backup)
        self.decided.active |= {key: False for key, active in before.active.items() if not active}
        self.decided.barred |= before.barred
        self.decided.stopped |= {*self.decided.open, *closed}
        self.restored = self.now
        for forgotten in (self.held, self.subjects, self.since, self.reopened, self.again):
            forgotten.clear()

    def check_rows(self, edition: str, rows: Sequence[Row]) -> None:
        """A row that says `sent` has its mail, and a mail its row."""
        for row in rows:
            if row.state == "sent":
                assert self.copies[row.message_id], (edition, row)
            if self.since[edition, row.email]:
                assert row.maybe or row.state in ("sent", "uncertain", "sending"), (edition, row)
        strangers = {email for name, email in self.since if name == edition} - {row.email for row in rows}
        assert not strangers, (edition, strangers)


def check_review(model: Model, mail: Mail, code: str) -> None:
    """Its editors were shown it, and had their time."""
    shown = model.decided.shown[mail.edition]
    assert model.review, mail
    assert not model.has_editor or code in shown, mail
    assert min(shown.values()) + model.review <= model.latest, mail  # a clock set back calls nothing back


def check_doubts(model: Model, rows: Iterable[Row]) -> None:
    """No death leaves more than one mail of which nobody knows whether it left."""
    if model.restored is None:
        assert sum(row.maybe or row.state == "uncertain" for row in rows) <= model.deaths


def check_end(model: Model, record: Record, rows: Sequence[Row], counts: Mapping[str, int]) -> None:
    """All are accounted for, and whoever did not get it has a reason."""
    assert sum(counts.values()) == len(rows) == record.recipients * bool(rows), record
    for row in rows:
        assert row.state in OVER, (record, row)
        if row.state == "cancelled":
            assert record.state == "stopped" or (record.job, row.email) in model.once_left, (record, row)
        if row.state == "suppressed":
            assert row.email in model.once_barred, (record, row)
        if row.state == "expired":
            assert model.latest - record.composed > timedelta(hours=48), (record, row)
        assert row.state != "failed", (record, row)
