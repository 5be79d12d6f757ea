"""The other clients: command lines that send one and the same mail to so many recipients over so many connections.

Run as a program it is the Python ones. All but EmailMessage send the bytes of one file as they are, which is less than
what ours does: nothing of theirs is made for a recipient, and nothing is recorded.
"""

import asyncio
import email
import email.policy
import importlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from smtplib import SMTP

AIOSMTPLIB = "aiosmtplib==5.1.3"
NODEMAILER = "nodemailer@10.6.0"
_SENDER, _NAME = "bounces@news.example.org", "news.example.org"
_ENVIRONMENT = Path(__file__).parents[1] / ".venv"
_NPM_OPTIONS = ("--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts")
_NODEMAILER_SENDS = """
const [port, mails, connections, file, from] = process.argv.slice(2);
const raw = require("fs").readFileSync(file);
const transport = require("nodemailer").createTransport({
  host: "127.0.0.1", port: Number(port), name: "news.example.org", ignoreTLS: true,
  pool: true, maxConnections: Number(connections), maxMessages: Infinity,
});
let next = 0;
async function worker() {
  while (next < Number(mails)) {
    await transport.sendMail({envelope: {from, to: `r${next++}@mail.example.com`}, raw});
  }
}
Promise.all(Array.from({length: Number(connections)}, worker)).then(() => transport.close());
"""


def python(client: str, mail: Path, port: int, mails: int, connections: int) -> tuple[str, ...]:
    """The command line of one of this program's own clients."""
    return (sys.executable, __file__, client, str(mail), str(port), str(mails), str(connections))


def nodemailer(mail: Path, port: int, mails: int, connections: int) -> tuple[str, ...]:
    """The command line of nodemailer's pool with a raw mail, installed when it is not there."""
    folder = _ENVIRONMENT / "npm" / NODEMAILER.replace("@", "-")
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _install("npm", "install", "--prefix", str(folder), *_NPM_OPTIONS, NODEMAILER)
    script = folder / "send.cjs"
    script.write_text(_NODEMAILER_SENDS, encoding="utf-8")
    return ("node", str(script), str(port), str(mails), str(connections), str(mail), _SENDER)


def install_aiosmtplib() -> Path:
    """The folder it lies in, installed when it is not there."""
    folder = _ENVIRONMENT / "pip" / AIOSMTPLIB
    if not folder.exists():
        _install(sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), AIOSMTPLIB)
    return folder


def _install(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  our own words


def main() -> None:
    """Send as the arguments say."""
    client, mail, *numbers = sys.argv[1:]
    port, mails, connections = map(int, numbers)
    data = Path(mail).read_bytes()
    if client == "aiosmtplib":
        asyncio.run(_aiosmtplib(data, port, mails, connections))
        return
    one = {"smtplib": partial(_plain, data), "EmailMessage": partial(_built, *_parts(data))}[client]
    with ThreadPoolExecutor(connections) as pool:
        shares = [range(first, mails, connections) for first in range(connections)]
        list(pool.map(partial(_persistent, one, port), shares))


def _persistent(send: Callable[[SMTP, str], object], port: int, share: range) -> None:
    with SMTP("127.0.0.1", port, local_hostname=_NAME) as relay:
        for number in share:
            send(relay, f"r{number}@mail.example.com")


def _plain(data: bytes, relay: SMTP, to: str) -> None:
    relay.sendmail(_SENDER, [to], data)


def _built(headers: dict[str, str], text: str, html: str, relay: SMTP, to: str) -> None:
    """Build a recipient's mail as the standard library's manual does, and send it."""
    mail = EmailMessage(policy=email.policy.SMTP)
    for name, value in headers.items():
        mail[name] = value
    mail["To"] = to
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    relay.send_message(mail, from_addr=_SENDER, to_addrs=[to])


def _parts(data: bytes) -> tuple[dict[str, str], str, str]:
    """Headers that every mail has, the text and the HTML."""
    mail = email.message_from_bytes(data, policy=email.policy.SMTP)
    headers = {name: str(mail[name]) for name in ("From", "Subject", "Date", "Message-ID", "List-Unsubscribe")}
    text, html = (str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")
    return headers, text, html


async def _aiosmtplib(data: bytes, port: int, mails: int, connections: int) -> None:
    sys.path.append(str(install_aiosmtplib()))
    library = importlib.import_module("aiosmtplib")

    async def send(share: range) -> None:
        async with library.SMTP(hostname="127.0.0.1", port=port, local_hostname=_NAME, start_tls=False) as relay:
            for number in share:
                await relay.sendmail(_SENDER, [f"r{number}@mail.example.com"], data)

    await asyncio.gather(*(send(range(first, mails, connections)) for first in range(connections)))


if __name__ == "__main__":
    main()
