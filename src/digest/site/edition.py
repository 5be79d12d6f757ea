"""A link of a mail that left for a reader -> that mail as a page of its own, in which nothing can run."""

from base64 import b64encode
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest import message, recipients
from digest.links import Page
from digest.site._headers import mail_policy
from digest.site._reader import reader
from digest.site._site import Site, site_of
from digest.store import Store, editions, readers
from digest.store.readers import SentMail, Subscription


async def edition(request: Request) -> Response:
    """The mail as its reader got it."""
    site, found = site_of(request), await reader(request, Page.EDITION)
    name: str = request.path_params["edition"]

    def made(store: Store) -> str | None:
        sent, record = readers.mail(store, name, found.number), editions.get(store, name)
        template = site.shelf.template(store, name, sent.variant) if sent and record else None
        if not (sent and record and template):
            return None
        values = _recipient(site, found, sent, record)
        return page(b"".join(template.mail(values)))

    html = await site.desk.read(made)
    if html is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return HTMLResponse(html, headers={"content-security-policy": mail_policy(site.news.site.url)})


def page(mail: bytes) -> str:
    """The HTML part of a mail, with the pictures that it carries inside."""
    parts = [part for part in message_from_bytes(mail).walk() if not part.is_multipart()]
    html = next((_text(part) for part in parts if part.get_content_type() == "text/html"), "")
    for part in parts:
        if part.get_content_type() == "image/jpeg":
            name = str(part["Content-ID"]).strip("<>")
            html = html.replace(f"cid:{name}", f"data:image/jpeg;base64,{b64encode(_data(part)).decode()}")
    return html


def _recipient(site: Site, found: Subscription, sent: SentMail, record: editions.Record) -> message.Recipient:
    """The reader's values as they stand in the mail; its links are those of today's site."""
    to = recipients.recipient(site.key, record.job, record.unsubscribe, found.email, sent.message_id)
    return recipients.with_links(to, site.key, site.news.site.url, record.job, found.number, record.id)


def _data(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: Message) -> str:
    return _data(part).decode("utf-8", "replace")
