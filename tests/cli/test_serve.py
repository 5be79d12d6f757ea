"""`digest serve`: what it says when it is ready, and what it refuses."""

import signal
import socket

import pytest

from support import Make


@pytest.mark.parametrize("url", ["https://news.example.org", "http://127.0.0.1:{port}"])
def test_where_the_pages_are_is_said_once(newsletter: Make, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        free_port = found.getsockname()[1]
    folder, own = newsletter(), url.format(port=free_port)
    folder.append("digest.toml", f'[site]\nurl = "{own}"\nlisten = "127.0.0.1:{free_port}"\n')
    with folder.start("serve") as running:
        assert running.stdout
        told = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)
    assert running.returncode == 0
    assert told.startswith(f"the readers' pages listen at http://127.0.0.1:{free_port}; ")
    assert told.count(own) == 1


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1", "http://127.0.0.1:8080", "127.0.0.1:port", "127.0.0.1:65536"])
def test_what_is_no_address_to_listen_at_is_refused_in_one_line(newsletter: Make, listen: str) -> None:
    refused = newsletter().run("serve", "--listen", listen)
    assert (refused.exit_code, refused.stderr) == (
        2,
        f"digest: --listen {listen}: allowed is ADDRESS:PORT, such as 127.0.0.1:8080\n",
    )
