"""Making text from logs harmless where it is shown: terminals, spreadsheets."""

from __future__ import annotations

import re

# C0 and C1 controls and DEL (terminal escapes), line and paragraph separators, and the characters that reverse or hide
# text (Unicode's bidirectional formatting and zero-width characters, the byte order mark).
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_HOSTILE_UTF8 = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xa9]|\xef\xbb\xbf"
)
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")


def visible(text: str) -> str:
    r"""``text`` with every character that could steer a terminal or hide written as ``\xNN`` or ``\uNNNN``."""
    return _HOSTILE.sub(lambda found: _escape(found[0]), text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def visible_json(line: bytes) -> bytes:
    """JSON that means the same with the characters that could steer a terminal escaped."""
    if line.isascii() and b"\x7f" not in line:  # JSON has escaped all other control characters already
        return line
    return _HOSTILE_UTF8.sub(lambda found: b"\\u%04x" % ord(found[0].decode("utf-8")), line)


def cell(value: object) -> str:
    """A value for a spreadsheet: never a formula (a leading ``=``, ``+``, ``-``, ``@`` gets an apostrophe)."""
    text = str(value)
    if isinstance(value, int | float):
        return text
    text = _HOSTILE.sub(lambda found: found[0] if found[0] in "\t\n\r" else _escape(found[0]), text)
    return "'" + text if _FORMULA.match(text) else text
