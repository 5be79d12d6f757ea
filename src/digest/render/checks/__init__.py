"""A rendered mail -> what is wrong with it; one file of this folder is one check."""

from digest.core import plug
from digest.core.mail import Finding, Rendered
from digest.core.model import Edition
from digest.core.settings import Newsletter


def run_checks(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """The findings of all checks, by the checks' names."""
    return tuple(
        finding
        for name in plug.names(__name__)
        for finding in plug.load(__name__, name).check(rendered, edition, newsletter)
    )
