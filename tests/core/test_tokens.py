import hmac
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core import tokens
from digest.core.errors import KeyMissingError, UsageError

KEY = tokens.Key(b"0123456789abcdef0123456789abcdef")
OTHER = tokens.Key(b"fedcba9876543210fedcba9876543210")


def test_a_made_key_is_secret_to_its_owner_and_loads(tmp_path: Path) -> None:
    path = tokens.make_key(tmp_path)
    assert path == tmp_path / "digest.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert tokens.load_key(tmp_path).secret == path.read_bytes().strip()
    assert len(path.read_bytes().strip()) == 64


def test_a_key_that_is_there_is_never_made_anew(tmp_path: Path) -> None:
    before = tokens.make_key(tmp_path).read_bytes()
    assert tokens.make_key(tmp_path).read_bytes() == before


def test_every_made_key_is_another(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert tokens.make_key(tmp_path / "a").read_bytes() != tokens.make_key(tmp_path / "b").read_bytes()


def test_the_environments_key_comes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.make_key(tmp_path)
    monkeypatch.setenv("DIGEST_KEY", f" {KEY.secret.decode()}\n")
    assert tokens.load_key(tmp_path) == KEY


def test_an_empty_environment_leaves_the_file_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tokens.make_key(tmp_path)
    monkeypatch.setenv("DIGEST_KEY", "")
    assert tokens.load_key(tmp_path).secret == path.read_bytes().strip()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_key_that_others_may_touch_is_refused_with_what_mends_it(tmp_path: Path, mode: int) -> None:
    path = tokens.make_key(tmp_path)
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"others may read it.*chmod 600 {re.escape(str(path))}"):
        tokens.load_key(tmp_path)


def test_a_short_key_is_refused_without_being_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_KEY", "canary")
    with pytest.raises(UsageError, match="6 characters; allowed are 32 or more") as refused:
        tokens.load_key(tmp_path)
    assert "canary" not in str(refused.value)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    tokens.make_key(tmp_path).write_bytes(b"\n")
    with pytest.raises(UsageError, match="0 characters"):
        tokens.load_key(tmp_path)


def test_a_missing_key_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError, match=r"DIGEST_KEY.*digest init") as refused:
        tokens.load_key(tmp_path)
    assert refused.value.exit_code == 2


def test_random_bytes_are_as_good_a_key_as_hex_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytes(range(128, 160))
    path = tokens.make_key(tmp_path)
    path.write_bytes(raw)
    from_file = tokens.load_key(tmp_path)
    monkeypatch.setenv("DIGEST_KEY", raw.decode("utf-8", "surrogateescape"))
    assert from_file.secret == tokens.load_key(tmp_path).secret == raw


@given(st.text(), st.lists(st.text(), max_size=4), st.text(), st.lists(st.text(), max_size=4))
def test_a_tag_is_good_for_its_own_purpose_and_parts_only(
    purpose: str, parts: list[str], other_purpose: str, other_parts: list[str]
) -> None:
    same = (purpose, parts) == (other_purpose, other_parts)
    assert (KEY.tag(purpose, *parts) == KEY.tag(other_purpose, *other_parts)) == same


@given(st.text(), st.text(), st.text())
def test_parts_that_read_alike_when_joined_have_different_tags(purpose: str, first: str, second: str) -> None:
    joined = {KEY.tag(purpose, f"{first}{mark}{second}") for mark in ("\0", "", " ", '", "')}
    assert KEY.tag(purpose, first, second) not in joined


def test_another_key_makes_another_tag_and_says_so() -> None:
    assert (
        KEY.tag("unsubscribe", "daily", "a@example.org")[4:] != OTHER.tag("unsubscribe", "daily", "a@example.org")[4:]
    )
    assert KEY.tag("unsubscribe", "daily", "a@example.org").startswith(KEY.id)
    assert KEY.id != OTHER.id


@given(st.text(), st.text())
def test_a_tag_is_hex_digits_enough_for_128_bits(purpose: str, part: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{36}", KEY.tag(purpose, part))


def test_no_byte_of_the_secret_is_shown() -> None:
    for shown in (repr(KEY), str(KEY), f"{KEY}", repr([KEY]), KEY.tag("x")):
        assert not any(KEY.secret[at : at + 6].decode() in shown for at in range(26))


def test_what_a_former_key_signed_still_holds_and_what_is_looked_up_stays_as_it_was(tmp_path: Path) -> None:
    tokens.make_key(tmp_path)
    before = tokens.load_key(tmp_path)
    (tmp_path / "digest.key").rename(tmp_path / "digest.key.old")
    tokens.make_key(tmp_path)
    now = tokens.load_key(tmp_path)
    assert now.made(before.tag("leave", "a"), "leave", "a")
    assert now.made(now.tag("leave", "a"), "leave", "a")
    assert not before.made(now.tag("leave", "a"), "leave", "a")
    assert (
        now.lasting_tag("suppression", "a") == before.lasting_tag("suppression", "a") == before.tag("suppression", "a")
    )


@given(st.text(), st.text())
def test_no_other_tag_holds(tag: str, part: str) -> None:
    assert KEY.made(tag, "leave", part) == (tag == KEY.tag("leave", part))


def test_former_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    tokens.make_key(tmp_path)
    (tmp_path / "digest.key.old").write_text("0" * 64)
    (tmp_path / "digest.key.old").chmod(0o644)
    with pytest.raises(UsageError, match=r"digest\.key\.old: others may read it"):
        tokens.load_key(tmp_path)


@given(st.binary(min_size=32, max_size=200), st.text(st.characters(codec="utf-8"), max_size=80))
def test_a_tag_is_an_hmac_by_rfc_2104(secret: bytes, part: str) -> None:
    said = f"4:mail{len(part)}:{part}".encode()
    tag = tokens.Key(secret).tag("mail", part)
    assert tag[4:] == hmac.digest(secret, said, "sha256").hex()[:32]
