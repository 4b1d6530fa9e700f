"""Text from outside as it may stand in a document: composed, on one line, of what XML may hold and a reader can see."""

from __future__ import annotations

import unicodedata

_BREAKING = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\ufffd", "Co": "\ufffd", "Cn": "\ufffd"}
"""Category to what stands for its characters: signs that turn the direction of writing, or are not seen, go."""


def plain(text: str) -> str:
    """``text`` composed (NFC), without control characters, invisible signs, line breaks, and white at its ends."""
    composed = unicodedata.normalize("NFC", text)
    if not composed.isprintable():
        composed = "".join(_BREAKING.get(unicodedata.category(char), char) for char in composed)
    return composed.strip(" ")
