"""How far the cells of a sheet reach, found before the sheet is read.

The spreadsheet library lays a sheet out as a full rectangle, so that two cells in opposite corners of a 2 KiB file would
ask for hundreds of gigabytes and end the process. Here the same bytes are only skimmed for addresses of cells; what
is written in a way that hides an address from the skimming is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vonggac.errors import N_, UnsafeInput
from vonggac.tables.zips import OfficeZip, doctype

_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_TAG = re.compile(rb"<(?:\w+:)?(?:c|row)(?=[\s/>])[^>]*>?")
_MARK = re.compile(rb"<(?:\w+:)?(?:c|row)(?=[\s/>])")
_OTHERS = rb"""(?: (?!r=)[\w:]+="[^"<>&]*")*"""
_REFERENCE = re.compile(rb"""<(?:\w+:)?c""" + _OTHERS + rb""" r="([A-Z]{1,3})(\d{1,7})\"""" + _OTHERS + rb"""\s?/?>""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row""" + _OTHERS + rb""" r="(\d{1,7})\"""" + _OTHERS + rb"""\s?/?>""")
_ATTRIBUTE = re.compile(rb"""\s+([\w:.\-]+)\s*=\s*(?:"([^"<&]*)"|'([^'<&]*)')""")
_ADDRESS = re.compile(rb"([A-Za-z]{1,3})(\d{1,7})")
_NO_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_ERROR = re.compile(rb"""<(?:\w+:)?c\s(?=[^>]*\bt="e")(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})\"""")
_FORMULA_TAG = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CARRY_BYTES = 64 << 10

MAX_COLUMNS = 16_384
MAX_SHEET_ROWS = 1_048_576


@dataclass(slots=True)
class Extent:
    """The rectangle from A1 that cells span. Positions are (row, column) from 0.

    ``unread``: cells without a value and the reason; ``merges``: (first row, last row, column) of vertical merges.
    """

    n_rows: int = 0
    n_columns: int = 0
    unread: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def n_cells(self) -> int:
        """Cells of the rectangle."""
        return self.n_rows * self.n_columns


def column_number(letters: bytes) -> int:
    """``A`` is 1, ``XFD`` 16384 (ECMA-376 part 1, 18.18.7)."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def xlsx_extent(archive: OfficeZip, part: str) -> Extent:
    """The extent of the sheet in XML ``part``; cells that name no address count as if all stood in one row and column."""
    extent = Extent()
    columns: set[bytes] = set()
    n_anonymous = 0
    for text in _with_carry(archive.pieces(part)):
        if _DOCTYPE.search(text):
            raise doctype(archive.file, part)
        references, numbers = _REFERENCE.findall(text), _ROW_NUMBER.findall(text)
        if len(_MARK.findall(text)) != len(references) + len(numbers):  # not as every spreadsheet program writes it
            references, numbers, n_more = _read_tags(text, archive.file, part)
            n_anonymous += n_more
        rows = {row for _, row in references}.union(numbers)
        columns.update({letters for letters, _ in references})
        extent.n_rows = max(extent.n_rows, max(map(int, rows), default=0))
        _note_unread(text, extent)
    extent.n_columns = max(map(column_number, columns), default=0) + min(n_anonymous, MAX_COLUMNS)
    extent.n_rows += min(n_anonymous, MAX_SHEET_ROWS)
    return extent


def _read_tags(text: bytes, file: str, part: str) -> tuple[list[tuple[bytes, bytes]], list[bytes], int]:
    """The addresses of cells, the numbers of rows, and how many of both have none; raises UnsafeInput for anything else."""
    references: list[tuple[bytes, bytes]] = []
    numbers: list[bytes] = []
    n_anonymous = 0
    for tag in _TAG.findall(text):
        begin = re.search(rb"[\s/>]", tag[1:]).end()  # type: ignore[union-attr]  # the tag's pattern has it
        body = tag[begin:].rstrip(b">").rstrip(b"/").rstrip()
        attributes = list(_ATTRIBUTE.finditer(body))
        addresses = [found[2] if found[2] is not None else found[3] for found in attributes if found[1] == b"r"]
        is_whole = tag.endswith(b">") and sum(len(found[0]) for found in attributes) == len(body)
        if not is_whole or len(addresses) > 1:
            raise _hidden(file, part)
        if not addresses:
            n_anonymous += 1
        elif found := _ADDRESS.fullmatch(addresses[0]):
            references.append((found[1], found[2]))
        elif addresses[0].isdigit() and len(addresses[0]) <= 7:
            numbers.append(addresses[0])
        else:
            raise _hidden(file, part)
    return references, numbers, n_anonymous


def _hidden(file: str, part: str) -> UnsafeInput:
    return UnsafeInput(N_("part {name} hides addresses of cells; refused"), where=file, name=part)


def _note_unread(text: bytes, extent: Extent) -> None:
    found = []
    if _FORMULA_TAG.search(text):
        found.append((_NO_VALUE, "formula"))
    if b't="e"' in text:
        found.append((_ERROR, "error"))
    for pattern, reason in found:
        for letters, row in pattern.findall(text):
            extent.unread[int(row) - 1, column_number(letters) - 1] = reason


def _with_carry(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """``pieces`` cut again so that no cell is torn apart, as long as it is shorter than 64 KiB."""
    carry = b""
    for piece in pieces:
        text = carry + piece
        cut = max(text.rfind(b"</row>"), text.rfind(b"</c>"), text.rfind(b"<c "))
        if cut <= 0 or len(text) - cut > _CARRY_BYTES:
            cut = max(text.rfind(b"<"), 0)
        yield text[:cut]
        carry = text[cut:]
    yield carry


_ODS_TOKEN = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>|<text:p[\s>/]")
_ODS_COLUMNS = re.compile(rb"""table:number-columns-repeated\s*=\s*["']\s*(\d{1,9})""")
_ODS_ROWS = re.compile(rb"""table:number-rows-repeated\s*=\s*["']\s*(\d{1,9})""")
_ODS_SPANNED = re.compile(rb"""table:number-rows-spanned\s*=\s*["']\s*(\d{1,9})""")


def ods_extents(content: bytes) -> list[Extent]:
    """The extents of the tables in ``content.xml`` of an ODS file, in order (OpenDocument 1.3 part 3, chapter 9).

    A cell is filled when it has a value or text; repeated rows and columns count as often as they say.
    """
    extents: list[Extent] = []
    extent = Extent()
    row = column = 0
    repeat = 0
    for found in _ODS_TOKEN.finditer(content):
        name, attributes = found.group(1), found.group(2)
        if name == b"table":
            extent = Extent()
            extents.append(extent)
            row = column = repeat = 0
        elif name == b"table-row":
            row, column = row + repeat, 0
            repeat = _number(_ODS_ROWS, attributes)
        elif name is not None:
            spanned = _number(_ODS_SPANNED, attributes)
            if spanned > 1:
                extent.merges.append((row, row + spanned - 1, column))
            column += _number(_ODS_COLUMNS, attributes)
        if name is None or (b"value" in (attributes or b"") and name != b"table"):
            extent.n_rows = max(extent.n_rows, row + repeat)
            extent.n_columns = max(extent.n_columns, column)
    return extents


def _number(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found.group(1)) if found else 1
