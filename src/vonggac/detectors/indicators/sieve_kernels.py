"""The compiled loop that looks for listed values in raw text, line by line. See :mod:`kernels` for the layout.

It answers “perhaps” too often, never too seldom: a value that a source reads out of a line stands in that line as it is,
bounded by something that is no part of it. What may hide a value (escapes, letters beyond ASCII) is “perhaps” by itself.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from vonggac.detectors.indicators.kernels import _I32, _I64, _OUTU64, _U8, _U32, _U64, _hex, compiled, parse6
from vonggac.detectors.indicators.text_kernels import _PRIME, _SEED, _probe

DIGIT, HEX, LETTER, DOT, COLON, HIGH, ESCAPE = 1, 2, 4, 8, 16, 32, 64
"""Classes of bytes that words are made of; what has none parts words. LETTER: g to z, ``-`` and ``_``."""

UNDOTTED, NUMERIC = 1, 2
"""Flags: a listed name has no dot; the last label of a listed name is a number."""


def classes() -> NDArray[np.uint8]:
    """The class of each byte."""
    table = np.zeros(256, np.uint8)
    table[128:] = HIGH
    for text, of in (
        (b"0123456789", DIGIT),
        (b"abcdefABCDEF", HEX),
        (b"ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_", LETTER),
        (b".", DOT),
        (b":", COLON),
        (b"\\", ESCAPE),
    ):
        table[np.frombuffer(text, np.uint8)] = of
    return table


@compiled(types.boolean(types.uint32, _U64, _I32, _U32, _U32))
def _has4(
    x: np.uint32,
    bitmap: NDArray[np.uint64],
    buckets: NDArray[np.int32],
    starts: NDArray[np.uint32],
    ends: NDArray[np.uint32],
) -> bool:
    """Whether a segment holds the IPv4 address ``x``; the tables of :func:`kernels.find4`."""
    block = x >> np.uint32(8)
    if (bitmap[block >> np.uint32(6)] >> np.uint64(block & np.uint32(63))) & np.uint64(1) == 0:
        return False
    bucket = x >> np.uint32(16)
    a = buckets[bucket]
    b = buckets[bucket + np.uint32(1)]
    while a < b:
        middle = (a + b) >> 1
        if starts[middle] <= x:
            a = middle + 1
        else:
            b = middle
    return bool(a > 0 and x <= ends[a - 1])


@compiled(types.boolean(_U8, types.int64, types.int64, _U64, _I32, _U32, _U32))
def _quad(
    data: NDArray[np.uint8],
    a: int,
    b: int,
    bitmap: NDArray[np.uint64],
    buckets: NDArray[np.int32],
    starts: NDArray[np.uint32],
    ends: NDArray[np.uint32],
) -> bool:
    """Whether any four numbers between dots in the word ``data[a:b]`` are a listed IPv4 address."""
    x = np.uint32(0)
    n_numbers = 0
    i = a
    while i < b:
        value = 0
        start = i
        while i < b and 48 <= data[i] <= 57 and i - start < 4:
            value = value * 10 + (data[i] - 48)
            i += 1
        if i == start or i - start > 3 or value > 255:
            n_numbers = 0
            while i < b and 48 <= data[i] <= 57:
                i += 1
            if i < b:
                i += 1
            continue
        x = (x << np.uint32(8)) | np.uint32(value)
        n_numbers += 1
        if n_numbers >= 4 and _has4(x, bitmap, buckets, starts, ends):
            return True
        if i < b and data[i] == 46:
            i += 1
        else:
            n_numbers = 0
    return False


@compiled(types.boolean(_U64, _U64, _U64, _U64, _U64))
def _has6(
    words: NDArray[np.uint64],
    starts_high: NDArray[np.uint64],
    starts_low: NDArray[np.uint64],
    ends_high: NDArray[np.uint64],
    ends_low: NDArray[np.uint64],
) -> bool:
    """Whether a segment holds the IPv6 address in ``words``; the tables of :func:`kernels.find6`."""
    h = words[0]
    w = words[1]
    a = 0
    b = len(starts_high)
    while a < b:
        middle = (a + b) >> 1
        if starts_high[middle] < h or (starts_high[middle] == h and starts_low[middle] <= w):
            a = middle + 1
        else:
            b = middle
    return a > 0 and (h < ends_high[a - 1] or (h == ends_high[a - 1] and w <= ends_low[a - 1]))


@compiled(types.boolean(_U8, types.int64, types.int64, _U64, _OUTU64, _U64, _I32, _U32, _U32, _U64, _U64, _U64, _U64))
def _colons(
    data: NDArray[np.uint8],
    a: int,
    b: int,
    groups: NDArray[np.uint64],
    words: NDArray[np.uint64],
    bitmap: NDArray[np.uint64],
    buckets: NDArray[np.int32],
    starts: NDArray[np.uint32],
    ends: NDArray[np.uint32],
    starts_high: NDArray[np.uint64],
    starts_low: NDArray[np.uint64],
    ends_high: NDArray[np.uint64],
    ends_low: NDArray[np.uint64],
) -> bool:
    """Whether any part of the word ``data[a:b]`` that begins behind a colon or no digit is a listed IPv6 address.

    It may end before any colon or dot (a port follows, a sentence ends). ``groups``: a bit for each first group of 16 bits
    that a listed address may have.
    """
    for p in range(a, b):
        c = data[p]
        is_gap = c == 58 and p + 1 < b and data[p + 1] == 58
        if not is_gap and (_hex(c) < 0 or (p > a and _hex(data[p - 1]) >= 0)):
            continue
        first = 0
        i = p
        while i < b and i - p < 5 and _hex(data[i]) >= 0:
            first = first * 16 + _hex(data[i])
            i += 1
        if i - p > 4 or i >= b or data[i] != 58 or (groups[first >> 6] >> np.uint64(first & 63)) & np.uint64(1) == 0:
            continue
        n_colons = 0
        has_gap = False
        has_dot = False
        while i <= b and i - p <= 45:
            c = int(data[i]) if i < b else 0
            is_end = c == 58 or c == 46 or _hex(c) < 0
            if is_end and (has_gap or n_colons == 7 or (n_colons == 6 and has_dot)):
                if parse6(data, p, i, words):
                    if words[0] == 0 and words[1] >> np.uint64(32) == 0xFFFF:
                        if _has4(np.uint32(words[1] & np.uint64(0xFFFFFFFF)), bitmap, buckets, starts, ends):
                            return True
                    elif _has6(words, starts_high, starts_low, ends_high, ends_low):
                        return True
            if c == 58:
                n_colons += 1
                if i + 1 < b and data[i + 1] == 58:
                    has_gap = True
            elif c == 46:
                has_dot = True
            elif is_end:
                break
            i += 1
    return False


@compiled(types.boolean(_U8, types.int64, types.int64, types.int64, _U64, _I32, _U64, _U8, _I64))
def _name(
    data: NDArray[np.uint8],
    a: int,
    b: int,
    flags: int,
    bitmap: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    names: NDArray[np.uint8],
    bounds: NDArray[np.int64],
) -> bool:
    """Whether a part of the word ``data[a:b]`` between colons is, or ends with, a listed name; tables of ``find_names``."""
    end = b
    while end > a:
        start = end
        while start > a and data[start - 1] != 58:
            start -= 1
        following = start - 1
        while end > start and data[end - 1] == 46:
            end -= 1
        i = end
        while i > start and 48 <= data[i - 1] <= 57:
            i -= 1
        is_number = i == start or data[i - 1] == 46
        if end > start and (flags & NUMERIC or not is_number):
            h = _SEED
            n_dots = 0
            j = end - 1
            while j >= start:
                c = data[j]
                if c == 46:
                    n_dots += 1
                    if (n_dots > 1 or flags & UNDOTTED) and _probe(
                        h, data, j + 1, end, bitmap, slots, hashes, names, bounds
                    ) >= 0:
                        return True
                elif 65 <= c <= 90:
                    c += 32
                h = (h ^ np.uint64(c)) * _PRIME
                j -= 1
            if (n_dots > 0 or flags & UNDOTTED) and _probe(
                h, data, start, end, bitmap, slots, hashes, names, bounds
            ) >= 0:
                return True
        end = following
    return False


@compiled(types.boolean(_U8, types.int64, types.int64, _U64, _U8, _I64))
def _digest(
    data: NDArray[np.uint8],
    a: int,
    b: int,
    prefixes: NDArray[np.uint64],
    digests: NDArray[np.uint8],
    bounds: NDArray[np.int64],
) -> bool:
    """Whether a whole run of hexadecimal digits in ``data[a:b]`` is a listed digest; the tables of ``find_digests``."""
    i = a
    while i < b:
        start = i
        key = np.uint64(0)
        while i < b and _hex(data[i]) >= 0:
            if i - start < 16:
                key = (key << np.uint64(4)) | np.uint64(_hex(data[i]))
            i += 1
        size = i - start
        i += 1
        if size < 32:
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
                    return True
            number += 1
    return False


_TABLES4 = (_U64, _I32, _U32, _U32)
_TABLES6 = (_U64, _U64, _U64, _U64)
_NAMES = (_U64, _I32, _U64, _U8, _I64)
_DIGESTS = (_U64, _U8, _I64)


@compiled(types.uint8[::1](_U8, _I64, _I64, _U8, _U64, types.int64, *_TABLES4, *_TABLES6, *_NAMES, *_DIGESTS))
def sieve(
    data: NDArray[np.uint8],
    line_starts: NDArray[np.int64],
    line_ends: NDArray[np.int64],
    classes: NDArray[np.uint8],
    groups: NDArray[np.uint64],
    flags: int,
    bitmap4: NDArray[np.uint64],
    buckets4: NDArray[np.int32],
    starts4: NDArray[np.uint32],
    ends4: NDArray[np.uint32],
    starts_high: NDArray[np.uint64],
    starts_low: NDArray[np.uint64],
    ends_high: NDArray[np.uint64],
    ends_low: NDArray[np.uint64],
    bitmap: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    names: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    prefixes: NDArray[np.uint64],
    digests: NDArray[np.uint8],
    digest_bounds: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """1 for each line that may hold a listed value, 0 for each that surely holds none."""
    out = np.zeros(len(line_starts), np.uint8)
    words = np.zeros(10, np.uint64)
    has4 = len(starts4) > 0
    has6 = has4 or len(starts_high) > 0
    has_names = len(hashes) > 0
    has_digests = len(prefixes) > 0
    for n in range(len(line_starts)):
        i = line_starts[n]
        end = line_ends[n]
        while i < end:
            seen = classes[data[i]]
            if seen == 0:
                i += 1
                continue
            a = i
            n_colons = 0
            has_gap = False
            i += 1
            if seen == COLON:
                n_colons = 1
            while i < end:
                of = classes[data[i]]
                if of == 0:
                    break
                seen |= of
                if of == COLON:
                    n_colons += 1
                    has_gap = has_gap or data[i - 1] == 58
                i += 1
            is_found = seen & ESCAPE != 0
            if seen & DOT:
                if has4 and seen & DIGIT:
                    is_found = is_found or _quad(data, a, i, bitmap4, buckets4, starts4, ends4)
                if has_names:
                    is_found = is_found or seen & HIGH != 0 or _name(
                        data, a, i, flags, bitmap, slots, hashes, names, bounds
                    )  # fmt: skip
            elif has_names and (flags & UNDOTTED or seen & HIGH):
                is_found = (
                    is_found or seen & HIGH != 0 or _name(data, a, i, flags, bitmap, slots, hashes, names, bounds)
                )
            if (has_gap or n_colons > 5) and has6 and not is_found:
                is_found = _colons(
                    data,
                    a,
                    i,
                    groups,
                    words,
                    bitmap4,
                    buckets4,
                    starts4,
                    ends4,
                    starts_high,
                    starts_low,
                    ends_high,
                    ends_low,
                )
            if has_digests and i - a >= 32 and not is_found:
                is_found = _digest(data, a, i, prefixes, digests, digest_bounds)
            if is_found:
                out[n] = 1
                break
    return out
