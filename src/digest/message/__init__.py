"""A rendered variant -> a mail frozen as bytes with marks; the frozen mail and a recipient's values -> byte chunks.

The body is quoted-printable (RFC 2045 6.7), made once per variant. A mark stands on a soft-broken line of its own, so
a recipient's value takes its place without a byte around it moving, and all recipients share the bytes between. No
line begins with a dot, so that nobody has to double one (RFC 5321 4.5.2).
"""

from digest.message._dkim import Signer, load_signer
from digest.message._freeze import freeze
from digest.message._header import HEADER_NAMES, ONE_CLICK_NAMES, PERSONAL_NAMES, Headers
from digest.message._marks import LINK_MARK, NAMES, UNSUBSCRIBE_MARK, Frozen, reader
from digest.message._template import Template
from digest.message._values import Recipient

__all__ = [
    "HEADER_NAMES",
    "LINK_MARK",
    "NAMES",
    "ONE_CLICK_NAMES",
    "PERSONAL_NAMES",
    "UNSUBSCRIBE_MARK",
    "Frozen",
    "Headers",
    "Recipient",
    "Signer",
    "Template",
    "freeze",
    "load_signer",
    "reader",
]
