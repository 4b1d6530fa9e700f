"""Networks that share addresses and mandates that are held twice, found for all rows at once.

The rules are those of ``actions.networks.check_overlap`` and of the actions over mandates, which ask the database row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vonggac.desk.organisations.models import Network
from vonggac.desk.organisations.staging.known import Known, overlap
from vonggac.desk.organisations.staging.plan import Entry
from vonggac.errors import N_


@dataclass(frozen=True, slots=True, eq=False)
class _Range:
    """Addresses that an organisation has for a time; ``entry`` None: in the database, and not in the file."""

    first: str
    last: str
    side: str
    text: str
    owner_id: int
    valid_from: datetime | None
    valid_until: datetime | None
    entry: Entry | None

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """When it holds."""
        return self.valid_from, self.valid_until


def check_networks(known: Known, entries: Sequence[Entry]) -> None:
    """Note a fault in rows whose public addresses meet those of somebody else at the same time, or repeat one's own."""
    planned = [entry for entry in entries if entry.owner_id is not None and entry.is_whole]
    if not planned:
        return
    ranges = [_planned(entry) for entry in planned] + _others(planned)
    _check_own(ranges)
    public = [one for one in ranges if one.side == "public" and (one.entry is None or one.entry.is_whole)]
    public.sort(key=lambda one: (one.first, _reversed(one.last)))
    active: list[_Range] = []
    for one in public:
        active = [other for other in active if other.last >= one.first]
        for other in list(active):
            told = _judge(known, other, one)
            if told is one:
                break
            if told is other:
                active.remove(other)  # it is told once
        else:
            active.append(one)


def _check_own(ranges: Sequence[_Range]) -> None:
    """The same addresses are there once for a time."""
    same: dict[tuple[Any, ...], list[_Range]] = {}
    for one in sorted(ranges, key=lambda one: one.entry.number if one.entry else 0):
        others = same.setdefault((one.owner_id, one.side, one.first, one.last), [])
        if one.entry is not None and any(overlap(one.period, other.period) for other in others):
            one.entry.check.fault("text", N_("“{text}” is there already for this time"), text=one.text)
        else:
            others.append(one)


def _reversed(key: str) -> int:
    return -int(key, 16)


def _planned(entry: Entry) -> _Range:
    row = entry.cleaned
    owner = entry.owner_id or 0
    return _Range(
        row["first"], row["last"], row["side"], row["text"], owner, row["valid_from"], row["valid_until"], entry
    )


def _others(planned: Sequence[Entry]) -> list[_Range]:
    """Networks of the database that may meet the planned ones and are not among them."""
    mine = {entry.existing["id"] for entry in planned if entry.existing is not None}
    first = min(entry.cleaned["first"] for entry in planned)
    last = max(entry.cleaned["last"] for entry in planned)
    columns = ("first", "last", "side", "text", "organisation_id", "valid_from", "valid_until")
    rows: Any = Network.objects.filter(first__lte=last, last__gte=first).values("id", *columns)
    return [
        _Range(**{name.replace("organisation_id", "owner_id"): row[name] for name in columns}, entry=None)
        for row in rows.iterator(chunk_size=5000)
        if row["id"] not in mine
    ]


def _judge(known: Known, outer: _Range, inner: _Range) -> _Range | None:
    """Note a fault where public addresses meet that must not; gives whose row is told, the later one in the file.

    ``outer`` begins first or, of two that begin together, is the larger one.
    """
    if outer.owner_id == inner.owner_id or not overlap(outer.period, inner.period):
        return None
    if outer.entry is None and inner.entry is None:
        return None
    is_same = (outer.first, outer.last) == (inner.first, inner.last)
    if not is_same and inner.last <= outer.last and _may_nest(known, outer, inner):
        return None
    told, other = (inner, outer) if _number(inner) >= _number(outer) else (outer, inner)
    assert told.entry is not None  # noqa: S101  # one of the two is of the file
    if known.sees(other.owner_id):
        message = N_("“{text}” belongs to {organisation} at that time")
        told.entry.check.fault("text", message, text=other.text, organisation=known.by_id[other.owner_id]["name"])
    else:
        told.entry.check.fault("text", N_("these addresses belong to another organisation at that time"))
    return told


def _number(one: _Range) -> int:
    return 0 if one.entry is None else one.entry.number


def _may_nest(known: Known, outer: _Range, inner: _Range) -> bool:
    """A telecom operator hands out addresses; else both must be the asker's to edit."""
    if known.by_id[outer.owner_id]["kind"] == "telco":
        return True
    return known.may("networks", outer.owner_id) and known.may("networks", inner.owner_id)


def check_mandates(entries: Sequence[Entry], there: Sequence[dict[str, Any]]) -> None:
    """Note a fault in rows that give somebody a mandate which they hold already at that time."""
    mine = {entry.existing["id"] for entry in entries if entry.existing is not None}
    held: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in there:
        if row["id"] not in mine:
            held.setdefault((row["holder_id"], row["subject"], row["over_id"]), []).append(row)
    for entry in entries:
        if not entry.is_whole:
            continue
        row = entry.cleaned
        for other in held.get((entry.owner_id, row["subject"], row["over_id"]), ()):
            if overlap((row["valid_from"], row["valid_until"]), (other["valid_from"], other["valid_until"])):
                entry.check.fault("subject", N_("it holds this mandate already for this time"))
                break
