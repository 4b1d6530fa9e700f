"""The directory written out in the shape that an import reads, the template to fill in, and lists of faults.

No cell can be taken for a formula, and what is exported and imported again changes nothing. Rows are written as they come from
the database; memory does not grow with them.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from vonggac.desk.organisations.models.imports import ImportFault
from vonggac.desk.organisations.staging.cells import guarded, written
from vonggac.desk.organisations.staging.kinds import CHOICES, KINDS, Kind, choice_titles
from vonggac.desk.organisations.staging.outgoing import record_export, require_export, rows
from vonggac.desk.organisations.staging.sheets import LISTS_SHEET
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_

Say = Callable[[str], str]
_BOLD = Font(bold=True)
_EXAMPLE = Font(italic=True, color="808080")
_NEEDED = PatternFill("solid", fgColor="FFF2CC")
_TEMPLATE_ROWS = 5_000


def export(asker: Asker, form: str, file: BinaryIO, zone: tzinfo, language: str) -> dict[str, int]:
    """Write all that the asker may take along: ``form`` xlsx, or csv (a zip archive with one CSV a kind).

    Gives the rows of each kind; an entry of the audit record says the same. Raises NotAllowed.
    """
    require_export(asker)
    counts = dict.fromkeys(KINDS, 0)

    def cells(kind: Kind) -> Iterator[list[str]]:
        columns = [column for column in kind.columns.values() if column.field != "since"]
        yield [column.titles[language] for column in columns]
        for row in rows(asker, kind.name):
            counts[kind.name] += 1
            yield [guarded(written(column, row[column.field], zone, language)) for column in columns]

    if form == "xlsx":
        _write_xlsx(file, cells, language)
    else:
        _write_csv(file, cells)
    record_export(asker, form, counts)
    return counts


def _write_xlsx(file: BinaryIO, cells: Callable[[Kind], Iterator[list[str]]], language: str) -> None:
    book = Workbook(write_only=True)
    for kind in KINDS.values():
        columns = [column for column in kind.columns.values() if column.field != "since"]
        sheet = book.create_sheet(kind.titles[language])
        sheet.freeze_panes = "A2"
        for number, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        table = cells(kind)
        sheet.append([_bold(sheet, title) for title in next(table)])
        for row in table:
            sheet.append(row)
    book.save(file)


def _bold(sheet: Any, title: str) -> Any:
    cell = WriteOnlyCell(sheet, title)
    cell.font = _BOLD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _write_csv(file: BinaryIO, cells: Callable[[Kind], Iterator[list[str]]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in KINDS.values():
            with archive.open(f"{kind.name}.csv", "w", force_zip64=True) as member:
                # The mark at the beginning tells spreadsheet programs that it is UTF-8.
                text = io.TextIOWrapper(member, "utf-8-sig", newline="")
                csv.writer(text).writerows(cells(kind))
                text.flush()
                text.detach()


def template(file: BinaryIO, language: str) -> None:
    """An empty workbook to fill in: titles, an invented example (which an import leaves out), lists to choose from."""
    book = Workbook()
    lists = book.active
    assert lists is not None  # noqa: S101  # a new workbook has a sheet
    lists.title = LISTS_SHEET
    ranges: dict[str, str] = {}
    for number, name in enumerate(CHOICES, 1):
        titles = list(choice_titles(name, language).values())
        letter = get_column_letter(number)
        for at, title in enumerate(titles, 1):
            lists.cell(at, number, title)
        ranges[name] = f"{LISTS_SHEET}!${letter}$1:${letter}${len(titles)}"
    for kind in KINDS.values():
        _template_sheet(book.create_sheet(kind.titles[language]), kind, ranges, language)
    lists.sheet_state = "hidden"
    book.active = 1
    book.save(file)


def _template_sheet(sheet: Any, kind: Kind, ranges: Mapping[str, str], language: str) -> None:
    sheet.freeze_panes = "A2"
    for number, column in enumerate(kind.columns.values(), 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = column.width
        title = sheet.cell(1, number, column.titles[language])
        title.font = _BOLD
        title.alignment = Alignment(wrap_text=True, vertical="top")
        if column.is_needed:
            title.fill = _NEEDED
        example = choice_titles(column.choices, language)[column.example] if column.choices else column.example
        sheet.cell(2, number, guarded(example)).font = _EXAMPLE
        if column.kind in ("phone", "code", "organisation", "text"):
            for at in range(2, 202):
                sheet.cell(at, number).number_format = "@"  # text, so that leading zeros stay
        formula = ranges.get(column.choices)
        if column.field == "level":
            formula = '"1,2,3,4,5"'
        if formula:
            rule = DataValidation("list", formula1=formula, allow_blank=not column.is_needed, showErrorMessage=True)
            rule.add(f"{letter}2:{letter}{_TEMPLATE_ROWS}")
            sheet.add_data_validation(rule)


_FAULT_TITLES = (N_("Sheet"), N_("Row"), N_("Column"), N_("Value"), N_("What is wrong"), N_("Kind of remark"))
_FAULT_WIDTHS = (22, 8, 24, 34, 80, 16)


def write_faults(faults: Iterable[ImportFault], file: BinaryIO, say: Say) -> None:
    """All faults and warnings of an import as a workbook, in the reader's language."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(say(N_("Faults"))[:31])
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_FAULT_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_bold(sheet, say(title)) for title in _FAULT_TITLES])
    for fault in faults:
        kind = say(N_("Warning")) if fault.is_warning else say(N_("Fault"))
        text = say(fault.message).format(**fault.params)
        texts: Sequence[str] = (fault.sheet, fault.column, fault.value, text, kind)
        sheet_name, column, value, told, word = (guarded(one) for one in texts)
        sheet.append([sheet_name, fault.row or "", column, value, told, word])
    book.save(file)
