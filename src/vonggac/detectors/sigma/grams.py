"""The index of grams by which the literals of all rules are found: made once per rule set, asked by ``gram_kernels``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.sigma import gram_kernels as k

_EDGE_SIZES = (32, 24, 16, 12, 8, 7, 6, 5, 4, 3, 2, 1)
_CONTAINS_SIZES = (8, 4, 3, 2, 1)
_BITS_PER_GRAM = 32


@dataclass(frozen=True, slots=True)
class Index:
    """The grams of all entries: ``about`` int64[n_fields, 12]; the kinds of field f at the edges are
    ``edges[about[f, FIRST_EDGE]:about[f, LAST_EDGE]]``; ``maps`` the bits of all fields; ``table`` uint64[2^n, 2] a gram, and in the
    upper half its field and kind, in the lower its first entry + 1; ``entries`` int32[n, 8] what is known of each.
    """

    about: NDArray[np.int64]
    edges: NDArray[np.int32]
    maps: NDArray[np.uint64]
    table: NDArray[np.uint64]
    entries: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Entry:
    """A folded literal to find in a field, and the tokens that the whole value must be then, ``tokens[first:last]``."""

    field: int
    mode: int
    literal: bytes
    first: int = 0
    last: int = 0
    is_cased: bool = False


def make_index(n_fields: int, wanted: Sequence[Entry]) -> Index:
    """The index of ``wanted``, whose literals stand one behind the other in the array of literals."""
    commonness = Counter(entry.literal[i : i + 4] for entry in wanted for i in range(len(entry.literal) - 3))
    entries = np.zeros((len(wanted), 8), np.int32)
    kinds = np.zeros(len(wanted), np.int32)
    grams = np.zeros(len(wanted), np.uint64)
    of_field: list[dict[int, set[int]]] = [{} for _ in range(n_fields)]
    at = 0
    for number, entry in enumerate(wanted):
        kind, gram, after = _chosen(entry.mode, entry.literal, commonness)
        size = len(entry.literal)
        is_sure = entry.mode != k.EXACT and size <= 8 and kind & 63 == size
        entries[number] = (
            -1,
            k.SURE if is_sure else entry.mode,
            after,
            at,
            size,
            entry.first,
            entry.last,
            entry.is_cased,
        )
        kinds[number] = entry.field * k.KINDS + kind
        grams[number] = gram
        of_field[entry.field].setdefault(kind, set()).add(gram)
        at += size
    table = np.zeros((1 << max(4, (2 * len(wanted)).bit_length()), 2), np.uint64)
    k.fill_table(table, entries, grams, kinds)
    about = np.zeros((n_fields, k.N_ABOUT), np.int64)
    least = {entry.field: 1 << 30 for entry in wanted}
    for entry in wanted:  # in characters, of which folding leaves the number, not the bytes
        least[entry.field] = min(least[entry.field], len(entry.literal.decode("utf-8", "replace")))
    for field, size in least.items():
        about[field, k.LEAST] = size
    edges: list[int] = []
    maps = _Maps()
    for field, found in enumerate(of_field):
        about[field, [k.MAP_8, k.SHIFT_8]] = maps.hashed([gram * int(k.ODD) for gram in found.get(8, ())])
        ends = {gram >> 32 for gram in found.get(8, ())}
        about[field, [k.MAP_4, k.SHIFT_4]] = maps.hashed([gram * int(k.ODD) for gram in ends.union(found.get(4, ()))])
        about[field, [k.MAP_3, k.SHIFT_3]] = maps.hashed([gram * int(k.ODD) for gram in found.get(3, ())])
        about[field, k.MAP_SHORT] = maps.short({size: found[size] for size in (1, 2) if size in found})
        at_edges = sorted(kind for kind in found if kind >= k.PREFIXES)
        about[field, [k.MAP_EDGES, k.SHIFT_EDGES]] = maps.hashed(
            [(gram ^ kind * int(k.MIX)) * int(k.ODD) for kind in at_edges for gram in found[kind]]
        )
        about[field, [k.FIRST_EDGE, k.LAST_EDGE]] = len(edges), len(edges) + len(at_edges)
        edges += at_edges
    return Index(about, np.array(edges, np.int32), maps.words(), table, entries)


class _Maps:
    """Maps of bits, one behind the other."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = []
        self._n_words = 0

    def hashed(self, hashes: Sequence[int]) -> tuple[int, int]:
        """Add a map of the upper bits of 64-bit ``hashes``: its first word and the shift; (-1, 0) when there are none."""
        if not hashes:
            return -1, 0
        n_bits = max(6, (_BITS_PER_GRAM * len(hashes)).bit_length())
        shift = 64 - n_bits
        return self._add(1 << n_bits, [(value & (2**64 - 1)) >> shift for value in hashes]), shift

    def short(self, grams: dict[int, set[int]]) -> int:
        """Add the map of two bytes that end a gram of one or two; its first word, -1 when there are none."""
        if not grams:
            return -1
        places = [last << 8 | before for last in grams.get(1, ()) for before in range(256)]
        places += grams.get(2, ())
        return self._add(1 << 16, places)

    def _add(self, n_bits: int, places: Sequence[int]) -> int:
        words = np.zeros(n_bits >> 6, np.uint64)
        where = np.array(places, np.uint64)
        np.bitwise_or.at(words, (where >> np.uint64(6)).astype(np.int64), np.uint64(1) << (where & np.uint64(63)))
        self._parts.append(words)
        self._n_words += len(words)
        return self._n_words - len(words)

    def words(self) -> NDArray[np.uint64]:
        """All maps."""
        return np.concatenate(self._parts) if self._parts else np.zeros(1, np.uint64)


def _chosen(mode: int, literal: bytes, commonness: Counter[bytes]) -> tuple[int, int, int]:
    """Kind and gram of a literal, and how many bytes follow the gram."""
    n = len(literal)
    text = np.frombuffer(literal, np.uint8)
    if mode == k.EXACT:
        return k.WHOLE, int(k.gram_of_whole(text)), 0
    if mode != k.CONTAINS:
        size = next(size for size in _EDGE_SIZES if size <= n)
        at = 0 if mode == k.PREFIX else n - size
        return (k.PREFIXES if mode == k.PREFIX else k.SUFFIXES) + size, int(k.gram_of(text, at, size)), 0
    size = next(size for size in _CONTAINS_SIZES if size <= n)
    best = 0
    if size >= 4:
        best = min(range(n - size + 1), key=lambda i: commonness[literal[i + size - 4 : i + size]])
    return size, int(k.gram_of(text, best, size)), n - best - size
