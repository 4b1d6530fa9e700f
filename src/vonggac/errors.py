"""Every error that Vọng Gác raises on purpose.

::

    VonggacError              something the user can act on; says where and what was expected
    ├── UsageError            a flag or argument is wrong            (exit status 2)
    ├── ConfigError           a setting is unknown or malformed      (exit status 2)
    ├── InputError            an input could not be read, whole or in part
    │   ├── UnsafeInput       refused on purpose: bomb, climbing path, over a limit
    │   └── FormatUnknown     no source recognises the bytes
    ├── RuleError             a rule or rule set cannot be used
    └── DeskError             the desk refuses to read or write something
        ├── NotAllowed        the asker may not do this here
        ├── NotThere          no such thing, or none that the asker may see: both look the same
        ├── EditConflict      somebody else changed it since the asker read it
        └── InvalidValues     values that cannot stand; one Fault per field

Messages are English templates with named fields, filled from ``params``. The rim (``cli``, ``web``)
translates the template first and fills it afterwards, so nothing below the rim knows a language.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
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


class Several(tuple[VonggacError, ...]):
    """Errors that fill the message of another one: each is told in the reader's language."""

    __slots__ = ()

    def __str__(self) -> str:
        return "; ".join(map(str, self))


class DeskError(VonggacError):
    """The desk refuses to read or write something."""


class NotAllowed(DeskError):
    """The asker may not do this here."""


class NotThere(DeskError):
    """There is no such thing, or none that the asker may see."""


class EditConflict(DeskError):
    """Somebody else changed the thing since the asker read it."""


class Term(str):
    """An English text of the catalogue that fills another one: told in the reader's language."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: the field's name (empty: the values together), an English template, what fills it."""

    field: str
    message: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class InvalidValues(DeskError):
    """Values that cannot stand, all faults at once."""

    def __init__(self, faults: Iterable[Fault], *, where: str = "") -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(first.message, where=where or first.field, **first.params)


def N_(message: str) -> str:  # noqa: N802  # the name that gettext tools look for
    """Mark ``message`` for the catalogues without translating it here."""
    return message
