"""The figures of the door: how long, how much, how many at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one fetch may cost; tests pass smaller ones."""

    connect: float = 10
    """Seconds until a connection stands, TLS included."""
    total: float = 20
    """Seconds for the whole answer over all redirects; what ends a server that drips."""
    size: int = 5_000_000
    """Bytes of body after decompression."""
    redirects: int = 5
    connections: int = 64
    per_host: int = 2


DEFAULT = Bounds()

HEADER_LIMIT = 1_000
"""Characters of a header value that are kept; a longer validator is dropped, a cut one would be another."""
