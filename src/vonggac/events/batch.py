"""What an event is: a batch of events of one source, as sparse columns.

Events with the same keys form a *shape*; a batch numbers its rows shape after shape, so that a column is a
few runs of values and no event pays for a field that it does not have. Columns become bytes only when
somebody asks for them: a detector that wants five fields of thirty pays for five.

How values are compared (every detector, every source): as text. A string is itself, an integer its decimal
digits, a number with a whole value its digits without ``.0``, a boolean ``true`` or ``false``. ``null`` has
no text: such a field is absent. The elements of a list are several values of the field; the field of an
object is reached by a dotted name (``userIdentity.type``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from vonggac.events.skips import Skip


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one field over a batch, as text.

    ``rows``: int32[n], non-decreasing, the row of each value (a row with a list occurs several times);
    ``offsets``: int64[n + 1] into ``data``: uint8[...], UTF-8. Value i is ``data[offsets[i]:offsets[i + 1]]``.
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, index: int) -> str:
        """The text of value ``index``."""
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes().decode("utf-8", "replace")

    def texts(self) -> list[str]:
        """All texts, in the order of ``rows``."""
        blob = self.data.tobytes()
        bounds = self.offsets.tolist()
        return [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(bounds)]


@dataclass(frozen=True, slots=True)
class Spans:
    """Values of a batch where they stand, of which nothing was copied yet.

    Value i is ``data[starts[i]:ends[i]]`` (int64[n] into uint8[...]) and belongs to ``rows[i]`` (int32[n], in any order); it is
    UTF-8, in JSON's form where ``is_escaped[i]``.
    """

    rows: NDArray[np.int32]
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    is_escaped: NDArray[np.bool_]

    @classmethod
    def of(cls, column: Column) -> Spans:
        """The values of ``column``."""
        offsets = column.offsets
        return cls(column.rows, column.data, offsets[:-1], offsets[1:], np.zeros(len(column.rows), np.bool_))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: NDArray[np.int64] | NDArray[np.int32] | NDArray[np.bool_]) -> Spans:
        """Some of the values."""
        return Spans(self.rows[which], self.data, self.starts[which], self.ends[which], self.is_escaped[which])

    def column(self) -> Column:
        """The values, copied and without escapes, in the same order."""
        from vonggac.events.escapes import gather  # compiled code: not everybody who knows batches needs it

        offsets, data = gather(self.data, self.starts, self.ends, self.is_escaped)
        return Column(self.rows, offsets, data)


@dataclass(frozen=True, slots=True)
class Stream:
    """Values of several fields where they stand, in an order that suits memory.

    ``names`` int32[n]: the number of the field of each value among those asked for; :data:`OTHER` for another field's,
    :data:`NO_FIELD` for what is to be left out. ``is_text`` bool[n]: not a number or boolean. ``has_all``: every value of the batch is in it, not only of those fields.
    """

    spans: Spans
    names: NDArray[np.int32]
    is_text: NDArray[np.bool_]
    has_all: bool


OTHER, NO_FIELD = -1, -2

EMPTY_COLUMN = Column(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.uint8))


@dataclass(slots=True)
class Shape:
    """Events with the same keys: ``columns[k][i]`` is the value of ``keys[k]`` in event i; ``records[i]`` its number.

    The last ``n_made`` columns are made from others: fields by which one asks, and that events do not show.
    """

    keys: tuple[str, ...]
    columns: Sequence[Sequence[object]]
    records: Sequence[int]
    n_made: int = 0

    def own(self) -> Iterator[tuple[str, Sequence[object]]]:
        """Name and values of each column but for those that are made."""
        return islice(zip(self.keys, self.columns, strict=True), len(self.keys) - self.n_made)


def stream_of(spans: Spans, name: int) -> Stream:
    """Values that are all of the field with number ``name``; of all fields for :data:`OTHER`."""
    n = len(spans)
    return Stream(spans, np.full(n, name, np.int32), np.ones(n, np.bool_), has_all=name == OTHER)


def leaf_texts(value: object) -> Iterator[str]:
    """The texts of a value: one of a scalar, one per element of a list, one per leaf of an object."""
    if value is None:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, float):
        yield str(int(value)) if value.is_integer() else repr(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaf_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaf_texts(item)
    else:
        yield str(value)


def own_texts(value: object) -> Iterator[str]:
    """The texts of a field's value itself: like :func:`leaf_texts`, but the leaves of objects have names of their own."""
    if isinstance(value, dict):
        return
    if isinstance(value, list | tuple):
        for item in value:
            yield from own_texts(item)
    else:
        yield from leaf_texts(value)


def resolve(value: object, path: Sequence[str]) -> object:
    """Follow ``path`` into objects (and through lists of objects); None where it ends nowhere."""
    if not path:
        return value
    if isinstance(value, dict):
        for n in range(len(path), 0, -1):  # a key may hold dots itself
            found = value.get(".".join(path[:n]))
            if found is not None:
                return resolve(found, path[n:])
        return None
    if isinstance(value, list | tuple):
        found_all = [found for item in value if (found := resolve(item, path)) is not None]
        return found_all or None
    return None


_NUMERIC = {int, float, bool, type(None)}

Texts = Callable[[object], Iterator[str]]


def encode(values: Sequence[object], rows: NDArray[np.int32], texts: Texts = own_texts) -> Column:
    """Turn ``values``, one for each of ``rows``, into a column; ``texts`` says what is not a text to begin with."""
    try:
        joined = "".join(values)  # type: ignore[arg-type]  # the TypeError is the test
    except TypeError:
        return _encode_mixed(values, rows, texts)
    return _pack(values, joined, rows)  # type: ignore[arg-type]


def _pack(texts: Sequence[str], joined: str, rows: NDArray[np.int32]) -> Column:
    lengths: Iterable[int]
    if joined.isascii():
        blob = joined.encode("ascii")
        lengths = map(len, texts)
    else:
        pieces = [text.encode("utf-8", "replace") for text in texts]
        blob = b"".join(pieces)
        lengths = map(len, pieces)
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(lengths, np.int64, len(texts)), out=offsets[1:])
    return Column(rows, offsets, np.frombuffer(blob, np.uint8))


def _encode_mixed(values: Sequence[object], rows: NDArray[np.int32], texts: Texts) -> Column:
    if set(map(type, values)) == {int}:
        whole = list(map(str, values))
        return _pack(whole, "".join(whole), rows)
    found: list[str] = []
    counts: list[int] = []
    for value in values:
        if value.__class__ is str:
            found.append(value)
            counts.append(1)
        elif value is None:
            counts.append(0)
        elif value.__class__ is int:
            found.append(str(value))
            counts.append(1)
        else:
            before = len(found)
            found.extend(texts(value))
            counts.append(len(found) - before)
    return _pack(found, "".join(found), np.repeat(rows, counts))


def concatenate(columns: Sequence[Column]) -> Column:
    """One column of several; the rows are sorted if they were sorted across ``columns``."""
    if not columns:
        return EMPTY_COLUMN
    if len(columns) == 1:
        return columns[0]
    base = 0
    offsets = [np.zeros(1, np.int64)]
    for column in columns:
        offsets.append(column.offsets[1:] + base)
        base += int(column.offsets[-1])
    return Column(
        np.concatenate([c.rows for c in columns]),
        np.concatenate(offsets),
        np.concatenate([c.data[: c.offsets[-1]] for c in columns]),
    )


def _no_raw(record: int) -> bytes:
    raise KeyError(record)


@dataclass(slots=True)
class EventBatch:
    """Tens of thousands of events of one source, numbered shape after shape.

    ``source``: the name of the source that read them. ``zone``: what local times without a zone mean.
    ``raw_of``: record number to the bytes it was read from. ``skipped``: records that could not be read.
    """

    source: str
    shapes: Sequence[Shape]
    zone: tzinfo = UTC
    raw_of: Callable[[int], bytes] = _no_raw
    skipped: Sequence[Skip] = ()
    year: int | None = None
    first_rows: list[int] = field(init=False)
    n_rows: int = field(init=False)
    _columns: dict[str, Column] = field(init=False, default_factory=dict)
    _by_key: dict[str, list[tuple[int, int]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.first_rows = []
        self.n_rows = 0
        for number, shape in enumerate(self.shapes):
            self.first_rows.append(self.n_rows)
            self.n_rows += len(shape.records)
            for position, key in enumerate(shape.keys):
                self._by_key.setdefault(key, []).append((number, position))

    @classmethod
    def from_dicts(
        cls,
        source: str,
        events: Iterable[tuple[int, dict[str, object]]],
        *,
        zone: tzinfo = UTC,
        raw_of: Callable[[int], bytes] = _no_raw,
        skipped: Sequence[Skip] = (),
        year: int | None = None,
    ) -> EventBatch:
        """Group ``(record number, event)`` pairs by their keys."""
        groups: dict[tuple[str, ...], tuple[list[object], list[int]]] = {}
        for record, event in events:
            group = groups.get(keys := tuple(event))
            if group is None:
                group = groups[keys] = ([], [])
            group[0].append(event.values())
            group[1].append(record)
        shapes = [Shape(keys, list(zip(*rows, strict=True)), records) for keys, (rows, records) in groups.items()]
        return cls(source, shapes, zone=zone, raw_of=raw_of, skipped=skipped, year=year)

    def fields(self) -> set[str]:
        """The names of all top-level fields."""
        return set(self._by_key)

    def column(self, name: str) -> Column:
        """The values of field ``name``; empty when no event has it. Computed once."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._column(name)
        return found

    def spans(self, name: str) -> Spans:
        """The values of field ``name`` where they stand, for those who look at all and keep few."""
        return Spans.of(self.column(name))

    def streams(
        self, names: Sequence[str], is_wanted: NDArray[np.bool_] | None, *, with_numbers: bool
    ) -> Iterator[Stream]:
        """All values of the fields ``names``; with ``is_wanted``, also every value of the rows wanted, whatever its field.

        A value can come twice: as its field's, and as one of all.
        """
        for number, name in enumerate(names):
            if len(spans := self.spans(name)):
                yield stream_of(spans, number)
        if is_wanted is not None:
            every = self.all_values(is_wanted, with_numbers=with_numbers)
            yield stream_of(Spans.of(every), OTHER)

    def _column(self, name: str) -> Column:
        return concatenate(
            [
                encode(values, np.arange(first, first + len(values), dtype=np.int32))
                for first, values in self._runs(name)
            ]
        )

    def _runs(self, name: str) -> Iterator[tuple[int, Sequence[object]]]:
        """The values of ``name`` in each shape that can have it, with the number of the shape's first row."""
        parts = name.split(".")
        places: dict[int, list[tuple[int, int]]] = {}
        for n in range(len(parts), 0, -1):  # the longest key first, as resolve() does
            for number, position in self._by_key.get(".".join(parts[:n]), ()):
                places.setdefault(number, []).append((n, position))
        for number in sorted(places):
            columns = self.shapes[number].columns
            if len(places[number]) == 1:
                n, position = places[number][0]
                values = columns[position]
                if n < len(parts):
                    values = [resolve(value, parts[n:]) for value in values]
            else:
                found = places[number]
                values = [
                    next((resolve(v, parts[n:]) for (n, _), v in zip(found, row, strict=True) if v is not None), None)
                    for row in zip(*(columns[position] for _, position in found), strict=True)
                ]
            yield self.first_rows[number], values

    def rows_with(self, name: str) -> NDArray[np.int32]:
        """The rows in which field ``name`` has a value: a text of its own, or one somewhere in its objects."""
        rows = [self.column(name).rows]
        for first, values in self._runs(name):
            if not {dict, list, tuple}.isdisjoint(map(type, values)):
                held = [row for row, value in enumerate(values, first) if next(leaf_texts(value), None) is not None]
                rows.append(np.array(held, np.int32))
        return np.concatenate(rows)

    def all_values(self, is_wanted: NDArray[np.bool_], *, with_numbers: bool) -> Column:
        """Every value of every event with ``is_wanted[row]`` (and perhaps of others), leaves of objects included.

        Not in order of row. Fields that hold only numbers are left out unless ``with_numbers``.
        """
        parts: list[Column] = []
        for shape, first in zip(self.shapes, self.first_rows, strict=True):
            n = len(shape.records)
            if not is_wanted[first : first + n].any():
                continue
            rows = np.arange(first, first + n, dtype=np.int32)
            texts: list[object] = []
            n_text_columns = 0
            for _, column in shape.own():
                if column[0].__class__ is str:  # most likely a column of texts: these go together
                    texts.extend(column)
                    n_text_columns += 1
                elif with_numbers or not set(map(type, column)) <= _NUMERIC:
                    parts.append(encode(column, rows, leaf_texts))
            parts.append(encode(texts, np.tile(rows, n_text_columns), leaf_texts))
        return concatenate(parts)

    def place(self, row: int) -> tuple[Shape, int]:
        """The shape of ``row`` and its index there."""
        number = bisect_right(self.first_rows, row) - 1
        while not len(self.shapes[number].records):  # pragma: no cover - empty shapes share a first row
            number -= 1
        return self.shapes[number], row - self.first_rows[number]

    def record(self, row: int) -> int:
        """The number of the record in its file (line number, EVTX record number), from 1."""
        shape, index = self.place(row)
        return shape.records[index]

    def event(self, row: int) -> dict[str, object]:
        """The event as its source names it."""
        shape, index = self.place(row)
        return {key: values[index] for key, values in shape.own()}

    def value(self, row: int, name: str) -> object:
        """The value of field ``name`` (dotted names reach into objects) in ``row``; None when absent."""
        event = self.event(row)
        found = event.get(name)
        if found is None and "." in name:
            found = resolve(event, name.split("."))
        return self._made_value(row, name) if found is None else found

    def _made_value(self, row: int, name: str) -> object:
        shape, index = self.place(row)
        at = shape.keys.index(name) if name in shape.keys[len(shape.keys) - shape.n_made :] else -1
        return None if at < 0 else shape.columns[at][index]

    def texts(self, row: int, name: str) -> list[str]:
        """The texts of field ``name`` in ``row``."""
        return list(own_texts(self.value(row, name)))

    def raw(self, row: int) -> bytes:
        """The bytes that ``row`` was read from."""
        return self.raw_of(self.record(row))
