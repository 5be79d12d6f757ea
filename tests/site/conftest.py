"""A newsletter with a site and a client."""

from collections.abc import Iterator

import pytest

from site_pages import Place, furnish, opened
from support import Make


@pytest.fixture
def place(newsletter: Make) -> Iterator[Place]:
    """The site of a small newsletter, with a client in 203.0.113.0/24."""
    with opened(furnish(newsletter(0))) as made:
        yield made
