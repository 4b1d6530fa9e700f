"""Lists taken along as workbooks: the rows of a version with what became of them, the roll-up of a list.

Values come from lists that anybody may have written: no cell is a formula (``tables.cells``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vonggac.tables.cells import guarded

Value = str | int | float | datetime | None


def write_book(
    file: IO[bytes], sheets: Iterable[tuple[str, Sequence[tuple[str, int]], Iterable[Sequence[Value]]]]
) -> None:
    """A workbook of sheets (name, heads with their widths, rows), each with a frozen head that filters."""
    book = Workbook(write_only=True)
    for name, heads, rows in sheets:
        sheet = book.create_sheet(guarded(name)[:31])
        sheet.freeze_panes = "B2"
        head = []
        for number, (title, width) in enumerate(heads, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
            cell = WriteOnlyCell(sheet, guarded(title))
            cell.font = Font(bold=True)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            head.append(cell)
        sheet.append(head)
        n = 1
        for row in rows:
            sheet.append([guarded(value) if isinstance(value, str) else value for value in row])
            n += 1
        sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(heads), 1))}{n}"
    book.save(file)
