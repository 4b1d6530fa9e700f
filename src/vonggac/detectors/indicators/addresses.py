"""Addresses: which list entries (addresses, CIDRs, ranges) cover an address, for whole columns at once.

Entries are cut into disjoint segments. Each segment knows the smallest block that covers it, each block its parent, so
that *all* entries that cover an address are found by walking up, and memory stays linear however entries overlap.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators import kernels

_MAPPED = 0xFFFF << 32  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2


class Span(NamedTuple):
    """Addresses ``first`` to ``last``, both included, of IP version ``version`` (4 or 6)."""

    version: int
    first: int
    last: int


def span(text: str) -> Span | None:
    """The addresses that ``text`` names: one, a CIDR (host bits are ignored) or a range ``a-b``; None when it names none.

    IPv4-mapped IPv6 is IPv4.
    """
    text = text.strip()
    try:
        if "/" in text:
            network = ipaddress.ip_network(text, strict=False)
            found = Span(network.version, int(network.network_address), int(network.broadcast_address))
        elif "-" in text:
            left, _, right = text.partition("-")
            a, b = ipaddress.ip_address(left.strip()), ipaddress.ip_address(right.strip())
            if a.version != b.version or int(a) > int(b):
                return None
            found = Span(a.version, int(a), int(b))
        else:
            address = ipaddress.ip_address(text.partition("%")[0])
            found = Span(address.version, int(address), int(address))
    except ValueError:
        return None
    if found.version == 6 and found.first >> 32 == 0xFFFF and found.last >> 32 == 0xFFFF:
        return Span(4, found.first - _MAPPED, found.last - _MAPPED)
    return found


def spans(texts: Sequence[str]) -> list[Span | None]:
    """:func:`span` of each text, plain IPv4 by the hundred thousand."""
    plain = _plain4(texts)
    if plain is not None:
        return plain
    heads, slashes, tails = (
        zip(*(text.strip().partition("/") for text in texts), strict=True) if texts else ((), (), ())
    )
    pieces = [head.encode("utf-8", "replace") for head in heads]
    bounds = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=bounds[1:])
    version, v4, _, _ = parse_texts(np.frombuffer(b"".join(pieces), np.uint8), bounds[:-1], bounds[1:], v6=False)
    found: list[Span | None] = []
    columns = zip(texts, version.tolist(), v4.tolist(), slashes, tails, pieces, strict=True)
    for text, kind, number, slash, tail, head in columns:
        if kind != 4 or b":" in head:
            found.append(span(text))
        elif not slash:
            found.append(Span(4, number, number))
        elif tail.isascii() and tail.isdigit() and len(tail) < 3 and int(tail) <= 32:
            size = 1 << (32 - int(tail))
            found.append(Span(4, number & -size, (number & -size) + size - 1))
        else:
            found.append(span(text))
    return found


def _plain4(texts: Sequence[str]) -> list[Span | None] | None:
    """:func:`spans` when all texts are plain IPv4 addresses, as they are in most lists; None when they are not."""
    data = np.frombuffer("\n".join(texts).encode("utf-8", "replace"), np.uint8)
    breaks = np.flatnonzero(data == 10)
    if not texts or len(breaks) != len(texts) - 1:
        return None
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(data))
    if ((ends - starts) > 15).any():
        return None
    version, v4, _, _ = parse_texts(data, starts, ends, v6=False)
    if (version != 4).any():
        return None
    numbers = v4.tolist()
    return list(map(Span, repeat(4), numbers, numbers))


def parse_texts(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], *, v6: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint64], NDArray[np.uint64]]:
    """Parse ``data[starts[i]:ends[i]]`` for each i: version (0, 4, 6), IPv4 number, upper and lower word of IPv6."""
    n = len(starts)
    version, v4 = np.zeros(n, np.uint8), np.zeros(n, np.uint32)
    high, low = np.zeros(n if v6 else 0, np.uint64), np.zeros(n if v6 else 0, np.uint64)
    kernels.parse_addresses(data, starts, ends, version, v4, high, low)
    return version, v4, high, low


def _blocks(first: int, last: int) -> Iterable[tuple[int, int]]:
    """The fewest CIDR blocks that make up ``first`` to ``last``, as (first, last)."""
    while first <= last:
        size = 1 << ((last - first + 1).bit_length() - 1)
        if first:
            size = min(size, first & -first)
        yield first, first + size - 1
        first += size


@dataclass(slots=True)
class _Nest:
    """Blocks of one IP version, each with the entries that gave it and its parent, and the segments they make."""

    parent: NDArray[np.int32]
    bounds: NDArray[np.int64]
    ids: NDArray[np.int64]
    seg_node: NDArray[np.int32]
    seg_first: NDArray[np.int64]
    seg_end: NDArray[np.int64]


def _nest(first: NDArray[np.int64], end: NDArray[np.int64], ids: NDArray[np.int64]) -> _Nest:
    """Sort blocks (``first`` to ``end``, exclusive) and cut them; ``ids``: the entry of each block."""
    order = np.lexsort((ids, -end, first))
    first, end, ids = first[order], end[order], ids[order]
    is_new = np.ones(len(first), np.bool_)
    is_new[1:] = (first[1:] != first[:-1]) | (end[1:] != end[:-1])
    heads = np.flatnonzero(is_new)
    node_first, node_end = first[heads], end[heads]
    parent = np.empty(len(heads), np.int32)
    room = 2 * len(heads)
    seg_first, seg_end, seg_node = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int32)
    n = kernels.nest(node_first, node_end, parent, seg_first, seg_end, seg_node)
    return _Nest(parent, np.append(heads, len(ids)), ids, seg_node[:n], seg_first[:n], seg_end[:n])


@dataclass(slots=True)
class AddressIndex:
    """Finds the entries that cover an address. Entry i is the i-th of the spans that :meth:`of` was given.

    A *segment* is a run of addresses that the same entries cover. IPv4 segments are numbered first, then IPv6.
    """

    entries: Sequence[Span | None]
    _v4: _Nest
    _v6: _Nest
    _starts: NDArray[np.uint32]
    _ends: NDArray[np.uint32]
    _bitmap: NDArray[np.uint64]
    _buckets: NDArray[np.int32]
    _words6: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]
    _covering: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Span | None]) -> AddressIndex:
        """Index ``entries``; a None is an entry that covers nothing."""
        v4 = _nest(*_pieces4(entries))
        starts, ends = v4.seg_first.astype(np.uint32), (v4.seg_end - 1).astype(np.uint32)
        bitmap = np.zeros(1 << 18, np.uint64)
        kernels.mark_blocks(starts, ends, bitmap)
        edges = np.arange(65537, dtype=np.int64) << 16
        buckets = np.searchsorted(v4.seg_first, edges, side="left").astype(np.int32)
        v6, words = _index6(entries)
        return cls(entries, v4, v6, starts, ends, bitmap, buckets, words)

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> AddressIndex:
        """Index the addresses, CIDRs and ranges written in ``texts``."""
        return cls.of(spans(texts))

    @property
    def tables4(self) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint32]]:
        """What :func:`kernels.find4` looks in: blocks, buckets, first and last address of each segment."""
        return self._bitmap, self._buckets, self._starts, self._ends

    @property
    def tables6(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
        """What :func:`kernels.find6` looks in: upper and lower words of the first and of the last address of each segment."""
        return self._words6

    @property
    def n_segments(self) -> int:
        """How many segments there are."""
        return len(self._v4.seg_node) + len(self._v6.seg_node)

    def find4(self, addresses: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The segment of each IPv4 address, -1 for none."""
        out = np.empty(len(addresses), np.int32)
        kernels.find4(addresses, self._bitmap, self._buckets, self._starts, self._ends, out)
        return out

    def find6(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The segment of each IPv6 address, given as its upper and lower 64 bits; -1 for none."""
        out = np.empty(len(high), np.int32)
        kernels.find6(high, low, *self._words6, out)
        out[out >= 0] += len(self._v4.seg_node)
        return out

    def find_texts(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """The segment of each text ``data[starts[i]:ends[i]]``, -1 for none or when it is no address."""
        has_v6 = len(self._v6.seg_node) > 0
        version, v4, high, low = parse_texts(data, starts, ends, v6=has_v6)
        out = self.find4(v4)
        out[version != 4] = -1
        if has_v6 and len(rows := np.flatnonzero(version == 6)):
            out[rows] = self.find6(high[rows], low[rows])
        return out

    def find_spans(self, wanted: Sequence[Span]) -> NDArray[np.int32]:
        """The segment of the first address of each of ``wanted``."""
        out = np.full(len(wanted), -1, np.int32)
        rows4 = [i for i, one in enumerate(wanted) if one.version == 4]
        out[rows4] = self.find4(np.array([wanted[i].first for i in rows4], np.uint32))
        rows6 = [i for i, one in enumerate(wanted) if one.version == 6]
        high, low = _words([wanted[i].first for i in rows6])
        out[rows6] = self.find6(high, low)
        return out

    def covering(self, segment: int) -> tuple[int, ...]:
        """The entries that cover ``segment``, the most specific (fewest addresses) first, then in order of entry."""
        found = self._covering.get(segment)
        if found is None:
            found = self._covering[segment] = tuple(sorted(self._walk(segment), key=self._rank))
        return found

    def most_specific(self, segment: int) -> int:
        """The most specific entry of ``segment``."""
        return self.covering(segment)[0]

    def _walk(self, segment: int) -> Iterable[int]:
        n4 = len(self._v4.seg_node)
        nest, local = (self._v4, segment) if segment < n4 else (self._v6, segment - n4)
        node = int(nest.seg_node[local])
        while node >= 0:
            yield from nest.ids[nest.bounds[node] : nest.bounds[node + 1]].tolist()
            node = int(nest.parent[node])

    def _rank(self, entry: int) -> tuple[int, int]:
        one = self.entries[entry]
        return (one.last - one.first if one else 0), entry


def _pieces4(entries: Sequence[Span | None]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    firsts: list[int] = []
    ends: list[int] = []
    ids: list[int] = []
    for number, entry in enumerate(entries):
        if entry is None or entry.version != 4:
            continue
        if entry.first == entry.last:
            firsts.append(entry.first)
            ends.append(entry.first + 1)
            ids.append(number)
            continue
        for first, last in _blocks(entry.first, entry.last):
            firsts.append(first)
            ends.append(last + 1)
            ids.append(number)
    return np.array(firsts, np.int64), np.array(ends, np.int64), np.array(ids, np.int64)


def _words(numbers: Sequence[int]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    mask = (1 << 64) - 1
    return np.array([x >> 64 for x in numbers], np.uint64), np.array([x & mask for x in numbers], np.uint64)


def _index6(
    entries: Sequence[Span | None],
) -> tuple[_Nest, tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]]:
    """The nest of the IPv6 entries: blocks are nested by the rank of their borders, which fit into 64 bits."""
    pieces = [
        (first, last + 1, number)
        for number, entry in enumerate(entries)
        if entry is not None and entry.version == 6
        for first, last in _blocks(entry.first, entry.last)
    ]
    borders = sorted({border for first, end, _ in pieces for border in (first, end)})
    rank = {border: number for number, border in enumerate(borders)}
    nest = _nest(
        np.array([rank[first] for first, _, _ in pieces], np.int64),
        np.array([rank[end] for _, end, _ in pieces], np.int64),
        np.array([number for _, _, number in pieces], np.int64),
    )
    starts = _words([borders[i] for i in nest.seg_first.tolist()])
    ends = _words([borders[i] - 1 for i in nest.seg_end.tolist()])
    return nest, (*starts, *ends)
