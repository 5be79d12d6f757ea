"""What letters say -> whose mail or subscription each is proven to be about; who has not seen our mail proves nothing.

Our keys alone make a return path's tag, a Message-ID and the tag of an address to leave by. The names and addresses
that a letter tells besides only say where to look for what was made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from digest import recipients
from digest.core import address
from digest.core.tokens import Key
from digest.feedback import Notice
from digest.store import Store, feedback
from digest.store.feedback import Recipient


@dataclass(slots=True, kw_only=True)
class Evidence:
    """The keys and the ledger that letters of one reading are held against."""

    store: Store
    key: Key
    searches: int = 20
    """How often all mails of an edition, or all subscriptions, are gone through; forged letters may ask for more."""
    _jobs: Mapping[str, str] = field(init=False)
    """Edition -> job."""
    _kinds: Mapping[str, set[str]] = field(init=False)
    """Job -> itself and the jobs of letters to its readers, such as `daily.confirm`."""
    _short: Mapping[str, Sequence[str]] = field(init=False)
    """What stands for an edition in a return path -> its id, or those of more than one."""

    def __post_init__(self) -> None:
        self._jobs = feedback.editions(self.store)
        short, kinds = defaultdict(list), defaultdict(set)
        for edition, job in self._jobs.items():
            short[recipients.short(edition)].append(edition)
            kinds[job.partition(".")[0]].add(job)
        self._short, self._kinds = short, kinds

    def about(self, notices: Sequence[Notice]) -> list[Recipient | None]:
        """For each notice the recipient it is proven to be about, None where nothing is proven."""
        found = [self._at_once(notice) for notice in notices]
        left = [(place, notice) for place, notice in enumerate(notices) if found[place] is None]
        for place, recipient in (*self._by_mails(left), *self._by_subscriptions(left)):
            found[place] = recipient
        return found

    def is_named(self, notice: Notice) -> bool:
        """Whether a notice names a mail of ours, proven or not: whoever knows of an edition can forge that."""
        paths = (path.partition("@")[0].rpartition("+")[2].partition("-")[0].lower() for path in notice.return_paths)
        return any(short in self._short for short in paths) or any(self._ours(notice))

    def _at_once(self, notice: Notice) -> Recipient | None:
        """By what needs no search: its return paths, or the addresses that it tells with a Message-ID or a tag."""
        for path in notice.return_paths:
            named = recipients.addressed(self.key, path, self._short)
            if named and (recipient := feedback.mailed(self.store, *named)):
                return recipient
        told = [each for email in self._told(notice) for each in feedback.subscriptions(self.store, email)]
        for each in told:
            if self._lets_leave(notice.tag, each.job, each.email):
                return each
            for name, edition in self._ours(notice):
                if self._is_made(name, edition, each.email):
                    return feedback.mailed(self.store, edition, each.subscriber)
        return None

    def _told(self, notice: Notice) -> Iterable[str]:
        return dict.fromkeys(filter(None, (*notice.recipients[:3], notice.sender)))

    def _ours(self, notice: Notice) -> Iterator[tuple[str, str]]:
        """Message-IDs that name an edition of ours, with that edition."""
        for name in notice.message_ids:
            edition = name.strip("<>").rpartition("@")[0].rpartition(".")[0]
            if edition in self._jobs:
                yield name, edition

    def _is_made(self, message_id: str, edition: str, email: str) -> bool:
        tag = message_id.rpartition("@")[0].rpartition(".")[2]
        return self.key.made(tag, "message-id", edition, address.folded(email))

    def _lets_leave(self, tag: str, job: str, email: str) -> bool:
        """Whether a tag was made for that subscription, in a mail of its job or in a letter."""
        folded = address.folded(email)
        return bool(tag) and any(self.key.made(tag, "unsubscribe", kind, folded) for kind in self._kinds_of(job))

    def _kinds_of(self, job: str) -> set[str]:
        return {job} | self._kinds.get(job, set())

    def _by_mails(self, left: Iterable[tuple[int, Notice]]) -> Iterator[tuple[int, Recipient]]:
        """By Message-ID, where a provider has blackened the address: each edition is gone through once for all."""
        wanted: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, notice in left:
            for name, edition in self._ours(notice):
                wanted[edition][name].append(place)
        for edition, places in wanted.items():
            if self._may_search():
                for name, recipient in feedback.mailed_as(self.store, edition, places).items():
                    if self._is_made(name, edition, recipient.email):
                        yield from ((place, recipient) for place in places[name])

    def _by_subscriptions(self, left: Iterable[tuple[int, Notice]]) -> Iterator[tuple[int, Recipient]]:
        """By the tag to leave by, where somebody writes from another address than ours goes to."""
        keys = tuple(Key(secret) for secret in (self.key.secret, *self.key.former))
        ids = tuple(key.id for key in keys)
        places = defaultdict(list)
        for place, notice in left:
            if notice.tag.startswith(ids):
                places[notice.tag].append(place)
        if not places or not self._may_search():
            return
        for job, email in feedback.everybody(self.store):
            tags = (key.tag("unsubscribe", kind, email) for key in keys for kind in self._kinds_of(job))
            for place in (place for tag in tags if tag in places for place in places[tag]):
                yield from ((place, each) for each in feedback.subscriptions(self.store, email) if each.job == job)

    def _may_search(self) -> bool:
        self.searches -= 1
        return self.searches >= 0
