import json

import pytest

from digest.formats import relay_log

EDITION = "brief-2026-11-23T0700"
PREFIXES = (f"<{EDITION}.",)


def message_id(name: str, edition: str = EDITION) -> str:
    return f"<{edition}.{name}@news.example.org>"


def cleanup(queue_id: str, name: str, program: str = "postfix/cleanup") -> str:
    return f"Nov 23 07:00:01 relay {program}[4711]: {queue_id}: message-id={message_id(name)}"


def queued(queue_id: str, program: str = "postfix/qmgr") -> str:
    return (
        f"Nov 23 07:00:01 relay {program}[99]: {queue_id}: "
        "from=<bounces+1a2b3c4d-7-x@news.example.org>, size=81234, nrcpt=1 (queue active)"
    )


POSTFIX = f"""\
Nov 23 07:00:00 relay postfix/smtpd[4709]: connect from localhost[127.0.0.1]
Nov 23 07:00:00 relay postfix/smtpd[4709]: 4XyZ1b2c3d: client=localhost[127.0.0.1], sasl_method=PLAIN, sasl_username=me
{cleanup("4XyZ1b2c3d", "a")}
{queued("4XyZ1b2c3d")}
Nov 23 07:00:02 relay postfix/smtp[4712]: 4XyZ1b2c3d: to=<r0@example.org>, relay=mx.example.org[192.0.2.1]:25, \
delay=1.2, delays=0.1/0/0.5/0.6, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Q)
Nov 23 07:00:02 relay postfix/qmgr[99]: 4XyZ1b2c3d: removed
{cleanup("7F3A21", "b")}
Nov 23 07:00:02 relay postfix/smtpd[4709]: lost connection after DATA (61440 bytes) from localhost[127.0.0.1]
2026-11-23T07:00:03.123456+01:00 relay postfix-out/cleanup[1]: 9ABCDE: message-id={message_id("c")}
2026-11-23T07:00:03.123466+01:00 relay postfix-out/qmgr[2]: 9ABCDE: from=<bounces@news.example.org>, size=1, nrcpt=1
"""


def taken(text: str) -> set[str]:
    return {each.split(".")[1].partition("@")[0] for each in relay_log.taken(text.splitlines(), PREFIXES)}


def test_of_a_postfix_log_a_mail_counts_once_the_queue_manager_has_it() -> None:
    assert taken(POSTFIX) == {"a", "c"}


def test_a_queue_id_that_is_used_again_does_not_stand_for_the_mail_it_once_had() -> None:
    stranger = "Nov 23 07:00:09 relay postfix/cleanup[1]: 7F3A21: message-id=<other@example.net>"
    assert taken("\n".join([cleanup("7F3A21", "b"), stranger, queued("7F3A21")])) == set()
    assert taken("\n".join([stranger, cleanup("7F3A21", "b"), queued("7F3A21"), queued("7F3A21")])) == {"b"}


def test_a_mail_that_was_refused_is_not_taken_though_its_message_id_is_logged() -> None:
    refused = (
        f"Nov 23 07:00:01 relay postfix/cleanup[1]: 7F3A21: reject: header Message-ID: {message_id('b')} "
        "from localhost[127.0.0.1]; from=<a@example.org> to=<r0@example.org> proto=ESMTP helo=<x>: 5.7.1 no"
    )
    assert taken("\n".join([refused, cleanup("7F3A21", "b")])) == set()


def test_interleaved_mails_are_told_apart() -> None:
    assert taken("\n".join([cleanup("A1", "a"), cleanup("B2", "b"), queued("B2")])) == {"b"}


def test_of_json_lines_each_message_id_counts() -> None:
    events = [
        {"event": "delivered", "message-id": message_id("a"), "recipient": "r0@example.org"},
        {"smtp-id": message_id("b"), "nested": [{"id": message_id("c")}]},
        {"message-id": message_id("d", "weekly-2026-11-23T0700")},
    ]
    assert taken("\n".join(json.dumps(event) for event in events)) == {"a", "b", "c"}


def test_json_that_escapes_angle_brackets_is_read_too() -> None:
    line = json.dumps({"message-id": message_id("a")}).replace("<", "\\u003c").replace(">", "\\u003E")
    assert taken(line) == {"a"}


def test_of_csv_each_message_id_counts() -> None:
    lines = [f'2026-11-23,{message_id("a")},250,"ok, said r0@example.org"', f'"{message_id("b")}";r1@example.org']
    assert taken("\n".join(lines)) == {"a", "b"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no address here",
        f"<{EDITION}.a@news.example.org",
        f"<{EDITION}.2.a@>",
        message_id("a", "brief-2026-11-24T0700"),
        message_id("a", "other-brief-2026-11-23T0700"),
        "\xff<<<>>>@@@",
        f"Nov 23 07:00:01 relay postfix/cleanup[1]: A1: message-id={message_id('a')}",
        queued("A1"),
    ],
)
def test_anything_else_is_no_mail_that_was_taken(line: str) -> None:
    assert taken(line) == set()


def test_every_edition_that_is_asked_for_is_looked_for() -> None:
    lines = [message_id("a"), message_id("b", "weekly-2026-11-23T0700"), message_id("c", "x-1")]
    found = relay_log.taken(lines, ("<brief-2026-11-23T0700.", "<weekly-2026-11-23T0700."))
    assert found == {message_id("a"), message_id("b", "weekly-2026-11-23T0700")}
    assert relay_log.taken(lines, ()) == frozenset()
