"""JSON texts as they stand in a line, escapes and all, to what they say (RFC 8259, section 7)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_BACKSLASH = 92


@njit(cache=True)
def hex_value(data: NDArray[np.uint8], at: int, end: int) -> int:
    """The value of four hexadecimal digits, -1 when they are not."""
    if at + 4 > end:
        return -1
    value = 0
    for j in range(at, at + 4):
        c = int(data[j])
        if 48 <= c <= 57:
            digit = c - 48
        elif 97 <= c <= 102:
            digit = c - 87
        elif 65 <= c <= 70:
            digit = c - 55
        else:
            return -1
        value = value * 16 + digit
    return value


@njit(cache=True)
def _put(out: NDArray[np.uint8], n: int, code: int) -> int:
    """Append a code point as UTF-8."""
    if code < 0x80:
        out[n] = code
        return n + 1
    if code < 0x800:
        out[n] = 0xC0 | (code >> 6)
        out[n + 1] = 0x80 | (code & 0x3F)
        return n + 2
    if code < 0x10000:
        out[n] = 0xE0 | (code >> 12)
        out[n + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[n + 2] = 0x80 | (code & 0x3F)
        return n + 3
    out[n] = 0xF0 | (code >> 18)
    out[n + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[n + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[n + 3] = 0x80 | (code & 0x3F)
    return n + 4


@njit(cache=True)
def unescape(data: NDArray[np.uint8], i: int, last: int, out: NDArray[np.uint8], n: int) -> int:
    """Write the text whose valid JSON form is ``data[i:last]`` to ``out`` from ``n`` on; returns where it ends."""
    while i < last:
        c = data[i]
        if c != _BACKSLASH:
            out[n] = c
            n += 1
            i += 1
            continue
        c = data[i + 1]
        i += 2
        if c == 117:
            code = hex_value(data, i, last)
            i += 4
            if 0xD800 <= code <= 0xDBFF:
                code = 0x10000 + ((code - 0xD800) << 10) + (hex_value(data, i + 2, last) - 0xDC00)
                i += 6
            n = _put(out, n, code)
        else:
            if c == 98:
                c = np.uint8(8)
            elif c == 102:
                c = np.uint8(12)
            elif c == 110:
                c = np.uint8(10)
            elif c == 114:
                c = np.uint8(13)
            elif c == 116:
                c = np.uint8(9)
            out[n] = c
            n += 1
    return n


@njit(cache=True)
def gather(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], is_escaped: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The texts ``data[starts[i]:ends[i]]``, without escapes: (offsets[n + 1], bytes)."""
    size = 0
    for v in range(len(starts)):
        size += ends[v] - starts[v]
    out = np.empty(size, np.uint8)
    offsets = np.zeros(len(starts) + 1, np.int64)
    n = 0
    for v in range(len(starts)):
        if is_escaped[v]:
            n = unescape(data, starts[v], ends[v], out, n)
        else:
            for j in range(starts[v], ends[v]):
                out[n] = data[j]
                n += 1
        offsets[v + 1] = n
    return offsets, out[:n]
