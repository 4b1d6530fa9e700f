"""Parts of a form (``forms``) to indicators, faults and counts of what was passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Literal

from vonggac.detectors.indicators.faults import PASSED_OVER, Fault
from vonggac.detectors.indicators.forms import Left, Part, Told
from vonggac.detectors.indicators.indicator import Indicator, Kind, Place
from vonggac.detectors.indicators.rows import as_written, bulk
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.tables.table import MAX_ROWS, LeftOut

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ADDRESSES = frozenset({"ipv4", "ipv6", "cidr", "range"})
_AT_ONCE = 50_000


@dataclass(slots=True)
class PartsRead:
    """What the parts gave."""

    indicators: list[Indicator] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    skipped: list[LeftOut] = field(default_factory=list)


def read_parts(
    told: Iterator[Told],
    file: str,
    warninglists: Warninglists | None,
    role: Literal["victim", "hostile"] | None,
    family: Callable[[str], str],
) -> PartsRead:
    """Take all that a form tells. ``role``: what plain addresses are, whatever the form says; ``family``: what is kept of a name."""
    found = PartsRead()
    families: dict[str, str] = {"": ""}
    parts: list[Part] = []
    n = 0
    for one in told:
        if isinstance(one, Left):
            if one.reason in PASSED_OVER:
                found.passed_over[one.reason] += one.n
            else:
                found.faults.append(Fault(Place(file, one.section, one.number), one.reason, one.what))
            continue
        n += 1
        if n > MAX_ROWS:
            found.skipped.append(LeftOut("", "too_many_rows", f"{MAX_ROWS:,}"))
            break
        parts.append(one)
        if len(parts) >= _AT_ONCE:
            found.indicators += _indicators(parts, file, warninglists, role, family, families)
            parts.clear()
    found.indicators += _indicators(parts, file, warninglists, role, family, families)
    return found


def _indicators(
    parts: Sequence[Part], file: str, warninglists: Warninglists | None, role: Literal["victim", "hostile"] | None,
    family: Callable[[str], str], families: dict[str, str],
) -> list[Indicator]:  # fmt: skip
    if not parts:
        return []
    (numbers, kinds, values, originals, sections, roles, names, ports, firsts, lasts, _since, untils, _tlp, _sure, notes, _uuid,
     sights) = zip(*parts, strict=True)  # fmt: skip
    for name in set(names) - families.keys():
        families[name] = family(name)
    if role is not None:
        roles = tuple(role if kind in _ADDRESSES else own for kind, own in zip(kinds, roles, strict=True))
    n = len(parts)
    return bulk(
        Indicator, n, kinds, values, originals, roles, bulk(Place, n, repeat(file), sections, numbers), [families[name] for name in names],
        map(_us, firsts), map(_us, lasts), ports, repeat(""), repeat(None), repeat(""),
        [sum(one.n for one in seen) if seen else None for seen in sights], _warnings(kinds, values, warninglists),
        [as_written(note) if note else "" for note in notes], map(_us, untils),
    )  # fmt: skip


def _warnings(kinds: Sequence[Kind], values: Sequence[str], lists: Warninglists | None) -> Iterator[tuple[str, ...]]:
    return repeat(()) if lists is None else map(lists.names_for, kinds, values)


def _us(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND
