"""Everything that can go wrong in a way a person can mend; a class's docstring is its default message.

DigestError                       exit 1
+-- UsageError                    exit 2: wrong usage or configuration, nothing was touched
|   +-- ConfigError               all mistakes of the files a user edits
|   +-- KeyMissingError           no secret to sign with
+-- TemplateError                 an editor's template cannot be rendered
+-- DeliveryError                 the destination cannot be reached
+-- StoreError                    the database cannot be used
"""

from collections.abc import Sequence


class DigestError(Exception):
    """Something failed."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class UsageError(DigestError):
    """This cannot be done as it was asked."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration has mistakes."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


class KeyMissingError(UsageError):
    """No key to sign with: make `digest.key` (`digest init` does) or set DIGEST_KEY."""


class TemplateError(DigestError):
    """A template cannot be rendered."""


class DeliveryError(DigestError):
    """The mail cannot be delivered: the destination does not answer."""


class StoreError(DigestError):
    """The database cannot be used."""
