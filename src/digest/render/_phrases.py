"""The words of a language -> the two functions by which a template says them: `_` and `ngettext`."""

from collections.abc import Mapping
from itertools import zip_longest

from markupsafe import Markup

from digest.render._quarantine import printable, token
from digest.words import PLACEHOLDER, Words, formatted


class Phrase:
    """`_("No. %(number)s", number=3)`: the text in the mail's language; what goes into it is a text or a number.

    Where a value is a template's own markup, such as a `{% set %}` block, the result is markup too, and all texts in it
    are in quarantine.
    """

    # Not a dataclass: a template may read the fields of those.
    __slots__ = ("_words",)

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, message: object, /, **values: object) -> str:
        return _filled(self._words.pattern(_literal(message)), values)


class CountedPhrase:
    """`ngettext("%(number)s story", "%(number)s stories", 3)`: the form that the number takes in that language."""

    __slots__ = ("_words",)

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, one: object, many: object, number: object, /, **values: object) -> str:
        if not isinstance(number, int):
            raise TypeError(f"ngettext counts with a whole number, not with {printable(number)!r}")
        pattern = self._words.form(_literal(one), _literal(many), number)
        return _filled(pattern, {"number": self._words.number(number), **values})


def phrases(words: Words) -> dict[str, object]:
    """The functions by the names that templates call them by, which are gettext's."""
    return {"_": Phrase(words), "ngettext": CountedPhrase(words)}


def _literal(message: object) -> str:
    if type(message) is not str:
        raise TypeError(f"a message is a text, not a {type(message).__name__}")
    return message


def _filled(pattern: str, values: Mapping[str, object]) -> str:
    if Markup not in map(type, values.values()):
        return formatted(pattern, {name: v if type(v) is str else printable(v) for name, v in values.items()})
    # Each piece before, between and after the placeholders is quarantined as if it had been printed.
    pieces = PLACEHOLDER.split(pattern)
    texts, names = pieces[::2], pieces[1::2]
    woven = [token(text.replace("%%", "%")) for text in texts]
    shown = [token(values[name]) for name in names]
    return Markup("".join(part for pair in zip_longest(woven, shown, fillvalue="") for part in pair))  # noqa: S704  nothing but tokens, numbers and the template's own markup
