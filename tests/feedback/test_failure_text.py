"""Servers that tell a failure in words only."""

import pytest

from digest.feedback import Kind, read
from feedback.letters import MESSAGE_ID, ORIGINAL, OURS, READER, written

HARD = {
    "qmail": f"""Hi. This is the mail program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{READER}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{ORIGINAL}""",
    "exim": f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {READER}
    SMTP error from remote mail server after RCPT TO:<{READER}>:
    host mx.example [192.0.2.1]: 550 unknown user

------ This is a copy of the message, including all the headers. ------

{ORIGINAL}""",
    "a gateway": f"""Your message:
   From:    {OURS}
   Subject: The day

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    {READER}
""",
    "a filter": f"""Unable to deliver message to <{READER}>.

sent >>> RCPT TO:<{READER}>
received <<< 550 5.1.1 unknown or illegal alias
""",
    "a groupware": f"""Your message

  To:      {READER}
  Subject: The day
  Sent:    Sun, 22 Nov 2026 07:00:00 +0000

did not reach the following recipient(s):

{READER} on Sun, 22 Nov 2026 07:00:05 +0000
    The recipient name is not recognized
""",
    "an address book": f"""------- Failure Reasons  --------

User not listed in public Name & Address Book
{READER}

------- Returned Message --------

{ORIGINAL}""",
    "a short note": f"Unknown user: {READER}\n\nOriginal message follows.\n\n{ORIGINAL}",
    "a provider": f"""Sorry, we were unable to deliver your message to the following address.

<{READER}>:
This user doesn't have an example.com account ({READER}) [0]

--- Original message follows.

{ORIGINAL}""",
    "a host that is none": f"""<{READER}>:
Sorry, I couldn't find any host named example.com. (#5.1.2)

--- Below this line is a copy of the message.

{ORIGINAL}""",
    "German": f"""Die Nachricht konnte nicht zugestellt werden:

{READER}: Empfänger unbekannt

--- Original message follows.

{ORIGINAL}""",
}
UNSURE = {
    "an old sendmail": f"""   ----- Transcript of session follows -----
550 <{READER}>... User unknown

   ----- Unsent message follows -----
{ORIGINAL}""",
    "a java server": f"""Hi. This is the mail server at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

Failed recipient(s):
{READER}

Error message:
550 - Requested action not taken: no such user here

{ORIGINAL}""",
    "a transcript": f"""Your message could not be sent.
A transcript of the attempts to send the message follows.
Addressed To: {READER}

Failed to send to identified host,
{READER}: [192.0.2.5], 550 no such user
""",
}
SOFT = {
    "full": f"User mailbox exceeds allowed size: {READER}\n\nOriginal message follows.\n\n{ORIGINAL}",
    "filtered": f"<{READER}>: 554 5.7.1 The message was classified as spam\n\n--- Original message ---\n{ORIGINAL}",
    "expired": f"""<{READER}>:
Connected to 192.0.2.1 but connection died. (#4.4.2)
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.

{ORIGINAL}""",
    "no reason": f"Delivery to this recipient failed:\n\n  {READER}\n\n----- Original message -----\n\n{ORIGINAL}",
}


@pytest.mark.parametrize("server", HARD)
def test_a_dead_address_is_hard_whoever_says_it(server: str) -> None:
    notice = read(written(HARD[server]))
    assert notice.recipients == (READER,)
    assert notice.kind is Kind.HARD


@pytest.mark.parametrize("server", UNSURE)
def test_a_bare_reply_without_a_code_is_not_enough_for_hard_until_it_is_known_to_be_about_the_recipient(
    server: str,
) -> None:
    notice = read(written(UNSURE[server]))
    assert notice.recipients == (READER,)
    assert notice.kind is Kind.SOFT
    told = UNSURE[server].replace("550", "550 5.1.1")
    assert read(written(told)).kind is Kind.HARD


@pytest.mark.parametrize("server", SOFT)
def test_a_mail_refused_for_another_reason_is_soft(server: str) -> None:
    notice = read(written(SOFT[server]))
    assert notice.recipients == (READER,)
    assert notice.kind is Kind.SOFT


def test_the_original_in_the_text_tells_its_message_id_and_its_return_path() -> None:
    notice = read(written(HARD["qmail"]).replace(f"Delivered-To: {OURS}\n".encode(), b"", 1))
    assert notice.message_ids == (MESSAGE_ID,)
    assert notice.return_paths == (OURS,)
    assert notice.status == "5.1.1"


def test_addresses_in_the_original_are_nobodys_failure() -> None:
    assert read(written(f"It failed.\n\n--- Original message ---\n{ORIGINAL}")).recipients == (READER,)


def test_a_failed_recipient_in_the_header_is_enough() -> None:
    notice = read(written("پیام نرسید", more=f"X-Failed-Recipients: {READER}\n"))
    assert (notice.kind, notice.recipients) == (Kind.SOFT, (READER,))


def test_a_failure_that_names_nobody_is_one_for_our_return_path() -> None:
    notice = read(
        written("Message could not be delivered to mobile.\nError: No valid recipients", subject="Undeliverable")
    )
    assert (notice.kind, notice.recipients, notice.return_paths) == (Kind.HARD, (), (OURS,))


def test_several_recipients_keep_their_own_reasons() -> None:
    body = f"<full@example.com>:\nmailbox is full\n\n<{READER}>:\nuser unknown\n\n--- Original message ---\n{ORIGINAL}"
    notice = read(written(body))
    assert notice.recipients == ("full@example.com", READER)
    assert notice.kind is Kind.HARD
    assert "user unknown" in notice.reason
    assert "full" not in notice.reason


def test_html_alone_is_read_as_its_text() -> None:
    page = (
        f"<html><head><style>p{{}}</style></head><body><p>Failed:</p><p>{READER}: <b>user</b> unknown</p></body></html>"
    )
    notice = read(written(page, more="Content-Type: text/html; charset=utf-8\n"))
    assert (notice.kind, notice.recipients) == (Kind.HARD, (READER,))


@pytest.mark.parametrize(
    "words",
    [
        "The mail system will keep trying to deliver it.",
        "Delivery has been delayed. No action is required on your part.",
        "Your message has not yet been delivered; we will retry for 46 more hours: will try again.",
    ],
)
def test_a_server_that_still_tries_has_not_failed(words: str) -> None:
    body = f"{words}\n\n<{READER}>: host mx.example said: 450 user unknown\n"
    assert read(written(body, subject="Warning: could not send message for past 4 hours")).kind is Kind.AUTO
