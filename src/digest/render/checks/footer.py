"""Both parts -> whether a reader finds who writes, why to him, and how to leave, as the law asks."""

import re

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter
from digest.core.text import line
from digest.message import NAMES, UNSUBSCRIBE_MARK
from digest.render.checks._page import page, words

_MARK = re.compile(rf"%%[0-9A-Za-z]+:(?:{NAMES})%%")
_EMAIL_MARK = re.compile(r"%%[0-9A-Za-z]+:EMAIL%%")
_MAIL_LINK = re.compile(r"mailto:\S+@\S+")
_ADDRESS = re.compile(r"\w@[\w-]+\.\w")


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A hold for each part without the postal address, the reader's own address or a link to unsubscribe."""
    del edition
    tree = page(rendered)
    targets = " ".join(link.get("href", "") for link in tree.iter("a", "area"))
    # A mail made for one reader, as in a test or a preview, carries his values in place of the marks.
    marked = _MARK.search(f"{rendered.html} {rendered.text}") is not None
    way_out, reader = (UNSUBSCRIBE_MARK, _EMAIL_MARK) if marked else (_MAIL_LINK, _ADDRESS)
    address = line(newsletter.address)
    wrong = []
    for part, text, links in (("HTML", words(tree), targets), ("text", " ".join(rendered.text.split()), rendered.text)):
        if not address or address not in text:
            wrong.append(f"the {part} part lacks the postal address: print {{{{ newsletter.address }}}}")
        if not way_out.search(links):
            wrong.append(f"the {part} part lacks a way to unsubscribe: link {{{{ reader.unsubscribe }}}}")
        if not reader.search(_MAIL_LINK.sub("", text)):
            wrong.append(f"the {part} part does not say why it comes: name the list and {{{{ reader.email }}}}")
    return tuple(Finding(check="footer", severity=Severity.HOLD, message=message) for message in wrong)
