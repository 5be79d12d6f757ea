import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import text
from digest.formats.subscriber_list import HEADS, Rejected, Row, chosen, read, write

TOPICS = ("ai", "cars")


def rows(data: str | bytes) -> list[Row | Rejected]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), TOPICS))


def only(data: str | bytes) -> Row:
    (row,) = rows(data)
    assert isinstance(row, Row), row
    return row


@pytest.mark.parametrize(
    "data",
    [
        "email,name\njo@example.org,Jo Dö\n",
        "\ufeffemail;name\r\njo@example.org;Jo Dö\r\n",
        "Name\tE-Mail\nJo Dö\tjo@example.org\n",
        'Email Address,First Name,Last Name,Address,OPTIN_TIME,TAGS\njo@example.org,Jo,Dö,"1, Road\n2",2024,"a,b"\n',
        'uuid,email,name,attributes,status,created_at\n1-2,jo@example.org,Jo Dö,"{""a"": 1}",enabled,2024\n',
        "Email,Name,Email disabled,Stripe plan\njo@example.org,Jo Dö,false,Monthly\n",
        "EMAIL_ADDRESS , FULL NAME\n jo@EXAMPLE.org , Jo   Dö \n\n",
    ],
)
def test_lists_of_other_programs_are_understood(data: str) -> None:
    row = only(data)
    assert (row.line, row.email, row.name) == (2, "jo@example.org", "Jo Dö")


def test_old_spreadsheets_and_utf_16_are_decoded() -> None:
    assert only("email,name\njo@example.org,Dö “x”\n".encode("cp1252")).name == "Dö “x”"
    assert only("email\tname\njo@example.org\tDö\n".encode("utf-16")).name == "Dö"


@pytest.mark.parametrize("written", ["ai|cars", "ai;cars", "ai cars", '"ai, cars"', "ai|cars|ai"])
def test_topics_are_separated_in_any_usual_way(written: str) -> None:
    assert only(f"email,topics,language,timezone\na@example.org,{written},de_AT,Europe/Berlin\n") == Row(
        line=2, email="a@example.org", name="", topics=("ai", "cars"), language="de-AT", timezone="Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("head", "cells", "why"),
    [
        ("topics", "ai|money", "'money': no such topic; allowed are ai, cars"),
        ("language", "English please", "language: found 'English please'"),
        ("timezone", "Mars/Base", "timezone: found 'Mars/Base'"),
        ("status", "unsubscribed", "not subscribed"),
        ("status", "Cleaned", "not subscribed"),
        ("status", "blocklisted", "not subscribed"),
        ("subscription_status", "unconfirmed", "not subscribed"),
        ("Email disabled", "true", "not subscribed"),
        ("UNSUB_TIME", "2024-01-01", "not subscribed"),
    ],
)
def test_a_row_that_cannot_be_taken_is_a_line_and_stops_nothing(head: str, cells: str, why: str) -> None:
    rejected, row = rows(f"email,{head}\na@example.org,{cells}\nb@example.org,\n")
    assert isinstance(rejected, Rejected)
    assert rejected.line == 2
    assert why in rejected.why
    assert isinstance(row, Row)
    assert row.line == 3


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "|id@example.org", "-a@example.org", "a@example.org\nBcc: c@example.org", "=1@x.org"]
)
def test_what_is_no_address_is_rejected(email: str) -> None:
    (found,) = rows(f'name,email\nx,"{email}"\n')
    assert isinstance(found, Rejected)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    found = rows('email,notes\na@example.org,"one\ntwo"\n\nnobody,\n')
    assert [each.line for each in found] == [2, 5]


@pytest.mark.parametrize("people", [20, 1_000, 20_000])
def test_a_quotation_mark_that_is_not_closed_swallows_nobody_silently(people: int) -> None:
    first, *_ = rows('email,name\na@example.org,"Jo\n' + "".join(f"r{n}@example.org,x\n" for n in range(people)))
    assert isinstance(first, Rejected)
    assert "quotation mark" in first.why


@pytest.mark.parametrize("data", [b"", b"\0", b"name\nJo\n", b"a@example.org\nb@example.org\n", b"\xff\xfe"])
def test_a_file_without_a_column_of_addresses_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="column `email`"):
        rows(data)


def test_topics_by_hand_are_split_and_checked() -> None:
    assert chosen("ai,cars", TOPICS) == ("ai", "cars")
    assert chosen("", TOPICS) == ()
    with pytest.raises(ValueError, match="allowed are ai, cars"):
        chosen("ai,money", TOPICS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_that_is_written_begins_like_a_formula(start: str) -> None:
    written = "".join(write([("a@example.org", f"{start}1+1", "", "", "")]))
    assert f"'{start}1+1" in written
    assert written.startswith(",".join(HEADS) + "\r\n")


names = st.builds(
    "{}{}".format,
    st.text("'=+-@", max_size=3),
    st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), max_size=12),
)


@given(st.lists(st.tuples(names, st.sets(st.sampled_from(TOPICS))), max_size=6))
def test_what_is_written_is_read_again(people: list[tuple[str, set[str]]]) -> None:
    written = [(f"r{n}@example.org", name, "|".join(sorted(t)), "", "") for n, (name, t) in enumerate(people)]
    found = rows("".join(write(written)))
    kept = [(r.email, r.name, "|".join(r.topics), "", "") for r in found if isinstance(r, Row)]
    # Composing letters are joined, which spells no name differently.
    assert kept == [(email, text.line(name, 100), *rest) for email, name, *rest in written]


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda cells: f"email,name,topics\n{cells}".encode()))
def test_any_bytes_are_rows_rejected_rows_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        assert all("\n" not in each.email if isinstance(each, Row) else each.why for each in rows(data))


def test_what_no_longer_decodes_late_in_the_file_decides_for_all_of_it() -> None:
    first = "".join(f"r{number}@example.org,Jö\n" for number in range(100_000))
    found = rows(b"email,name\n" + first.encode("cp1252") + "x@example.org,“Dö”\n".encode("cp1252"))
    assert {row.name for row in found if isinstance(row, Row)} == {"Jö", "“Dö”"}
    late = rows(b"email,name\n" + first.replace("ö", "o").encode() + "x@example.org,“Dö”\n".encode("cp1252"))
    assert late[-1] == Row(line=100_002, email="x@example.org", name="“Dö”", topics=(), language="", timezone="")


def test_a_letter_between_two_pieces_is_read_whole() -> None:
    filler = b"email,name\n" + b"\n" * ((1 << 20) - 28)
    data = filler + "x@example.org,öööö\n".encode()
    assert data[: 1 << 20].decode(errors="ignore") != data[: 1 << 20].decode(errors="replace")
    assert only(data).name == "öööö"


@pytest.mark.parametrize("row", [b"a@example.org,Jo\n", b"x" * 1_000_000 + b",", b'"', b"nobody,\n"])
def test_a_long_file_needs_no_more_memory_than_a_short_one(row: bytes) -> None:
    data = io.BytesIO(b"email,name\n" + row * (20_000_000 // len(row)))
    tracemalloc.start()
    try:
        counted = sum(1 for _ in zip(read(data, TOPICS), range(30_000), strict=False))
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    assert counted


def test_a_list_is_written_piece_by_piece() -> None:
    pieces = write((f"r{number}@example.org", "", "", "", "") for number in range(10_000))
    assert len(next(pieces)) < 50_000
    assert sum(len(piece) for piece in pieces) > 200_000


def test_an_address_is_kept_in_the_form_in_which_it_is_compared() -> None:
    assert only("email\nInfo@Example.ORG\n").email == "info@example.org"
