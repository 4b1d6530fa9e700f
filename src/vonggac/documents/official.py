"""What an official document says, part by part (Decree 30/2020/ND-CP, appendix I), without how it looks.

The document is Vietnamese whatever the language of who makes it, so its fixed words stand here and in the templates, not in the catalogues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

URGENCY_MARKS: Final = {"": "", "khan": "KHẨN", "thuong_khan": "THƯỢNG KHẨN", "hoa_toc": "HỎA TỐC"}
"""Degree of urgency to the mark that is set (article 8)."""

BLANK: Final = "…………"
"""Stands where a value is still to be written in."""
_ROOM = "\u00a0" * 7


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or clause; ``label`` as it is written ("1.", "a)"). A line break in ``text`` begins another paragraph."""

    text: str
    label: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``width`` is its share beside the others."""

    title: str
    width: float = 1.0
    align: Literal["left", "center", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """A row; a ``group`` with one cell goes over all columns, a ``total`` is set in bold. Numbers are written the Vietnamese way."""

    cells: Sequence[str | int | None]
    kind: Literal["plain", "group", "total"] = "plain"


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table of a report; ``title`` stands above it."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ""

    def totalled(self, label: str = "Tổng cộng") -> DataTable:
        """The same with a last row: the sums of the columns that hold numbers alone, ``label`` in the first that does not."""
        plain = [row.cells for row in self.rows if row.kind == "plain"]
        sums: list[str | int | None] = []
        for values in zip(*plain, strict=True):
            numbers = [value for value in values if isinstance(value, int)]
            whole = len(numbers) == sum(value is not None for value in values) and bool(numbers)
            sums.append(sum(numbers) if whole else None)
        if None in sums:
            sums[sums.index(None)] = label
        return DataTable(self.columns, [*self.rows, Row(sums, "total")], self.title) if plain else self


Block = Paragraph | DataTable


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under its heading ("I. TÌNH HÌNH CHUNG")."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Appendix:
    """An appendix on pages across; ``note`` says in brackets what it belongs to."""

    heading: str
    blocks: Sequence[Block]
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: for whom, one line each ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), as what, and their name."""

    title: str
    name: str = ""
    signed_for: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """A line under "Nơi nhận"; ``purpose`` as it is written: "để b/c"."""

    name: str
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """The parts that all official documents share.

    ``number`` and ``dated`` None: left open for who issues it. ``superior``: the body above the issuer, empty when none is named.
    ``addressed_to``: "Kính gửi". ``recipients``: "Nơi nhận"; ``archive``: after "Lưu:". ``urgency``: a key of :data:`URGENCY_MARKS`.
    """

    issuer: str
    symbol: str
    subject: str
    signatory: Signatory
    superior: str = ""
    number: int | None = None
    place: str = ""
    dated: date | None = None
    urgency: str = ""
    addressed_to: Sequence[str] = ()
    recipients: Sequence[Recipient] = ()
    archive: str = "VT"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLetter(Official):
    """An official letter (công văn): its subject stands under the number ("V/v …")."""

    body: Sequence[Paragraph]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialReport(Official):
    """A report, or another document that is called by its ``form``: that and the subject stand over the text."""

    form: str = "BÁO CÁO"
    opening: Sequence[Paragraph] = ()
    sections: Sequence[Section] = ()
    appendices: Sequence[Appendix] = field(default=())


def number_and_symbol(number: int | None, symbol: str) -> str:
    """``15/SKHCN-CNTT``; below ten with a zero, room to write where there is no number yet."""
    return f"{_ROOM if number is None else format(number, '02d')}/{symbol}"


def place_and_date(place: str, dated: date | None) -> str:
    """``Tỉnh X, ngày 05 tháng 9 năm 2026``: zero before days below ten and before the months 1 and 2 (appendix I, II.4)."""
    if dated is None:
        return f"{place or BLANK}, ngày{_ROOM}tháng{_ROOM}năm{_ROOM}"
    month = f"{dated.month:02d}" if dated.month < 3 else str(dated.month)
    return f"{place or BLANK}, ngày {dated.day:02d} tháng {month} năm {dated.year}"


def grouped(number: int) -> str:
    """``12.345``: thousands set apart by a full stop."""
    return f"{number:,}".replace(",", ".")
