"""The address of a socket about to be opened -> whether it may be: pure, asked after DNS at every hop."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}

# `is_global` is true for these, or was in older Pythons (IANA special-purpose registries, RFC 6890 and later).
_TRAPS_4 = tuple(IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4"))
_UNICAST_6 = IPv6Network("2000::/3")  # all that IANA has given out; site-local, NAT64 and multicast lie outside
_TRAPS_6 = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


def is_public(address: str) -> bool:
    """Whether this is the address of a host on the public internet, and leads to no other kind of address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in net for net in _TRAPS_4)
    return ip.is_global and ip in _UNICAST_6 and not any(ip in net for net in _TRAPS_6)


def place(url: str) -> str:
    """The host:port a URL asks for, as `Limits.allow` spells it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 0)}"


def refusal(address: str, port: int, asked: str, allow: Sequence[str]) -> str:
    """Why no socket may be opened to this address, empty when it may; `asked` is the URL's host:port.

    An allowed entry opens exactly the host:port a person wrote: another name of the same address stays closed.
    """
    allowed = asked.lower() in {entry.lower() for entry in allow} and asked.endswith(f":{port}")
    return "" if allowed or is_public(address) else f"refused: {address} is not a public address"
