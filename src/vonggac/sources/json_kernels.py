"""The inner loops that read JSON lines without making an object of any value (RFC 8259).

A line becomes *tokens*: a scalar with its *path*, the chain of keys that leads to it. Elements of an array have the
array's path. Distinct paths of a block are few; they are numbered as they occur. Whatever is unusual, an escaped key, a key
twice in one object, deep nesting, a lone surrogate, is not decided here: such a line is left to the slow reader.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vonggac.events.escapes import hex_value

PLAIN, ESCAPED, INTEGER, FLOAT, LITERAL, NULL = 0, 1, 2, 3, 4, 5
"""Kinds of tokens: text without and with escapes, numbers (integers in their shortest form; others), ``true`` and
``false``, ``null`` or an empty object or list: a key without a value."""

GOOD, LEFT = 0, 1
"""What became of a line: read, or left to the slow reader."""

MAX_DEPTH = 32
_QUOTE, _BACKSLASH, _COMMA, _COLON = 34, 92, 44, 58
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = 123, 125, 91, 93


@njit(cache=True)
def _escape_end(data: NDArray[np.uint8], i: int, end: int) -> int:
    """The position after the escape whose backslash is at ``i``; -1 when it is not valid."""
    if i + 1 >= end:
        return -1
    c = data[i + 1]
    if c == 117:  # u
        value = hex_value(data, i + 2, end)
        if value < 0 or 0xDC00 <= value <= 0xDFFF:
            return -1
        if value < 0xD800 or value > 0xDBFF:
            return i + 6
        if i + 12 > end or data[i + 6] != _BACKSLASH or data[i + 7] != 117:
            return -1
        low = hex_value(data, i + 8, end)
        return i + 12 if 0xDC00 <= low <= 0xDFFF else -1
    if c == _QUOTE or c == _BACKSLASH or c == 47 or c == 98 or c == 102 or c == 110 or c == 114 or c == 116:
        return i + 2
    return -1


@njit(cache=True)
def _number_end(data: NDArray[np.uint8], i: int, end: int) -> int:
    """The position after the number at ``i``, negative when it is not an integer in its shortest form; 0 for no number."""
    first = i
    if i < end and data[i] == 45:
        i += 1
    digits = i
    while i < end and 48 <= data[i] <= 57:
        i += 1
    if i == digits or (data[digits] == 48 and i - digits > 1):
        return 0
    whole = not (data[first] == 45 and data[digits] == 48)
    if i < end and data[i] == 46:
        whole = False
        i += 1
        digits = i
        while i < end and 48 <= data[i] <= 57:
            i += 1
        if i == digits:
            return 0
    if i < end and (data[i] == 101 or data[i] == 69):
        whole = False
        i += 1
        if i < end and (data[i] == 43 or data[i] == 45):
            i += 1
        digits = i
        while i < end and 48 <= data[i] <= 57:
            i += 1
        if i == digits:
            return 0
    return i if whole else -i


@njit(cache=True)
def _word_size(data: NDArray[np.uint8], i: int, end: int) -> int:
    """The length of the ``true``, ``false`` or ``null`` at ``i``; 0 when it is none."""
    if i + 4 > end:
        return 0
    a, b, c, d = data[i], data[i + 1], data[i + 2], data[i + 3]
    if (a == 110 and b == 117 and c == 108 and d == 108) or (a == 116 and b == 114 and c == 117 and d == 101):
        return 4
    if a == 102 and b == 97 and c == 108 and d == 115 and i + 5 <= end and data[i + 4] == 101:
        return 5
    return 0


@njit(cache=True)
def after_mark(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], mark: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where a value goes on after ``mark`` (ASCII capitals, any case in the value) until a comma or its end.

    Returns (which values, starts, ends), only of values that have the mark; blanks around are left out.
    """
    n = len(offsets) - 1
    which = np.empty(n, np.int64)
    starts = np.empty(n, np.int64)
    ends = np.empty(n, np.int64)
    found = 0
    m = len(mark)
    for v in range(n):
        i = offsets[v]
        last = offsets[v + 1]
        while i + m <= last:
            j = 0
            while j < m:
                c = data[i + j]
                if 97 <= c <= 122:
                    c -= np.uint8(32)
                if c != mark[j]:
                    break
                j += 1
            if j == m:
                break
            i += 1
        if i + m <= last:
            a = i + m
            b = a
            while b < last and data[b] != _COMMA:
                b += 1
            while a < b and data[a] == 32:
                a += 1
            while b > a and data[b - 1] == 32:
                b -= 1
            which[found] = v
            starts[found] = a
            ends[found] = b
            found += 1
    return which[:found], starts[:found], ends[:found]


@njit(cache=True)
def _child(
    data: NDArray[np.uint8],
    a: int,
    b: int,
    parent: int,
    table: NDArray[np.int32],
    parents: NDArray[np.int32],
    key_starts: NDArray[np.int64],
    key_ends: NDArray[np.int64],
    n_paths: int,
) -> int:
    """The number of the path that the key ``data[a:b]`` continues from ``parent``; ``n_paths`` when it is new."""
    h = np.uint64(parent) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b - a)
    for j in range(a, b):
        h = (h ^ np.uint64(data[j])) * np.uint64(0x100000001B3)
    mask = np.uint64(len(table) - 1)
    at = (h ^ (h >> np.uint64(29))) & mask
    while True:
        path = int(table[at])
        if path < 0:
            break
        if parents[path] == parent and key_ends[path] - key_starts[path] == b - a:
            same = True
            k = key_starts[path]
            for j in range(a, b):
                if data[j] != data[k + j - a]:
                    same = False
                    break
            if same:
                return path
        at = (at + np.uint64(1)) & mask
    if n_paths < len(parents):
        table[at] = n_paths
        parents[n_paths] = parent
        key_starts[n_paths] = a
        key_ends[n_paths] = b
    return n_paths


@njit(cache=True)
def _skip(data: NDArray[np.uint8], i: int, end: int) -> int:
    while i < end and (data[i] == 32 or data[i] == 10 or data[i] == 13 or data[i] == 9):
        i += 1
    return i


@njit(cache=True)
def tokenize(  # one state machine; in pieces it would cost a call per character
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    table: NDArray[np.int32],
    parents: NDArray[np.int32],
    key_starts: NDArray[np.int64],
    key_ends: NDArray[np.int64],
    paths: NDArray[np.int32],
    rows: NDArray[np.int32],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    status: NDArray[np.uint8],
    plain_depth: int,
) -> tuple[int, int, int]:
    """Read the lines ``data[starts[i]:ends[i]]``, each one object and each followed by a line feed in ``data``.

    Fills ``paths, rows, firsts, lasts, kinds`` (a token each; the text of token t is ``data[firsts[t]:lasts[t]]``; rows
    count the good lines) and ``status`` (per line); path 0 is the line itself. Returns (tokens, paths, good lines);
    tokens is -1 when there was no room for them or for the paths. A line with an object in a list that is at most
    ``plain_depth`` deep is left to the slow reader: its paths would be those of an object alone.
    """
    n_tokens = 0
    n_paths = 1
    n_rows = 0
    stack_paths = np.zeros(MAX_DEPTH + 1, np.int32)
    stack_kinds = np.zeros(MAX_DEPTH + 1, np.uint8)
    seen = np.full(len(parents), -1, np.int32)
    followers = np.zeros(len(parents), np.int32)  # the key that came after a key last time: most often it comes again
    stops = np.zeros(256, np.uint8)
    stops[:32] = 1
    stops[_QUOTE] = 1
    stops[_BACKSLASH] = 1
    for line in range(len(starts)):
        i = _skip(data, starts[line], ends[line])
        end = ends[line]
        before = n_tokens
        depth = 0
        n_lists = 0
        path = 0
        last_key = 0
        ok = i < end and data[i] == _OPEN
        done = False
        while ok and not done:
            # A value begins at i.
            if i >= end or n_tokens >= len(paths):
                if i < end:
                    return -1, n_paths, n_rows
                ok = False
                break
            c = data[i]
            is_closed = True
            if c == _QUOTE:
                i += 1
                first = i
                kind = PLAIN
                while True:
                    while stops[data[i]] == 0:  # the line feed after the line ends this too
                        i += 1
                    if data[i] != _BACKSLASH:
                        break
                    kind = ESCAPED
                    if data[i + 1] == _BACKSLASH:
                        i += 2
                        continue
                    i = _escape_end(data, i, end)
                    if i < 0:
                        break
                if i < 0 or data[i] != _QUOTE:
                    ok = False
                    break
                paths[n_tokens] = path
                rows[n_tokens] = n_rows
                firsts[n_tokens] = first
                lasts[n_tokens] = i
                kinds[n_tokens] = kind
                n_tokens += 1
                i += 1
            elif c == _OPEN or c == _OPEN_LIST:
                if depth == MAX_DEPTH or (0 < depth <= plain_depth and stack_kinds[depth] == _OPEN_LIST):
                    ok = False
                    break
                depth += 1
                stack_paths[depth] = path
                stack_kinds[depth] = c
                n_lists += c == _OPEN_LIST
                i = _skip(data, i + 1, end)
                if i < end and data[i] == (_CLOSE if c == _OPEN else _CLOSE_LIST):
                    n_lists -= c == _OPEN_LIST
                    depth -= 1
                    paths[n_tokens] = path
                    rows[n_tokens] = n_rows
                    firsts[n_tokens] = i
                    lasts[n_tokens] = i
                    kinds[n_tokens] = NULL
                    n_tokens += 1
                    i += 1
                else:
                    is_closed = False
            elif c == 45 or 48 <= c <= 57:
                last = _number_end(data, i, end)
                if last == 0:
                    ok = False
                    break
                paths[n_tokens] = path
                rows[n_tokens] = n_rows
                firsts[n_tokens] = i
                kinds[n_tokens] = INTEGER if last > 0 else FLOAT
                i = abs(last)
                lasts[n_tokens] = i
                n_tokens += 1
            else:
                size = _word_size(data, i, end)
                if size == 0:
                    ok = False
                    break
                paths[n_tokens] = path
                rows[n_tokens] = n_rows
                firsts[n_tokens] = i
                i += size
                lasts[n_tokens] = i
                kinds[n_tokens] = NULL if c == 110 else LITERAL
                n_tokens += 1
            # After a value: close what ends here, then find where the next value begins.
            needs_key = False
            if is_closed:
                while True:
                    i = _skip(data, i, end)
                    if depth == 0:
                        done = True
                        ok = i == end
                        break
                    if i >= end:
                        ok = False
                        break
                    c = data[i]
                    i += 1
                    if c == _COMMA:
                        needs_key = stack_kinds[depth] == _OPEN
                        path = stack_paths[depth]
                        break
                    if c != (_CLOSE if stack_kinds[depth] == _OPEN else _CLOSE_LIST):
                        ok = False
                        break
                    n_lists -= stack_kinds[depth] == _OPEN_LIST
                    depth -= 1
                if done or not ok:
                    break
            else:
                needs_key = stack_kinds[depth] == _OPEN
                path = stack_paths[depth]
            i = _skip(data, i, end)
            if needs_key:
                if i >= end or data[i] != _QUOTE:
                    ok = False
                    break
                i += 1
                first = i
                guess = followers[last_key]
                k = key_starts[guess]
                n = key_ends[guess] - k
                same = guess > 0 and parents[guess] == path and first + n < end
                j = 0
                while same and j < n:
                    same = data[first + j] == data[k + j]
                    j += 1
                if same and data[first + n] == _QUOTE:
                    i = first + n
                    path = guess
                else:
                    while stops[data[i]] == 0:
                        i += 1
                    if data[i] != _QUOTE:
                        ok = False
                        break
                    path = _child(data, first, i, path, table, parents, key_starts, key_ends, n_paths)
                    if path == n_paths:
                        if n_paths >= len(parents):
                            return -1, n_paths, n_rows
                        n_paths += 1
                    followers[last_key] = path
                last_key = path
                if seen[path] == line and n_lists == 0:
                    ok = False  # the key occurs twice in one object
                    break
                seen[path] = line
                i = _skip(data, i + 1, end)
                if i >= end or data[i] != _COLON:
                    ok = False
                    break
                i = _skip(data, i + 1, end)
        if ok:
            status[line] = GOOD
            n_rows += 1
        else:
            status[line] = LEFT
            n_tokens = before
    return n_tokens, n_paths, n_rows


@njit(cache=True)
def group_by_path(paths: NDArray[np.int32], n_tokens: int, n_paths: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Order the tokens by path, keeping their order within one: (bounds[n_paths + 1], order[n_tokens])."""
    bounds = np.zeros(n_paths + 1, np.int64)
    for t in range(n_tokens):
        bounds[paths[t] + 1] += 1
    for p in range(n_paths):
        bounds[p + 1] += bounds[p]
    at = bounds.copy()
    order = np.empty(n_tokens, np.int32)
    for t in range(n_tokens):
        order[at[paths[t]]] = t
        at[paths[t]] += 1
    return bounds, order
