"""Whether a value is a text with wildcards, in time linear in its length for each wildcard."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

TOKEN_MULTI, TOKEN_SINGLE = -1, -2
"""Any characters; one character. Other tokens are the length of a text and its bytes."""


@njit(cache=True)
def glob_match(
    data: NDArray[np.uint8], a: Any, b: Any, tokens: NDArray[np.int32], p: Any, end: Any, fold_ascii: Any
) -> bool:
    """Whether ``data[a:b]`` is ``tokens[p:end]``: -1 any characters, -2 one character, else a length and its bytes."""
    i = a
    star_p = -1
    star_i = 0
    while True:
        ok = False
        if p == end:
            if i == b:
                return True
        elif tokens[p] == TOKEN_MULTI:
            star_p = p + 1
            star_i = i
            p += 1
            if p == end:
                return True
            ok = True
        elif tokens[p] == TOKEN_SINGLE:
            if i < b:
                i = _next_character(data, i, b)
                p += 1
                ok = True
        else:
            n = tokens[p]
            if i + n <= b:
                same = True
                for j in range(n):
                    byte = data[i + j]
                    if fold_ascii == 1 and 65 <= byte <= 90:
                        byte += 32
                    if byte != tokens[p + 1 + j]:
                        same = False
                        break
                if same:
                    i += n
                    p += n + 1
                    ok = True
        if not ok:
            if star_p < 0 or star_i >= b:
                return False
            star_i = _next_character(data, star_i, b)
            i = star_i
            p = star_p


@njit(cache=True)
def _next_character(data: NDArray[np.uint8], i: Any, b: Any) -> Any:
    i += 1
    while i < b and (data[i] & 0xC0) == 0x80:
        i += 1
    return i
