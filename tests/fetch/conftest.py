"""A fixture that starts servers and stops them again."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from fetch.servers import Answer, Serve, Server

@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Server:
        lock = threading.Lock()
        active = [0]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with lock:
                    active[0] += 1
                    server.busiest = max(server.busiest, active[0])
                server.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                with suppress(OSError):
                    answer(self)
                with lock:
                    active[0] -= 1

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        class Counting(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def get_request(self) -> tuple[socket.socket, object]:
                accepted = super().get_request()
                server.connections.append(accepted[1])
                return accepted

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is no news."""

        http = Counting(("127.0.0.1", 0), Handler)
        server = Server(http.server_address[1])
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(http)
        return server

    yield start
    for http in started:
        http.shutdown()
        http.server_close()
