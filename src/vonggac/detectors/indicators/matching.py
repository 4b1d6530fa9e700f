"""Matching: the distinct values of indicator lists against the columns of a batch.

Equal values of several lists are one :class:`Entry`; what an event's field means comes from the concept table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vonggac.detectors.indicators.addresses import AddressIndex, span
from vonggac.detectors.indicators.domains import DomainIndex
from vonggac.detectors.indicators.hashes_urls import HashIndex, UrlIndex, host_bounds, url_key
from vonggac.detectors.indicators.indicator import Indicator, Kind
from vonggac.detectors.indicators.sieve import Sieve
from vonggac.events.batch import Column, EventBatch
from vonggac.events.concepts import fields_of

SOURCE_ADDRESSES = ("source.ip", "client.ip", "source.nat.ip", "host.ip")
DESTINATION_ADDRESSES = ("destination.ip", "server.ip", "destination.nat.ip")
NAMES = (
    "dns.question.name",
    "dns.answers.data",
    "url.domain",
    "destination.domain",
    "server.domain",
    "tls.client.server_name",
)
URLS = ("url.full", "url.original", "http.request.referrer")
DIGESTS = tuple(f"{noun}.hash.{kind}" for noun in ("file", "process", "dll") for kind in ("md5", "sha1", "sha256"))
DESTINATIONS = (*DESTINATION_ADDRESSES, *NAMES, *URLS[:2])
"""The concepts that name whom the event's host talked to (a referrer does not)."""

ADDRESS_KINDS = frozenset({"ipv4", "ipv6", "cidr", "range"})


class Entry(NamedTuple):
    """One value to look for and every indicator that names it."""

    kind: Kind
    value: str
    indicators: tuple[Indicator, ...]


class Match(NamedTuple):
    """Field ``field`` of ``row`` holds ``text``, which the entry numbered ``entry`` covers."""

    row: int
    entry: int
    field: str
    text: str


@lru_cache(maxsize=1 << 16)
def kind_of(value: str) -> Kind | None:
    """The kind of a destination written in a list: an address, range, URL or domain; None for nothing."""
    if not (value := value.strip()):
        return None
    found = span(value)
    if found is not None:
        if "/" in value:
            return "cidr"
        return "range" if "-" in value else ("ipv4" if found.version == 4 else "ipv6")
    if "/" in value:
        return "url" if url_key(value) else None
    return "domain" if "." in value else None


def is_doubtful(indicator: Indicator) -> bool:
    """Whether a warninglist says not to act on the value blindly; that it is a sinkhole is no doubt: contact means infected."""
    return "sinkhole" not in indicator.note.lower() and any(
        "sinkhole" not in name.lower() for name in indicator.warnings
    )


def _targets(indicator: Indicator) -> Iterator[tuple[Kind, str]]:
    """What ``indicator`` makes us look for: its value, and the destination that its row names."""
    yield indicator.kind, indicator.value
    if indicator.destination and indicator.destination != indicator.value:
        kind = kind_of(indicator.destination)
        if kind is not None:
            yield kind, indicator.destination


def entries_of(indicators: Iterable[Indicator]) -> list[Entry]:
    """Distinct values in the order in which they first occur, with all indicators that name each."""
    named: dict[tuple[Kind, str], list[Indicator]] = {}
    for indicator in indicators:
        for key in _targets(indicator):
            named.setdefault(key, []).append(indicator)
    return [Entry(kind, value, tuple(found)) for (kind, value), found in named.items()]


@dataclass(slots=True)
class _Part:
    """The entries of some kinds, by their position in an index."""

    numbers: list[int]
    values: list[str]


@dataclass(slots=True)
class Matcher:
    """Looks for ``entries`` in batches."""

    entries: Sequence[Entry]
    _addresses: tuple[_Part, AddressIndex]
    _domains: tuple[_Part, DomainIndex]
    _urls: tuple[_Part, UrlIndex]
    _hashes: tuple[_Part, HashIndex]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Matcher:
        """Index ``entries``."""

        def part(kinds: Iterable[str]) -> _Part:
            wanted = frozenset(kinds)
            numbers = [number for number, entry in enumerate(entries) if entry.kind in wanted]
            return _Part(numbers, [entries[number].value for number in numbers])

        addresses, domains = part(ADDRESS_KINDS), part({"domain"})
        urls, hashes = part({"url"}), part({"md5", "sha1", "sha256"})
        return cls(
            entries,
            (addresses, AddressIndex.of_texts(addresses.values)),
            (domains, DomainIndex.of(domains.values)),
            (urls, UrlIndex.of(urls.values)),
            (hashes, HashIndex.of(hashes.values)),
        )

    def sieve(self) -> Sieve | None:
        """What tells in raw text where an entry may be found; None when some entry cannot be told there."""
        return Sieve.of(
            self._addresses[0].values, self._domains[0].values, self._urls[0].values, self._hashes[0].values
        )

    def find(self, batch: EventBatch, concepts: Sequence[str]) -> list[Match]:
        """All matches in the fields that carry ``concepts``, in order of field as given, then of row."""
        found: list[Match] = []
        seen: set[tuple[str, str]] = set()
        for concept in concepts:
            for name in fields_of(concept, batch.source):
                how = _way(concept)
                if (name, how) in seen:
                    continue
                seen.add((name, how))
                column = batch.column(name)
                if len(column):
                    found.extend(self._find_in(column, name, how))
        if self._urls[0].numbers and set(concepts) & set(URLS):
            found.extend(self._split_urls(batch))
        return found

    def _split_urls(self, batch: EventBatch) -> Iterator[Match]:
        """URLs that an event writes in two fields, host and path."""
        part, index = self._urls
        paths = [name for concept in URLS[:2] for name in fields_of(concept, batch.source)]
        for host_field in fields_of("url.domain", batch.source):
            hosts = batch.column(host_field)
            nodes = index.hosts.find(hosts.data, hosts.offsets[:-1], hosts.offsets[1:])
            for i in np.flatnonzero(nodes >= 0).tolist():
                row = int(hosts.rows[i])
                for name in dict.fromkeys(paths):
                    column = batch.column(name)
                    at = int(np.searchsorted(column.rows, row))
                    if at < len(column) and column.rows[at] == row and (path := column.text(at)).startswith("/"):
                        for local in index.find_text(hosts.text(i) + path):
                            yield Match(row, part.numbers[local], name, hosts.text(i) + path)

    def _find_in(self, column: Column, name: str, how: str) -> Iterator[Match]:
        starts, ends = column.offsets[:-1], column.offsets[1:]
        pairs: list[tuple[int, int]] = []
        if how == "digest":
            pairs.extend(self._digests(column))
        else:
            if how == "url":
                pairs.extend(self._whole_urls(column))
                starts, ends = host_bounds(column.data, starts, ends)
            if self._addresses[0].numbers:
                part, index = self._addresses
                segments = index.find_texts(column.data, starts, ends)
                for i in np.flatnonzero(segments >= 0).tolist():
                    pairs.extend((i, part.numbers[local]) for local in index.covering(int(segments[i])))
            if how != "address" and self._domains[0].numbers:
                names, domains = self._domains
                nodes = domains.find(column.data, starts, ends)
                for i in np.flatnonzero(nodes >= 0).tolist():
                    pairs.extend((i, names.numbers[local]) for local in domains.covering(int(nodes[i])))
        rows = column.rows
        for i, number in pairs:
            yield Match(int(rows[i]), number, name, column.text(i))

    def _digests(self, column: Column) -> Iterator[tuple[int, int]]:
        part, index = self._hashes
        if part.numbers:
            texts, found = index.find(column.data, column.offsets[:-1], column.offsets[1:])
            yield from ((i, part.numbers[local]) for i, local in zip(texts.tolist(), found, strict=True))

    def _whole_urls(self, column: Column) -> Iterator[tuple[int, int]]:
        part, index = self._urls
        if part.numbers:
            starts, ends = host_bounds(column.data, column.offsets[:-1], column.offsets[1:])
            for i in np.flatnonzero(index.hosts.find(column.data, starts, ends) >= 0).tolist():
                yield from ((i, part.numbers[local]) for local in index.find_text(column.text(i)))


def _way(concept: str) -> str:
    if concept in NAMES:
        return "name"
    if concept in URLS:
        return "url"
    return "digest" if concept in DIGESTS else "address"
