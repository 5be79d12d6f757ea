"""What proves that a mail was made for the one it goes to."""

import pytest

from digest import config
from digest.core.mail import Claim
from digest.core.tokens import Key
from digest.recipients import is_addressed, message_id
from support import Make

KEY = Key(b"k" * 64)


@pytest.mark.parametrize("sender", ["a@{}", "The Brief <a@{}>", "=?utf-8?q?J=C3=B6?=\r\n <a@{}>"])
@pytest.mark.parametrize("job", ["brief.confirm", "brief.welcome", "brief"])
def test_a_mail_leaves_only_for_the_edition_job_and_address_it_was_made_for(
    newsletter: Make, job: str, sender: str
) -> None:
    edition, settings = f"{job}-2026-11-23T0610", config.load(newsletter().path).jobs["brief"]
    claim = Claim(
        edition=edition,
        subscriber=1,
        email="jo@example.org",
        message_id=message_id(settings, KEY, edition, "jo@example.org"),
    )
    sender = sender.format(claim.message_id.rpartition("@")[2].rstrip(">"))
    of, _, kind = job.partition(".")
    named = f"Feedback-ID: {edition}:{of}:{kind or 'digest'}:news.exa-3256d6"
    frozen = f"From: {sender}\r\nSubject: x\r\n{named}\r\n\r\n".encode()
    older = f"Subject: x\r\nList-Id: <{job}.news.example.org>\r\n\r\n".encode()
    assert is_addressed(KEY, job, claim, frozen)
    assert is_addressed(KEY, job, claim, older)
    for other in {"brief.confirm", "brief.welcome", "brief", "other", "other.confirm", "bri", ""} - {job}:
        assert not is_addressed(KEY, other, claim, frozen)
        assert not is_addressed(KEY, other, claim, older)
    assert not is_addressed(KEY, job, claim._replace(email="bo@example.org"), frozen)
    assert not is_addressed(KEY, job, claim._replace(edition=f"{edition}.2"), frozen)
    assert not is_addressed(KEY, job, claim, frozen.replace(b"T0610", b"T0620"))
    assert not is_addressed(KEY, job, claim._replace(message_id=claim.message_id.replace(".org>", ".net>")), frozen)
    assert not is_addressed(KEY, job, claim._replace(message_id=claim.message_id.replace(".org>", ".net>")), older)
