"""Subject and preheader -> whether an inbox shows them whole and a spam filter likes them."""

from digest.core.mail import Finding, Rendered, Severity
from digest.core.model import Edition
from digest.core.settings import Newsletter

SUBJECT_LENGTH = range(30, 61)
HEADLINE_LENGTH = range(20, 91)
"""Of a subject that is a story's headline, as by default: half of all headlines are longer than 64 characters."""
PREHEADER_LENGTH = range(40, 111)


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """A warning for each habit that costs readers; lengths in characters."""
    del newsletter
    subject, preheader = rendered.subject, rendered.preheader
    shouts = subject.count("!")
    is_headline = any(subject == story.lead.title for story in edition.stories)
    fitting = HEADLINE_LENGTH if is_headline else SUBJECT_LENGTH
    faults = {
        f"the subject has {len(subject)} characters: 30 to 60 are shown whole": len(subject) not in fitting,
        "the subject is all capitals": subject.isupper(),
        f"the subject has {shouts} exclamation marks, allowed is 1": shouts > 1,
        f"the preheader has {len(preheader)} characters: 40 to 110 are shown": len(preheader) not in PREHEADER_LENGTH,
        "the preheader only says the subject again": preheader == subject,
    }
    return tuple(
        Finding(check="subject", severity=Severity.WARN, message=message) for message, wrong in faults.items() if wrong
    )
