"""A batch of JSON lines of which no object was made: columns are cut out of the bytes when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.events.batch import (
    EMPTY_COLUMN,
    NO_FIELD,
    OTHER,
    Column,
    EventBatch,
    Spans,
    Stream,
    concatenate,
    encode,
    leaf_texts,
    stream_of,
)
from vonggac.events.skips import Skip
from vonggac.sources import json_kernels as k

Path = tuple[str, ...]
_PATHS = 4096
_TOKENS_PER_BYTE = 0.05
_NOTHING = Spans.of(EMPTY_COLUMN)


class Tokens:
    """The tokens of one block of JSON lines; None from :meth:`read` where the block is beyond the fast reader.

    ``rows`` number the good lines; ``good``: their line numbers from 0; ``left``: those of lines to be read otherwise.
    """

    __slots__ = (
        "_order",
        "_paths",
        "bounds",
        "data",
        "ends",
        "firsts",
        "good",
        "kinds",
        "lasts",
        "left",
        "n_rows",
        "paths",
        "rows",
        "starts",
    )

    @classmethod
    def read(cls, data: bytes, *, plain_depth: int = 0) -> Tokens | None:
        """Tokenize ``data``, whole lines; those with an object in a list at most ``plain_depth`` deep are left out."""
        if not data.endswith(b"\n"):
            data += b"\n"
        view = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(view == 10)
        starts = np.empty_like(ends)
        starts[0] = 0
        starts[1:] = ends[:-1] + 1
        if not data.isascii() and not _is_utf8(data, view, starts, ends):
            return None
        capacity = int(len(data) * _TOKENS_PER_BYTE) + 1024
        while capacity < 2 * len(data) + 4096:
            tokens = cls()
            if tokens._fill(view, starts, ends, capacity, plain_depth):
                return tokens
            capacity *= 4
        return None

    def _fill(
        self,
        data: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        capacity: int,
        plain_depth: int,
    ) -> bool:
        table = np.full(4 * _PATHS, -1, np.int32)
        parents = np.full(_PATHS, -1, np.int32)
        key_starts = np.zeros(_PATHS, np.int64)
        key_ends = np.zeros(_PATHS, np.int64)
        paths = np.empty(capacity, np.int32)
        rows = np.empty(capacity, np.int32)
        firsts = np.empty(capacity, np.int64)
        lasts = np.empty(capacity, np.int64)
        kinds = np.empty(capacity, np.uint8)
        status = np.empty(len(starts), np.uint8)
        n_tokens, n_paths, n_rows = k.tokenize(
            data,
            starts,
            ends,
            table,
            parents,
            key_starts,
            key_ends,
            paths,
            rows,
            firsts,
            lasts,
            kinds,
            status,
            plain_depth,
        )
        if n_tokens < 0:
            return False
        self.data = data
        self.starts, self.ends = starts, ends
        self.rows, self.firsts, self.lasts, self.kinds = rows, firsts, lasts, kinds
        self._paths = paths[:n_tokens]
        self.bounds, self._order = k.group_by_path(paths, n_tokens, n_paths)
        self.n_rows = n_rows
        self.good = np.flatnonzero(status == k.GOOD)
        self.left = np.flatnonzero(status == k.LEFT)
        self.paths = _path_names(data, parents, key_starts, key_ends, n_paths)
        return True

    def of(self, path: int) -> NDArray[np.int32]:
        """The tokens of ``path``, in order of row, nulls too."""
        return self._order[self.bounds[path] : self.bounds[path + 1]]

    def every(self) -> tuple[Spans, NDArray[np.int32], NDArray[np.uint8]]:
        """All tokens in the order of the bytes, nulls too, numbers as they are written; their paths; their kinds."""
        n = len(self._paths)
        kinds = self.kinds[:n]
        return (
            Spans(self.rows[:n], self.data, self.firsts[:n], self.lasts[:n], kinds == k.ESCAPED),
            self._paths,
            kinds,
        )

    def spans(self, which: NDArray[np.int32]) -> Spans:
        """The values of the tokens ``which``, nulls left out."""
        kinds = self.kinds[which]
        return self._spans(which[kinds != k.NULL] if (kinds == k.NULL).any() else which)

    def _spans(self, which: NDArray[np.int32]) -> Spans:
        kinds = self.kinds[which]
        spans = Spans(self.rows[which], self.data, self.firsts[which], self.lasts[which], kinds == k.ESCAPED)
        is_float = kinds == k.FLOAT
        return Spans.of(_with_numbers(spans.column(), np.flatnonzero(is_float))) if is_float.any() else spans


def _is_utf8(data: bytes, view: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> bool:
    """Whether the lines of ``data`` are UTF-8; only those with more than ASCII, mostly few, are looked at."""
    lines = np.unique(np.searchsorted(ends, np.flatnonzero(view >= 0x80)))
    try:
        for start, end in zip(starts[lines].tolist(), ends[lines].tolist(), strict=True):
            data[start:end].decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_numbers(column: Column, odd: NDArray[np.int64]) -> Column:
    """``column`` with the numbers ``odd`` (1.0, 1e3) written as every number is."""
    texts: list[str] = column.texts()
    for index in odd.tolist():
        texts[index] = next(leaf_texts(orjson.loads(texts[index])), "")
    pieces = [text.encode() for text in texts]
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return Column(column.rows, offsets, np.frombuffer(b"".join(pieces), np.uint8))


def _path_names(
    data: NDArray[np.uint8],
    parents: NDArray[np.int32],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    n_paths: int,
) -> list[Path]:
    names: list[Path] = [()]
    for path in range(1, n_paths):
        key = data[starts[path] : ends[path]].tobytes().decode()
        names.append((*names[parents[path]], key))
    return names


@dataclass(frozen=True, slots=True)
class Fields:
    """What the tokens of a block mean.

    ``tokens_of``: native field to its tokens, in order of row. ``marks``: derived field to (field, mark): the part of a
    value after a mark. ``is_ignored``: per path, whether it is no field. ``event_of`` makes the event of a line.
    ``by_event``: field that ``event_of`` adds, to the fields of which an event with it has one.
    """

    tokens_of: Mapping[str, NDArray[np.int32]]
    marks: Mapping[str, tuple[str, bytes]]
    is_ignored: NDArray[np.bool_]
    event_of: Callable[[bytes], dict[str, object]]
    by_event: Mapping[str, Collection[str]] = field(default_factory=dict)


class TokenBatch(EventBatch):
    """Tokens as a batch; ``first_record`` is the number of the block's first line."""

    __slots__ = ("_events", "_first_record", "_named", "_spans", "_tokens")

    def __init__(
        self,
        source: str,
        tokens: Tokens,
        named: Fields,
        *,
        first_record: int,
        zone: tzinfo,
        raw_of: Callable[[int], bytes],
        skipped: Sequence[Skip],
    ) -> None:
        super().__init__(source, (), zone=zone, raw_of=raw_of, skipped=skipped)
        self.n_rows = tokens.n_rows
        self._tokens = tokens
        self._named = named
        self._events: dict[int, dict[str, object]] = {}
        self._spans: dict[str, Spans] = {}
        self._first_record = first_record

    def fields(self) -> set[str]:
        """The names of all top-level fields."""
        return {name.split(".", 1)[0] for name in self._named.tokens_of}

    def _column(self, name: str) -> Column:
        return self.spans(name).column()

    def spans(self, name: str) -> Spans:
        """The values of field ``name`` where they stand in the lines."""
        found = self._spans.get(name)
        if found is None:
            if self._is_made(name):
                found = self._made(name)
            else:
                tokens = self._named.tokens_of.get(name)
                found = _NOTHING if tokens is None else self._tokens.spans(tokens)
            self._spans[name] = found
        return found

    def _is_made(self, name: str) -> bool:
        """Whether values of field ``name`` are made from others'."""
        return name in self._named.by_event or name in self._named.marks

    def _made(self, name: str) -> Spans:
        """The values of a field that is made from others, with its own."""
        if name in self._named.by_event:
            tokens = self._named.tokens_of.get(name)
            own = EMPTY_COLUMN if tokens is None else self._tokens.spans(tokens).column()
            return Spans.of(self._by_event(name, own))
        other, mark = self._named.marks[name]
        return _derived(self.column(other), mark)

    def _made_value(self, row: int, name: str) -> object:
        if name not in self._named.marks:
            return None
        spans = self.spans(name)
        texts = spans.take(np.flatnonzero(spans.rows == row)).column().texts()
        return texts if len(texts) > 1 else next(iter(texts), None)

    def _by_event(self, name: str, own: Column) -> Column:
        """``own`` with what ``event_of`` adds to the other events; only the few that may have it are made."""
        rows = np.unique(np.concatenate([self.column(other).rows for other in self._named.by_event[name]]))
        rows = rows[~np.isin(rows, own.rows)]
        added = encode([self.event(row).get(name) for row in rows.tolist()], rows)
        return added if not len(own) else own if not len(added) else _merged(own, added)

    def rows_with(self, name: str) -> NDArray[np.int32]:
        """The rows in which field ``name`` has a value: a text of its own, or one somewhere in its objects."""
        below = name + "."
        inner = [self.spans(other).rows for other in self._named.tokens_of if other.startswith(below)]
        return np.concatenate([self.spans(name).rows, *inner])

    def all_values(self, is_wanted: NDArray[np.bool_], *, with_numbers: bool) -> Column:
        """Every value of every event with ``is_wanted[row]``; numbers and booleans only ``with_numbers``."""
        spans, paths, kinds = self._tokens.every()
        kept = (
            (kinds <= (k.LITERAL if with_numbers else k.ESCAPED))
            & is_wanted[spans.rows]
            & ~self._named.is_ignored[paths]
        )
        return self._tokens.spans(np.flatnonzero(kept).astype(np.int32)).column()

    def streams(
        self, names: Sequence[str], is_wanted: NDArray[np.bool_] | None, *, with_numbers: bool
    ) -> Iterator[Stream]:
        """All values in the order of the bytes; then those of fields that are made from others."""
        del with_numbers  # numbers come with the others
        spans, paths, kinds = self._tokens.every()
        numbers = np.where(self._named.is_ignored, NO_FIELD, OTHER).astype(np.int32)[paths]
        for number, name in enumerate(names):
            if self._is_made(name):
                if len(made := self.spans(name)):
                    yield stream_of(made, number)
            elif (tokens := self._named.tokens_of.get(name)) is not None:
                numbers[tokens] = number
        numbers[kinds == k.NULL] = NO_FIELD
        is_float = kinds == k.FLOAT
        if is_float.any():  # their texts are not what stands in the line
            floats = np.flatnonzero(is_float).astype(np.int32)
            texts = self._tokens.spans(floats)
            yield Stream(texts, numbers[floats], np.zeros(len(floats), np.bool_), has_all=is_wanted is not None)
            numbers[floats] = NO_FIELD
        yield Stream(spans, numbers, kinds <= k.ESCAPED, has_all=is_wanted is not None)

    def record(self, row: int) -> int:
        """The number of the line, from the first of the file."""
        return self._first_record + int(self._tokens.good[row])

    def event(self, row: int) -> dict[str, object]:
        """The event as its source names it."""
        found = self._events.get(row)
        if found is None:
            line = self._tokens.good[row]
            raw = self._tokens.data[self._tokens.starts[line] : self._tokens.ends[line]].tobytes()
            found = self._events[row] = self._named.event_of(raw)
        return found


def _merged(first: Column, second: Column) -> Column:
    """Both in order of row."""
    both = Spans.of(concatenate([first, second]))
    return both.take(np.argsort(both.rows, kind="stable")).column()


def _derived(column: Column, mark: bytes) -> Spans:
    which, starts, ends = k.after_mark(column.data, column.offsets, np.frombuffer(mark, np.uint8))
    return Spans(column.rows[which], column.data, starts, ends, np.zeros(len(which), np.bool_))
