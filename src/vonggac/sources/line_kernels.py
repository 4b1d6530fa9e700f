"""Loops that tell of lines of text, without reading them, whether their source would make an event of each.

A survey says :data:`EVENT` only of what it is sure of, by a form that is narrower than the source's own expression (ASCII
where that may hold any letter); whatever else there is stays :data:`OPEN` for the source to read.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLANK, EVENT, OPEN = 0, 1, 2
"""What a line is: nothing, surely an event, or for the source to say."""

_PIECE = 1 << 16  # what stays in a processor's cache
_MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", np.uint8)


@njit(cache=True)
def bounds(data: NDArray[np.uint8], breaks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each line begins and ends; ``breaks``: where the LF are. A last line may lack its end, a CR before LF is no part."""
    n = len(breaks)
    last = breaks[n - 1] + 1 if n else 0
    n_lines = n + (1 if last < len(data) else 0)
    starts = np.empty(n_lines, np.int64)
    ends = np.empty(n_lines, np.int64)
    start = 0
    for i in range(n_lines):
        end = breaks[i] if i < n else len(data)
        starts[i] = start
        ends[i] = end - 1 if end > start and data[end - 1] == 13 else end
        start = end + 1
    return starts, ends


@njit(cache=True)
def holds_any(data: NDArray[np.uint8], needles: NDArray[np.uint8]) -> bool:
    """Whether any of ``needles``, uint8[n, 4], stands anywhere in ``data``; several bytes at a time, where the processor can."""
    found = np.empty(_PIECE, np.uint8)
    for start in range(0, len(data) - 3, _PIECE):
        piece = data[start : start + _PIECE + 3]
        n = len(piece) - 3
        found[:] = 0
        for k in range(len(needles)):
            n0, n1, n2, n3 = needles[k, 0], needles[k, 1], needles[k, 2], needles[k, 3]
            for i in range(n):
                found[i] |= (piece[i] == n0) & (piece[i + 1] == n1) & (piece[i + 2] == n2) & (piece[i + 3] == n3)
        count = 0
        for i in range(n):
            count += found[i]
        if count > 0:
            return True
    return False


@njit(cache=True)
def _is_blank(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """Only ASCII white space, as ``str.isspace`` has it."""
    for i in range(a, b):
        c = data[i]
        if not (c == 32 or 9 <= c <= 13 or 28 <= c <= 31):
            return False
    return True


@njit(cache=True)
def _digits(data: NDArray[np.uint8], a: int, b: int, most: int) -> int:
    """Behind the digits at ``a``, at most ``most`` of them."""
    i = a
    while i < b and i - a < most and 48 <= data[i] <= 57:
        i += 1
    return i


@njit(cache=True)
def _fits(data: NDArray[np.uint8], a: int, b: int, form: NDArray[np.uint8]) -> bool:
    """Whether ``form`` stands at ``a``: ``0`` is any digit, ``A`` a capital, ``a`` a small letter, others themselves."""
    if b - a < len(form):
        return False
    for k in range(len(form)):
        c = data[a + k]
        f = form[k]
        if f == 48:
            if not 48 <= c <= 57:
                return False
        elif f == 65:
            if not 65 <= c <= 90:
                return False
        elif f == 97:
            if not 97 <= c <= 122:
                return False
        elif c != f:
            return False
    return True


_BSD = np.frombuffer(b"Aaa 00 00:00:00", np.uint8)
_BSD_ONE = np.frombuffer(b"Aaa  0 00:00:00", np.uint8)
_ISO = np.frombuffer(b"0000-00-00", np.uint8)
_CLOCK = np.frombuffer(b"00:00:00", np.uint8)
_BIND = np.frombuffer(b"00-Aaa-0000 00:00:00.000 ", np.uint8)


@njit(cache=True)
def _is_syslog_header(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """A time as RFC 3164 or ISO 8601 has it, ended by a blank or a colon and a blank."""
    if _fits(data, a, b, _BSD) or _fits(data, a, b, _BSD_ONE):
        i = a + 15
        if i < b and data[i] == 46:
            end = _digits(data, i + 1, b, 6)
            if end == i + 1:
                return False
            i = end
    elif _fits(data, a, b, _ISO) and a + 10 < b and (data[a + 10] == 84 or data[a + 10] == 32):
        if not _fits(data, a + 11, b, _CLOCK):
            return False
        i = a + 19
        if i < b and (data[i] == 46 or data[i] == 44):
            end = _digits(data, i + 1, b, 9)
            if end == i + 1:
                return False
            i = end
        if i < b and data[i] == 90:
            i += 1
        elif i < b and (data[i] == 43 or data[i] == 45):
            if _digits(data, i + 1, b, 2) != i + 3:
                return False
            i += 3
            if i < b and data[i] == 58:
                i += 1
            end = _digits(data, i, b, 2)
            if end != i + 2:
                return False
            i = end
    else:
        return False
    if i < b and data[i] == 58:
        i += 1
    return i < b and data[i] == 32


@njit(cache=True)
def _token(data: NDArray[np.uint8], a: int, b: int) -> int:
    """Behind the printable ASCII at ``a``."""
    i = a
    while i < b and 33 <= data[i] <= 126:
        i += 1
    return i


@njit(cache=True)
def _is_rfc5424(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """What follows the priority of RFC 5424: a version, five words, structured data without escapes."""
    i = _digits(data, a, b, 2)
    if i == a or i >= b or data[i] != 32:
        return False
    i += 1
    for _ in range(5):
        end = _token(data, i, b)
        if end == i or end >= b or data[end] != 32:
            return False
        i = end + 1
    if i < b and data[i] == 45:
        return i + 1 == b or data[i + 1] == 32
    if i >= b or data[i] != 91:
        return False
    while i < b and data[i] == 91:
        i = _element(data, i + 1, b)
        if i < 0:
            return False
    return i == b or data[i] == 32


@njit(cache=True)
def _name(data: NDArray[np.uint8], a: int, b: int) -> int:
    """Behind an SD-NAME at ``a`` (RFC 5424, 6.3.3)."""
    i = a
    while i < b and 33 <= data[i] <= 126 and data[i] != 34 and data[i] != 61 and data[i] != 93:
        i += 1
    return i


@njit(cache=True)
def _element(data: NDArray[np.uint8], a: int, b: int) -> int:
    """Behind the structured data element whose name begins at ``a``; -1 where it is none of the plain kind."""
    i = _name(data, a, b)
    if i == a:
        return -1
    while i < b and data[i] == 32:
        end = _name(data, i + 1, b)
        if end == i + 1 or end + 1 >= b or data[end] != 61 or data[end + 1] != 34:
            return -1
        i = end + 2
        while i < b and data[i] != 34:
            if data[i] == 92:
                return -1
            i += 1
        if i >= b:
            return -1
        i += 1
    return i + 1 if i < b and data[i] == 93 else -1


@njit(cache=True)
def _is_word(c: int) -> bool:
    return 48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or c == 95


@njit(cache=True)
def _is_squid(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """Squid's native access log: ``1700000000.123 921 192.0.2.1 TCP_MISS/200 507 GET url user DIRECT/192.0.2.2 type``."""
    i = _digits(data, a, b, 20)
    if i == a or i >= b or data[i] != 46 or _digits(data, i + 1, b, 3) != i + 4:
        return False
    i += 4
    for field in range(9):
        if i >= b or data[i] != 32 or (field > 0 and i + 1 < b and data[i + 1] == 32):
            return False
        while i < b and data[i] == 32:
            i += 1
        start = i
        i = _token(data, i, b)
        if i == start:
            return False
        if field == 0 or field == 3:
            if field == 0 and data[start] == 45:
                start += 1
            if i == start or _digits(data, start, i, 20) != i:
                return False
        elif field == 2 or field == 7:
            k = start
            while k < i and _is_word(data[k]):
                k += 1
            if k == start or k + 1 >= i or data[k] != 47:
                return False
            if field == 2 and (i - k > 4 or _digits(data, k + 1, i, 3) != i):
                return False
    return True


@njit(cache=True)
def _is_bind(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """BIND's own log file: ``24-Nov-2026 10:00:00.123 client …``."""
    if not _fits(data, a, b, _BIND):
        return False
    for k in range(0, 36, 3):
        if data[a + 3] == _MONTHS[k] and data[a + 4] == _MONTHS[k + 1] and data[a + 5] == _MONTHS[k + 2]:
            return True
    return False


@njit(cache=True)
def survey_syslog(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint8]:
    """What each line of a syslog file is."""
    out = np.empty(len(starts), np.uint8)
    for n in range(len(starts)):
        a = starts[n]
        b = ends[n]
        out[n] = OPEN
        if a < b and data[a] == 60:
            i = _digits(data, a + 1, b, 3)
            if (
                i > a + 1
                and i < b
                and data[i] == 62
                and (_is_syslog_header(data, i + 1, b) or _is_rfc5424(data, i + 1, b))
            ):
                out[n] = EVENT
        elif _is_syslog_header(data, a, b) or _is_squid(data, a, b) or _is_bind(data, a, b):
            out[n] = EVENT
        elif _is_blank(data, a, b):
            out[n] = BLANK
    return out


@njit(cache=True)
def _is_access(data: NDArray[np.uint8], a: int, b: int) -> bool:
    """Two words, a user, ``[time]``, a quoted request, status and size; anything may follow."""
    i = _token(data, a, b)
    if i == a or i >= b or data[i] != 32:
        return False
    start = i + 1
    i = _token(data, start, b)
    if i == start or i >= b or data[i] != 32:
        return False
    start = i + 1
    i = start
    while i < b and data[i] != 91:
        i += 1
    if i >= b or i - 1 < start or data[i - 1] != 32:
        return False
    start = i + 1
    i = start
    while i < b and data[i] != 93:
        if data[i] >= 128:
            return False
        i += 1
    if not 10 <= i - start <= 40 or i + 2 >= b or data[i + 1] != 32 or data[i + 2] != 34:
        return False
    i += 3
    while i < b and data[i] != 34:
        i += 2 if data[i] == 92 else 1
    if i + 1 >= b or data[i + 1] != 32:
        return False
    i += 2
    if i < b and data[i] == 45:
        i += 1
    elif _digits(data, i, b, 3) == i + 3:
        i += 3
    else:
        return False
    if i + 1 >= b or data[i] != 32:
        return False
    return bool(data[i + 1] == 45 or 48 <= data[i + 1] <= 57)


@njit(cache=True)
def survey_access(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint8]:
    """What each line of a web server's access log is."""
    out = np.empty(len(starts), np.uint8)
    for n in range(len(starts)):
        if _is_access(data, starts[n], ends[n]):
            out[n] = EVENT
        else:
            out[n] = BLANK if _is_blank(data, starts[n], ends[n]) else OPEN
    return out


@njit(cache=True)
def survey_table(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], separator: int, n_fields: int
) -> NDArray[np.uint8]:
    """What each line of a table is: an event where it has ``n_fields`` values, one of them printable ASCII.

    What begins with ``#`` or a blank, and what has another number of values, stays open.
    """
    out = np.empty(len(starts), np.uint8)
    for n in range(len(starts)):
        n_separators = 0
        is_printable = False
        for i in range(starts[n], ends[n]):
            c = data[i]
            if c == separator:
                n_separators += 1
            elif 33 <= c <= 126:
                is_printable = True
        is_open = starts[n] == ends[n] or data[starts[n]] == 35 or data[starts[n]] <= 32
        is_event = not is_open and is_printable and n_separators == n_fields - 1
        out[n] = EVENT if is_event else OPEN
    return out
