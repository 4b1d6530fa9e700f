"""One's open Tasks as a workbook to fill in: a sheet for each kind of work, a row for each Task, a column for each question.

Row 1 and the columns A and B are hidden and tell the program which question and which Task it is; what stands there is a claim of
whoever filled it in, and is treated as one. No cell can be taken for a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.staging.cells import guarded
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.actions.changing import MOST_AT_ONCE
from vonggac.desk.work.kinds import BY_NAME, Field, Kind
from vonggac.desk.work.models import FAR, Answer, Task
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import OWNER
from vonggac.errors import N_

Say = Callable[[str], str]
TASK, VERSION, RESULT = "task", "version", "result"
LISTS = "lists"
"""The hidden sheet of what can be chosen."""
MOMENT = "%d/%m/%Y %H:%M"
_WIDTHS = {"line": 24, "lines": 42, "moment": 18, "count": 11, "organisation": 18}
_HINTS = {
    "moment": N_("day/month/year hour:minute"),
    "organisation": N_("code in the directory"),
}
_KNOWN = PatternFill("solid", fgColor="F2F2F2")
_ASKED = PatternFill("solid", fgColor="FFF2CC")
_TOP = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows the workbook has, and how many open Tasks there are besides."""

    n_rows: int
    n_left_out: int


def write(asker: Asker, file: BinaryIO, zone: tzinfo, say: Say, organisation_id: int | None = None) -> Written:
    """Write the open Tasks for which the asker answers, the most pressing first; those of one organisation when it is named.

    Kinds whose answer holds a small table are left out: they do not fit into a row.
    """
    rows = visible(published(), asker, "work.answer").filter(turn=OWNER)
    rows = rows.exclude(kind__in=[kind.name for kind in BY_NAME.values() if kind.has_rows])
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    total = rows.count()
    tasks = list(rows.select_related("organisation").order_by("due_at", "pk")[:MOST_AT_ONCE])
    last = _last_answers(tasks)
    book = Workbook()
    lists = book.active
    assert lists is not None  # noqa: S101  # a new workbook has a sheet
    lists.title, lists.sheet_state = LISTS, "hidden"
    for place, kind in enumerate(BY_NAME.values(), 1):
        some = [one for one in tasks if one.kind == kind.name]
        if some:
            titles = [say(title) for title in kind.results.values()]
            for at, title in enumerate(titles, 1):
                lists.cell(at, place, guarded(title))
            letter = get_column_letter(place)
            sheet = book.create_sheet(_sheet_name(say(kind.title)))
            _heads(sheet, kind, say, f"{LISTS}!${letter}$1:${letter}${len(titles)}", len(some))
            for number, task in enumerate(some, 3):
                _row(sheet, number, task, kind, last.get(task.pk), zone)
    if not tasks:
        book.create_sheet(_sheet_name(say(N_("Nothing to report"))))
    book.active = 1
    book.save(file)
    return Written(len(tasks), total - len(tasks))


def _sheet_name(title: str) -> str:
    return "".join(char for char in title if char not in "[]:*?/\\'")[:31]


def _last_answers(tasks: Sequence[Task]) -> dict[int, Answer]:
    """The last answer of each Task that has one: what is known is not typed twice."""
    return {one.task_id: one for one in Answer.objects.filter(task__in=[task.pk for task in tasks]).order_by("pk")}


def _heads(sheet: Any, kind: Kind, say: Say, choices: str, n: int) -> None:
    known = ((TASK, ""), (VERSION, ""), ("", N_("Organisation")), ("", N_("Work")), ("", N_("Finish until")))
    asked = ((RESULT, N_("Result")), *((field.name, field.title) for field in kind.answer))
    fields = {field.name: field for field in kind.answer}
    for place, (name, title) in enumerate((*known, *asked), 1):
        field = fields.get(name)
        hint = _HINTS.get(field.kind, field.help) if field else ""
        text = say(title) if title else ""
        sheet.cell(1, place, kind.name if place == 1 else name)
        head = sheet.cell(2, place, f"{text}\n({say(hint)})" if hint else text)
        head.font, head.alignment = Font(bold=True), _TOP
        head.fill = _ASKED if name == RESULT else _KNOWN
        width = _WIDTHS[field.kind] if field else {3: 30, 4: 34, 5: 18}.get(place, 26)
        sheet.column_dimensions[get_column_letter(place)].width = width
    for letter in "AB":
        sheet.column_dimensions[letter].hidden = True
    sheet.row_dimensions[1].hidden = True
    sheet.freeze_panes = "E3"
    _rules(sheet, kind, choices, n)


def _rules(sheet: Any, kind: Kind, choices: str, n: int) -> None:
    """What a spreadsheet program lets in: one of the results, whole numbers. It is looked at again when it comes back."""
    rule = DataValidation("list", formula1=choices, allow_blank=True, showErrorMessage=True)
    rule.add(f"F3:F{n + 2}")
    sheet.add_data_validation(rule)
    counts = DataValidation(
        "whole", operator="greaterThanOrEqual", formula1="0", allow_blank=True, showErrorMessage=True
    )
    for place, field in enumerate(kind.answer, 7):
        letter = get_column_letter(place)
        if field.kind == "count":
            counts.add(f"{letter}3:{letter}{n + 2}")
    if counts.sqref:
        sheet.add_data_validation(counts)


def _row(sheet: Any, number: int, task: Task, kind: Kind, last: Answer | None, zone: tzinfo) -> None:
    begin = _begin(task, kind, last)
    sheet.cell(number, 1, task.pk)
    sheet.cell(number, 2, task.version)
    due = "" if task.due_at >= FAR else task.due_at.astimezone(zone).strftime(MOMENT)
    for place, text in enumerate((task.organisation.name, task.subject, due), 3):
        known = sheet.cell(number, place, guarded(text))
        known.fill, known.alignment = _KNOWN, _TOP
    for place, field in enumerate(kind.answer, 7):
        cell = sheet.cell(number, place)
        cell.alignment = _TOP
        if field.kind != "count":
            cell.number_format = "@"  # text, so that no program turns day and month round
        value = _shown(field, begin.get(field.name), zone)
        if value not in (None, ""):
            cell.value = value


def _begin(task: Task, kind: Kind, last: Answer | None) -> Mapping[str, Any]:
    names = {field.name for field in kind.answer}
    known: dict[str, Any] = {"received_at": task.created_at.isoformat(), "malware": task.details.get("malware", "")}
    return {name: value for name, value in (known | (last.values if last else {})).items() if name in names}


def _shown(field: Field, value: Any, zone: tzinfo) -> Any:
    if value in (None, ""):
        return None
    if field.kind == "moment":
        return datetime.fromisoformat(value).astimezone(zone).strftime(MOMENT)
    if field.kind == "organisation":
        return guarded(Organisation.objects.filter(pk=value).values_list("code", flat=True).first() or "")
    return int(value) if field.kind == "count" else guarded(str(value))
