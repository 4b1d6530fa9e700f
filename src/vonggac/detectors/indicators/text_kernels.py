"""Compiled loops over text columns: domain suffixes, hosts of URLs, digests. See :mod:`kernels` for the layout."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from vonggac.detectors.indicators.kernels import _I32, _I64, _OUT32, _OUT64, _OUTU64, _U8, _U64, _hex, compiled

_SEED = np.uint64(0xCBF29CE484222325)  # FNV-1a, 64 bits
_PRIME = np.uint64(0x100000001B3)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads FNV's low bits over the high ones
_MAX_NAME = 255  # RFC 1035 section 2.3.4

_PAIRS: Any = types.Tuple((_OUT64, _OUT32))  # type: ignore[no-untyped-call]  # numba has no types

NOT_ASCII = -2
"""What :func:`find_names` answers for a name that must first be turned into A-labels."""


@compiled(types.int64(types.uint64, _U8, types.int64, types.int64, _U64, _I32, _U64, _U8, _I64))
def _probe(
    h: np.uint64,
    data: NDArray[np.uint8],
    a: int,
    b: int,
    bitmap: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    names: NDArray[np.uint8],
    bounds: NDArray[np.int64],
) -> int:
    """The listed name that equals ``data[a:b]`` but for ASCII case, ``h`` being its hash; -1 for none."""
    mixed = h * _SPREAD
    bit = (mixed >> np.uint64(20)) & np.uint64(64 * len(bitmap) - 1)
    if (bitmap[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1) == 0:
        return -1
    mask = len(slots) - 1
    slot = np.int64(mixed >> np.uint64(33)) & mask
    while True:
        number = slots[slot]
        if number < 0:
            return -1
        if hashes[number] == h and bounds[number + 1] - bounds[number] == b - a:
            same = True
            start = bounds[number]
            for k in range(b - a):
                c = data[a + k]
                if 65 <= c <= 90:
                    c += 32
                if c != names[start + k]:
                    same = False
                    break
            if same:
                return int(number)
        slot = (slot + 1) & mask


@compiled(types.void(_U8, _I64, _OUTU64, _OUT32, _OUTU64))
def index_names(
    names: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    bitmap: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
) -> None:
    """Fill the prefilter and the open-addressing table (both powers of two in size) with distinct lower-case names."""
    mask = len(slots) - 1
    for number in range(len(bounds) - 1):
        h = _SEED
        for j in range(bounds[number + 1] - 1, bounds[number] - 1, -1):
            h = (h ^ np.uint64(names[j])) * _PRIME
        hashes[number] = h
        mixed = h * _SPREAD
        bit = (mixed >> np.uint64(20)) & np.uint64(64 * len(bitmap) - 1)
        bitmap[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
        slot = np.int64(mixed >> np.uint64(33)) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number


@compiled(types.int64(_U8, types.int64, types.int64))
def without_port(data: NDArray[np.uint8], a: int, b: int) -> int:
    """The end of ``data[a:b]`` without a ``:port`` behind a name that holds no other colon."""
    for j in range(b - 1, a - 1, -1):
        c = data[j]
        if c == 58:
            for k in range(a, j):
                if data[k] == 58:
                    return b
            return j
        if c < 48 or c > 57 or b - j > 5:
            return b
    return b


@compiled(types.void(_U8, _I64, _I64, _U64, _I32, _U64, _U8, _I64, types.boolean, _OUT32))
def find_names(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    bitmap: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    names: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    parents_only: bool,
    out: NDArray[np.int32],
) -> None:
    """The longest listed name that each text equals or lies below, -1 for none, :data:`NOT_ASCII` when it cannot tell.

    A port and one trailing dot are ignored. ``parents_only``: a text does not match itself.
    """
    for i in range(len(starts)):
        a = starts[i]
        b = ends[i]
        out[i] = -1
        if b - a > _MAX_NAME + 7:
            continue
        b = without_port(data, a, b)
        if b > a and data[b - 1] == 46:
            b -= 1
        if b == a:
            continue
        h = _SEED
        best = -1
        j = b - 1
        while j >= a:
            c = data[j]
            if c >= 128:
                best = NOT_ASCII
                break
            if c == 46:
                found = _probe(h, data, j + 1, b, bitmap, slots, hashes, names, bounds)
                if found >= 0:
                    best = found
            elif 65 <= c <= 90:
                c += 32
            h = (h ^ np.uint64(c)) * _PRIME
            j -= 1
        if best != NOT_ASCII and not parents_only:
            found = _probe(h, data, a, b, bitmap, slots, hashes, names, bounds)
            if found >= 0:
                best = found
        out[i] = best


@compiled(types.boolean(types.uint8))
def _is_scheme(c: int) -> bool:
    return 97 <= c <= 122 or 65 <= c <= 90 or 48 <= c <= 57 or c == 43 or c == 45 or c == 46


@compiled(types.void(_U8, _I64, _I64, _OUT64, _OUT64))
def url_hosts(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    host_starts: NDArray[np.int64],
    host_ends: NDArray[np.int64],
) -> None:
    """Where the host of each URL stands (RFC 3986 section 3.2), without user, port and brackets; empty for none.

    ``host:port`` and ``host/path`` without a scheme are read too (proxies log them); a text that begins with a single
    ``/`` has no host. A backslash ends the host as it does in browsers (WHATWG URL).
    """
    for i in range(len(starts)):
        a = starts[i]
        b = ends[i]
        j = a
        while j < b and _is_scheme(data[j]):
            j += 1
        if j > a and j + 2 < b and data[j] == 58 and data[j + 1] == 47 and data[j + 2] == 47:
            a = j + 3
        elif j == a and j + 1 < b and data[j] == 47 and data[j + 1] == 47:
            a += 2
        j = a
        while j < b and not (data[j] == 47 or data[j] == 63 or data[j] == 35 or data[j] == 92):
            if data[j] == 64:
                a = j + 1
            j += 1
        b = j
        if a < b and data[a] == 91:
            j = a + 1
            while j < b and data[j] != 93:
                j += 1
            host_starts[i] = a + 1
            host_ends[i] = j
        else:
            host_starts[i] = a
            host_ends[i] = without_port(data, a, b)


@compiled(_PAIRS(_U8, _I64, _I64, _U64, _U8, _I64))
def find_digests(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    prefixes: NDArray[np.uint64],
    digests: NDArray[np.uint8],
    bounds: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Pairs (text, listed digest) of every whole run of 32, 40 or 64 hexadecimal digits that is listed.

    ``prefixes``: the first 16 digits of each listed digest as a number, sorted; ``digests``, ``bounds``: the digests in
    that order, in lower case. A run named ``IMPHASH=`` is no digest of the file (Sysmon's ``Hashes``) and passed over.
    """
    texts = np.empty(16, np.int64)
    found = np.empty(16, np.int32)
    count = 0
    for i in range(len(starts)):
        j = starts[i]
        b = ends[i]
        while j < b:
            start = j
            key = np.uint64(0)
            while j < b and _hex(data[j]) >= 0:
                if j - start < 16:
                    key = (key << np.uint64(4)) | np.uint64(_hex(data[j]))
                j += 1
            size = j - start
            j += 1
            if size != 32 and size != 40 and size != 64:
                continue
            if start - starts[i] >= 2 and data[start - 1] == 61 and (data[start - 2] | 32) == 104:
                continue
            number = np.searchsorted(prefixes, key)
            while number < len(prefixes) and prefixes[number] == key:
                if bounds[number + 1] - bounds[number] == size:
                    same = True
                    for k in range(16, size):
                        if _hex(data[start + k]) != _hex(digests[bounds[number] + k]):
                            same = False
                            break
                    if same:
                        if count == len(texts):
                            texts = np.append(texts, np.empty(count, np.int64))
                            found = np.append(found, np.empty(count, np.int32))
                        texts[count] = i
                        found[count] = number
                        count += 1
                        break
                number += 1
    return texts[:count], found[:count]
