"""Case folding: the one function that decides when two texts are equal but for case.

Unicode *simple* case folding (statuses C and S of CaseFolding.txt): one code point maps to one code
point, so ``Đ`` equals ``đ`` and lengths in code points never change; ``ß`` does not equal ``ss``.
"""

from __future__ import annotations


class _Table(dict[int, int]):
    """Code point to its simple folding, worked out when first met."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        folded = char.casefold()
        if len(folded) != 1:  # full folding only; the simple form is the lower case, where it is one character
            folded = char.lower()
        found = self[code] = ord(folded) if len(folded) == 1 else code
        return found


_TABLE = _Table()


def fold(text: str) -> str:
    """Return ``text`` with every code point replaced by its simple case folding; idempotent."""
    return text.lower() if text.isascii() else text.translate(_TABLE)
