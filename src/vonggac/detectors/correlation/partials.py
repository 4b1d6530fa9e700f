"""Hits of a block to partial hits: by column, since every line of a log may be one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.correlation.layout import Layout, Slot, Wanted
from vonggac.detectors.sigma.costly import as_number
from vonggac.detectors.sigma.routing import DISPLACED, ROUTING, aliases
from vonggac.detectors.sigma.ruleset import Node
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.folding import fold
from vonggac.events.times import parse_time

NO_TIME, NO_GROUP, NO_VALUE = "no_event_time", "no_group_value", "no_value"
"""Why a hit is no partial hit."""

_NOTHING = (b"", b"-")
"""How logs write that there is no value."""

SPARSE = 8
"""A column is read whole when more than one of so many of its values is asked for."""

_RECORDS = 2**63 - 1
"""The largest number of a record that a row holds."""

Period = tuple[int | None, int | None]


@dataclass(slots=True)
class Partials:
    """Partial hits of one block, in order of slot, then of row.

    ``rows`` are of the layout's row type, their ``file`` 0. ``texts``: digest to the values that it is of, UTF-8.
    ``left``: (number of the correlation, reason) to the hits left out and the record of the first.
    """

    rows: NDArray[np.void]
    texts: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    left: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)


def digest(values: Sequence[bytes]) -> int:
    """64 bits that stand for ``values``, the same on every run; never 0."""
    body = b"".join([len(value).to_bytes(8, "little") + value for value in values])
    return int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "little") or 1


@dataclass(frozen=True, slots=True)
class _Coded:
    """A value for each of some rows: ``values[codes[i]]``, none where the code is -1."""

    codes: NDArray[np.int64]
    values: Sequence[bytes]

    def or_else(self, places: NDArray[np.int64], other: _Coded) -> _Coded:
        """These values, and at ``places`` those of ``other``."""
        codes = self.codes.copy()
        codes[places] = np.where(other.codes < 0, -1, other.codes + len(self.values))
        return _Coded(codes, [*self.values, *other.values])


def _coded(texts: Iterable[bytes]) -> _Coded:
    numbers: dict[bytes, int] = {}
    codes = [-1 if text in _NOTHING else numbers.setdefault(text, len(numbers)) for text in texts]
    return _Coded(np.array(codes, np.int64), list(numbers))


def gather(
    layout: Layout, batch: EventBatch, hits: Mapping[str, NDArray[np.int32]], period: Period = (None, None)
) -> Partials:
    """The partial hits of ``hits`` (id of a rule to rows, ascending) within ``period``."""
    found = {rule: rows for rule, rows in hits.items() if rule in layout.by_rule and len(rows)}
    if not found:
        return Partials(np.empty(0, layout.row))
    return _Gathering(layout, batch, period).all(found)


class _Gathering:
    """One batch."""

    def __init__(self, layout: Layout, batch: EventBatch, period: Period) -> None:
        self._layout = layout
        self._batch = batch
        self._period = period
        self._fields: dict[str, _Coded] = {}
        self._shown: dict[int, tuple[bytes, ...]] = {}
        self._left: dict[tuple[int, str], tuple[int, int]] = {}

    def all(self, hits: Mapping[str, NDArray[np.int32]]) -> Partials:
        parts = []
        for rule, rows in hits.items():
            times, is_timed = self._times(rows)
            parts += [self._slot(slot, rows, times, is_timed) for slot in self._layout.by_rule[rule]]
        return Partials(np.concatenate(parts), self._shown, self._left)

    def _times(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The time of each of ``rows`` in microseconds, and whether it has one, as ``concepts.times_us`` says it."""
        batch = self._batch
        times = np.zeros(len(rows), np.int64)
        is_timed = np.zeros(len(rows), np.bool_)
        for name in concepts.fields_of("@timestamp", batch.source):
            places = np.flatnonzero(~is_timed)
            if not len(places):
                break
            zone = UTC if name in concepts.ALWAYS_UTC else batch.zone
            found = self._own(name, rows[places])
            known = [parse_time(value.decode("utf-8", "replace"), zone, batch.year) for value in found.values]
            codes = found.codes
            is_timed[places] = np.array([time is not None for time in known] + [False], np.bool_)[codes]
            times[places] = np.array([time or 0 for time in known] + [0], np.int64)[codes]
        return times, is_timed

    def _slot(
        self, slot: Slot, rows: NDArray[np.int32], times: NDArray[np.int64], is_timed: NDArray[np.bool_]
    ) -> NDArray[np.void]:
        number = slot.own.correlation
        self._without(rows, is_timed, number, NO_TIME)
        start, end = self._period
        is_within = is_timed.copy()
        if start is not None:
            is_within &= times >= start
        if end is not None:
            is_within &= times < end
        rows, times = rows[is_within], times[is_within]
        group = self._group(slot.own, rows)
        value = self._value(slot.own, rows)
        kept = group != 0
        self._without(rows, kept, number, NO_GROUP)
        if slot.own.value:
            has_value = ~np.isnan(value.view(np.float64)) if slot.own.is_numeric else value != 0
            self._without(rows[kept], has_value[kept], number, NO_VALUE)
            kept &= has_value
        rows = rows[kept]
        found = np.empty(len(rows), self._layout.row)
        found["time"] = times[kept]
        found["file"] = 0
        found["slot"] = slot.number
        found["record"] = _records(self._batch, rows)
        found["group"] = group[kept]
        found["value"] = value[kept]
        found["host"] = self._host(rows)
        for n in range(self._layout.n_above):
            wanted = slot.above[n] if n < len(slot.above) else None
            found[f"above_{2 * n}"] = self._group(wanted, rows) if wanted else 0
            found[f"above_{2 * n + 1}"] = self._value(wanted, rows) if wanted else 0
        return found

    def _without(self, rows: NDArray[np.int32], is_kept: NDArray[np.bool_], number: int, reason: str) -> None:
        """Count those of ``rows`` that are not kept."""
        lost = rows[~is_kept]
        if len(lost):
            count, first = self._left.get((number, reason), (0, self._batch.record(int(lost[0]))))
            self._left[number, reason] = (count + len(lost), first)

    def _group(self, wanted: Wanted, rows: NDArray[np.int32]) -> NDArray[np.uint64]:
        """The digest of each row's group, 0 where a value of it is missing; its texts are kept."""
        return self._digests([self._values(name, rows) for name in wanted.group], len(rows), self._shown)

    def _value(self, wanted: Wanted, rows: NDArray[np.int32]) -> NDArray[np.uint64]:
        """The digest of each row's values, 0 where one is missing; of numbers their bits, NaN where there is none."""
        if not wanted.value:
            return np.zeros(len(rows), np.uint64)
        columns = [self._values(name, rows) for name in wanted.value]
        if not wanted.is_numeric:
            return self._digests(columns, len(rows), {})
        numbers = np.array([*map(_number, columns[0].values), np.nan], np.float64)
        return numbers[columns[0].codes].view(np.uint64)

    def _host(self, rows: NDArray[np.int32]) -> NDArray[np.uint64]:
        found = _Coded(np.full(len(rows), -1, np.int64), [])
        for name in concepts.fields_of("host.name", self._batch.source):
            places = np.flatnonzero(found.codes < 0)
            if not len(places):
                break
            found = found.or_else(places, self._own(name, rows[places]))
        return self._digests([found], len(rows), self._shown)

    def _digests(
        self, columns: Sequence[_Coded], n_rows: int, texts: dict[int, tuple[bytes, ...]]
    ) -> NDArray[np.uint64]:
        """The digest of each row's values, 0 where one is missing; ``texts`` gets what they are of."""
        keys = np.zeros(n_rows, np.int64)
        is_whole = np.ones(n_rows, np.bool_)
        for column in columns:
            keys = keys * (len(column.values) + 1) + column.codes + 1
            is_whole &= column.codes >= 0
            if len(columns) > 1:  # small numbers again, so that many columns overflow nothing
                keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        found = np.zeros(len(first), np.uint64)
        for number, row in enumerate(first.tolist()):
            if is_whole[row]:
                values = tuple(column.values[column.codes[row]] for column in columns)
                name = digest(values)
                texts[name] = values
                found[number] = name
        return found[inverse]

    def _values(self, name: str, rows: NDArray[np.int32]) -> _Coded:
        """The first value of field ``name``, or of its other names, in each of ``rows``."""
        found = self._own(name, rows)
        for alias in aliases(self._batch.source):
            if alias.name == name:
                places = np.flatnonzero(found.codes < 0)
                if not len(places):
                    break
                places = places[self._holds(alias.when)[rows[places]]]
                found = found.or_else(places, self._own(alias.field, rows[places]))
        return found

    def _own(self, name: str, rows: NDArray[np.int32]) -> _Coded:
        """The first value of field ``name`` itself in each of ``rows``."""
        column = self._batch.column(name)
        if not len(column):
            return _Coded(np.full(len(rows), -1, np.int64), [])
        places = np.minimum(np.searchsorted(column.rows, rows), len(column) - 1)
        is_there = column.rows[places] == rows
        known = self._fields.get(name)
        if known is None and SPARSE * len(rows) < len(column):  # few of many: only those are made texts
            bounds = zip(column.offsets[places].tolist(), column.offsets[places + 1].tolist(), strict=True)
            coded = _coded(column.data[a:b].tobytes() for a, b in bounds)
            return _Coded(np.where(is_there, coded.codes, -1), coded.values)
        if known is None:
            blob = column.data.tobytes()
            known = self._fields[name] = _coded(blob[a:b] for a, b in pairwise(column.offsets.tolist()))
        return _Coded(np.where(is_there, known.codes[places], -1), known.values)

    def _holds(self, node: Node) -> NDArray[np.bool_]:
        """The rows in which a condition of a route holds."""
        if node[0] in ("and", "or"):
            every = node[0] == "and"
            found = np.full(self._batch.n_rows, every)
            for child in node[1:]:
                found = found & self._holds(child) if every else found | self._holds(child)
            return found
        name = node[1].removeprefix(ROUTING)
        held, known = np.zeros(self._batch.n_rows, np.bool_), np.zeros(self._batch.n_rows, np.bool_)
        for field_name in (DISPLACED + name, name) if node[1].startswith(ROUTING) else (name,):
            column = self._batch.column(field_name)
            texts = column.texts()
            verdicts = {text: _fits(node, text) for text in set(texts)}
            fitting = np.zeros(self._batch.n_rows, np.bool_)
            fitting[[row for row, text in zip(column.rows.tolist(), texts, strict=True) if verdicts[text]]] = True
            held |= fitting & ~known
            known[column.rows] = True
        return held


def _number(value: bytes) -> float:
    try:
        found = as_number(value.decode("utf-8", "replace"))
        return math.nan if found is None else float(found)
    except (ValueError, OverflowError):  # so many digits that no float holds them
        return math.nan


def _fits(leaf: Node, text: str) -> bool:
    return leaf[0] == "any" or fold(text) == fold("".join(str(token) for token in leaf[2]))


def _records(batch: EventBatch, rows: NDArray[np.int32]) -> NDArray[np.int64]:
    if batch.n_rows and sum(len(shape.records) for shape in batch.shapes) == batch.n_rows:
        try:
            return np.concatenate([np.asarray(shape.records, np.int64) for shape in batch.shapes])[rows]
        except OverflowError:  # EVTX has 64 bits for the number, and a damaged file anything in them
            pass
    return np.fromiter((batch.record(row) & _RECORDS for row in rows.tolist()), np.int64, len(rows))
