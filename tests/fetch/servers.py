"""Real servers on the loopback interface that count who comes."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from digest.core.settings import Limits
from digest.core.web import Request, Response, Validators
from digest.fetch.door import open_door
from digest.fetch.limits import Bounds

Answer = Callable[[BaseHTTPRequestHandler], object]
QUICK = Bounds(connect=1, total=1)


@dataclass
class Server:
    port: int
    connections: list[object] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    busiest: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"


Serve = Callable[[Answer], Server]


class Counting(ThreadingHTTPServer):
    """Gives one answer to whoever asks, each in a thread of his own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.record = Server(self.server_address[1])
        self.lock = threading.Lock()
        self.active = 0

    def get_request(self) -> tuple[socket.socket, object]:
        accepted = super().get_request()
        self.record.connections.append(accepted[1])
        return accepted

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


class Handler(BaseHTTPRequestHandler):
    """Records a request and lets the test answer it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Counting)
        with server.lock:
            server.active += 1
            server.record.busiest = max(server.record.busiest, server.active)
        server.record.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        with suppress(OSError):
            server.answer(self)
        with server.lock:
            server.active -= 1

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


def reply(handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def get(server: Server, path: str = "/", bounds: Bounds = QUICK, validators: Validators | None = None) -> Response:
    fetch = open_door(Limits(allow=(server.place,)), bounds)
    (response,) = fetch([Request(url=server.url(path), validators=validators or Validators())])
    return response
