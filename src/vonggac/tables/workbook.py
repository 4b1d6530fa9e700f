"""Workbooks: XLSX, XLS and ODS."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables import compound
from vonggac.tables.extents import Extent, ods_extents, xlsx_extent
from vonggac.tables.table import MAX_CELLS, Cell, LeftOut, Row, Table, Tables, Unread, is_empty
from vonggac.tables.zips import ZIP_MAGICS, OfficeZip, doctype, open_zip, protected, refuse_doctypes

MAX_ODS_BYTES = 256 << 20
MAX_STRINGS_BYTES = 256 << 20
_MAX_FILLED = 2_000_000


class WorkbookReader:
    """Reads the sheets of a workbook; values of formulas are those that were stored."""

    name = "workbook"

    def recognises(self, data: bytes) -> bool:
        """Whether ``data`` is a workbook (or an old office file, of which workbooks are the only ones read)."""
        return data.startswith(compound.MAGIC) or (
            data.startswith(ZIP_MAGICS) and _kind_of_zip(data) in ("xlsx", "xlsb", "ods")
        )

    def read(self, data: bytes, file: str) -> Tables:
        """All visible sheets that are not empty."""
        extents = self._extents(data, file)
        try:
            with CalamineWorkbook.from_object(io.BytesIO(data)) as book:
                return _sheets(book, file, extents)
        except PasswordError as error:
            raise protected(file) from error
        except CalamineError as error:
            raise InputError(N_("damaged or cut off: the workbook cannot be read ({detail})"), where=file,
                             detail=str(error)[:120]) from error  # fmt: skip

    def _extents(self, data: bytes, file: str) -> dict[str, Extent] | list[Extent] | None:
        if data.startswith(compound.MAGIC):
            if compound.workbook_area(data, file) > MAX_CELLS:
                raise UnsafeInput(N_("its cells are spread over too large an area"), where=file)
            return None
        archive = open_zip(data, file)
        if "content.xml" in archive.members:
            return _check_ods(archive)
        if "xl/workbook.bin" in archive.members:
            raise FormatUnknown(N_("a binary workbook (.xlsb): save it as XLSX and try again"), where=file)
        return _check_xlsx(archive)


def _kind_of_zip(data: bytes) -> str:
    try:
        members = open_zip(data, "").members
    except (InputError, FormatUnknown):
        return "xlsx"  # reading it says what is wrong
    for name, kind in (("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "xlsb"), ("content.xml", "ods")):
        if name in members:
            return kind
    return ""


def _check_ods(archive: OfficeZip) -> list[Extent]:
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise protected(archive.file)
    refuse_doctypes(archive, iter([n for n in archive.members if n.endswith(".xml")]))
    extents = ods_extents(archive.read("content.xml", MAX_ODS_BYTES))
    if sum(extent.n_cells for extent in extents) > MAX_CELLS:
        raise UnsafeInput(N_("its cells are spread over too large an area"), where=archive.file)
    return extents


def _check_xlsx(archive: OfficeZip) -> dict[str, Extent]:
    parts = _sheet_parts(archive)
    if (strings := archive.members.get("xl/sharedStrings.xml")) and strings.file_size > MAX_STRINGS_BYTES:
        raise UnsafeInput(N_("part {name} would inflate to {size:,} bytes; at most {limit:,} are read"), where=archive.file,
                          name=strings.filename, size=strings.file_size, limit=MAX_STRINGS_BYTES)  # fmt: skip
    sheets = set(parts.values())
    refuse_doctypes(archive, iter([n for n in archive.members if n.endswith((".xml", ".rels")) and n not in sheets]))
    return {name: xlsx_extent(archive, part) for name, part in parts.items() if part in archive.members}


def _sheet_parts(archive: OfficeZip) -> dict[str, str]:
    """Sheet name to the part that holds its cells (ECMA-376 part 1, 18.2.19 and part 2, 9.3)."""
    try:
        book = fromstring(archive.read("xl/workbook.xml"))
        relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except DefusedXmlException as error:
        raise doctype(archive.file, "xl/workbook.xml") from error
    except (ParseError, LookupError, ValueError) as error:  # of an encoding that is none, or that no XML may have
        raise InputError(N_("damaged: part {name} is no XML"), where=archive.file, name="xl/workbook.xml") from error
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            identifier = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
            target = targets.get(identifier, "")
            absolute = target.lstrip("/") if target.startswith("/") else posixpath.normpath("xl/" + target)
            parts[sheet.get("name", "")] = absolute
    return parts


def _sheets(book: CalamineWorkbook, file: str, extents: dict[str, Extent] | list[Extent] | None) -> Tables:
    tables: list[Table] = []
    skipped: list[LeftOut] = []
    for index, metadata in enumerate(book.sheets_metadata):
        name = metadata.name
        if isinstance(extents, dict):
            extent = extents.get(name)
        else:
            extent = extents[index] if extents and index < len(extents) else None
        reason = ""
        if metadata.typ != SheetTypeEnum.WorkSheet:
            reason = "not_a_sheet"
        elif metadata.visible != SheetVisibleEnum.Visible:
            reason = "hidden_sheet"
        elif extent and extent.n_cells > MAX_CELLS:
            reason = "too_many_cells"
        if reason:
            skipped.append(LeftOut(name, reason))
            continue
        try:
            rows = _rows(book.get_sheet_by_index(index), extent)
        except CalamineError as error:
            skipped.append(LeftOut(name, "damaged_sheet", str(error)[:120]))
            continue
        if rows:
            tables.append(Table(file, name, rows))
        else:
            skipped.append(LeftOut(name, "empty_sheet"))
    return Tables(tables, skipped)


def _rows(sheet: CalamineSheet, extent: Extent | None) -> Sequence[Row]:
    if sheet.start is None and not (extent and extent.unread):
        return []
    rows: Iterable[list[Cell]] = sheet.iter_rows() if sheet.start is not None else ()  # type: ignore[assignment]  # lists vary
    found = {number: cells for number, cells in enumerate(rows, 1) if cells.count("") < len(cells)}
    if sheet.start is not None and (
        n_before := sheet.start[1]
    ):  # the library leaves out empty columns before the first cell
        found = {number: [""] * n_before + cells for number, cells in found.items()}
    if extent:
        for (row, column), reason in extent.unread.items():
            cells = found.setdefault(row + 1, [])
            cells.extend([""] * (column + 1 - len(cells)))
            if is_empty(cells[column]):
                cells[column] = Unread(reason)
    _fill_down(found, _vertical_merges(sheet, extent))
    return [Row(number, found[number]) for number in sorted(found)]


def _vertical_merges(sheet: CalamineSheet, extent: Extent | None) -> Iterator[tuple[int, int, int]]:
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            yield top, bottom, left
    if extent:
        yield from extent.merges


def _fill_down(found: dict[int, list[Cell]], merges: Iterable[tuple[int, int, int]]) -> None:
    n_filled = 0
    for top, bottom, column in merges:
        first = found.get(top + 1)
        if first is None or column >= len(first) or is_empty(first[column]):
            continue
        for number in range(top + 2, bottom + 2):
            n_filled += 1
            if n_filled > _MAX_FILLED:
                return
            cells = found.get(number)
            if cells is not None:
                cells.extend([""] * (column + 1 - len(cells)))
                if is_empty(cells[column]):
                    cells[column] = first[column]
