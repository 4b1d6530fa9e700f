"""Finding all literals of all rules in the values of a field: an index of *grams*, and the loop that asks it.

A gram is a few bytes of a literal, compared as one 64-bit number: of a substring those 8 (of a short one 4, 3, 2 or 1) that
occur in the fewest other literals; of a prefix its first, of a suffix its last bytes; of a whole value its length with its
first and last 8. A value is looked at once, byte after byte. Whether its last 8 or 4 bytes may be a gram is one bit of a
map that fits the processor's cache; only where that bit is set the hash table is asked, and what it answers is compared
whole. So what a byte costs hardly grows with the number of literals. (After the filter of Wu and Manber, "A fast algorithm
for multi-pattern searching", TR-94-17, University of Arizona; without their shifts, since some literals are short.)

ASCII case is folded here. Values with other characters are told back and come again folded, for that needs Unicode's tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vonggac.detectors.sigma.glob_kernels import glob_match
from vonggac.events.escapes import unescape

EXACT, PREFIX, SUFFIX, CONTAINS, SURE = range(5)
"""How an entry's literal must stand in a value; ``SURE`` where its gram is the whole of it, so that nothing is left to compare."""


PREFIXES, SUFFIXES, WHOLE, KINDS = 64, 128, 192, 256
"""Kinds of grams: of a substring its bytes, of a prefix 64 + its bytes, of a suffix 128 + its bytes, of a whole value 192."""


(
    MAP_4,
    SHIFT_4,
    MAP_8,
    SHIFT_8,
    MAP_3,
    SHIFT_3,
    MAP_SHORT,
    MAP_EDGES,
    SHIFT_EDGES,
    FIRST_EDGE,
    LAST_EDGE,
    LEAST,
    N_ABOUT,
) = range(13)
"""What is known of a field: the first word of each map (-1: none) and the shift that makes a hash the number of a bit; which
kinds of grams its prefixes, suffixes and whole values have; how many characters its shortest literal has."""

NEXT, MODE, AFTER, FIRST, LENGTH, PROGRAM, PROGRAM_END, CASED = range(8)
"""What is known of an entry, in one cache line: the next with the same gram (-1: none); how many bytes of a substring follow
its gram; where the literal stands; the tokens that the whole value must be, none when finding the literal is enough."""

_FOUND = 512

REMEMBERED = 1 << 13
"""How many values are remembered with what was found in them."""

_KEPT, _LONGEST, _MOST_HITS = 1 << 20, 200, 64
"""Bytes of all remembered values, and of the longest; the most hits of one."""

MOST_TARGETS = 40
"""In how many places the values of one field can be looked for: each has a bit beside the field's number."""

Memory = tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int32], NDArray[np.int64]]
"""Of each value its hash, who asked, where it stands in the bytes kept and its length, its hits from and to, in one cache line;
the bytes kept; the hits (entries); how many bytes and hits there are."""


def new_memory(size: Any) -> Memory:
    """An empty memory for ``size`` values, a power of two, or for none."""
    n_kept = _KEPT if size else 0
    return (
        np.zeros((size, 4), np.uint64),
        np.zeros(n_kept, np.uint8),
        np.zeros(n_kept // 4, np.int32),
        np.zeros(2, np.int64),
    )


_U = np.uint64
ODD = _U(0x9E3779B97F4A7C15)
MIX = _U(0xD6E8FEB86659FD93)


@njit(cache=True, inline="always")
def _spread(gram: Any, kind: Any) -> Any:
    """A hash of which the upper bits are good."""
    return (gram ^ (_U(kind) * MIX)) * ODD


@njit(cache=True)
def gram_of(text: NDArray[np.uint8], first: Any, size: Any) -> Any:
    """The ``size`` bytes from ``first`` as a number: exact up to 8, mixed beyond."""
    gram = _U(0)
    for word in range(first, first + size, 8):
        more = _U(0)
        for i in range(min(8, first + size - word)):
            more |= _U(text[word + i]) << _U(8 * i)
        gram = more if word == first else ((gram ^ (gram >> _U(29))) * MIX) ^ more
    return gram


@njit(cache=True)
def whole_gram(n: Any, first: Any, last: Any) -> Any:
    """The gram of a whole value of ``n`` bytes that begins and ends so."""
    gram = (first ^ _U(n)) * MIX
    return ((gram ^ (gram >> _U(29))) * MIX) ^ last


@njit(cache=True)
def gram_of_whole(text: NDArray[np.uint8]) -> Any:
    """The gram of the whole value ``text``."""
    size = min(len(text), 8)
    return whole_gram(len(text), gram_of(text, 0, size), gram_of(text, len(text) - size, size))


@njit(cache=True)
def _place(table: NDArray[np.uint64], gram: Any, kind: Any) -> Any:
    """The row of a gram in the hash table, or the empty row where it would stand."""
    mask = _U(len(table) - 1)
    spread = _spread(gram, kind)
    at = (spread ^ (spread >> _U(32))) & mask
    while table[at, 1] and not (table[at, 0] == gram and table[at, 1] >> _U(32) == _U(kind)):
        at = (at + _U(1)) & mask
    return at


@njit(cache=True)
def _head(table: NDArray[np.uint64], gram: Any, kind: Any) -> Any:
    """The first entry of a gram; -1 for none."""
    return np.int64(table[_place(table, gram, kind), 1] & _U(0xFFFFFFFF)) - 1


@njit(cache=True)
def fill_table(
    table: NDArray[np.uint64], entries: NDArray[np.int32], grams: NDArray[np.uint64], kinds: NDArray[np.int32]
) -> None:
    """Put every entry into the table: entry e has the gram ``grams[e]`` of kind ``kinds[e]``."""
    for e in range(len(grams)):
        at = _place(table, grams[e], kinds[e])
        entries[e, NEXT] = np.int64(table[at, 1] & _U(0xFFFFFFFF)) - 1
        table[at, 0] = grams[e]
        table[at, 1] = (_U(kinds[e]) << _U(32)) | _U(e + 1)


@njit(cache=True)
def _is_there(
    text: NDArray[np.uint8], n: Any, found: Any, about: NDArray[np.int32], literals: NDArray[np.uint8]
) -> Any:
    """Whether an entry's literal stands in the value ``text[:n]`` where its gram ended, at ``found``."""
    mode = about[MODE]
    length = np.int64(about[LENGTH])
    if mode == SURE:
        return found >= length
    if mode == CONTAINS:
        start = found + about[AFTER] - length
    elif mode == PREFIX:
        start = np.int64(0)
    else:
        start = n - length
    if start < 0 or start + length > n or (mode == EXACT and start != 0):
        return False
    first = np.int64(about[FIRST])
    mine, sought = text[start : start + length], literals[first : first + length]
    difference = np.uint8(0)
    for j in range(length):
        difference |= mine[j] ^ sought[j]
    return difference == 0


@njit(cache=True)
def _fold_ascii(raw: NDArray[np.uint8], text: NDArray[np.uint8]) -> Any:
    """Write ``raw`` to ``text`` in small letters; its length, -1 when it is not all ASCII."""
    union = np.uint8(0)
    for i in range(len(raw)):
        byte = raw[i]
        union |= byte
        text[i] = byte + np.uint8((np.uint8(byte - np.uint8(65)) < np.uint8(26)) << 5)
    return -1 if union & np.uint8(128) else len(raw)


@njit(cache=True)
def _fold_escaped(raw: NDArray[np.uint8], text: NDArray[np.uint8]) -> Any:
    """Write what ``raw``, a text in JSON's form, says to ``text`` in small letters; its length, -1 when it is not all ASCII."""
    n = 0
    i = 0
    while i < len(raw):
        byte = raw[i]
        if byte == 92 and raw[i + 1] == 92:  # by far the most, in Windows' paths
            i += 2
        elif byte == 92:
            if raw[i + 1] == 117:
                n = unescape(raw, i, i + 6, text, n) if raw[i + 2] == 48 and raw[i + 3] == 48 else n
                if raw[i + 2] != 48 or raw[i + 3] != 48 or text[n - 1] >= 128:
                    return -1
                i += 6
            else:
                n = unescape(raw, i, i + 2, text, n)
                i += 2
            byte = text[n - 1]
            n -= 1
        else:
            i += 1
        if byte >= 128:
            return -1
        text[n] = byte + 32 if 65 <= byte <= 90 else byte
        n += 1
    return n


@njit(cache=True)
def _grams_in(
    text: NDArray[np.uint8],
    n: Any,
    i: Any,
    last: Any,
    kind_0: Any,
    about: NDArray[np.int64],
    maps: NDArray[np.uint64],
    table: NDArray[np.uint64],
    found: NDArray[np.int64],
) -> Any:
    """Find the grams of substrings in ``text[i:n]``, until ``found`` is full: (pairs of entry and position, position, last).

    ``last``: the 8 bytes before ``i``, the last one on top.
    """
    map_4, shift_4 = _U(about[MAP_4]), _U(about[SHIFT_4])
    map_8, shift_8 = _U(about[MAP_8]), _U(about[SHIFT_8])
    map_3, shift_3 = _U(about[MAP_3]), _U(about[SHIFT_3])
    map_short = _U(about[MAP_SHORT])
    has_4, has_8 = about[MAP_4] >= 0, about[MAP_8] >= 0
    has_3, has_short = about[MAP_3] >= 0, about[MAP_SHORT] >= 0
    n_found = 0
    most = len(found) - 10
    only_4 = has_4 and not has_3 and not has_short
    while i < n and n_found < most:
        next_byte, end = _U(i), _U(n)
        may_4 = may_3 = may_short = _U(0)
        if only_4:  # as few steps as can be
            while next_byte < end:
                last = (last >> _U(8)) | (_U(text[next_byte]) << _U(56))
                next_byte += _U(1)
                at = ((last >> _U(32)) * ODD) >> shift_4
                may_4 = (maps[map_4 + (at >> _U(6))] >> (at & _U(63))) & _U(1)
                if may_4:
                    break
        else:
            while next_byte < end:
                last = (last >> _U(8)) | (_U(text[next_byte]) << _U(56))
                next_byte += _U(1)
                if has_4:
                    at = ((last >> _U(32)) * ODD) >> shift_4
                    may_4 = (maps[map_4 + (at >> _U(6))] >> (at & _U(63))) & _U(1)
                if has_3:
                    at = ((last >> _U(40)) * ODD) >> shift_3
                    may_3 = (maps[map_3 + (at >> _U(6))] >> (at & _U(63))) & _U(1)
                if has_short:
                    at = last >> _U(48)
                    may_short = (maps[map_short + (at >> _U(6))] >> (at & _U(63))) & _U(1)
                if may_4 | may_3 | may_short:
                    break
        i = np.int64(next_byte)
        if may_4:
            e = _head(table, last >> _U(32), kind_0 + 4)
            if e >= 0:
                found[n_found] = e
                found[n_found + 1] = i
                n_found += 2
            if has_8:
                at = (last * ODD) >> shift_8
                if (maps[map_8 + (at >> _U(6))] >> (at & _U(63))) & _U(1):
                    e = _head(table, last, kind_0 + 8)
                    if e >= 0:
                        found[n_found] = e
                        found[n_found + 1] = i
                        n_found += 2
        if may_3:
            e = _head(table, last >> _U(40), kind_0 + 3)
            if e >= 0:
                found[n_found] = e
                found[n_found + 1] = i
                n_found += 2
        if may_short:
            for k in range(1, 3):
                e = _head(table, last >> _U(64 - 8 * k), kind_0 + k)
                if e >= 0:
                    found[n_found] = e
                    found[n_found + 1] = i
                    n_found += 2
    return n_found, i, last


@njit(cache=True)
def _grams_at_edges(
    text: NDArray[np.uint8],
    n: Any,
    last: Any,
    kind_0: Any,
    about: NDArray[np.int64],
    edges: NDArray[np.int32],
    maps: NDArray[np.uint64],
    table: NDArray[np.uint64],
    found: NDArray[np.int64],
) -> Any:
    """Find the grams of the whole of ``text[:n]``, of its beginning and its end, whose last 8 bytes are ``last``."""
    map_edges, shift_edges = _U(about[MAP_EDGES]), _U(about[SHIFT_EDGES])
    packed = last if n >= 8 else (last >> _U(64 - 8 * n) if n else _U(0))
    first = packed if n <= 8 else gram_of(text, 0, 8)
    n_found = 0
    for k in range(len(edges)):
        kind = np.int64(edges[k])
        size = kind & 63
        if kind == WHOLE:
            gram = whole_gram(n, first, packed)
        elif size > n:
            continue
        elif kind < SUFFIXES:
            gram = first & (~_U(0) >> _U(64 - 8 * size)) if size <= 8 else gram_of(text, 0, size)
        else:
            gram = last >> _U(64 - 8 * size) if size <= 8 else gram_of(text, n - size, size)
        at = _spread(gram, kind) >> shift_edges
        if (maps[map_edges + (at >> _U(6))] >> (at & _U(63))) & _U(1):
            e = _head(table, gram, kind_0 + kind)
            if e >= 0:
                found[n_found] = e
                found[n_found + 1] = n
                n_found += 2
    return n_found


@njit(cache=True)
def _hash(raw: NDArray[np.uint8], seed: Any) -> Any:
    """A hash of bytes, eight at a time."""
    n = _U(len(raw))
    h = (n + seed) * MIX
    i = _U(0)
    while i + _U(8) <= n:
        h ^= (
            _U(raw[i])
            | (_U(raw[i + _U(1)]) << _U(8))
            | (_U(raw[i + _U(2)]) << _U(16))
            | (_U(raw[i + _U(3)]) << _U(24))
            | (_U(raw[i + _U(4)]) << _U(32))
            | (_U(raw[i + _U(5)]) << _U(40))
            | (_U(raw[i + _U(6)]) << _U(48))
            | (_U(raw[i + _U(7)]) << _U(56))
        )
        h *= ODD
        h ^= h >> _U(29)
        i += _U(8)
    while i < n:
        h = (h ^ _U(raw[i])) * ODD
        h ^= h >> _U(29)
        i += _U(1)
    return h


@njit(cache=True)
def find(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    is_escaped: NDArray[np.bool_],
    rows: NDArray[np.int32],
    is_text: NDArray[np.bool_],
    names: NDArray[np.int32],
    folded: NDArray[np.uint8],
    bounds_folded: NDArray[np.int64],
    targets: NDArray[np.int32],
    bounds_targets: NDArray[np.int32],
    has_all: bool,
    is_for_texts: bool,
    wanted: NDArray[np.uint64],
    about: NDArray[np.int64],
    edges: NDArray[np.int32],
    maps: NDArray[np.uint64],
    table: NDArray[np.uint64],
    entries: NDArray[np.int32],
    literals: NDArray[np.uint8],
    tokens: NDArray[np.int32],
    memory: NDArray[np.uint64],
    kept: NDArray[np.uint8],
    hits: NDArray[np.int32],
    n_used: NDArray[np.int64],
    slots: NDArray[np.int32],
    bits: NDArray[np.uint64],
    active: NDArray[np.int32],
    n_active: int,
    beyond: NDArray[np.int32],
) -> tuple[int, int]:
    """Set the bits of every entry found in values.

    Value v is ``data[starts[v]:ends[v]]``, of ``rows[v]`` and of name ``names[v]`` (see ``events.batch.Stream``). ``folded`` with
    ``bounds_folded`` are the same values folded; where they are empty, ASCII is folded here and the numbers of other values
    go to ``beyond``. ``targets[t]`` are a field of the rules, the row of ``wanted`` that holds the rows in which it is looked for, and how many bytes a value must have at least;
    those of name i are ``bounds_targets[i]`` to ``bounds_targets[i + 1]``, and those before the first are of every value where the
    stream ``has_all``, ``is_for_texts`` alone or not. The memory outlives the call: what is found in a value is found in the next
    that is the same. ``slots``: the row of ``bits`` of each entry, -1 for none yet. Returns the new number of active entries, and
    that of values in ``beyond``.
    """
    is_folded = len(bounds_folded) > 0
    size = 0
    for v in range(len(rows)):
        size = max(size, ends[v] - starts[v])
        if is_folded:
            size = max(size, bounds_folded[v + 1] - bounds_folded[v])
    text = np.empty(size + 1, np.uint8)
    plain = np.empty(size + 1, np.uint8)
    found = np.empty(2 * _FOUND, np.int64)  # (entry, position after its gram)
    at_edges = np.empty(2 * len(edges) + 2, np.int64)
    n_for_all = np.int64(bounds_targets[0])
    n_kept, n_hits = n_used[0], n_used[1]
    n_beyond = 0
    for v in range(len(rows)):
        name = np.int64(names[v])
        if name < -1:
            continue
        row = _U(rows[v])
        word = row >> _U(6)
        bit = _U(1) << (row & _U(63))
        first_target = np.int64(bounds_targets[name]) if name >= 0 else np.int64(0)
        n_targets = n_for_all + (np.int64(bounds_targets[name + 1]) - first_target if name >= 0 else np.int64(0))
        asked = np.int64(0)
        size_raw = ends[v] - starts[v]
        for k in range(0 if has_all and (is_text[v] or not is_for_texts) else n_for_all, n_targets):
            t = k if k < n_for_all else first_target + k - n_for_all
            if size_raw >= targets[t, 2] and wanted[targets[t, 1], word] & bit:
                asked |= np.int64(1) << k
        if not asked:
            continue
        raw = data[starts[v] : ends[v]]
        keeps = False
        at = hashed = asker = _U(0)
        first_hit = n_hits
        if len(memory) and name >= 0 and len(raw) <= _LONGEST:
            asker = _U((asked << 21) + 2 * name + (1 if is_escaped[v] else 0))
            hashed = _hash(raw, asker) | _U(1)
            at = (hashed >> _U(20)) & _U(len(memory) - 1)
            if memory[at, 0] != hashed:
                memory[at, 0] = hashed
                memory[at, 1] = _U(0)
            elif not memory[at, 1]:
                keeps = True  # seen twice: most values that come once never come again
            elif memory[at, 1] == asker and memory[at, 2] & _U(0xFFFF) == _U(len(raw)):
                place = np.int64(memory[at, 2] >> _U(16))
                before = kept[place : place + len(raw)]
                is_same = True
                for i in range(len(raw)):
                    is_same &= raw[i] == before[i]
                if is_same:
                    last_hit = np.int64(memory[at, 3] & _U(0xFFFFFFFF))
                    for k in range(np.int64(memory[at, 3] >> _U(32)), last_hit):
                        e = np.int64(hits[k])
                        if slots[e] < 0:
                            slots[e] = n_active
                            active[n_active] = e
                            bits[n_active] = _U(0)
                            n_active += 1
                        bits[slots[e], word] |= bit
                    continue
        if keeps and (n_kept + len(raw) > len(kept) or n_hits + _MOST_HITS > len(hits)):
            memory[:] = _U(0)
            n_kept = n_hits = first_hit = 0
            memory[at, 0] = hashed
        if is_folded:
            n = bounds_folded[v + 1] - bounds_folded[v]
            text[:n] = folded[bounds_folded[v] : bounds_folded[v + 1]]
        elif is_escaped[v]:
            n = _fold_escaped(raw, text)
        else:
            n = _fold_ascii(raw, text)
        if n < 0:
            beyond[n_beyond] = v
            n_beyond += 1
            continue
        for k in range(n_targets):
            if not asked & (np.int64(1) << k):
                continue
            target = targets[k if k < n_for_all else first_target + k - n_for_all]
            field = np.int64(target[0])
            kind_0 = field * KINDS
            known = about[field]
            last = _U(0)
            i = 0
            while True:
                if known[MAP_4] >= 0 or known[MAP_3] >= 0 or known[MAP_SHORT] >= 0:
                    n_found, i, last = _grams_in(text, n, i, last, kind_0, known, maps, table, found)
                else:
                    for i in range(max(n - 8, 0), n):
                        last = (last >> _U(8)) | (_U(text[i]) << _U(56))
                    n_found, i = 0, n
                n_at_edges = 0
                if i == n and known[LAST_EDGE] > known[FIRST_EDGE]:
                    n_at_edges = _grams_at_edges(
                        text, n, last, kind_0, known, edges[known[FIRST_EDGE] : known[LAST_EDGE]], maps, table, at_edges
                    )
                for f in range(0, n_found + n_at_edges, 2):
                    e = found[f] if f < n_found else at_edges[f - n_found]
                    position = found[f + 1] if f < n_found else n
                    while e >= 0:
                        entry = entries[e]
                        slot = slots[e]
                        is_new = slot < 0 or not bits[slot, word] & bit
                        if not is_new and keeps:  # by another value of the row, perhaps
                            is_new = True
                            for h in range(first_hit, n_hits):
                                is_new &= hits[h] != e
                        if is_new and _is_there(text, n, position, entry, literals):
                            p, end = np.int64(entry[PROGRAM]), np.int64(entry[PROGRAM_END])
                            hit = p == end
                            if not hit:
                                if entry[CASED]:
                                    n_plain = ends[v] - starts[v]
                                    if is_escaped[v]:
                                        n_plain = unescape(data, starts[v], ends[v], plain, 0)
                                    else:
                                        plain[:n_plain] = data[starts[v] : ends[v]]
                                    hit = glob_match(plain, 0, n_plain, tokens, p, end, 0)
                                else:
                                    hit = glob_match(text, 0, n, tokens, p, end, 1)
                            if hit:
                                if slot < 0:
                                    slot = n_active
                                    slots[e] = slot
                                    active[n_active] = e
                                    n_active += 1
                                    bits[slot] = _U(0)
                                bits[slot, word] |= bit
                                if keeps:
                                    hits[n_hits] = e
                                    n_hits += 1
                                    keeps = n_hits - first_hit < _MOST_HITS
                        e = np.int64(entry[NEXT])
                if i == n:
                    break
        if keeps:
            memory[at, 1] = asker
            memory[at, 2] = (_U(n_kept) << _U(16)) | _U(len(raw))
            memory[at, 3] = (_U(first_hit) << _U(32)) | _U(n_hits)
            kept[n_kept : n_kept + len(raw)] = raw
            n_kept += len(raw)
        else:
            n_hits = first_hit
    n_used[0], n_used[1] = n_kept, n_hits
    return n_active, n_beyond
