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
_REFERENCE = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r\s*=\s*["'](\d{1,7})["']""")
_ANY_ADDRESS = re.compile(rb"""\sr\s*=""")
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
        references = _REFERENCE.findall(text)
        rows = set(_ROW_NUMBER.findall(text))
        rows.update({row for _, row in references})
        columns.update({letters for letters, _ in references})
        extent.n_rows = max(extent.n_rows, max(map(int, rows), default=0))
        n_anonymous += _count_anonymous(text, archive.file, part)
        _note_unread(text, extent)
    extent.n_columns = max(map(column_number, columns), default=0) + min(n_anonymous, MAX_COLUMNS)
    extent.n_rows += min(n_anonymous, MAX_SHEET_ROWS)
    return extent


def _count_anonymous(text: bytes, file: str, part: str) -> int:
    count = 0
    for tag in _TAG.findall(text):
        if b' r="' in tag and tag.count(b'"') % 2 == 0 and b"'" not in tag and b"&" not in tag:
            continue  # what every spreadsheet program writes: found by the patterns above
        if tag.count(b'"') % 2 or tag.count(b"'") % 2 or b"&" in tag or not tag.endswith(b">"):
            raise UnsafeInput(N_("part {name} hides addresses of cells; refused"), where=file, name=part)
        if not _ANY_ADDRESS.search(tag):
            count += 1
        elif not (_REFERENCE.match(tag) or _ROW_NUMBER.match(tag)):
            raise UnsafeInput(N_("part {name} hides addresses of cells; refused"), where=file, name=part)
    return count


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


_ODS_TOKEN = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>|<text:p[\s>/]"
)
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
