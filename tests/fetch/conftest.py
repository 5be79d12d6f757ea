"""A fixture that starts servers and stops them again."""

import threading
from collections.abc import Iterator

import pytest

from fetch.servers import Answer, Counting, Serve, Server


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[Counting] = []

    def start(answer: Answer) -> Server:
        server = Counting(answer)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(server)
        return server.record

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
