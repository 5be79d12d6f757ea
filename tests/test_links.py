from hypothesis import given
from hypothesis import strategies as st

from digest import links
from digest.core.tokens import Key
from digest.links import Page

KEY = Key(b"0" * 64)
SITE = "https://news.example.org"
TAGS = st.text("0123456789abcdef", min_size=36, max_size=36)


def token(page: Page, email: str = "jo@example.org", edition: str = "") -> str:
    return links.link(SITE, KEY, page, 42, "daily", email, edition).rpartition("/")[2]


def test_a_link_leads_to_its_reader_s_page() -> None:
    made = links.link(SITE, KEY, Page.UNSUBSCRIBE, 42, "daily", "Jo@Example.org")
    assert made.startswith(f"{SITE}/unsubscribe/1.2a.{KEY.id}")
    found = links.read(made.rpartition("/")[2])
    assert found
    assert found.subscriber == 42
    assert links.holds(KEY, found, Page.UNSUBSCRIBE, "daily", "jo@example.org")


def test_a_token_is_good_for_its_own_page_job_reader_and_edition_only() -> None:
    found = links.read(token(Page.EDITION, edition="daily-1"))
    assert found
    assert links.holds(KEY, found, Page.EDITION, "daily", "jo@example.org", "daily-1")
    for page in Page:
        assert not links.holds(KEY, found, page, "daily", "jo@example.org")
    assert not links.holds(KEY, found, Page.EDITION, "weekly", "jo@example.org", "daily-1")
    assert not links.holds(KEY, found, Page.EDITION, "daily", "bo@example.org", "daily-1")
    assert not links.holds(Key(b"1" * 64), found, Page.EDITION, "daily", "jo@example.org", "daily-1")


def test_no_address_stands_in_a_link() -> None:
    assert "jo" not in token(Page.PREFERENCES)


@given(st.text() | st.builds("1.{:x}.{}".format, st.integers(0), TAGS))
def test_whatever_stands_in_an_address_is_a_token_or_none(text: str) -> None:
    found = links.read(text)
    assert found is None or (
        found.subscriber >= 0 and not links.holds(KEY, found, Page.CONFIRM, "daily", "a@b.example")
    )
