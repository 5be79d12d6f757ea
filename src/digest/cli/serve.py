"""Serve the readers' pages: sign up, confirm, leave, choose, read a mail in the browser."""

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

import click

from digest import config, letters, site
from digest.cli import _desk, _screen
from digest.core import hosts, log
from digest.core.errors import UsageError
from digest.core.tokens import load_key


@click.command(name="serve")
@click.option("--listen", metavar="ADDRESS:PORT", default="", help="Where; default: `listen` of [site] in digest.toml.")
@click.pass_context
def command(ctx: click.Context, *, listen: str) -> None:
    """Serve the readers' pages until SIGTERM or Ctrl-C; a log on stderr, without addresses and tokens.

    TLS is the business of the proxy in front of it. Exit code 0 when it was told to stop.
    """
    log.follow()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if listen:
        try:
            hosts.listening(listen)
        except ValueError as error:
            raise UsageError(f"--listen {listen}: {error}") from None
    news, key = config.load(ctx.obj), load_key(ctx.obj)
    log.tag_addresses(key.log_tag)
    where = (listen or news.site.listen).rpartition(":")[0]
    site.serve(
        news,
        key,
        _asking(ctx.obj),
        now=_desk.now,
        stopping=stop.is_set,
        ready=lambda port: _screen.answer(_where(news.site.url, f"http://{where}:{port}")),
        listen=listen,
    )


def _where(url: str, listening: str) -> str:
    readers = "" if url == listening else f"; readers reach them at {url}, by a proxy that leads here"
    return f"the readers' pages listen at {listening}{readers}; Ctrl-C ends this"


def _asking(home: Path) -> Callable[[str, int], None]:
    """What has the letters sent that readers are owed, the one for a new subscriber among them."""

    def ask(job: str, subscriber: int) -> None:
        del job, subscriber
        with _desk.sender(home) as sender:
            letters.send(sender)

    return ask
