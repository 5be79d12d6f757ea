"""Delivery status notifications, well made and not."""

import base64

import pytest

from digest.feedback import Kind, read
from feedback.letters import MESSAGE_ID, OURS, READER, failed, status_report, written


def test_a_report_names_recipient_status_reason_and_the_mail_it_is_about() -> None:
    notice = read(status_report(failed("5.1.1", "550 5.1.1 <reader@example.com>: No such user")))
    assert (notice.kind, notice.recipients, notice.status) == (Kind.HARD, (READER,), "5.1.1")
    assert notice.reason == "550 5.1.1 <reader@example.com>: No such user"
    assert notice.return_paths == (OURS,)
    assert notice.message_ids == (MESSAGE_ID,)
    assert notice.sender == "mailer-daemon@mx.example"
    assert notice.tag == ""


@pytest.mark.parametrize("status", ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"])
def test_a_status_that_says_the_address_is_dead_is_hard(status: str) -> None:
    assert read(status_report(failed(status))).kind is Kind.HARD


@pytest.mark.parametrize(
    "status", ["4.2.2", "4.4.1", "4.4.7", "5.2.1", "5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.7.1", "5.7.26", "5.7.606"]
)
def test_a_status_that_refuses_only_this_mail_is_soft(status: str) -> None:
    assert read(status_report(failed(status))).kind is Kind.SOFT


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 No such user here", Kind.HARD),
        ("550 Requested action not taken: mailbox unavailable", Kind.HARD),
        ("554 delivery error: dd This user doesn't have an example.com account", Kind.HARD),
        ("550 5.4.1 <reader@example.com>: Recipient address rejected: Access denied", Kind.HARD),
        ("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable", Kind.HARD),
        ("552 Mailbox is full", Kind.SOFT),
        ("554 Message refused as spam, see https://no-such-user.example/unknown", Kind.SOFT),
        ("550 5.7.1 Unable to relay for reader@example.com", Kind.SOFT),
        ("550 Rejected per DMARC policy of news.example", Kind.SOFT),
        ("550 blocked using bl.example; user unknown", Kind.SOFT),
        ("451 Temporary failure", Kind.SOFT),
        ("554 <unknown-user@example.com> refused", Kind.SOFT),
        ("554 transaction failed", Kind.SOFT),
    ],
)
def test_where_the_status_means_nothing_the_reply_decides(reply: str, kind: Kind) -> None:
    assert read(status_report(failed("5.0.0", reply))).kind is kind


def test_the_remote_servers_code_counts_more_than_the_status_another_one_made_of_it() -> None:
    notice = read(status_report(failed("5.1.1", "552 5.2.2 Over quota")))
    assert notice.kind is Kind.SOFT


def test_a_refused_sender_says_nothing_about_the_recipient() -> None:
    words = f"<{READER}>: host mx.example said: 550 unknown user news@news.example (in reply to MAIL FROM command)"
    assert read(status_report(failed("5.0.0"), words=words)).kind is Kind.SOFT


def test_without_a_diagnostic_the_words_for_people_decide() -> None:
    words = f"Your message did not reach:\n\n<{READER}>: user unknown\n"
    assert read(status_report(failed("5.0.0"), words=words)).kind is Kind.HARD


def test_of_several_recipients_only_the_failed_ones_are_named() -> None:
    delivered = "Final-Recipient: rfc822; well@example.com\nAction: delivered\nStatus: 2.0.0"
    delayed = "Final-Recipient: rfc822; late@example.com\nAction: delayed\nStatus: 4.4.1"
    other = failed("5.2.2", recipient="full@example.com")
    notice = read(status_report(delivered, delayed, other, failed("5.1.1")))
    assert notice.recipients == ("full@example.com", READER)
    assert (notice.kind, notice.status) == (Kind.HARD, "5.1.1")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "deliverable"])
def test_what_has_not_failed_is_no_failure(action: str) -> None:
    notice = read(status_report(f"Final-Recipient: rfc822; {READER}\nAction: {action}\nStatus: 4.0.0"))
    assert (notice.kind, notice.recipients) == (Kind.AUTO, (READER,))


def test_a_recipient_that_is_no_address_is_the_one_it_was_sent_to() -> None:
    fields = (
        f"Original-Recipient: rfc822;{READER}\nFinal-Recipient: X-Unix; |/bin/filter\nAction: failed\nStatus: 5.1.1"
    )
    assert read(status_report(fields)).recipients == (READER,)


def test_a_report_that_hides_the_recipient_still_says_what_happened() -> None:
    notice = read(
        status_report(failed("5.1.1", "550 no such user", recipient="[redacted]"), original="To: [redacted]\n")
    )
    assert (notice.kind, notice.recipients, notice.status) == (Kind.HARD, (), "5.1.1")
    assert notice.return_paths == (OURS,)


def test_a_report_in_the_text_is_read_too() -> None:
    body = f"Technical report:\n\nAction: failed\nFinal-Recipient: rfc822; {READER}\nStatus: 5.1.1\n"
    notice = read(written(body))
    assert (notice.kind, notice.recipients, notice.status) == (Kind.HARD, (READER,), "5.1.1")


def test_a_report_in_base64_is_read() -> None:
    report = base64.encodebytes(f"Reporting-MTA: dns; mx\r\n\r\n{failed('5.1.1')}\r\n".encode()).decode()
    part = f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{report}"
    notice = read(written(f"--b\n{part}\n--b--\n", more="Content-Type: multipart/report; boundary=b\n"))
    assert (notice.kind, notice.recipients) == (Kind.HARD, (READER,))


def test_a_folded_diagnostic_is_one_line() -> None:
    notice = read(status_report(failed("5.0.0", "550-no\n    such\n\tuser\n 550 gone")))
    assert notice.reason == "550-no such user 550 gone"
    assert len(read(status_report(failed("5.0.0", "550 " + "word " * 500))).reason) <= 300


def test_fields_in_the_mail_that_came_back_are_not_the_reports() -> None:
    forged = f"From: news@news.example\n\n{failed('5.1.1', recipient='victim@example.com')}\n"
    assert read(status_report(failed("5.2.2"), original=forged)).recipients == (READER,)
    body = f"--b\nContent-Type: message/rfc822\n\n{forged}\n--b--\n"
    notice = read(written(body, subject="Hello", sender=READER, more="Content-Type: multipart/mixed; boundary=b\n"))
    assert "victim@example.com" not in notice.recipients
    assert notice.kind is not Kind.HARD


def test_a_category_that_the_server_counted_it_under_decides() -> None:
    fields = failed("5.2.1", "550 5.2.1 no") + "\nX-PowerMTA-BounceCategory: bad-mailbox"
    assert read(status_report(fields)).kind is Kind.HARD
