"""One mail on an open session -> where its transaction ended and what the relay said; the rules what that means."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from digest.core.mail import Outgoing, SendState
from digest.deliver._reply import CLOSING, GO_AHEAD, LOGIN_NEEDED, WRONG_LOGIN, Reply
from digest.deliver._wire import Session, reason

DOT: Final = b".\r\n"
_NOT_SENT: Final = {"4": SendState.DEFERRED, "5": SendState.FAILED}
_YES = 2  # the first digit of a code
_SIZE_DIGITS: Final = 20  # RFC 1870 4
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 4


class Step(StrEnum):
    """Where in a transaction the relay gave its last word."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "END"
    """After the final dot: the mail is out of our hands."""


class ClosingError(OSError):
    """The relay said 421: the connection is over."""


class Answer(NamedTuple):
    """The relay's last word on a mail."""

    step: Step
    reply: Reply
    is_last: bool = False
    """The connection was lost right after it."""

    @property
    def state(self) -> SendState:
        """What became of the mail; what cannot be known is `uncertain`."""
        if self.reply.kind == "2" and self.step is Step.END:
            return SendState.SENT
        return _NOT_SENT.get(self.reply.kind, SendState.UNCERTAIN)

    @property
    def is_for_all(self) -> bool:
        """A refusal that would hit every mail: of the sender, or of one who is not logged in."""
        refused = self.state is SendState.FAILED and self.step is Step.MAIL
        return refused or (self.step is not Step.END and self.reply.code in {LOGIN_NEEDED, WRONG_LOGIN})


def fault(email: str) -> str:
    """Why no mail can be addressed to it, or nothing (RFC 5321 2.3.5; nobody is asked for SMTPUTF8)."""
    if _ADDRESS.fullmatch(email):
        return ""
    if not email.rpartition("@")[0].isascii():
        return "the part before the @ is not ASCII: no relay is asked for SMTPUTF8"
    return "no address that may stand in a command"


def hindrance(session: Session, mail: Outgoing, length: int) -> str:
    """Why this relay takes no mail like this one, or nothing: all mails of an edition are of about one size."""
    if mail.return_path and not _ADDRESS.fullmatch(mail.return_path):
        return f"{mail.return_path!r} cannot be the sender: it may not stand in a command"
    limit = session.offered.get("size", "")
    if limit.isdecimal() and len(limit) <= _SIZE_DIGITS and 0 < int(limit) < length:
        return f"takes mails of at most {limit} bytes, and this one has {length}"
    return ""


def pipelines(session: Session) -> bool:
    """Whether commands may go before the replies to those before them (RFC 2920)."""
    return "pipelining" in session.offered


def expect_silence(session: Session) -> None:
    """ConnectionResetError when a reply came to nothing: the next one would be taken for the answer to a mail."""
    if session.is_ahead:
        raise ConnectionResetError("it says more than it was asked")


def length_of(mail: Outgoing) -> int:
    """Bytes on the wire, without the final dot."""
    return sum(map(len, mail.chunks))


def envelope(session: Session, mail: Outgoing, length: int) -> str:
    """MAIL, RCPT and DATA of a mail, with the parameters that the relay announced, as one group (RFC 2920)."""
    claim, offered = mail.claim, session.offered
    parameters = f" SIZE={length}" if "size" in offered else ""
    if "dsn" in offered:
        identity = _NOT_XTEXT.sub(_escaped, f"{claim.edition}-{claim.subscriber}")
        parameters += f" RET=HDRS ENVID={identity}"
    return f"MAIL FROM:<{mail.return_path}>{parameters}\r\nRCPT TO:<{claim.email}>\r\nDATA"


def invitation(session: Session, mail: Outgoing) -> bytes:
    """The envelope of the mail after the one that leaves, empty when this relay takes no such mail."""
    length = length_of(mail)
    return b"" if hindrance(session, mail, length) else f"{envelope(session, mail, length)}\r\n".encode()


async def envelope_answer(session: Session) -> Answer | None:
    """The relay's refusal of an envelope that was sent as a group, None when it waits for the mail.

    OSError when the connection was lost before it refused, ClosingError when it said so.
    """
    if session.read_go_ahead():
        return None
    refused: Answer | None = None
    code = 0
    for step in (Step.MAIL, Step.RCPT, Step.DATA):
        try:
            code, lines = await session.read(session.patience.data if step is Step.DATA else session.patience.command)
        except OSError:
            if refused is None:
                raise
            return refused._replace(is_last=True)
        refused = refused or _refusal(step, code, lines)
    return await _unwanted_go_ahead(session, refused) if refused and code == GO_AHEAD else refused


async def step_answer(session: Session, step: Step, command: str) -> Answer | None:
    """The relay's refusal of one command, None when it was obeyed; OSError as above."""
    await session.send(command)
    patience = session.patience.data if step is Step.DATA else session.patience.command
    return _refusal(step, *await session.read(patience))


async def end_answer(session: Session) -> Answer:
    """The relay's word on a whole mail; without one the mail is uncertain."""
    try:
        return Answer(step=Step.END, reply=await session.answer(session.patience.end))
    except OSError as error:
        said = f"no reply to the whole mail: {reason(error)}"
        return Answer(step=Step.END, reply=Reply(code=0, text=said), is_last=True)


async def reset(session: Session) -> bool:
    """Whether the relay has forgotten a refused mail and takes another one."""
    try:
        return (await session.command("RSET")).kind == "2"
    except OSError:
        return False


def _refusal(step: Step, code: int, lines: bytes) -> Answer | None:
    if code == GO_AHEAD if step is Step.DATA else code // 100 == _YES:
        return None
    reply = Reply.read(code, lines)
    if code == CLOSING:
        raise ClosingError(f"it said {reply}")
    if reply.kind not in {"4", "5"}:
        raise ConnectionResetError(f"it said {reply}")
    return Answer(step=step, reply=reply)


async def _unwanted_go_ahead(session: Session, refused: Answer) -> Answer:
    """The refusal of a mail after which the relay waits for one all the same (RFC 2920 3.1)."""
    # After a refused MAIL somebody might get the empty mail that a lone dot ends.
    if refused.step is Step.RCPT:
        try:
            await session.send(".")
            await session.read(session.patience.end)
        except OSError:
            pass
        else:
            return refused
    return refused._replace(is_last=True)


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"+{byte:02X}" for byte in found[0].encode())
