"""Every error that Vọng Gác raises on purpose.

::

    VonggacError              something the user can act on; says where and what was expected
    ├── UsageError            a flag or argument is wrong            (exit status 2)
    ├── ConfigError           a setting is unknown or malformed      (exit status 2)
    ├── InputError            an input could not be read, whole or in part
    │   ├── UnsafeInput       refused on purpose: bomb, climbing path, over a limit
    │   └── FormatUnknown     no source recognises the bytes
    └── RuleError             a rule or rule set cannot be used

Messages are English templates with named fields, filled from ``params``. The rim (``cli``, ``web``)
translates the template first and fills it afterwards, so nothing below the rim knows a language.
"""

from __future__ import annotations

from typing import Any


class VonggacError(Exception):
    """A fault that the user can act on.

    ``message`` is an English template in ``str.format`` style; ``params`` fill it; ``where`` names the
    place (file, line, sheet, row, field), empty when there is none.
    """

    def __init__(self, message: str, /, *, where: str = "", **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.params = params

    def __str__(self) -> str:
        text = self.message.format(**self.params) if self.params else self.message
        return f"{self.where}: {text}" if self.where else text


class UsageError(VonggacError):
    """A flag or an argument is wrong."""


class ConfigError(VonggacError):
    """A setting is unknown or malformed."""


class InputError(VonggacError):
    """An input could not be read, whole or in part."""


class UnsafeInput(InputError):
    """An input was refused on purpose: a bomb, a climbing path, over a limit, protected."""


class FormatUnknown(InputError):
    """No source recognises the bytes."""


class RuleError(VonggacError):
    """A rule or a rule set cannot be used."""


def N_(message: str) -> str:  # noqa: N802  # the name that gettext tools look for
    """Mark ``message`` for the catalogues without translating it here."""
    return message
