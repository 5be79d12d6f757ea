"""An edition and a variant -> its frozen mail, kept ready for the next reader of it."""

from collections import OrderedDict
from threading import Lock

from digest import message
from digest.store import Store, editions

_KEPT = 8
"""Frozen mails that are held ready: reading one takes as long as its edition has bytes."""


class Shelf:
    """Frozen mails, the last ones that were asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], message.Template] = OrderedDict()

    def template(self, store: Store, edition: str, variant: str) -> message.Template | None:
        """The frozen mail of a variant; None when it is kept no longer."""
        with self._lock:
            if found := self._kept.get((edition, variant)):
                self._kept.move_to_end((edition, variant))
                return found
        body = editions.bodies(store, edition).get(variant)
        if body is None:
            return None
        template = message.Template(message.Frozen(mark=body.mark, data=body.data))
        with self._lock:
            self._kept[edition, variant] = template
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return template
