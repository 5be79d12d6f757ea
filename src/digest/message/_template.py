"""A frozen mail -> the mail of each recipient, as chunks that are shared where recipients do not differ."""

from digest.core.errors import DigestError
from digest.message import _wire
from digest.message._dkim import Seal, Signer
from digest.message._marks import Frozen, cut_bytes
from digest.message._values import HEADER_PLACES, PLACES, Recipient, values


class Template:
    """A frozen mail cut at its marks: one for all recipients of a variant; DigestError if it is unsafe to send."""

    __slots__ = ("_chunks", "_places", "_seal")

    def __init__(self, frozen: Frozen, signer: Signer | None = None) -> None:
        _wire.check(frozen.data)
        self._chunks = cut_bytes(frozen.data, frozen.mark)
        self._places = _places(self._chunks, is_of_list=b"\r\nList-Id: " in frozen.data.partition(b"\r\n\r\n")[0])
        self._seal = Seal(signer, frozen) if signer else None

    def mail(self, recipient: Recipient) -> list[bytes]:
        """The recipient's mail as chunks in order, under 5 us; with a signer, its signature first, under 400 us.

        ValueError for a value that is not printable ASCII of its kind.
        """
        found = values(recipient)
        chunks = self._chunks.copy()
        try:
            for place, name in self._places:
                chunks[place] = found[name]
        except KeyError as error:
            raise ValueError(f"the mail has a place for {error} and no such value is given") from None
        return chunks if self._seal is None else [self._seal.header(chunks, found), *chunks]


def _places(chunks: list[bytes], *, is_of_list: bool) -> tuple[tuple[int, str], ...]:
    """Where among the chunks the value of which name stands; DigestError unless that is where it was put."""
    places = tuple((place, chunks[place].decode()) for place in range(1, len(chunks), 2))
    named = [name for _, name in places]
    head = HEADER_PLACES[:2] if not is_of_list else HEADER_PLACES if "MAILTO" in named else HEADER_PLACES[:3]
    right = tuple(named[: len(head)]) == head and not set(named[len(head) :]) & set(HEADER_PLACES)
    for place, name in places:
        before, after = PLACES.get(name, (b"no such", b"place"))
        right = right and chunks[place - 1].endswith(before) and chunks[place + 1].startswith(after)
    if not right:
        raise DigestError("the mail's places for a recipient's values are not as they should be")
    return places
