"""Mails as servers write them, with invented addresses."""

from email.message import EmailMessage

READER = "reader@example.com"
OURS = "bounce+0a1b2c3d-17-0123456789abcdef0123@news.example"
MESSAGE_ID = "<daily-2026-11-22.5f00@news.example>"
ORIGINAL = f"""\
Return-Path: <{OURS}>
Message-ID: {MESSAGE_ID}
From: Meridian <news@news.example>
To: {READER}
Subject: The day
Date: Sun, 22 Nov 2026 07:00:00 +0000

Good morning, see contact@press.example
"""


def written(
    body: str, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice", more: str = ""
) -> bytes:
    """A plain mail of a server to our return path."""
    head = f"Return-Path: <>\nDelivered-To: {OURS}\nFrom: {sender}\nTo: {OURS}\nSubject: {subject}\n{more}"
    return f"{head}\n{body}".encode()


def status_report(*groups: str, words: str = "It failed.", original: str = ORIGINAL, kind: str = "") -> bytes:
    """A delivery status notification of these groups of fields."""
    report = "\n\n".join(("Reporting-MTA: dns; mx.example", *groups))
    parts = (("text/plain", words), (kind or "message/delivery-status", report), ("message/rfc822", original))
    body = "\n".join(f"--b\nContent-Type: {part}\n\n{content}" for part, content in parts)
    more = 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary="b"\n'
    return written(f"{body}\n--b--\n", more=more)


def failed(status: str, diagnostic: str = "", recipient: str = READER) -> str:
    """The fields of one recipient that failed."""
    fields = f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: {status}"
    return f"{fields}\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else fields


def abuse(fields: str, original: str = ORIGINAL, words: str = "A complaint.") -> bytes:
    """An abuse report (RFC 5965) with these fields."""
    parts = (("text/plain", words), ("message/feedback-report", fields), ("message/rfc822", original))
    body = "\n".join(f"--b\nContent-Type: {part}\n\n{content}" for part, content in parts)
    more = "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n"
    return written(f"{body}\n--b--\n", sender="fbl@provider.example", subject="FW: The day", more=more)


def personal(subject: str, text: str = "Hello.", **headers: str) -> bytes:
    """A mail of a reader's own program."""
    mail = EmailMessage()
    mail["From"] = f"A Reader <{READER}>"
    mail["To"] = OURS
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()
