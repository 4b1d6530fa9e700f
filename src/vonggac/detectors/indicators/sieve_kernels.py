"""The compiled loop that looks for listed values in raw text, line by line. See :mod:`kernels` for the layout.

It answers “perhaps” too often, never too seldom: a value that a source reads out of a line stands in that line as it is,
bounded by something that is no part of it. What may hide a value (escapes, letters beyond ASCII) is “perhaps” by itself.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from vonggac.detectors.indicators.kernels import _I32, _I64, _OUTU64, _U8, _U32, _U64, _hex, compiled, parse6
from vonggac.detectors.indicators.text_kernels import _PRIME, _SEED, _SPREAD, _probe

DIGIT, HEX, LETTER, DOT, COLON, HIGH, ESCAPE = 1, 2, 4, 8, 16, 32, 64
"""Classes of bytes that words are made of; what has none parts words. LETTER: g to z, ``-`` and ``_``."""

_LONG_WORD = 256  # bytes with colons in them; whoever writes longer ones is not waited for

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


@compiled(types.int64(_U8, types.int64))
def _n_digits(data: NDArray[np.uint8], a: int) -> int:
    """How many of the three bytes at ``a`` are digits, from the first on."""
    one = 48 <= data[a] <= 57
    two = one & (48 <= data[a + 1] <= 57)
    return int(one) + int(two) + int(two & (48 <= data[a + 2] <= 57))


@compiled(types.int64(_U8, types.int64, types.int64))
def _number(data: NDArray[np.uint8], end: int, size: int) -> int:
    """The number of ``size`` digits, one to three, that ends before ``end``."""
    value = (data[end - 1] - 48) + (size > 1) * 10 * (data[end - 2] - 48) + (size > 2) * 100 * (data[end - 3] - 48)
    return int(value)


@compiled(types.int64(_U8, _U8, types.int64))
def _plain_quad(data: NDArray[np.uint8], classes: NDArray[np.uint8], dot: int) -> int:
    """The IPv4 address that is a whole word and has its first dot at ``dot``, above 8 bits that say where it ends.

    Bits 0 to 7: how many bytes behind ``dot``. -1: something else stands there; it may hold an address all the same.
    """
    one = 48 <= data[dot - 1] <= 57
    two = one & (48 <= data[dot - 2] <= 57)
    size = int(one) + int(two) + int(two & (48 <= data[dot - 3] <= 57))
    if size == 0 or classes[data[dot - size - 1]] != 0:
        return -1
    value = _number(data, dot, size)
    is_good = value < 256
    at = dot
    for place in range(3):
        size = _n_digits(data, at + 1)
        at += 1 + size
        number = _number(data, at, size)
        is_good &= (size > 0) & (number < 256)
        value = value << 8 | number
        if place < 2 and data[at] != 46:
            return -1
    if not is_good or classes[data[at]] != 0:
        return -1
    return value << 8 | (at - dot)


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
            is_long = has_gap or n_colons == 7 or (n_colons == 6 and has_dot)
            if is_end and is_long and parse6(data, p, i, words):
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


@compiled(types.void(_U8, types.boolean, types.boolean, types.uint8[::1]))
def mark(data: NDArray[np.uint8], with_colons: bool, with_digests: bool, marks: NDArray[np.uint8]) -> None:
    """A byte that is not 0 in every word that may hold a listed value; ``marks`` is as long as ``data``, or a little longer.

    Such a word has a dot, an escape or a letter beyond ASCII; ``with_colons``: or two colons side by side, or a colon with
    others 2 to 5 and 6 to 10 bytes behind it, as the first of an IPv6 address of eight groups has; ``with_digests``: or
    bytes at two multiples of 16 that follow each other which are both hexadecimal digits.
    """
    n = len(data)
    for i in range(n):
        c = data[i]
        marks[i] = (c == 46) | (c == 92) | (c >= 128)
    marks[n:] = 0
    if with_colons:
        for i in range(n - 10):
            near = (data[i + 2] == 58) | (data[i + 3] == 58) | (data[i + 4] == 58) | (data[i + 5] == 58)
            far = (
                (data[i + 6] == 58)
                | (data[i + 7] == 58)
                | (data[i + 8] == 58)
                | (data[i + 9] == 58)
                | (data[i + 10] == 58)
            )
            marks[i] |= (data[i] == 58) & ((data[i + 1] == 58) | (near & far))
        for i in range(max(0, n - 10), n):
            marks[i] |= data[i] == 58
    if with_digests:
        for i in range(16, n, 16):
            if _hex(data[i]) >= 0 and _hex(data[i - 16]) >= 0:
                marks[i] = 1


@compiled(types.uint64[::1](_U64, types.int64))
def near_blocks(bitmap: NDArray[np.uint64], n_words: int) -> NDArray[np.uint64]:
    """A small set of the /24 in ``bitmap`` that may hold others too: ``n_words`` (a power of two) fit into a processor's cache."""
    near = np.zeros(n_words, np.uint64)
    for word in range(len(bitmap)):
        if bitmap[word] != 0:
            for bit in range(64):
                if (bitmap[word] >> np.uint64(bit)) & np.uint64(1) != 0:
                    slot = ((np.uint64(word * 64 + bit) * _SPREAD) >> np.uint64(40)) & np.uint64(64 * n_words - 1)
                    near[slot >> np.uint64(6)] |= np.uint64(1) << (slot & np.uint64(63))
    return near


_TABLES4 = (_U64, _I32, _U32, _U32)
_TABLES6 = (_U64, _U64, _U64, _U64)
_NAMES = (_U64, _I32, _U64, _U8, _I64)
_DIGESTS = (_U64, _U8, _I64)


@compiled(
    types.uint8[::1](_U8, _I64, _I64, _U64, _U8, _U64, _U64, types.int64, *_TABLES4, *_TABLES6, *_NAMES, *_DIGESTS)
)
def sieve(
    data: NDArray[np.uint8],
    line_starts: NDArray[np.int64],
    line_ends: NDArray[np.int64],
    marks: NDArray[np.uint64],
    classes: NDArray[np.uint8],
    groups: NDArray[np.uint64],
    near: NDArray[np.uint64],
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
    """1 for each line that may hold a listed value, 0 for each that surely holds none.

    ``marks``: what :func:`mark` wrote, eight bytes at a time; words without a mark are passed over, unless a name has no
    dot. ``near``: what :func:`near_blocks` gives.
    """
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
            if flags & UNDOTTED == 0:
                rest = marks[i >> 3] >> np.uint64((i & 7) << 3)
                while rest & np.uint64(0xFF) == 0:
                    if rest == 0:
                        i = (i | 7) + 1
                        if i >= end:
                            break
                        rest = marks[i >> 3]
                    else:
                        i += 1
                        rest >>= np.uint64(8)
                if i >= end:
                    break
            elif classes[data[i]] == 0:
                i += 1
                continue
            if data[i] == 46 and i - line_starts[n] > 3 and end - i > 12 and flags & NUMERIC == 0:
                found = _plain_quad(data, classes, i)
                if found >= 0:
                    i += found & 255
                    block = np.uint64(found >> 16)
                    slot = ((block * _SPREAD) >> np.uint64(40)) & np.uint64(64 * len(near) - 1)
                    is_near = (near[slot >> np.uint64(6)] >> (slot & np.uint64(63))) & np.uint64(1) != 0
                    if is_near and _has4(np.uint32(found >> 8), bitmap4, buckets4, starts4, ends4):
                        out[n] = 1
                        break
                    continue
            a = i
            while a > line_starts[n] and classes[data[a - 1]] != 0:
                a -= 1
            seen = 0
            n_dots = 0
            n_colons = 0
            has_gap = False
            i = a
            while i < end:
                of = classes[data[i]]
                if of == 0:
                    break
                seen |= of
                n_dots += of == DOT
                if of == COLON:
                    n_colons += 1
                    has_gap = has_gap or (i > a and data[i - 1] == 58)
                i += 1
            is_found = seen & ESCAPE != 0
            if not is_found and has4 and n_dots > 2 and seen & DIGIT:
                is_found = _quad(data, a, i, bitmap4, buckets4, starts4, ends4)
            if not is_found and has_names and (seen & (DOT | HIGH) or flags & UNDOTTED):
                is_found = seen & HIGH != 0 or _name(data, a, i, flags, bitmap, slots, hashes, names, bounds)
            if not is_found and has6 and (has_gap or n_colons > 5):
                is_found = i - a > _LONG_WORD or _colons(
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
            if not is_found and has_digests and i - a >= 32:
                is_found = _digest(data, a, i, prefixes, digests, digest_bounds)
            if is_found:
                out[n] = 1
                break
    return out
