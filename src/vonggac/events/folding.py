"""Case folding: the one function that decides when two texts are equal but for case.

Unicode *simple* case folding (statuses C and S of CaseFolding.txt): one code point maps to one code
point, so ``Đ`` equals ``đ`` and lengths in code points never change; ``ß`` does not equal ``ss``.
"""

from __future__ import annotations

import sys


def _simple_fold_table() -> dict[int, int]:
    table: dict[int, int] = {}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        folded = char.casefold()
        if len(folded) != 1:  # full folding only; the simple form is the lower case, where it is one character
            folded = char.lower()
        if len(folded) == 1 and folded != char:
            table[code] = ord(folded)
    return table


_TABLE: dict[int, int] = {}


def fold(text: str) -> str:
    """Return ``text`` with every code point replaced by its simple case folding; idempotent."""
    if text.isascii():
        return text.lower()
    if not _TABLE:
        _TABLE.update(_simple_fold_table())
    return text.translate(_TABLE)
