"""What was read from somebody's file: drafts of indicators, sightings, and every part that could not be read with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vonggac.desk.intel.actions.indicators import MOST_VALUE, Draft
from vonggac.detectors.indicators.detector import place_text
from vonggac.detectors.indicators.faults import shorten
from vonggac.detectors.indicators.forms.parts import Left, Part, Told, moment, printable
from vonggac.detectors.indicators.indicator import Indicator
from vonggac.detectors.indicators.lists import IndicatorList

LARGEST: Final = 20 << 20
"""Bytes of one file that is sent by browser."""
MOST_OBJECTS: Final = 200_000
SHOWN: Final = 200
"""Parts left out that are shown one by one; all are counted."""


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
    """All of it. ``form``: the name of its form (``detectors.indicators.forms``), or ``table``. ``left_out``: (what, reason) of the first SHOWN; ``n_left_out``: reason to how many."""

    form: str
    drafts: list[Draft] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    n_left_out: Counter[str] = field(default_factory=Counter)
    n_objects: int = 0

    def leave_out(self, what: object, reason: str, n: int = 1) -> None:
        """A part that is not read."""
        self.n_left_out[reason] += n
        if len(self.left_out) < SHOWN:
            self.left_out.append((shorten(printable(str(what)[:200])), reason))


def gather(form: str, told: Iterable[Told], defaults: Defaults) -> Found:
    """All that a form tells, as drafts."""
    found = Found(form)
    for one in told:
        found.n_objects = max(found.n_objects, one.number)
        if isinstance(one, Left):
            found.leave_out(one.what, one.reason, one.n)
        elif len(found.drafts) >= MOST_OBJECTS:
            found.n_left_out["too_many"] += 1
        elif len(one.value) > MOST_VALUE:
            found.leave_out(one.value, "value_too_long")
        else:
            draft = _draft(one, defaults)
            found.drafts.append(draft)
            found.sights += [Sight(draft, seen.first_at, seen.last_at, seen.n) for seen in one.sights]
    return found


def _draft(one: Part, defaults: Defaults) -> Draft:
    is_seen = bool(one.sights)  # kept one by one
    return Draft(
        one.kind, one.value, role=one.role, family=defaults.family(one.family)[:120] if one.family else "", tlp=one.tlp or defaults.tlp,
        confidence=defaults.confidence if one.confidence is None else one.confidence, first_seen=None if is_seen else one.first_seen,
        last_seen=None if is_seen else one.last_seen, valid_from=one.valid_from, expires_at=one.valid_until or defaults.expires_at,
        port=one.port, note=one.note, stix_id=one.uuid,
    )  # fmt: skip


def of_list(read: IndicatorList, defaults: Defaults) -> Found:
    """What a table or a scan holds, as drafts. What may have been misread stays marked."""
    found = Found(read.form, n_objects=sum(table.n_rows for table in read.tables))
    for fault in read.faults:
        found.leave_out(fault.text or place_text(fault.place), fault.reason)
    for reason, n in (read.passed_over or {}).items():
        found.leave_out("", reason, n)
    for one in read.indicators:
        if len(found.drafts) >= MOST_OBJECTS:
            found.n_left_out["too_many"] += 1
        elif len(one.value) > MOST_VALUE:
            found.leave_out(one.value, "value_too_long")
        else:
            found.drafts.append(_of_indicator(one, defaults))
    return found


def _at(time_us: int | None) -> datetime | None:
    """A time that a calendar of ours holds, of microseconds since 1970."""
    return None if time_us is None else moment(time_us // 1_000_000)


def _of_indicator(one: Indicator, defaults: Defaults) -> Draft:
    return Draft(
        one.kind, one.value, role=one.role, family=defaults.family(one.malware)[:120] if one.malware else "", tlp=defaults.tlp,
        confidence=defaults.confidence, first_seen=_at(one.first_seen), last_seen=_at(one.last_seen), expires_at=defaults.expires_at,
        port=one.port, note=one.note, warnings="; ".join(one.warnings)[:500],
    )  # fmt: skip
