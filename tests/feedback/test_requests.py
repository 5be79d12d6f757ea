"""Complaints, requests to leave, answers of machines and of people."""

import json

import pytest

from digest.feedback import Kind, read
from feedback.letters import MESSAGE_ID, ORIGINAL, OURS, READER, abuse, personal, written


def test_an_abuse_report_is_a_complaint_of_the_one_it_names() -> None:
    notice = read(abuse(f"Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <{READER}>\nSource-IP: 192.0.2.1"))
    assert (notice.kind, notice.recipients) == (Kind.COMPLAINT, (READER,))
    assert notice.return_paths == (OURS,)
    assert notice.message_ids == (MESSAGE_ID,)


def test_a_report_that_names_nobody_is_about_the_originals_recipient() -> None:
    assert read(abuse("Feedback-Type: abuse\nVersion: 1")).recipients == (READER,)
    redacted = read(abuse("Feedback-Type: abuse", ORIGINAL.replace(READER, "[redacted]")))
    assert (redacted.kind, redacted.recipients) == (Kind.COMPLAINT, ())
    assert redacted.return_paths == (OURS,)


@pytest.mark.parametrize(
    ("category", "kind"),
    [("opt-out", Kind.UNSUBSCRIBE), ("fraud", Kind.COMPLAINT), ("not-spam", Kind.OTHER), ("auth-failure", Kind.OTHER)],
)
def test_only_what_a_reader_did_is_a_readers_word(category: str, kind: Kind) -> None:
    assert read(abuse(f"Feedback-Type: {category}\nOriginal-Rcpt-To: {READER}")).kind is kind


def test_a_complaint_without_a_report_is_known_by_its_subject_and_what_it_attaches() -> None:
    body = f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--\n"
    more = "Content-Type: multipart/mixed; boundary=b\n"
    notice = read(written(body, "staff@provider.example", "complaint about message from 192.0.2.1", more))
    assert (notice.kind, notice.recipients) == (Kind.COMPLAINT, (READER,))
    assert read(written("Hello", "staff@provider.example", "complaint about message")).kind is not Kind.COMPLAINT


@pytest.mark.parametrize(
    ("subject", "tag"),
    [
        ("unsubscribe 0123abcd", "0123abcd"),
        ("Unsubscribe: 0123abcd ", "0123abcd"),
        ("Re: unsubscribe aB-9_.x", "aB-9_.x"),
        ("unsubscribe", ""),
        ("unsubscribe <script>", None),
        ("how do I unsubscribe", None),
        ("unsubscribe me from this please", None),
        ("unsubscribed", None),
    ],
)
def test_a_subject_that_asks_to_leave_is_a_request_with_its_tag(subject: str, tag: str | None) -> None:
    notice = read(personal(subject))
    assert (notice.kind, notice.tag) == ((Kind.OTHER, "") if tag is None else (Kind.UNSUBSCRIBE, tag))
    assert notice.sender == READER


def test_an_encoded_subject_is_read() -> None:
    raw = b"From: reader@example.com\nSubject: =?utf-8?b?dW5zdWJzY3JpYmUgMDEyM2FiY2Q=?=\n\n"
    assert read(raw).tag == "0123abcd"


@pytest.mark.parametrize(
    "raw",
    [
        personal("Out of office: The day", "Ask user-unknown@example.com, no such user works here"),
        personal("Automatische Antwort: Der Tag"),
        personal("Re: The day", Auto_Submitted="auto-replied"),
        personal("Thank you", X_Autoreply="yes"),
        personal("Thank you", Precedence="auto_reply"),
        personal(
            "Hello", "John has left the company; no longer with us.", Auto_Submitted="auto-replied", Return_Path="<>"
        ),
    ],
)
def test_an_answer_of_a_machine_is_no_failure(raw: bytes) -> None:
    assert read(raw).kind is Kind.AUTO


@pytest.mark.parametrize(
    "raw",
    [
        personal("Re: The day", "My friend other@example.com: user unknown, why?"),
        personal("Re: Undelivered Mail Returned to Sender", "<reader@example.com>: user unknown"),
        personal("Question", Auto_Submitted="no"),
        b"",
        b"Hello",
        b"\n\n\n",
    ],
)
def test_a_persons_mail_is_nothing_of_these(raw: bytes) -> None:
    assert read(raw).kind is Kind.OTHER


def test_an_answer_names_the_mail_it_answers() -> None:
    assert read(personal("Re: The day", In_Reply_To=MESSAGE_ID)).message_ids == (MESSAGE_ID,)


def test_a_services_notification_tells_who_bounced_or_complained() -> None:
    recipient = {"emailAddress": READER, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    bounce = {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [recipient]}}
    notice = read(written(json.dumps(bounce), "no-reply@service.example", "Notification"))
    assert (notice.kind, notice.recipients, notice.status) == (Kind.HARD, (READER,), "5.1.1")
    complaint = {"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": READER}]}}
    assert read(written(json.dumps(complaint), "no-reply@service.example", "Notification")).kind is Kind.COMPLAINT


@pytest.mark.parametrize(
    "said", ["{", '{"notificationType": 1', '{"notificationType": [[', '{"notificationType": null}']
)
def test_a_broken_notification_says_nothing(said: str) -> None:
    assert read(written(said, "no-reply@service.example", "Notification")).kind is Kind.OTHER


def test_what_mails_are_delivered_to_is_told_before_what_their_original_says() -> None:
    forged = ORIGINAL.replace("0a1b2c3d", "ffffffff")
    notice = read(abuse("Feedback-Type: abuse", forged))
    assert notice.return_paths == (OURS, OURS.replace("0a1b2c3d", "ffffffff"))
    assert read(personal("Hello")).return_paths == (OURS,)
    assert read(personal("Hello").replace(OURS.encode(), b"news@news.example")).return_paths == ()


@pytest.mark.parametrize(
    ("words", "reason"),
    [("This is an email abuse report.", "This is an email abuse report."), ("A complaint.", "abuse A complaint.")],
)
def test_a_report_says_its_category_once(words: str, reason: str) -> None:
    assert read(abuse("Feedback-Type: abuse", words=words)).reason == reason
