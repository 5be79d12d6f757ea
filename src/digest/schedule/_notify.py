"""A line for systemd -> its notification socket (sd_notify(3)), when it has asked for one."""

import logging
import os
import socket

log = logging.getLogger("digest.schedule")


def notify(message: str) -> None:
    """Tell systemd, such as `READY=1`; nothing happens where it did not start us."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    # A leading @ stands for the null byte of an abstract name.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.send(message.encode())
    except OSError as error:
        log.warning("systemd not told", extra={"socket": path, "error": error.strerror})


def watchdog_seconds(otherwise: float) -> float:
    """Seconds between two signs of life: half of what systemd waits for one, `otherwise` at most."""
    text = os.environ.get("WATCHDOG_USEC", "")
    return min(otherwise, int(text) / 2_000_000) if text.isdigit() and int(text) else otherwise
