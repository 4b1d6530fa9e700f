r"""CEF and LEEF, in which security products send their events: a header of fields between pipes, then keys and values.

CEF (ArcSight, "Common Event Format", version 0 and 1): ``CEF:0|vendor|product|version|class|name|severity|key=value …``. A
pipe or backslash in the header has a backslash before it; in values ``\=``, ``\\``, ``\n`` and ``\r`` are escapes. A value
goes on, blanks and all, to the next ``key=``. Writers that leave the backslashes of a path as they are are known by an
escape that there is none of (``C:\Users``): such a value is taken as it is.

LEEF (IBM QRadar, "Log Event Extended Format", 1.0 and 2.0): ``LEEF:2.0|vendor|product|version|event|delimiter|key=value``;
the delimiter is a tab in 1.0 and where 2.0 names none, else a character or its hexadecimal code (``x5E``, ``0x5E``).

Both give the header as ``deviceVendor``, ``deviceProduct``, ``deviceVersion``, ``deviceEventClassId``, in CEF also ``name``
and ``deviceSeverity``, and the keys as they are; a key that occurs twice has both values. A value whose label is sent beside
it (``cs1Label=Virus name cs1=Emotet``) goes by its label too. What :mod:`vonggac.sources.antivirus` knows of the product
is added, and where a firewall or proxy tells its verdict on traffic, ``blocked``.
"""

from __future__ import annotations

import re

from vonggac.sources.antivirus import detection_by
from vonggac.sources.key_values import VERDICTS
from vonggac.sources.message_patterns import Fields, Parser

MAX_KEYS = 1000
"""More keys than that no product sends; the rest of such a message stays in ``message`` alone."""

HEAD_CHARACTERS = 200
"""How far into a message CEF or LEEF may begin: headers of every kind stand before it."""

_HEADER_CHARACTERS = 4096  # longer ones are read piece by piece
# What stands before it are the words of a header: text from outside, quoted or behind a key, may look like an event too.
_START = re.compile(r'(?:[^\s"=|]{1,255} +){0,6}(?:[^\s"=|]{0,64}[>:\])])?(?:(CEF): ?(\d)|(LEEF): ?(\d(?:\.\d)?))\|')
_PIECE = re.compile(r"((?:[^\\|]|\\.)*+)\|", re.DOTALL)
_HEAD_ESCAPE = re.compile(r"\\([\\|])")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z_][A-Za-z0-9_.\[\]:\-]{0,255}+)=")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "\\": "\\", "=": "=", "|": "|"}
_NO_ESCAPE = re.compile(r"(?:[^\\]|^)(?:\\\\)*+\\(?![\\=nr|])", re.DOTALL)
_DELIMITER = re.compile(r"(?:0?[xX]([0-9A-Fa-f]{1,4})|([^=\w]?))$", re.DOTALL)
_CEF_HEAD = ("deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "deviceSeverity")
_LEEF_HEAD = _CEF_HEAD[:4]
_VERDICT_KEYS = ("act", "action", "deviceEventClassId")


def unescape(value: str) -> str:
    r"""The text of a CEF value: ``\=``, ``\\``, ``\n``, ``\r`` undone, unless its writer did not escape at all."""
    if "\\" not in value:
        return value
    if _NO_ESCAPE.search(value):
        return value.replace("\\=", "=")
    return _ESCAPE.sub(lambda found: _ESCAPES[found[1]], value)


def carried(message: str) -> Fields | None:
    """Names and values of the CEF or LEEF event in ``message``; None when none begins near its start."""
    if message.find("EF:", 0, HEAD_CHARACTERS) < 0 or message.startswith("{"):  # JSON quotes such events
        return None
    start = _START.match(message, 0, HEAD_CHARACTERS)
    if start is None:
        return None
    fields = _cef(message, start.end()) if start[1] else _leef(message, start.end(), start[4])
    if fields is None:
        return None
    return tuple(fields), tuple(fields.values())  # type: ignore[arg-type]  # a list of texts is a value of a column too


def _header(message: str, position: int, n: int) -> tuple[list[str], int] | None:
    """``n`` pieces that end with a pipe each, and where they end; None when there are fewer."""
    pieces = message[position : position + _HEADER_CHARACTERS].split("|", n)
    if len(pieces) > n and "\\" not in "".join(pieces[:n]):
        return pieces[:n], position + sum(map(len, pieces[:n])) + n
    pieces = []
    for _ in range(n):
        found = _PIECE.match(message, position)
        if found is None:
            return None
        pieces.append(_HEAD_ESCAPE.sub(r"\1", found[1]) if "\\" in found[1] else found[1])
        position = found.end()
    return pieces, position


def _cef(message: str, position: int) -> dict[str, object] | None:
    head = _header(message, position, 6)
    if head is None:  # an event without extension may lack the last pipe
        head = _header(message + "|", position, 6)
        if head is None:
            return None
    text = message[head[1] :]
    keys, values = _plain_pairs(text) or _pairs(text)
    return _event(_CEF_HEAD, head[0], keys, values)


def _pairs(text: str) -> tuple[list[str], list[str]]:
    """Keys and values of a CEF extension."""
    parts = _KEY.split(text, MAX_KEYS)
    return parts[1::2], [unescape(value.strip()) for value in parts[2::2]]


def _plain_pairs(text: str) -> tuple[list[str], list[str]] | None:
    """What :func:`_pairs` gives, faster; None where a value has escapes or an equals sign of its own."""
    if "\\" in text or not text.isascii() or "\t" in text or text.count("=") > MAX_KEYS:
        return None
    first, *pieces = text.split("=")
    keys = [first.lstrip()]
    values = []
    for piece in pieces[:-1]:
        value, blank, key = piece.rpartition(" ")
        if not blank:
            return None
        keys.append(key)
        values.append(value.strip())
    if not pieces or not all(map(str.isidentifier, keys)):
        return None
    values.append(pieces[-1].strip())
    return keys, values


def _leef(message: str, position: int, version: str) -> dict[str, object] | None:
    head = _header(message, position, 4)
    if head is None:
        return None
    pieces, position = head
    delimiter = "\t"
    if version.startswith("2"):
        end = message.find("|", position, position + 8)
        if end >= 0 and (found := _DELIMITER.match(message[position:end])):
            delimiter = chr(int(found[1], 16)) if found[1] else found[2] or "\t"
            position = end + 1
    text = message[position:]
    if delimiter == "\t" and "\t" not in text and "#011" in text:  # rsyslog's $EscapeControlCharactersOnReceive
        delimiter = "#011"
    pairs = [pair.partition("=") for pair in text.split(delimiter, MAX_KEYS)[:MAX_KEYS]]
    keys = [key.strip() for key, equals, _ in pairs if equals]
    return _event(_LEEF_HEAD, pieces, keys, [value.strip() for _, equals, value in pairs if equals])


def _event(head: tuple[str, ...], pieces: list[str], keys: list[str], values: list[str]) -> dict[str, object]:
    """The header, the keys, the labelled values, and what is known of the product's detections."""
    texts = dict(zip(keys, values, strict=True))
    texts.update(zip(head, pieces, strict=True))
    is_whole = len(texts) == len(keys) + len(head)
    labels = [key for key in keys if key.endswith("Label")]
    for key in labels:
        if key[:-5] in texts and (label := texts[key]):
            texts.setdefault(label, texts[key[:-5]])
    fields: dict[str, object] = dict(texts)
    if not is_whole:
        _keep_all(fields, [*head, *keys], [*pieces, *values])
    if (found := detection_by(pieces[0], texts)) is not None:
        fields.update(found)
    if "src" in texts and "dst" in texts:
        for key in _VERDICT_KEYS:
            if (verdict := VERDICTS.get(texts.get(key, "").lower())) is not None:
                fields.setdefault("blocked", verdict)
                break
    fields.pop("", None)
    return fields


def _keep_all(fields: dict[str, object], keys: list[str], values: list[str]) -> None:
    """Give each name that occurs more than once all its values."""
    every: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        every.setdefault(key, []).append(value)
    fields.update({key: found for key, found in every.items() if len(found) > 1})


def _after(mark: str) -> Parser:
    return lambda message: carried(mark + message)


PARSERS: dict[str, Parser] = {"cef": _after("CEF: "), "leef": _after("LEEF: ")}
"""``CEF: 0|…``: with a blank, the mark looks like the name of a program."""
