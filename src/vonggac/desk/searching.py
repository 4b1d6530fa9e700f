"""The one form in which texts are searched: Vietnamese typed with or without marks finds the same."""

from __future__ import annotations

import unicodedata

from vonggac.events.folding import fold

_PLAIN_D = str.maketrans({"đ": "d"})


def search_form(*texts: str) -> str:
    """``texts`` joined by spaces, case folded, without diacritics (``Đường`` is ``duong``), white space single."""
    joined = fold(" ".join(texts))
    if not joined.isascii():
        marks_apart = unicodedata.normalize("NFKD", joined)
        joined = "".join(char for char in marks_apart if not unicodedata.combining(char)).translate(_PLAIN_D)
        joined = fold(joined)
    return " ".join(joined.split())
