"""One hop of a request on one curl handle -> the answer, or the next hop."""

import socket
from dataclasses import dataclass, replace

import pycurl

from digest.core import text
from digest.core.settings import Limits
from digest.core.web import Request, Response, Validators
from digest.fetch.guard import place, refusal
from digest.fetch.limits import HEADER_LIMIT, Bounds

USER_AGENT = "digest/0.1"
_FIXED_OPTIONS: dict[int, object] = {
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.REDIR_PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PROXY: "",  # nor one of the environment
    pycurl.NOSIGNAL: 1,
    pycurl.USERAGENT: USER_AGENT,
    pycurl.ENCODING: "",  # every coding curl can take off again
}
_REDIRECTS = {301, 302, 303, 307, 308}
_NOT_MODIFIED = 304
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One URL on the way from a request to its answer."""

    request: Request
    url: str
    redirects: int = 0
    spent: float = 0.0
    """Seconds used by the hops before."""


def failure(request: Request, url: str, error: str, status: int = 0) -> Response:
    """The response of a fetch that failed; the validators asked with are kept."""
    return Response(
        request=request, url=url, status=status, content_type="", body=b"", validators=request.validators, error=error
    )


class Transfer:
    """One hop on one curl handle; redirects are followed by the caller, so that each hop is judged anew."""

    def __init__(self, hop: Hop, limits: Limits, bounds: Bounds) -> None:
        self.hop = hop
        self.curl = pycurl.Curl()
        self._allow = limits.allow
        self._bounds = bounds
        self._body = bytearray()
        self._headers: dict[str, str] = {}
        self._refused = ""
        self._too_large = False
        self._sockets: list[socket.socket] = []
        self._configure()

    def _configure(self) -> None:
        left = self._bounds.total - self.hop.spent
        options = _FIXED_OPTIONS | {
            pycurl.URL: self.hop.url,
            pycurl.HTTPHEADER: _conditions(self.hop.request.validators),
            pycurl.CONNECTTIMEOUT_MS: int(self._bounds.connect * 1000),
            pycurl.TIMEOUT_MS: max(1, int(left * 1000)),
            pycurl.WRITEFUNCTION: self._write,
            pycurl.HEADERFUNCTION: self._header,
            pycurl.OPENSOCKETFUNCTION: self._open_socket,
        }
        for option, value in options.items():
            self.curl.setopt(option, value)

    def _write(self, data: bytes) -> int:
        # Decoded bytes are counted: MAXFILESIZE would see only what the server says.
        if len(self._body) + len(data) > self._bounds.size:
            self._too_large = True
            return -1
        self._body += data
        return len(data)

    def _header(self, raw: bytes) -> None:
        name, _, value = raw.decode("latin-1").partition(":")
        if name.startswith("HTTP/"):
            self._headers.clear()
        if len(value) <= HEADER_LIMIT or name.lower() == "location":
            self._headers[name.strip().lower()] = value.strip()

    def _open_socket(self, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        target = address.addr
        host, port = (target[0], target[1]) if isinstance(target, tuple) else ("a local socket", 0)
        refused = refusal(host, port, place(self.hop.url), self._allow)
        if refused:
            self._refused = refused
            return pycurl.SOCKET_BAD
        try:
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD
        # Curl works on a duplicate; ours is closed with the transfer.
        self._sockets.append(opened)
        return opened

    def outcome(self, code: int, message: str) -> Hop | Response:
        """The answer, or the next hop of a redirect."""
        hop, status = self.hop, int(self.curl.getinfo(pycurl.RESPONSE_CODE))
        if code != pycurl.E_OK:
            return failure(hop.request, hop.url, self._reason(code, message), status)
        if status in _REDIRECTS:
            return self._redirected(status)
        if status >= _FIRST_ERROR:
            return failure(hop.request, hop.url, f"HTTP {status}", status)
        return Response(
            request=hop.request,
            url=hop.url,
            status=status,
            content_type=self._headers.get("content-type", ""),
            body=b"" if status == _NOT_MODIFIED else bytes(self._body),
            validators=self._validators(status),
        )

    def _redirected(self, status: int) -> Hop | Response:
        hop, location = self.hop, self._headers.get("location", "")
        url = text.link(location, hop.url) if location else None
        if hop.redirects >= self._bounds.redirects:
            error = f"more than {self._bounds.redirects} redirects"
        elif url is None:
            error = f"refused: HTTP {status} leads to no http or https URL"
        elif hop.url.startswith("https:") and url.startswith("http:"):
            error = "refused: a redirect from https to http"
        else:
            spent = hop.spent + self.curl.getinfo(pycurl.TOTAL_TIME)
            return replace(hop, url=url.partition("#")[0], redirects=hop.redirects + 1, spent=spent)
        return failure(hop.request, hop.url, error, status)

    def _validators(self, status: int) -> Validators:
        got = Validators(
            etag=_header_safe(self._headers.get("etag", "")),
            last_modified=_header_safe(self._headers.get("last-modified", "")),
        )
        # A 304 need not repeat them (RFC 9110 15.4.5).
        return self.hop.request.validators if status == _NOT_MODIFIED and got == Validators() else got

    def _reason(self, code: int, message: str) -> str:
        asked = place(self.hop.url)
        if self._too_large:
            return f"larger than {self._bounds.size / 1_000_000:g} MB"
        if code == pycurl.E_OPERATION_TIMEDOUT:
            connecting = self.curl.getinfo(pycurl.PRETRANSFER_TIME) == 0 and self._bounds.connect < self._bounds.total
            if connecting:
                return f"cannot connect to {asked} within {self._bounds.connect:g} s"
            return f"no answer within {self._bounds.total:g} s"
        if code == pycurl.E_COULDNT_RESOLVE_HOST:
            return f"cannot find the host {asked.rpartition(':')[0]}"
        if code == pycurl.E_COULDNT_CONNECT:
            return self._refused or f"cannot connect to {asked}"
        return text.line(f"{asked}: {message or pycurl.easy_strerror(code)}", 200)

    def close(self) -> None:
        """Let go of the handle and our ends of its sockets."""
        self.curl.close()
        for opened in self._sockets:
            opened.close()


def _conditions(validators: Validators) -> list[str]:
    """Header lines of a conditional request (RFC 9110 13.1); an unsafe value is left out."""
    pairs = (("If-None-Match", validators.etag), ("If-Modified-Since", validators.last_modified))
    return [f"{name}: {safe}" for name, value in pairs if (safe := _header_safe(value))]


def _header_safe(value: str) -> str:
    return value if value.isascii() and value.isprintable() and len(value) <= HEADER_LIMIT else ""
