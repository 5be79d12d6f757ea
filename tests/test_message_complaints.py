"""By what Gmail counts the complaints about mails (Gmail Postmaster Tools: Feedback loop)."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.mail import Rendered
from digest.message import Headers, freeze

HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    list_id="<daily.news.example.org>",
)


def sender_id(sender: str, edition: str = HEADERS.edition) -> str:
    headers = replace(HEADERS, sender=sender, edition=edition)
    data = freeze(Rendered(subject="x", preheader="", html="", text=""), headers, "0f1e2d3c4b5a6978").data
    found = str(message_from_bytes(data)["Feedback-ID"])
    assert found.startswith(f"{edition}:daily:digest:")
    return found.rpartition(":")[2]


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Meridian <brief@example.org>", "example.org"),
        ("brief@mail.example.org", "mail.exa-5e495c"),
        ("brief@abc.example.org", "abc.example.org"),
        ("brief@a.io", "a.io-0df92f"),
        ("Meridian <brief@NEWS.example.org>", "news.exa-3256d6"),
        ("brief@daily-n.example.org", "daily-n-327a2e"),
    ],
)
def test_complaints_are_counted_by_a_sender_of_5_to_15_characters(sender: str, expected: str) -> None:
    assert sender_id(sender) == expected
    assert sender_id(sender, "daily-2026-11-24T0700") == expected


@given(st.lists(st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}\.(news|example|org)", fullmatch=True), unique=True))
def test_no_two_domains_are_one_sender_where_complaints_are_counted(names: list[str]) -> None:
    alike = [f"brief@{beginning}{name}" for name in names for beginning in ("", "news.", "the-long-news.")]
    found = {sender_id(sender) for sender in alike}
    assert len(found) == len(set(alike))
    assert all(5 <= len(each) <= 15 for each in found)
