"""Claimed mails -> a relay or a folder, and what became of each; one file is one backend.

A backend is named by what stands before the first colon of `[delivery] to`, one of its `SCHEMES`. Its
`check_target(to)` raises ValueError for what it cannot read. `check(delivery, home, stopping)` raises DeliveryError
when mails cannot be delivered. `deliver(delivery, home, exchange, wanted, run, stopping)` asks `exchange` for mails
until there are none, or for no more once `stopping()` says so, and gives every result back to it; it tells `run` how
far each mail is, and asks `wanted` which of them may still leave once `run` has counted a change.
"""

from types import ModuleType

from digest.core import plug


def backend(to: str) -> ModuleType:
    """The module that delivers to `[delivery] to`; ValueError names the schemes there are."""
    modules = {
        scheme: module
        for module in (plug.load(__name__, name) for name in plug.names(__name__))
        for scheme in vars(module)["SCHEMES"]
    }
    found = modules.get(to.partition(":")[0])
    if found is None:
        raise ValueError(f"allowed is SCHEME:TARGET with a scheme of {', '.join(sorted(modules))}")
    return found
