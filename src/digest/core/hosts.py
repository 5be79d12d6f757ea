"""A host as it stands in a URL -> the name or address to connect to, and whether it is this machine."""

import re
from ipaddress import ip_address

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?")
_LISTENING = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")
_PORTS = 1 << 16


def normalised(text: str) -> str:
    """An IP address without brackets, or a name as A-labels; ValueError for anything else."""
    if "%" in text:
        raise ValueError("a zone names an interface of this machine, no host")
    try:
        return str(ip_address(text))
    except ValueError:
        host = text.encode("idna").decode()
        if not _NAME.fullmatch(host):
            raise
        return host


def listening(where: str) -> str:
    """`ADDRESS:PORT` where a server may listen; ValueError for anything else."""
    found = _LISTENING.fullmatch(where)
    if not found or int(found[1]) >= _PORTS:
        raise ValueError("allowed is ADDRESS:PORT, such as 127.0.0.1:8080")
    return where


def is_loopback(host: str) -> bool:
    """Whether a normalised host is this machine, so that nobody else sees what is said to it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
