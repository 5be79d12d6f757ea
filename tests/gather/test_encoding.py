"""Bytes with true, false and missing labels become the right text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather._encoding import decode

TEXTS = {
    "utf-8": "Größe – “quoted” łódź 東京 हिन्दी",
    "iso-8859-1": "Größe, façade, señor",
    "windows-1252": "“Größe” – façade",
    "iso-8859-2": "Łódź, žluťoučký kůň",
    "windows-1251": "Правительство объявило о решении",
    "koi8-r": "Правительство объявило о решении",
    "windows-1253": "Η κυβέρνηση ανακοίνωσε",
    "shift_jis": "政府は発表した",
    "euc-jp": "政府は発表した",
    "gb2312": "政府宣布了新的计划",
    "big5": "政府宣布了新的計畫",
    "euc-kr": "정부는 새로운 계획을 발표했다",
}


@pytest.mark.parametrize(("label", "text"), TEXTS.items())
def test_the_label_of_the_declaration_is_believed(label: str, text: str) -> None:
    source = f'<?xml version="1.0" encoding="{label}"?><rss>{text}</rss>'
    assert decode(source.encode(label)) == source


@pytest.mark.parametrize(("label", "text"), TEXTS.items())
def test_the_label_of_the_answer_goes_before_the_declaration(label: str, text: str) -> None:
    source = f'<?xml version="1.0" encoding="utf-8"?><rss>{text}</rss>'
    assert decode(source.encode(label), f'text/xml; charset="{label.upper()}"') == source


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("said", ["", "utf-8", "iso-8859-1"])
def test_a_mark_or_the_shape_of_the_first_bytes_goes_before_every_label(encoding: str, said: str) -> None:
    source = f'<?xml version="1.0" encoding="{said or "utf-16"}"?><rss>Größe 東京</rss>'
    assert decode(source.encode(encoding), f"text/xml; charset={said}" if said else "") == source


def test_utf_8_labelled_as_latin_is_still_read_as_utf_8() -> None:
    source = '<?xml version="1.0" encoding="iso-8859-1"?><rss>Größe – 東京</rss>'
    assert decode(source.encode(), "text/xml; charset=ISO-8859-1") == source


def test_a_wide_label_on_narrow_bytes_lies() -> None:
    source = '<?xml version="1.0" encoding="utf-16"?><rss>Größe</rss>'
    assert decode(source.encode(), "text/xml; charset=utf-16") == source


def test_a_few_damaged_bytes_do_not_make_another_encoding() -> None:
    assert decode("<rss>Größe ".encode() + b"\xff" + "東京</rss>".encode()) == "<rss>Größe \ufffd東京</rss>"


def test_a_text_whose_every_label_lies_is_detected() -> None:
    text = "Правительство объявило о решении построить новую дорогу между городами. " * 20
    assert "Правительство объявило" in decode(f"<rss>{text}</rss>".encode("cp1251"), "text/xml; charset=utf-8")


@pytest.mark.parametrize(
    "label", ["base64", "zlib", "punycode", "unicode_escape", "idna", "utf-7", "rot13", "nonsense", "os.path"]
)
def test_a_label_that_is_no_writing_is_not_used(label: str) -> None:
    assert decode(b"<rss>a\\u0041+AGE-</rss>", f"text/xml; charset={label}") == "<rss>a\\u0041+AGE-</rss>"


@given(st.binary(max_size=400), st.text(max_size=30))
def test_any_bytes_under_any_label_become_a_text(data: bytes, label: str) -> None:
    assert isinstance(decode(data, f"text/xml; charset={label}"), str)


def test_five_megabytes_of_noise_are_decoded_in_time() -> None:
    noise = bytes(range(128, 256)) * 39_000
    begun = time.process_time()
    assert decode(noise)
    assert time.process_time() - begun < 2
