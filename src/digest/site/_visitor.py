"""A request -> who sent it: the address behind the proxies, the languages, and whether another site's page did."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from digest.core.settings import Settings

_OWN = frozenset(["same-origin", "none"])
"""Sec-Fetch-Site of our own pages and of what a person typed (W3C Fetch Metadata)."""
_HOPS = 20


class Visitor:
    """Who sent a request; nothing it says is believed without a reason."""

    def __init__(self, request: Request, news: Settings) -> None:
        self._request = request
        self._news = news

    @property
    def languages(self) -> str:
        """Accept-Language as it came."""
        return self._request.headers.get("accept-language", "")

    @property
    def is_foreign(self) -> bool:
        """Whether another site's page sent this form, as browsers tell by Sec-Fetch-Site, older ones by Origin.

        Under `Referrer-Policy: no-referrer` our own forms have the Origin `null` (Fetch, 3.2). A page that hides
        its own origin in that way needs a link's token all the same: there are no cookies to abuse.
        """
        headers = self._request.headers
        if told := headers.get("sec-fetch-site"):
            return told not in _OWN
        return headers.get("origin", "null") not in {"null", self._news.site.url}

    @property
    def address(self) -> str:
        """The IP address next to the proxies that are ours, empty when there is none.

        Each proxy adds to the right of X-Forwarded-For whom it heard; what stands further left anybody may invent.
        """
        heard = self._request.client.host if self._request.client else ""
        told = ",".join(self._request.headers.getlist("x-forwarded-for")).split(",")
        for hop in reversed(told[-_HOPS:]):
            if not self._is_ours(heard) or _parsed(hop) is None:
                break
            heard = hop.strip()
        found = _parsed(heard)
        return str(found) if found else ""

    def _is_ours(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in ip_network(proxy) for proxy in self._news.site.proxies)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
