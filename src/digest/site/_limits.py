"""An address, a network and the clock -> whether a mail may ask the address to confirm (facts/trust.md E11).

Whoever has a program fill in forms makes us mail strangers; so few mails that nobody is harmed by them, and so many
that no reader is turned away who came on an ordinary day. Requests beyond a limit leave no trace.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from digest.store import Store, subscribers

ADDRESS_DAY: Final = 1
"""Mails to one address in 24 hours: who did not find it tries again tomorrow."""
ADDRESS_EVER: Final = 3
"""Mails to one address that never answers, as far back as requests are kept (90 days)."""
NETWORK_HOUR: Final = 10
"""Mails an hour that one /24 or /48 may cause: a household or an office, not a school."""
DOMAIN_HOUR: Final = 60
"""Mails an hour to one domain: the largest of them have most readers, a firm may be the victim."""
ALL_HOUR: Final = 200
"""Mails an hour, whoever asks: what a thousand machines together can make us send."""

_HOUR, _DAY, _EVER = timedelta(hours=1), timedelta(days=1), timedelta(days=90)


def may_ask(store: Store, email: str, network: str, tag: Callable[[str], str], now: datetime) -> bool:
    """Whether one more mail that asks for a confirmation is within all limits."""
    hour = subscribers.requests_since(store, now - _HOUR, email=email, prefix=network, tag=tag)
    return (
        hour.all < ALL_HOUR
        and hour.domain < DOMAIN_HOUR
        and hour.prefix < NETWORK_HOUR
        and subscribers.unanswered(store, email, now - _DAY, tag=tag) < ADDRESS_DAY
        and subscribers.unanswered(store, email, now - _EVER, tag=tag) < ADDRESS_EVER
    )
