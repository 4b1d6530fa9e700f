"""Text for the cells of a spreadsheet that somebody opens: values come from lists and forms that anybody may have written."""

from __future__ import annotations

import re

# OWASP, CSV injection; spreadsheets skip white space before the sign, and full-width signs count too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_MAX_CELL = 32_000  # a spreadsheet cell holds 32,767 characters


def guarded(text: str) -> str:
    """``text`` for a cell: never a formula, no control characters, not longer than a cell holds."""
    if _FORMULA.match(text):
        text = "'" + text
    return visible(text)[:_MAX_CELL]


def visible(text: str) -> str:
    """``text`` on one line with control characters (terminal escapes for one) and lone surrogates made visible."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char in "\t\r\n" else "\ufffd" for char in text)
