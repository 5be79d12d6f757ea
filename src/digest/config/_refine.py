"""What an option's value must be beyond its type -> the value as it is used."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any, Final

from digest import mailbox
from digest.core import address, hosts, plug, slots, text
from digest.core.palette import palette
from digest.core.settings import Delivery, Editors, Feedback, Job, Limits, Site, Source, TopicRules

_LIGHTEST, _HEAVIEST = 0.5, 1.5
_MOST_CONNECTIONS = 100
_LONGEST_BOUNCES = 23  # RFC 5321 4.5.3.1.1: 64 octets before the @, of which a mail's tag takes 41


def _require(allowed: str, holds: Callable[[Any], object]) -> Callable[[Any], object]:
    """A refinement that gives back what holds, and says what is allowed otherwise."""

    def check(value: object) -> object:
        if holds(value):
            return value
        raise ValueError(f"allowed is {allowed}")

    return check


def _destination(to: str) -> str:
    scheme = to.partition(":")[0]
    ways = [plug.load("digest.deliver", name) for name in plug.names("digest.deliver")]
    for way in ways:
        if scheme in way.SCHEMES:
            way.check_target(to)
            return to
    known = ", ".join(sorted(scheme for way in ways for scheme in way.SCHEMES))
    raise ValueError(f"allowed is KIND:TARGET with a kind of {known}")


def _bounces(email: str) -> str:
    """A return path with room for the tag that each mail adds to it."""
    checked = address.normalised(email)
    if len(checked.partition("@")[0]) > _LONGEST_BOUNCES:
        raise ValueError(f"allowed are {_LONGEST_BOUNCES} characters before the @: a tag for each mail follows them")
    return checked


def _sender(sender: str) -> str:
    name, email = address.mailbox(sender)
    return f"{name} <{email}>" if name else email


def _site(url: str) -> str:
    """Without the last slash, so that a path can follow."""
    found = text.link(url)
    if not found or re.search(r"[?#]|[^/:]/[^/]", url):
        raise ValueError("allowed is an https address without a path, such as https://news.example.org")
    return found.rstrip("/")


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(name, strict=False)) for name in names)
    except ValueError:
        raise ValueError("allowed are addresses or networks, such as 127.0.0.1 or 10.0.0.0/8") from None


def _color(color: str) -> str:
    """A colour that can be read in both schemes."""
    palette(color)
    return color


def _mailbox(target: str) -> str:
    """Not standard input: nobody sits at the daemon's."""
    if target == "-":
        raise ValueError("allowed is imaps://user@host/INBOX or maildir:FOLDER; only a command can read -")
    mailbox.check_target(target)
    return target


REFINED: Final[Mapping[tuple[type, str], Callable[[Any], object]]] = {
    (Delivery, "to"): _destination,
    (Delivery, "unsubscribe"): address.normalised,
    (Delivery, "bounces"): _bounces,
    (Delivery, "connections"): _require(f"1 to {_MOST_CONNECTIONS}", lambda n: 1 <= n <= _MOST_CONNECTIONS),
    (Limits, "allow"): _require(
        '"host:port"', lambda all_: all(re.fullmatch(r"[^\s/]+:\d{1,5}", each) for each in all_)
    ),
    (Editors, "to"): lambda emails: tuple(map(address.normalised, emails)),
    (Editors, "healthcheck"): _require("an http or https address without a password", text.link),
    (Site, "url"): _site,
    (Site, "listen"): hosts.listening,
    (Site, "proxies"): _networks,
    (Feedback, "mailbox"): _mailbox,
    (Feedback, "check_every"): _require("1m or more", bool),
    (Source, "url"): _require("an http or https address without a password", text.link),
    (Source, "weight"): _require("0.5 to 1.5", lambda weight: _LIGHTEST <= weight <= _HEAVIEST),
    (Job, "sender"): _sender,
    (Job, "schedule"): slots.check,
    (Job, "to"): lambda emails: tuple(map(address.normalised, emails)),
    (TopicRules, "color"): _color,
}
