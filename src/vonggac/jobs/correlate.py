"""Correlations over a whole scan: the partial hits of all blocks, put into order of time, judged, made findings.

Partial hits come from the workers as rows of numbers. They are kept in memory up to a size, beyond in a temporary file as
runs that are sorted by time, and merged at the end; rows of one time are in the order of their files' names and records. So
the findings are the same whatever the number of workers, the sizes of blocks and the order of the files.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.detectors.correlation.correlator import MAX_EVENTS, MAX_GROUPS, Correlator, Counts, Match
from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.correlation.partials import Partials
from vonggac.detectors.correlation.sieve import Sieve
from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.errors import N_, InputError
from vonggac.events.finding import Finding, finding_id
from vonggac.events.times import iso

SOURCE = "correlation"
"""The source of findings that no single event made."""

RUN_ROWS = 1 << 18
"""Partial hits that are kept in memory (about 15 MB, four times that while they are sorted) before they go to a file."""

LEAST_ROWS = 4096
"""How many rows of a run are read at once at least."""

TEXT_BYTES = 32 << 20
"""Texts of groups that are kept in memory before they go to a file."""

KNOWN_TEXTS = 1 << 20
"""Digests of texts that are remembered, so that none is kept twice."""

AT_ONCE = 4096
"""Matches whose texts are looked up together."""

_OWN_NAMES = frozenset({"count", "value", "first_time", "last_time", "events"})
"""What a finding says itself; a field of the group that is called so stands beside it with ``group.`` before its name."""

_LENGTH = 4


def pack(partials: Partials) -> tuple[dict[str, Any], bytes]:
    """What a worker answers: the small part, and the rows and texts as bytes."""
    texts = [
        [digest, [value.decode("utf-8", "replace") for value in values]] for digest, values in partials.texts.items()
    ]
    rows = partials.rows.tobytes()
    left = [[number, reason, *found] for (number, reason), found in partials.left.items()]
    return {"n_row_bytes": len(rows), "left": left}, rows + orjson.dumps(texts)


class Collector:
    """The partial hits of a scan; a context manager, since it may hold temporary files.

    ``run_rows``, ``max_groups`` and ``max_events`` are the caps of memory.
    """

    def __init__(
        self,
        correlations: Sequence[Correlation],
        *,
        run_rows: int = RUN_ROWS,
        max_groups: int = MAX_GROUPS,
        max_events: int = MAX_EVENTS,
    ) -> None:
        self.layout = Layout(correlations)
        self._correlator = Correlator(self.layout, max_groups=max_groups, max_events=max_events)
        self._sieve = Sieve(self.layout)
        self._runs = _Runs(self.layout, run_rows)
        self._texts = _Texts()
        self._files: list[str] = []
        self._numbers: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runs.close()
        self._texts.close()

    @property
    def counts(self) -> Counts:
        """What the correlator left out or had to forget; whole after :meth:`findings`."""
        return self._correlator.counts

    def add(self, file: str, head: dict[str, Any], data: bytes) -> None:
        """Keep what a worker answered of a block of ``file``, as :func:`pack` gave it.

        Raises InputError where there is no room for it: a scan that forgets hits must not look like a whole one.
        """
        n = head["n_row_bytes"]
        if n:
            number = self._numbers.setdefault(file, len(self._files))
            if number == len(self._files):
                self._files.append(file)
            rows = np.frombuffer(bytearray(data[:n]), self.layout.row)
            rows["file"] = number
            self._sieve.add(rows)
            try:
                self._runs.add(rows)
                self._texts.add(orjson.loads(data[n:]))
            except OSError as error:
                raise InputError(
                    N_("what correlations need could not be kept: {reason}"),
                    where=tempfile.gettempdir(),
                    reason=error.strerror or str(error),
                ) from error

    def findings(self) -> Iterator[Finding]:
        """The findings, in order of time; nothing can be added after."""
        by_name = sorted(range(len(self._files)), key=self._files.__getitem__)
        order = np.argsort(np.array(by_name, np.int64))
        self._files = [self._files[number] for number in by_name]
        matches = self._matches(order)
        while found := list(islice(matches, AT_ONCE)):
            texts = self._texts.find({digest for match in found for digest in (match.group, match.host)})
            yield from (self._finding(match, texts) for match in found)

    def _matches(self, order: NDArray[np.int64]) -> Iterator[Match]:
        for rows in self._runs.merged(order):
            yield from self._correlator.feed(rows[self._sieve.keep(rows)])
        yield from self._correlator.finish()

    def _finding(self, match: Match, texts: dict[int, list[str]]) -> Finding:
        correlation = self.layout.correlations[match.correlation]
        group = texts.get(match.group, [])
        events = [
            {
                "id": _event_id(group, place.time_us, place.record),
                "file": self._files[place.file],
                "record": place.record,
            }
            for place in match.places
        ]
        first = match.places[0]
        event: dict[str, object] = {
            f"group.{name}" if name in _OWN_NAMES else name: value
            for name, value in zip(correlation.group_by, group, strict=False)
        }
        event["value" if correlation.kind.startswith("value_") and correlation.kind != "value_count" else "count"] = (
            match.value
        )
        event |= {"first_time": iso(first.time_us), "last_time": iso(match.last.time_us), "events": events}
        name = _event_id(group, first.time_us, first.record)
        return Finding(
            finding_id(correlation.info.id, f"{orjson.dumps(group).decode()}\0{name}"),
            correlation.info,
            iso(match.last.time_us),
            SOURCE,
            next(iter(texts.get(match.host, ())), ""),
            self._files[first.file],
            first.record,
            event,
        )


def _event_id(group: Sequence[str], time_us: int, record: int) -> str:
    """A name of an event of a group that is the same on every run, wherever its file lies, without reading it again."""
    return hashlib.blake2b(orjson.dumps([group, time_us, record]), digest_size=16).hexdigest()


class _Runs:
    """Rows in runs that are sorted by time, the last one in memory and still unsorted."""

    def __init__(self, layout: Layout, run_rows: int) -> None:
        self._dtype = layout.row
        self._run_rows = run_rows
        self._parts: list[NDArray[np.void]] = []
        self._n_rows = 0
        self._file: IO[bytes] | None = None
        self._stored: list[tuple[int, int]] = []  # first byte and number of rows

    def add(self, rows: NDArray[np.void]) -> None:
        self._parts.append(rows)
        self._n_rows += len(rows)
        if self._n_rows >= self._run_rows:
            self._store()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _sorted(self) -> NDArray[np.void]:
        rows = np.concatenate([np.empty(0, self._dtype), *self._parts])
        self._parts, self._n_rows = [], 0  # before there is a second copy
        return rows[np.argsort(rows["time"], kind="stable")]

    def _store(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        rows = self._sorted()
        self._stored.append((self._file.seek(0, 2), len(rows)))
        self._file.write(rows.tobytes())

    def merged(self, order: NDArray[np.int64]) -> Iterator[NDArray[np.void]]:
        """All rows by time, file, record and slot, some at a time; files are numbered anew: ``order`` of the old number."""
        at_once = max(LEAST_ROWS, self._run_rows // (len(self._stored) + 1))
        runs = [_Run(self._read(start, n, at_once)) for start, n in self._stored]
        rest = self._sorted()
        runs.append(_Run(rest[at : at + at_once] for at in range(0, len(rest), at_once)))
        while runs := [run for run in runs if run.fill()]:
            bound = min((run.bound for run in runs if run.bound is not None), default=None)
            parts = [run.take(bound) for run in runs]
            rows = np.concatenate(parts)
            if len(rows):
                rows["file"] = order[rows["file"]]
                yield rows[np.lexsort((rows["slot"], rows["record"], rows["file"], rows["time"]))]
            else:  # more rows of one time than are read at once
                for run in runs:
                    if run.bound == bound:
                        run.extend()

    def _read(self, start: int, n_rows: int, at_once: int) -> Iterator[NDArray[np.void]]:
        size = self._dtype.itemsize
        for at in range(0, n_rows, at_once):
            assert self._file is not None  # noqa: S101  # there is a run in it
            self._file.seek(start + at * size)
            yield np.frombuffer(self._file.read(min(at_once, n_rows - at) * size), self._dtype)


class _Run:
    """A run being read. ``bound``: rows before this time are all there; None when all rows are."""

    def __init__(self, parts: Iterable[NDArray[np.void]]) -> None:
        self._parts = iter(parts)
        self._rows: NDArray[np.void] | None = None
        self._next = next(self._parts, None)

    def fill(self) -> bool:
        """Have rows, if there are any left."""
        if self._rows is None or not len(self._rows):
            self._rows, self._next = self._next, next(self._parts, None)
        return self._rows is not None

    @property
    def bound(self) -> int | None:
        return None if self._next is None or self._rows is None else int(self._rows["time"][-1])

    def take(self, bound: int | None) -> NDArray[np.void]:
        """The rows before ``bound``, which are gone then."""
        assert self._rows is not None  # noqa: S101  # filled
        n = len(self._rows) if bound is None else int(np.searchsorted(self._rows["time"], bound))
        found, self._rows = self._rows[:n], self._rows[n:]
        return found

    def extend(self) -> None:
        """Have more rows than before."""
        if self._rows is not None and self._next is not None:
            self._rows, self._next = np.concatenate([self._rows, self._next]), next(self._parts, None)


class _Texts:
    """Texts by digest, looked up seldom: kept as they come."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._file = tempfile.SpooledTemporaryFile(TEXT_BYTES)  # noqa: SIM115  # closed by close()

    def close(self) -> None:
        self._file.close()

    def add(self, texts: Sequence[tuple[int, list[str]]]) -> None:
        fresh = [entry for entry in texts if entry[0] not in self._known]
        if not fresh:
            return
        if len(self._known) > KNOWN_TEXTS:
            self._known.clear()
        self._known.update(entry[0] for entry in fresh)
        body = orjson.dumps(fresh)
        self._file.write(len(body).to_bytes(_LENGTH, "little") + body)

    def find(self, wanted: set[int]) -> dict[int, list[str]]:
        """The texts of the digests ``wanted``."""
        found: dict[int, list[str]] = {}
        self._file.seek(0)
        while head := self._file.read(_LENGTH):
            found.update(
                entry for entry in orjson.loads(self._file.read(int.from_bytes(head, "little"))) if entry[0] in wanted
            )
        self._file.seek(0, 2)
        return found
