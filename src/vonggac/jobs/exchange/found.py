"""What was read from somebody's file: drafts of indicators, sightings, and every part that could not be read with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from vonggac.desk.intel.actions.indicators import MOST_VALUE, Draft
from vonggac.detectors.indicators.faults import FAULTS, shorten
from vonggac.detectors.indicators.values import Value, ValueFault, parse_value
from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput

LARGEST: Final = 20 << 20
"""Bytes of one file."""
MOST_OBJECTS: Final = 200_000
DEEPEST: Final = 40
"""Objects and lists within each other; both formats need ten."""
SHOWN: Final = 200
"""Parts left out that are shown one by one; all are counted."""

REASONS: Final = {
    **FAULTS,
    "not_an_object": N_("not an object with a type and an id"),
    "object_type": N_("objects of this type are not read"),
    "attribute_type": N_("attributes of this type are not looked for"),
    "not_for_detection": N_("its source says that it is not for detection (to_ids)"),
    "deleted": N_("its source has deleted or revoked it"),
    "pattern_type": N_("only patterns of STIX are read"),
    "pattern_too_long": N_("the pattern is too long"),
    "pattern_kind": N_("only comparisons of one value with “=” or ISSUBSET, joined by OR, are read"),
    "pattern_path": N_("the pattern looks at something that is not looked for"),
    "wrong_kind": N_("the value is not of the kind that its place says"),
    "value_too_long": N_("the value is longer than is kept"),
    "not_text": N_("a text was expected"),
    "sighting_of": N_("a sighting of something that is not in this file"),
    "too_many": N_("more objects than are read at once"),
}
"""Why a part was left out, to its English text."""

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What counts where a file does not say. ``family``: the name of malware that is used for a written one."""

    tlp: str = "amber"
    confidence: int = 70
    family: Callable[[str], str] = str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """A sighting that a file tells of: ``of``: place of the draft."""

    of: Draft
    first_at: datetime
    last_at: datetime
    n: int


@dataclass(slots=True)
class Found:
    """All of it. ``form``: stix or misp. ``left_out``: (what, reason) of the first SHOWN; ``n_left_out``: reason to how many."""

    form: str
    drafts: list[Draft] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    n_left_out: Counter[str] = field(default_factory=Counter)
    n_objects: int = 0

    def leave_out(self, what: object, reason: str) -> None:
        """A part that is not read."""
        self.n_left_out[reason] += 1
        if len(self.left_out) < SHOWN:
            self.left_out.append((shorten(printable(str(what)[:200])), reason))


def printable(text: str) -> str:
    """``text`` without what nobody sees and what databases cannot keep."""
    return "".join(char if char.isprintable() else " " for char in text)


def loaded(data: bytes) -> Any:
    """The JSON in ``data``. Raises UnsafeInput when it is too large or too deep, FormatUnknown when it is none."""
    if len(data) > LARGEST:
        message = N_("the file is larger than {limit} MB, which is the most that is taken: cut it in parts")
        raise UnsafeInput(message, limit=LARGEST >> 20)
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise FormatUnknown(N_("this is not JSON: {reason}"), reason=str(error)) from None
    if is_too_deep(value):
        raise UnsafeInput(N_("objects stand in each other more than {n} deep"), n=DEEPEST)
    return value


def is_too_deep(value: Any) -> bool:
    """Whether objects and lists stand in each other more than DEEPEST deep."""
    level = [value]
    for _depth in range(DEEPEST + 1):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


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
    """The one value that a text is, of ``kinds``; raises ValueFault with a reason of REASONS."""
    if not isinstance(text, str):
        raise ValueFault("not_text")
    if len(text) > MOST_VALUE:
        raise ValueFault("value_too_long")
    found = parse_value(text.strip())
    if not found.value.isprintable():
        raise ValueFault("not_a_value")
    if len(found.value) > MOST_VALUE:
        raise ValueFault("value_too_long")
    if kinds is not None and found.kind not in kinds:
        raise ValueFault("wrong_kind")
    if found.scope:
        raise ValueFault(found.scope)
    return found


def not_ours(form: str) -> InputError:
    """What is raised for JSON that is none of a format."""
    return FormatUnknown(N_("this is JSON, but not of {form}"), form=form)
