"""A site -> the headers that every answer carries, whatever its status."""

from collections.abc import Mapping

_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_YEAR = 31_536_000
FOREVER = f"public, max-age={_YEAR}, immutable"
"""Cache-Control of what never changes under its address."""


def headers(url: str) -> Mapping[str, str]:
    """The headers of a site at `url`; an answer may have its own in their place."""
    common = {
        "content-security-policy": _written(_POLICY),
        "x-content-type-options": "nosniff",
        # Tokens stand in addresses.
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-robots-tag": "noindex",
        "cache-control": "no-store",
    }
    return common | ({"strict-transport-security": f"max-age={_YEAR}"} if url.startswith("https:") else {})


def mail_policy(url: str) -> str:
    """The Content-Security-Policy of a page that is a mail: a document of no origin in which nothing runs.

    Its links may open, its own pictures and styles are shown, and nothing is fetched from anybody else.
    """
    sandboxed = {
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        **_POLICY,
        "style-src": "'unsafe-inline'",
        "img-src": f"'self' data: {url}",
        "form-action": "'none'",
    }
    return _written(sandboxed)


def _written(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())
