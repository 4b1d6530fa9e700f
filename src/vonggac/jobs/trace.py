"""Tracing through logs: which inner hosts talked to listed destinations, and who was behind a public address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators.addresses import AddressIndex, span
from vonggac.detectors.indicators.matching import DESTINATIONS, Entry, Matcher
from vonggac.detectors.indicators.nat import TOLERANCE_US, NatIndex, Record
from vonggac.events import concepts
from vonggac.events.batch import EventBatch

_INNER = ("source.ip", "client.ip", "host.ip", "host.name")
_MAX_PAIRS = 1_000_000
_MAX_PUBLIC = 16
_SPARSE = 20  # below one row in so many, times are read row by row


@dataclass(slots=True)
class Contact:
    """How often an inner host talked to a destination, and through which public addresses (the first 16)."""

    count: int = 0
    first: int | None = None
    last: int | None = None
    publics: set[str] = field(default_factory=set)

    def add(self, time: int | None, public: str) -> None:
        """Count one event."""
        self.count += 1
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
        if public and len(self.publics) < _MAX_PUBLIC:
            self.publics.add(public)


class Trace:
    """Learns from batches, each once, in any order; memory grows with what is listed and met, not with the logs.

    ``entries``: destinations to look for. ``wanted``: our public addresses with the ports that matter, for NAT logs.
    """

    def __init__(
        self, entries: Sequence[Entry], wanted: Mapping[str, set[int]], tolerance_us: int = TOLERANCE_US
    ) -> None:
        self.entries = entries
        self.contacts: dict[tuple[int, str], Contact] = {}
        self.nat = NatIndex(wanted, tolerance_us)
        self.n_events = 0
        self.n_dropped = 0
        self._matcher = Matcher.of(entries)
        self._wanted = list(wanted)
        self._public = AddressIndex.of_texts(self._wanted)
        self._canonical: dict[str, str] = {}

    def add(self, batch: EventBatch) -> None:
        """Learn from the events of ``batch``."""
        self.n_events += batch.n_rows
        times = _Times(batch)
        if self.entries:
            self._add_contacts(batch, times)
        if self._wanted:
            self._add_nat(batch, times)

    def _add_contacts(self, batch: EventBatch, times: _Times) -> None:
        pairs = list(dict.fromkeys((match.row, match.entry) for match in self._matcher.find(batch, DESTINATIONS)))
        if not pairs:
            return
        rows = np.array([row for row, _ in pairs], np.int64)
        inner = first_texts(batch, _INNER, rows)
        public = first_texts(batch, ("source.nat.ip",), rows)
        moments = times.of(rows)
        for (_, entry), host, outside, time in zip(pairs, inner, public, moments, strict=True):
            if not host:
                continue
            key = (entry, self._address(host))
            contact = self.contacts.get(key)
            if contact is None:
                if len(self.contacts) >= _MAX_PAIRS:
                    self.n_dropped += 1
                    continue
                contact = self.contacts[key] = Contact()
            contact.add(time, self._address(outside) if outside else "")

    def _add_nat(self, batch: EventBatch, times: _Times) -> None:
        for name in concepts.fields_of("source.nat.ip", batch.source):
            column = batch.column(name)
            if not len(column):
                continue
            segments = self._public.find_texts(column.data, column.offsets[:-1], column.offsets[1:])
            hits = np.flatnonzero(segments >= 0)
            rows = column.rows[hits].astype(np.int64)
            inner = first_texts(batch, ("source.ip", "client.ip"), rows)
            ports = first_texts(batch, ("source.nat.port",), rows)
            moments = times.of(rows)
            self.nat.add(
                Record(self._wanted[number], int(port) if port.isdigit() else None, self._address(host), time)
                for segment, port, host, time in zip(segments[hits].tolist(), ports, inner, moments, strict=True)
                if host and time is not None
                for number in self._public.covering(segment)
            )

    def _address(self, text: str) -> str:
        """``text`` as an address in its usual form, or as it is."""
        found = self._canonical.get(text)
        if found is None:
            found = canonical(text)
            if len(self._canonical) < _MAX_PAIRS:
                self._canonical[text] = found
        return found


def canonical(text: str) -> str:
    """The address ``text`` in its usual form; anything else as it is."""
    import ipaddress

    one = span(text)
    if one is None or one.first != one.last:
        return text
    return str(ipaddress.IPv4Address(one.first) if one.version == 4 else ipaddress.IPv6Address(one.first))


def first_texts(batch: EventBatch, names: Sequence[str], rows: NDArray[np.int64]) -> list[str]:
    """For each of ``rows`` the first text of the first of the concepts ``names`` that it has; empty for none."""
    found = [""] * len(rows)
    open_places = np.arange(len(rows))
    for concept in names:
        for name in concepts.fields_of(concept, batch.source):
            column = batch.column(name)
            if not len(column) or not len(open_places):
                continue
            positions = np.searchsorted(column.rows, rows[open_places], side="left")
            is_there = positions < len(column)
            is_there[is_there] = column.rows[positions[is_there]] == rows[open_places][is_there]
            for place, position in zip(open_places[is_there].tolist(), positions[is_there].tolist(), strict=True):
                text = column.text(position)
                found[place] = "" if text == "-" else text
            open_places = np.array([place for place in open_places.tolist() if not found[place]], np.int64)
    return found


class _Times:
    """The times of a batch, read when somebody asks."""

    def __init__(self, batch: EventBatch) -> None:
        self._batch = batch
        self._all: list[int | None] | None = None

    def of(self, rows: NDArray[np.int64]) -> list[int | None]:
        """The time of each of ``rows``."""
        if self._all is None and len(rows) * _SPARSE < self._batch.n_rows:
            return [concepts.time_us(self._batch, row) for row in rows.tolist()]
        if self._all is None:
            self._all = concepts.times_us(self._batch)
        return [self._all[row] for row in rows.tolist()]
