"""One mail on an open session -> where its transaction ended and what the relay said; the rules what that means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from digest.core.mail import Outgoing, SendState
from digest.deliver._reply import CLOSING, GO_AHEAD, LOGIN_NEEDED, WRONG_LOGIN, Reply
from digest.deliver._session import Session, reason

_LONGEST = 998  # RFC 5321 4.5.3.1.6, without its line end
_BLOCK = 65_536
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


class Step(StrEnum):
    """Where in a transaction the relay gave its last word."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "END"
    """After the final dot: the mail is out of our hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The relay's last word on a mail."""

    step: Step
    reply: Reply

    @property
    def state(self) -> SendState:
        """What became of the mail; what cannot be known is `uncertain`."""
        outcomes: Mapping[str, SendState] = {"4": SendState.DEFERRED, "5": SendState.FAILED}
        if self.step is Step.END:
            outcomes = {"2": SendState.SENT, **outcomes}
        return outcomes.get(self.reply.kind, SendState.UNCERTAIN)

    @property
    def is_loss(self) -> bool:
        """No use going on: the relay closes, or nobody knows what it takes the next line for."""
        return self.state is SendState.UNCERTAIN or self.reply.code == CLOSING

    @property
    def is_for_all(self) -> bool:
        """A refusal that would hit every mail: of the sender, or of one who is not logged in."""
        refused = self.state is SendState.FAILED and self.step is Step.MAIL
        return refused or (self.step is not Step.END and self.reply.code in {LOGIN_NEEDED, WRONG_LOGIN})


def fault(mail: Outgoing, data: bytes) -> str:
    """Why a mail must not be sent, or nothing: the last look before it leaves (RFC 5321 2.3.8, CVE-2023-51764)."""
    local = mail.claim.email.rpartition("@")[0]
    if not local.isascii():
        return "the part before the @ is not ASCII: no relay is asked for SMTPUTF8"
    if not is_address(mail.claim.email):
        return "no address that may stand in a command"
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n") or not data.isascii():
        return "the mail has a bare line end or a byte beyond ASCII"
    longest = max(map(len, data.split(b"\r\n")))
    return f"the mail has a line of more than {_LONGEST} bytes" if longest > _LONGEST else ""


def is_address(text: str) -> bool:
    """Whether it may stand between the brackets of a command: nothing in it ends the address or the line."""
    return _ADDRESS.fullmatch(text) is not None


def transact(session: Session, mail: Outgoing, data: bytes) -> Answer:
    """Hand one mail over; OSError when the connection was lost before the relay could have taken it."""
    size = f" SIZE={len(data)}" if session.has_extn("size") else ""
    steps = (
        (Step.MAIL, f"MAIL FROM:<{mail.return_path}>{size}"),
        (Step.RCPT, f"RCPT TO:<{mail.claim.email}>"),
        (Step.DATA, "DATA"),
    )
    for step, command in steps:
        reply = session.command(command)
        wanted = reply.code == GO_AHEAD if step is Step.DATA else reply.kind == "2"
        if wanted:
            continue
        if reply.code == CLOSING or reply.kind not in {"4", "5"}:
            raise ConnectionResetError(f"it said {reply}")
        return Answer(step=step, reply=reply)
    _send(session, data)
    try:
        return Answer(step=Step.END, reply=session.answer(session.patience.end))
    except OSError as error:
        return Answer(step=Step.END, reply=Reply(code=0, text=f"no reply to the whole mail: {reason(error)}"))


def reset(session: Session) -> bool:
    """Whether the relay has forgotten a refused mail and takes another one."""
    try:
        return session.command("RSET").kind == "2"
    except OSError:
        return False


def _send(session: Session, data: bytes) -> None:
    """The mail and its final dot. An error says that the dot, the last byte but two, has not left."""
    closed = data if data.endswith(b"\r\n") else data + b"\r\n"
    first = b"." if closed.startswith(b".") else b""
    wire = memoryview(first + closed.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    for start in range(0, len(wire), _BLOCK):
        session.sock.sendall(wire[start : start + _BLOCK])
