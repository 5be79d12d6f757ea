"""A Postfix of Debian's that is ours alone, on loopback."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_SETTINGS = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = relay.example.net
mydestination =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
{more}
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs."""

    port: int
    home: Path
    """Its folder, with the file `log` and the folder `mail` that anybody may write to."""


@contextmanager
def postfix(settings: str) -> Iterator[Postfix]:
    """One with these settings besides the usual ones; `{home}` in them is its folder."""
    port = free_port()
    # Postfix's own users must get in, which pytest's folders do not allow.
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        config = home / "config"
        for folder in ("config", "queue", "data", "mail"):
            (home / folder).mkdir()
        shutil.chown(home / "data", "postfix")
        (home / "mail").chmod(0o777)
        (config / "master.cf").write_text(_SERVICES.format(port=port))
        (config / "main.cf").write_text(_SETTINGS.format(home=home, more=settings.format(home=home)))
        subprocess.run(["postfix", "-c", str(config), "start"], check=True, timeout=60)
        try:
            wait_for(port)
            yield Postfix(port, home)
        finally:
            subprocess.run(["postfix", "-c", str(config), "stop"], check=True, timeout=60)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                assert connection.recv(4) == b"220 "
                return
        except OSError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)
