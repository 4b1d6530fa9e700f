"""The answers of one recipient as a workbook that is filled in offline: a block for each clause, a row for each question.

Row 1 and column A are hidden and tell the program whose workbook it is and which question stands in a row. Row 1 is signed with the key of the
installation; what stands in column A is a claim of whoever filled it in, and is treated as one. No cell can be taken for a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, BinaryIO, Final

from django.core import signing
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries.answering import Asked, asked
from vonggac.desk.organisations.staging.cells import guarded
from vonggac.desk.work.kinds import Column, Field
from vonggac.desk.work.models import Task
from vonggac.errors import N_

Say = Callable[[str], str]
MARK: Final = "vonggac-answers-1"
"""Stands in A1."""
SALT: Final = "vonggac.letters.answers"
STATIC: Final = "-"
"""In column A: this row asks nothing."""
RESULT, WHO, PHONE = "result", "who", "phone"
FIRST: Final = 3
"""The column of the answers, C, from 1."""
_PIECE: Final = 2000
"""Characters of the signed key in one cell."""
_BLANK_ROWS: Final = 12
"""Empty rows of a small table."""
_LISTS: Final = "lists"
_MOMENT = "%d/%m/%Y %H:%M"
_WIDTHS = (9, 44, 46, 26, 26, 20, 16)
_WIDTH = len(_WIDTHS)
_TOP = Alignment(wrap_text=True, vertical="top")
_ASKED, _HEAD, _CLAUSE = (PatternFill("solid", fgColor=color) for color in ("FFF8E1", "F2F2F2", "DCE6F1"))
_LINE = Border(bottom=Side("thin", color="BFBFBF"), top=Side("thin", color="BFBFBF"), left=Side("thin", color="BFBFBF"), right=Side("thin", color="BFBFBF"))  # fmt: skip
_OPEN = Protection(locked=False)
_HOW = (
    N_("Fill in the yellow cells only; the other cells are locked. Save the file and send it back, or choose it on the page of the letter."),
    N_("Choose a result for each clause first. Leave a clause whose result you do not know yet: you can send the workbook again."),
    N_("Write numbers as digits alone: 12, not “12 machines”. Files are added on the page of the letter, not here."),
)  # fmt: skip


def write(
    row: Recipient, file: BinaryIO, zone: tzinfo, say: Say, known: Callable[[Task], Mapping[str, Any]] | None = None
) -> int:
    """Write the workbook of a recipient that the asker was found to see; gives how many clauses it asks.

    ``known``: what the portal knows of an answer that was not given yet (``declaring.known``).
    """
    today = timezone.now().astimezone(zone).date()
    open_ones = [one for one in asked(row) if one.is_open and not one.is_later(today)]
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has a sheet
    sheet.title = say(N_("Answers"))[:31]
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    page = _Sheet(sheet, lists, zone, say)
    page.key(token_of(row, open_ones))
    page.head(row)
    for one in open_ones:
        page.clause(one, known(one.task) if known and not one.last else {})
    if not open_ones:
        page.line(say(N_("Nothing waits for an answer.")))
    page.finish()
    book.save(file)
    return len(open_ones)


def token_of(row: Recipient, rows: Sequence[Asked]) -> str:
    """Whose workbook it is, and the last answer of each Task when it was made (0 for none), signed."""
    seen = [[one.task.pk, one.last.pk if one.last else 0] for one in rows]
    return signing.dumps([row.pk, seen], salt=SALT, compress=True)


class _Sheet:
    """The one sheet that is filled in, row by row."""

    def __init__(self, sheet: Any, lists: Any, zone: tzinfo, say: Say) -> None:
        self.sheet, self.lists, self.zone, self.say = sheet, lists, zone, say
        self.n, self.n_lists = 1, 0
        self.counts = DataValidation("whole", operator="greaterThanOrEqual", formula1="0", allow_blank=True, showErrorMessage=True)  # fmt: skip

    def key(self, token: str) -> None:
        """Row 1."""
        pieces = [token[at : at + _PIECE] for at in range(0, len(token), _PIECE)]
        for place, text in enumerate((MARK, *pieces), 1):
            self.sheet.cell(1, place, text)
        self.sheet.row_dimensions[1].hidden = True

    def head(self, row: Recipient) -> None:
        """What it is, for whom, how it is filled in, and who fills it in."""
        say, letter = self.say, row.letter
        title = say(N_("Answers to letter {reference}")).format(reference=letter.reference)
        self.line(title, font=Font(bold=True, size=14))
        self.line(letter.subject, font=Font(bold=True))
        self.line(f"{say(N_('Unit'))}: {row.name}")
        if letter.deadline:
            self.line(f"{say(N_('Deadline'))}: {letter.deadline.astimezone(self.zone).strftime(_MOMENT)}")
        for text in _HOW:
            self.line(say(text), font=Font(italic=True))
        self.question(WHO, say(N_("Who answers")), say(N_("Full name and post")), None)
        self.question(PHONE, say(N_("Telephone")), "", None)

    def clause(self, one: Asked, known: Mapping[str, Any]) -> None:
        """The block of one clause: what it asks, the result, its questions; ``known``: what it begins with where there is no answer yet."""
        say, task = self.say, one.task
        title = f"{task.details.get('mark', '')} {task.details.get('title', task.subject)}".strip()
        if one.day:
            title = f"{title} – {one.day:%d/%m/%Y}"
        self.line("")
        self.line(title, font=Font(bold=True), fill=_CLAUSE)
        if one.clause and one.clause.text:
            self.line(one.clause.text[:4000])
        due = "" if task.due_at.year > 9000 else task.due_at.astimezone(self.zone).strftime(_MOMENT)
        hint = f"{say(N_('Finish until'))} {due}" if due else ""
        last = one.last
        is_returned = last is not None and last.verdict == "returned"  # the same again would be returned again
        begun = (
            say(one.kind.results[last.result]) if last and not is_returned and last.result in one.kind.results else None
        )
        self.question(f"{task.pk}.{RESULT}", say(N_("Result")), hint, begun, choices=list(one.kind.results.values()))
        for field in one.kind.answer:
            value = (last.values if last else known).get(field.name)
            if field.kind == "rows":
                self.table(f"{task.pk}.{field.name}", field, value or [])
            else:
                self.question(
                    f"{task.pk}.{field.name}", say(field.title), say(field.help) if field.help else "",
                    self.shown(field, value), field,
                )  # fmt: skip

    def line(self, text: str, font: Font | None = None, fill: PatternFill | None = None) -> None:
        """A row that asks nothing, over all columns."""
        self.n += 1
        self.sheet.cell(self.n, 1, STATIC)
        cell = self.sheet.cell(self.n, 2, guarded(text) or None)
        self.sheet.merge_cells(start_row=self.n, end_row=self.n, start_column=2, end_column=_WIDTH)
        cell.alignment = _TOP
        if font:
            cell.font = font
        if fill:
            cell.fill = fill
        self.tall(text, sum(_WIDTHS[1:]))

    def tall(self, text: str, width: float) -> None:
        """The row is high enough for ``text``: programs do not fit merged cells by themselves."""
        n_lines = sum(1 + int(len(line) * 1.15 / width) for line in text.splitlines() or [""])
        if n_lines > 1:
            self.sheet.row_dimensions[self.n].height = min(15.5 * n_lines, 400)

    def question(
        self, key: str, title: str, hint: str, value: Any, field: Field | None = None, *, choices: Sequence[str] = ()
    ) -> None:
        """A row with a question, the cell for its answer, and a hint."""
        self.n += 1
        self.sheet.cell(self.n, 1, key)
        asking = self.sheet.cell(self.n, 2, guarded(title))
        asking.alignment, asking.fill = _TOP, _HEAD
        cell = self.answer(FIRST, value, is_number=bool(field and field.kind == "count"))
        if choices:
            self.choose(cell, choices)
        told = self.sheet.cell(self.n, FIRST + 1, guarded(hint) or None)
        told.alignment, told.font = _TOP, Font(italic=True, color="595959")
        self.sheet.merge_cells(start_row=self.n, end_row=self.n, start_column=FIRST + 1, end_column=_WIDTH)
        self.tall(max(hint, title, key=len), 80 if len(hint) > len(title) else _WIDTHS[1])
        if field and field.kind == "lines":
            self.sheet.row_dimensions[self.n].height = max(self.sheet.row_dimensions[self.n].height or 0, 46)

    def answer(self, column: int, value: Any, *, is_number: bool = False) -> Any:
        """A cell that is filled in."""
        cell = self.sheet.cell(self.n, column)
        cell.fill, cell.border, cell.alignment, cell.protection = _ASKED, _LINE, _TOP, _OPEN
        if is_number:
            self.counts.add(cell.coordinate)
        else:
            cell.number_format = "@"  # text, so that no program makes a date of a shift or eats the zero of a number
        if value not in (None, ""):
            cell.value = value if isinstance(value, int) else guarded(str(value))
        return cell

    def choose(self, cell: Any, choices: Sequence[str]) -> None:
        """Only one of these goes into ``cell``, as far as a spreadsheet program holds to it."""
        self.n_lists += 1
        letter = get_column_letter(self.n_lists)
        for at, title in enumerate(choices, 1):
            self.lists.cell(at, self.n_lists, guarded(self.say(title)))
        where = f"{_LISTS}!${letter}$1:${letter}${len(choices)}"
        rule = DataValidation("list", formula1=where, allow_blank=True, showErrorMessage=True)
        rule.add(cell.coordinate)
        self.sheet.add_data_validation(rule)

    def table(self, key: str, field: Field, values: Sequence[Mapping[str, Any]]) -> None:
        """A small table: a row of titles, then a row for each line of it."""
        say = self.say
        self.n += 1
        self.sheet.cell(self.n, 1, STATIC)
        for place, text in enumerate((field.title, *(one.title for one in field.columns)), 2):
            cell = self.sheet.cell(self.n, place, guarded(say(text)))
            cell.font, cell.fill, cell.alignment = Font(bold=place > 2), _HEAD, _TOP
        hints = [field.help, *(one.example for one in field.columns)]
        for at in range(len(values) + _BLANK_ROWS):
            self.n += 1
            self.sheet.cell(self.n, 1, f"{key}[]")
            if at == 0 and hints[0]:
                hint = self.sheet.cell(self.n, 2, guarded(say(hints[0])))
                hint.alignment, hint.font = _TOP, Font(italic=True, color="595959")
            row = values[at] if at < len(values) else {}
            for place, column in enumerate(field.columns, FIRST):
                cell = self.answer(place, self.shown_cell(column, row.get(column.name)))
                if column.kind == "choice":
                    self.choose(cell, [title for _key, title in column.choices])

    def shown(self, field: Field, value: Any) -> Any:
        """A value that was answered before, as it is typed."""
        if value in (None, ""):
            return None
        if field.kind == "moment":
            return datetime.fromisoformat(value).astimezone(self.zone).strftime(_MOMENT)
        return int(value) if field.kind == "count" else str(value)

    def shown_cell(self, column: Column, value: Any) -> Any:
        """The same in a small table."""
        if column.kind == "flag":
            return "x" if value is True else None
        if column.kind == "choice":
            title = dict(column.choices).get(str(value))
            return self.say(title) if title else None
        return None if value in (None, "") else str(value)

    def finish(self) -> None:
        """Widths, what stays in sight, what is locked, how it is printed."""
        sheet = self.sheet
        for place, width in enumerate(_WIDTHS, 1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.column_dimensions["A"].hidden = True
        if self.counts.sqref:
            sheet.add_data_validation(self.counts)
        sheet.protection.sheet = True
        sheet.protection.formatColumns = sheet.protection.formatRows = False
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
