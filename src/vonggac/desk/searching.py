"""The forms in which texts are searched and sorted: Vietnamese typed with or without marks finds the same, and Đ follows D."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from vonggac.events.folding import fold

_PLAIN_D = str.maketrans({"đ": "d"})

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""The 29 letters of Vietnamese in their order (TCVN 6909 keeps them composed), f, j, w and z where Latin has them."""
_TONES = "\u0300\u0309\u0303\u0301\u0323"
"""The tones after the level one, in the order of dictionaries: huyền, hỏi, ngã, sắc, nặng."""
_OF_LETTERS = "\u0306\u0302\u031b"
"""Breve, circumflex and horn make other letters; they are no tones."""
_RANKS = {letter: f"{rank:02d}" for rank, letter in enumerate(_ALPHABET, start=20)}
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
"""What PostgreSQL takes in no text, not even to compare with."""
_SPACE, _NUMBER, _OTHER = "05", "10", "98"
_TOKENS = re.compile(r"[0-9]+|[^\W_]|[\W_]+")
SORT_KEY_LENGTH = 1000
"""The most characters of a sort key; what names of 250 letters need stays below it."""


def search_form(*texts: str) -> str:
    """``texts`` joined by spaces, case folded, without diacritics (``Đường`` is ``duong``), white space single.

    What no database holds is left out, so that it can be asked for whatever somebody typed.
    """
    joined = fold(_UNSTORABLE.sub("", " ".join(texts)))
    if not joined.isascii():
        marks_apart = unicodedata.normalize("NFKD", joined)
        joined = "".join(char for char in marks_apart if not unicodedata.combining(char)).translate(_PLAIN_D)
        joined = fold(joined)
    return " ".join(joined.split())


@lru_cache(maxsize=16_384)
def sort_key(text: str) -> str:
    """Digits that sort as Vietnamese sorts ``text``, in every database and under every collation.

    Letters count first, in the order of the alphabet (``Đông`` after ``Dương``), then the tones; numbers by their value, and
    neither case nor punctuation. Two digits for a letter, ``00`` between letters and tones.
    """
    letters: list[str] = []
    tones: list[str] = []
    for token in _TOKENS.findall(fold(unicodedata.normalize("NFC", text.strip()))):
        if token.isascii() and token.isdigit():
            number = (token.lstrip("0") or "0")[:99]
            letters.append(f"{_NUMBER}{len(number):02d}{number}")
        elif not token[0].isalnum():
            letters.append(_SPACE)
        else:
            letter, tone = _taken_apart(token)
            letters.append(_RANKS.get(letter) or f"{_OTHER}{ord(letter):07d}")
            tones.append(tone)
    return f"{''.join(letters)}00{''.join(tones).rstrip('0')}"[:SORT_KEY_LENGTH]


def _taken_apart(char: str) -> tuple[str, str]:
    """A letter without its tone, and the number of the tone (0: level)."""
    if char.isascii():
        return char, "0"
    apart = unicodedata.normalize("NFD", char)
    first, marks = apart[0], apart[1:]
    tone = next((str(_TONES.index(mark) + 1) for mark in marks if mark in _TONES), "0")
    letter = unicodedata.normalize("NFC", first + "".join(mark for mark in marks if mark in _OF_LETTERS))
    return letter if len(letter) == 1 else first, tone
