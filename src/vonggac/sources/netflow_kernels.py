"""Compiled loops that write numbers and addresses as text, for columns of flows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def write_numbers(values: NDArray[np.uint64], offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> int:
    """The decimal digits of ``values`` one after the other; ``offsets`` has one more than them, ``data`` 20 bytes for each."""
    place = 0
    for i in range(len(values)):
        value = values[i]
        digits = 1
        rest = value // np.uint64(10)
        while rest:
            digits += 1
            rest //= np.uint64(10)
        for at in range(place + digits - 1, place - 1, -1):
            quotient = value // np.uint64(10)
            data[at] = np.uint8(48 + value - quotient * np.uint64(10))
            value = quotient
        place += digits
        offsets[i + 1] = place
    return place


@njit(cache=True, nogil=True)
def write_ipv4(values: NDArray[np.uint32], offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> int:
    """IPv4 addresses in dotted form one after the other; ``data`` has 15 bytes for each."""
    place = 0
    for i in range(len(values)):
        for shift in (24, 16, 8, 0):
            octet = (values[i] >> np.uint32(shift)) & np.uint32(255)
            if octet >= 100:
                data[place] = np.uint8(48 + octet // 100)
                place += 1
            if octet >= 10:
                data[place] = np.uint8(48 + octet // 10 % 10)
                place += 1
            data[place] = np.uint8(48 + octet % 10)
            place += 1
            if shift:
                data[place] = 46
                place += 1
        offsets[i + 1] = place
    return place
