"""A run of a small newsletter and what is told of it, with an editor and a web of their own."""

import email
import email.policy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from digest import config, sending
from digest.core import runfile
from digest.core.tokens import load_key
from digest.core.web import Request, Response, Validators
from digest.dispatch import Report
from digest.mailroom import Sender
from digest.store import connect
from digest.telling import tell
from scripted_relay import ScriptedRelay
from support import Folder

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
STEP = timedelta(minutes=5)


@dataclass
class Web:
    """Remembers what was fetched, and answers that all is well unless told otherwise."""

    error: str = ""
    urls: list[str] = field(default_factory=list)

    def fetch(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            self.urls.append(request.url)
            yield Response(
                request=request,
                url=request.url,
                status=0 if self.error else 200,
                content_type="",
                body=b"",
                validators=Validators(),
                error=self.error,
            )


def edited(folder: Folder, editors: str = 'to = ["editor@example.org"]') -> Folder:
    folder.append("digest.toml", f"\n[editors]\n{editors}\n")
    return folder


def by_relay(folder: Folder, relay: ScriptedRelay) -> Folder:
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    settings = f'to = "smtp+plain://127.0.0.1:{relay.port}"\nconnections = 1'
    folder.write("digest.toml", text.replace('to = "outbox:outbox"', settings))
    return folder


def run(folder: Folder, now: datetime = NOW, web: Web | None = None, *, is_by_hand: bool = False) -> Sequence[Report]:
    """What `digest send brief` does, and what follows."""
    news = config.load(folder.path)
    with connect(news.database) as store:
        with runfile.begin(runfile.folder(store.path)) as begun:
            sender = Sender(
                news=news,
                store=store,
                key=load_key(folder.path),
                run=begun,
                now=lambda: now,
                stopping=lambda: False,
                progress=lambda *_: None,
            )
            reports = sending.send(sender, ["brief"])
        tell(news, store, reports, now, (web or Web()).fetch, is_by_hand=is_by_hand)
    return reports


def told_now(folder: Folder, reports: Sequence[Report], web: Web) -> None:
    news = config.load(folder.path)
    with connect(news.database) as store:
        tell(news, store, reports, NOW, web.fetch)


def letters(mails: Iterable[bytes]) -> list[EmailMessage]:
    """Those of the mails that went to editors."""
    parsed = [email.message_from_bytes(mail, policy=email.policy.default) for mail in mails]
    return [mail for mail in parsed if isinstance(mail, EmailMessage) and mail["From"].startswith("Digest <")]


def hide(folder: Folder) -> None:
    (folder.path / "sources").rename(folder.path / "aside")


def show(folder: Folder) -> None:
    (folder.path / "aside").rename(folder.path / "sources")


def body(letter: EmailMessage) -> str:
    return str(letter.get_content())
