"""Compiled loops over bytes and addresses: everything here is numba and works on arrays alone.

A text column comes as ``data: uint8[...]`` with ``starts, ends: int64[n]``, value i being ``data[starts[i]:ends[i]]``.
Signatures are explicit, so each function is compiled once, when this module is first imported, and then read from
numba's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def _array(of: Any) -> Any:
    return types.Array(of, 1, "C", readonly=True)  # also takes writable arrays; np.frombuffer gives read-only ones


_U8, _U32, _U64 = _array(types.uint8), _array(types.uint32), _array(types.uint64)
_I32, _I64 = _array(types.int32), _array(types.int64)
_OUT32, _OUT64, _OUTU64 = types.int32[::1], types.int64[::1], types.uint64[::1]


def compiled(signature: Any) -> Callable[[F], F]:
    """``numba.njit`` for ``signature``, cached on disk where any cache folder can be written."""

    def decorate(function: F) -> F:
        try:
            return numba.njit(signature, cache=True, nogil=True)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # no folder for the cache can be written (numba.core.caching)
            return numba.njit(signature, nogil=True)(function)  # type: ignore[no-any-return]

    return decorate


# Addresses as text -------------------------------------------------------------------------------------------------


@compiled(types.int64(_U8, types.int64, types.int64))
def parse4(data: NDArray[np.uint8], a: int, b: int) -> int:
    """The IPv4 address written in ``data[a:b]`` as a number, -1 when there is none.

    Four decimal numbers without leading zeros, as ``ipaddress`` reads them (RFC 6943 section 3.1.1, strict form).
    """
    if b - a < 7 or b - a > 15:
        return -1
    value = 0
    octet = 0
    digits = 0
    dots = 0
    for i in range(a, b):
        c = data[i]
        if 48 <= c <= 57:
            if digits > 0 and octet == 0:
                return -1
            octet = octet * 10 + (c - 48)
            digits += 1
            if octet > 255:
                return -1
        elif c == 46 and digits > 0 and dots < 3:
            value = value * 256 + octet
            octet = 0
            digits = 0
            dots += 1
        else:
            return -1
    if dots != 3 or digits == 0:
        return -1
    return value * 256 + octet


@compiled(types.int64(types.uint8))
def _hex(c: int) -> int:
    if 48 <= c <= 57:
        return c - 48
    if 97 <= c <= 102:
        return c - 87
    if 65 <= c <= 70:
        return c - 55
    return -1


@compiled(types.boolean(_U8, types.int64, types.int64, _OUTU64))
def parse6(data: NDArray[np.uint8], a: int, b: int, words: NDArray[np.uint64]) -> bool:
    """Read the IPv6 address written in ``data[a:b]`` (RFC 4291 section 2.2, a zone after ``%`` dropped) into ``words``.

    ``words[0]`` gets the upper 64 bits, ``words[1]`` the lower; ``words`` needs room for eight groups from 2 on.
    """
    for i in range(a, b):
        if data[i] == 37:
            if i + 1 == b:
                return False
            b = i
            break
    if b - a < 2 or b - a > 45:
        return False
    groups = 0
    gap = -1
    i = a
    if data[a] == 58:
        if data[a + 1] != 58:
            return False
        gap = 0
        i = a + 2
    while i < b:
        if groups == 8:
            return False
        value = 0
        j = i
        while j < b and j - i < 5 and _hex(data[j]) >= 0:
            value = value * 16 + _hex(data[j])
            j += 1
        if j < b and data[j] == 46:
            tail = parse4(data, i, b)
            if tail < 0 or groups > 6:
                return False
            words[2 + groups] = np.uint64(tail >> 16)
            words[3 + groups] = np.uint64(tail & 0xFFFF)
            groups += 2
            break
        if j == i or j - i > 4:
            return False
        words[2 + groups] = np.uint64(value)
        groups += 1
        if j == b:
            break
        if data[j] != 58 or j + 1 == b:
            return False
        i = j + 1
        if data[i] == 58:
            if gap >= 0:
                return False
            gap = groups
            i += 1
    if gap < 0 and groups != 8:
        return False
    if gap >= 0 and groups > 7:
        return False
    high = np.uint64(0)
    low = np.uint64(0)
    for place in range(8):
        group = np.uint64(0)
        if gap < 0 or place < gap:
            group = words[2 + place]
        elif place >= 8 - (groups - gap):
            group = words[2 + place - (8 - groups)]
        if place < 4:
            high = (high << np.uint64(16)) | group
        else:
            low = (low << np.uint64(16)) | group
    words[0] = high
    words[1] = low
    return True


@compiled(types.void(_U8, _I64, _I64, types.uint8[::1], types.uint32[::1], _OUTU64, _OUTU64))
def parse_addresses(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    version: NDArray[np.uint8],
    v4: NDArray[np.uint32],
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
) -> None:
    """Parse n texts: ``version[i]`` is 4, 6, or 0 for no address; IPv4-mapped IPv6 (RFC 4291 2.5.5.2) counts as 4.

    Whoever expects IPv4 alone gives ``high`` and ``low`` of length 0: then ``version[i]`` of an IPv6 address is 6 all
    the same and its words are dropped.
    """
    words = np.zeros(10, np.uint64)
    for i in range(len(starts)):
        a = starts[i]
        b = ends[i]
        found = parse4(data, a, b)
        if found >= 0:
            version[i] = 4
            v4[i] = found
            continue
        version[i] = 0
        if b - a < 2 or not (data[a] == 58 or _hex(data[a]) >= 0):
            continue
        if parse6(data, a, b, words):
            if words[0] == 0 and words[1] >> np.uint64(32) == 0xFFFF:
                version[i] = 4
                v4[i] = words[1] & np.uint64(0xFFFFFFFF)
            else:
                version[i] = 6
                if len(high) > 0:
                    high[i] = words[0]
                    low[i] = words[1]


# Address segments --------------------------------------------------------------------------------------------------


@compiled(types.int64(_I64, _I64, _OUT32, _OUT64, _OUT64, _OUT32))
def nest(
    first: NDArray[np.int64],
    end: NDArray[np.int64],
    parent: NDArray[np.int32],
    seg_first: NDArray[np.int64],
    seg_end: NDArray[np.int64],
    seg_node: NDArray[np.int32],
) -> int:
    """Cut nested intervals into disjoint segments and return how many.

    ``first, end``: k intervals (end exclusive), each pair nested or disjoint, no two equal, sorted by first, the longer
    before the shorter. ``parent[k]``: the smallest interval around each, -1. Segments come in order; ``seg_node`` is the
    smallest interval that covers the segment. The segment arrays need room for 2 k.
    """
    stack = np.empty(len(first) + 1, np.int32)
    depth = 0
    count = 0
    cursor = np.int64(0)
    for k in range(len(first) + 1):
        start = first[k] if k < len(first) else np.int64(0x7FFFFFFFFFFFFFFF)
        while depth > 0 and end[stack[depth - 1]] <= start:
            top = stack[depth - 1]
            if cursor < end[top]:
                seg_first[count] = cursor
                seg_end[count] = end[top]
                seg_node[count] = top
                count += 1
                cursor = end[top]
            depth -= 1
        if k == len(first):
            break
        if depth > 0 and cursor < start:
            seg_first[count] = cursor
            seg_end[count] = start
            seg_node[count] = stack[depth - 1]
            count += 1
        parent[k] = stack[depth - 1] if depth > 0 else -1
        cursor = max(cursor, start)
        stack[depth] = k
        depth += 1
    return count


@compiled(types.void(_U32, _U32, _OUTU64))
def mark_blocks(starts: NDArray[np.uint32], ends: NDArray[np.uint32], bitmap: NDArray[np.uint64]) -> None:
    """Set the bit of each /24 that a segment touches; ``bitmap`` holds 2^24 bits."""
    for i in range(len(starts)):
        block = np.int64(starts[i] >> 8)
        last = np.int64(ends[i] >> 8)
        while block <= last:
            if block & 63 == 0 and block + 63 <= last:
                bitmap[block >> 6] = np.uint64(0xFFFFFFFFFFFFFFFF)
                block += 64
            else:
                bitmap[block >> 6] |= np.uint64(1) << np.uint64(block & 63)
                block += 1


@compiled(types.void(_U32, _U64, _I32, _U32, _U32, _OUT32))
def find4(
    addresses: NDArray[np.uint32],
    bitmap: NDArray[np.uint64],
    buckets: NDArray[np.int32],
    starts: NDArray[np.uint32],
    ends: NDArray[np.uint32],
    out: NDArray[np.int32],
) -> None:
    """The segment of each address, -1 for none.

    ``bitmap``: :func:`mark_blocks`. ``buckets[h]``: how many segments start below the address ``h << 16``, int32[65537].
    """
    for i in range(len(addresses)):
        x = addresses[i]
        block = x >> np.uint32(8)
        if (bitmap[block >> np.uint32(6)] >> np.uint64(block & np.uint32(63))) & np.uint64(1) == 0:
            out[i] = -1
            continue
        bucket = x >> np.uint32(16)
        a = buckets[bucket]
        b = buckets[bucket + np.uint32(1)]
        while a < b:
            middle = (a + b) >> 1
            if starts[middle] <= x:
                a = middle + 1
            else:
                b = middle
        out[i] = a - 1 if a > 0 and x <= ends[a - 1] else -1


@compiled(types.void(_U64, _U64, _U64, _U64, _U64, _U64, _OUT32))
def find6(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    starts_high: NDArray[np.uint64],
    starts_low: NDArray[np.uint64],
    ends_high: NDArray[np.uint64],
    ends_low: NDArray[np.uint64],
    out: NDArray[np.int32],
) -> None:
    """The segment of each 128-bit address given in two words, -1 for none."""
    for i in range(len(high)):
        h = high[i]
        w = low[i]
        a = 0
        b = len(starts_high)
        while a < b:
            middle = (a + b) >> 1
            if starts_high[middle] < h or (starts_high[middle] == h and starts_low[middle] <= w):
                a = middle + 1
            else:
                b = middle
        out[i] = -1
        if a > 0 and (h < ends_high[a - 1] or (h == ends_high[a - 1] and w <= ends_low[a - 1])):
            out[i] = a - 1
