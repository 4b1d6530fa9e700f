"""What files tell that are no tables: one value at a time, and whatever was left out with its place and reason."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

from vonggac.detectors.indicators.faults import shorten
from vonggac.detectors.indicators.indicator import Kind
from vonggac.detectors.indicators.values import Value, ValueFault, parse_value

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
TLPS: Final = ("clear", "green", "amber", "amber+strict", "red")
"""Traffic Light Protocol 2.0 (FIRST, 2022), the strictest last."""


class Sight(NamedTuple):
    """Somebody saw it, ``n`` times."""

    first_at: datetime
    last_at: datetime
    n: int


class Part(NamedTuple):
    """One value that a file tells of. ``number``: its line, object or attribute, from 1; ``section``: what it stands in.

    ``tlp``, ``confidence``: None or empty where the file says nothing. ``uuid``: its own id, of the first value of several.
    ``family``: the name of malware as it is written. ``valid_until``: from then on it is no longer to be looked for.
    """

    number: int
    kind: Kind
    value: str
    original: str
    section: str = ""
    role: Literal["victim", "hostile"] = "hostile"
    family: str = ""
    port: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    tlp: str = ""
    confidence: int | None = None
    note: str = ""
    uuid: str = ""
    sights: tuple[Sight, ...] = ()


class Left(NamedTuple):
    """A piece that gave no value: ``reason`` is a key of FAULTS or, where that is how it should be, of PASSED_OVER."""

    number: int
    what: str
    reason: str
    section: str = ""
    n: int = 1


Told = Part | Left


class Form(Protocol):
    """One way of writing indicators. Instances are stateless."""

    name: str

    def recognises(self, head: bytes, data: bytes) -> bool:
        """Whether a file is of this form. ``head``: its beginning, as whole lines of UTF-8; ``data``: all of it."""
        ...

    def read(self, data: bytes, file: str) -> Iterator[Told]:
        """Its values in order; raises InputError with the place where the file is broken."""
        ...


def left(number: int, what: object, reason: str, section: str = "") -> Left:
    """A piece left out, its text cut and made visible."""
    text = what if isinstance(what, str) else reprlib.repr(what)  # whatever its size
    return Left(number, shorten(printable(text[:400])), reason, section)


def printable(text: str) -> str:
    """``text`` without what nobody sees and what databases cannot keep."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def texts(value: Any) -> list[str]:
    """The texts of a list, whatever else stands there; none of what is no list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def line(value: Any, most: int) -> str:
    """A text on one line, cut; empty for what is no text."""
    return " ".join(printable(value[: most * 4]).split())[:most] if isinstance(value, str) else ""


def lines(value: Any, most: int) -> str:
    """A text whose line breaks stay, cut; empty for what is no text."""
    return (
        "\n".join(line(one, most) for one in value[:most].splitlines()).strip()[:most] if isinstance(value, str) else ""
    )


def whole(value: Any, low: int, high: int) -> int | None:
    """A whole number, written as a number or in digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def moment(value: Any) -> datetime | None:
    """A time of RFC 3339, or a number of seconds since 1970; None for anything else and for what no calendar of ours holds."""
    if isinstance(value, str) and not value.isdecimal():
        try:
            at = datetime.fromisoformat(value.strip()[:40])
        except ValueError:
            return None
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    elif (seconds := whole(value, 1, 7_226_582_400)) is not None:
        at = datetime.fromtimestamp(seconds, UTC)
    else:
        return None
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return None
    return at if EARLIEST <= at < LATEST else None


def value_of(text: Any, kinds: frozenset[str] | None = None) -> Value:
    """The one value that a text is, of ``kinds``; raises ValueFault."""
    if not isinstance(text, str):
        raise ValueFault("not_text")
    found = parse_value(text.strip())
    if not found.value.isprintable():
        raise ValueFault("not_a_value")
    if kinds is not None and found.kind not in kinds:
        raise ValueFault("wrong_kind")
    if found.scope:
        raise ValueFault(found.scope)
    return found
