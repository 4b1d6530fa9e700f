"""Compiled loops for nfdump's files: unpacking blocks (LZ4, LZO) and finding records."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _byte(data: NDArray[np.uint8], at: int) -> int:
    return np.int64(data[at])  # type: ignore[return-value]  # signed, or numba would make floats of differences


@njit(cache=True, nogil=True)
def _copy_match(out: NDArray[np.uint8], place: int, origin: int, length: int) -> int:
    """Copy ``length`` bytes from ``origin`` on, which may overlap what is written; -1 when either end is outside."""
    if origin < 0 or place + length > len(out):
        return -1
    for i in range(length):
        out[place + i] = out[origin + i]
    return place + length


@njit(cache=True, nogil=True)
def _copy_literals(data: NDArray[np.uint8], at: int, out: NDArray[np.uint8], place: int, length: int) -> bool:
    if at + length > len(data) or place + length > len(out):
        return False
    for i in range(length):
        out[place + i] = data[at + i]
    return True


@njit(cache=True, nogil=True)
def unpack_lz4(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
    """Unpack one raw LZ4 block ("LZ4 Block Format Description") into ``out``: its length, -1 when it is damaged."""
    at = place = 0
    while at < len(data):
        token = _byte(data, at)
        at += 1
        length = token >> 4
        if length == 15:
            while True:
                if at >= len(data):
                    return -1
                length += _byte(data, at)
                at += 1
                if data[at - 1] != 255:
                    break
        if not _copy_literals(data, at, out, place, length):
            return -1
        at += length
        place += length
        if at == len(data):
            return place
        if at + 2 > len(data):
            return -1
        offset = _byte(data, at) | _byte(data, at + 1) << 8
        at += 2
        length = token & 15
        if length == 15:
            while True:
                if at >= len(data):
                    return -1
                length += _byte(data, at)
                at += 1
                if data[at - 1] != 255:
                    break
        if offset == 0:
            return -1
        place = _copy_match(out, place, place - offset, length + 4)
        if place < 0:
            return -1
    return -1


@njit(cache=True, nogil=True)
def _run(data: NDArray[np.uint8], at: int, base: int) -> tuple[int, int]:
    """A length that goes on in zero bytes: the length and where it ends; -1 for both when it is cut off."""
    length = base
    while at < len(data) and data[at] == 0:
        length += 255
        at += 1
    if at >= len(data):
        return -1, -1
    return length + _byte(data, at), at + 1


@njit(cache=True, nogil=True)
def unpack_lzo(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
    """Unpack one LZO1X block (Linux, Documentation/staging/lzo.rst) into ``out``: its length, -1 when it is damaged."""
    at = place = 0
    state = 0
    if len(data) and data[0] > 17:
        length = _byte(data, 0) - 17
        if not _copy_literals(data, 1, out, 0, length):
            return -1
        at, place = 1 + length, length
        state = min(4, length)
    while at < len(data):
        token = _byte(data, at)
        at += 1
        if token < 16 and state == 0:
            length = token
            if length == 0:
                length, at = _run(data, at, 15)
                if at < 0:
                    return -1
            length += 3
            if not _copy_literals(data, at, out, place, length):
                return -1
            at += length
            place += length
            state = 4
            continue
        if token < 16 or token >= 64:
            if at >= len(data):
                return -1
            more = _byte(data, at)
            at += 1
            following = token & 3
            if token >= 64:
                length = (token >> 5) + 1
                origin = place - 1 - ((token >> 2) & 7) - (more << 3)
            elif state == 4:
                length = 3
                origin = place - 0x801 - (token >> 2) - (more << 2)
            else:
                length = 2
                origin = place - 1 - (token >> 2) - (more << 2)
        else:
            mask = 31 if token >= 32 else 7
            length = token & mask
            if length == 0:
                length, at = _run(data, at, mask)
                if at < 0:
                    return -1
            length += 2
            if at + 2 > len(data):
                return -1
            pair = _byte(data, at) | _byte(data, at + 1) << 8
            at += 2
            following = pair & 3
            origin = place - (pair >> 2)
            if token >= 32:
                origin -= 1
            else:
                origin -= (token & 8) << 11
                if origin == place:
                    return place  # the end mark
                origin -= 0x4000
        place = _copy_match(out, place, origin, length)
        if place < 0 or not _copy_literals(data, at, out, place, following):
            return -1
        at += following
        place += following
        state = following
    return -1


@njit(cache=True, nogil=True)
def find_records(
    data: NDArray[np.uint8], kind: int, starts: NDArray[np.int64], signs: NDArray[np.uint64]
) -> tuple[int, int, int]:
    """The records of type ``kind``: how many, how many others, how many bytes were left where one does not fit.

    ``signs`` tells layouts apart: a hash over the size and over type and length of each element.
    """
    at = n = others = 0
    while at + 4 <= len(data):
        record = _byte(data, at) | _byte(data, at + 1) << 8
        size = _byte(data, at + 2) | _byte(data, at + 3) << 8
        if size < 4 or at + size > len(data):
            return n, others, len(data) - at
        if record != kind or size < 12:
            others += 1
            at += size
            continue
        sign = np.uint64(14695981039346656037) ^ np.uint64(size)
        element = at + 12
        while element + 4 <= at + size:
            for i in range(4):
                sign = (sign ^ np.uint64(data[element + i])) * np.uint64(1099511628211)
            length = _byte(data, element + 2) | _byte(data, element + 3) << 8
            if length < 4:
                break
            element += length
        starts[n] = at
        signs[n] = sign
        n += 1
        at += size
    return n, others, len(data) - at
