"""A workbook that was filled in becomes reports on Tasks: first every fault by row and cell, then all rows that can stand, or none.

Whatever the hidden cells say, a row reports only on a Task for which the asker answers, as it is now. The same workbook again
changes nothing: a row that is the Task's last report already is told and left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.staging.cells import read, unguarded
from vonggac.desk.organisations.staging.kinds import Column
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.searching import search_form
from vonggac.desk.work.actions.bulk import Outcome
from vonggac.desk.work.actions.changing import MOST_AT_ONCE
from vonggac.desk.work.actions.reporting import Report, submit_each
from vonggac.desk.work.evidence import XLSX, kind_of
from vonggac.desk.work.kinds import BY_NAME, Field, Kind
from vonggac.desk.work.models import Answer, Evidence, Task
from vonggac.desk.work.models.answers import OF_PEOPLE
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import FOLLOWS, IN_PROGRESS, SUBMITTED, WITH_OWNER
from vonggac.desk.work.values import clean_answer
from vonggac.errors import N_, Fault, FormatUnknown, InputError, InvalidValues
from vonggac.jobs.report_workbook import RESULT, TASK, VERSION, Say
from vonggac.tables import Cell, Row, Table, Unread, cell_text, is_empty, read_tables
from vonggac.tables.table import UNREAD

_MOST_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one cell; ``column``: the title of its question, empty for the row as a whole."""

    sheet: str
    row: int
    column: str
    value: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that can stand."""

    sheet: str
    row: int
    task: Task
    report: Report


@dataclass
class Plan:
    """What a workbook would do. ``n_same``: rows that are the last report already; ``n_blank``: without a result."""

    ready: list[Ready] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    n_same: int = 0
    n_blank: int = 0

    @property
    def n_faulty(self) -> int:
        """Rows with a fault."""
        return len({(one.sheet, one.row) for one in self.faults})


@dataclass(frozen=True, slots=True)
class _Line:
    sheet: str
    row: int
    kind: Kind
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Teller:
    """For whom the reports are: the asker's own, or what a unit told the centre. ``words``: languages in which results may stand."""

    asker: Asker
    zone: tzinfo
    words: tuple[Say, ...]
    came_by: str = ""
    told_by: str = ""


def check(teller: Teller, data: bytes, file_name: str) -> Plan:
    """What the workbook would do; nothing is written. Raises InputError when it is not one that can be read."""
    lines, plan = _lines(data, file_name), Plan()
    _check_teller(teller)
    filled = []
    for line in lines:
        if is_empty(line.cells.get(RESULT, "")):
            plan.n_blank += 1
        else:
            filled.append(line)
    if len(filled) > MOST_AT_ONCE:
        message = N_("{n} rows are filled in: at most {most} are taken at once")
        raise InvalidValues([Fault("file", message, {"n": len(filled), "most": MOST_AT_ONCE})])
    ids = {number for line in filled if (number := _number(line.cells.get(TASK, ""))) is not None}
    tasks = {
        one.pk: one
        for one in visible(published(), teller.asker, "work.answer")
        .filter(pk__in=sorted(ids))
        .select_related("organisation")
    }
    last = {one.task_id: one for one in Answer.objects.filter(task__in=tasks).order_by("pk")}
    files: dict[int, list[int]] = {}
    for pk, task_id in Evidence.objects.filter(task__in=tasks, answer=None).values_list("pk", "task_id"):
        files.setdefault(task_id, []).append(pk)
    done: set[int] = set()
    for line in filled:
        found = _Judge(teller, line, plan, done)
        found.judge(tasks, last, files)
    plan.faults = plan.faults[:_MOST_FAULTS]
    return plan


def apply(teller: Teller, data: bytes, file_name: str, *, or_none: bool = False) -> tuple[Plan, Outcome]:
    """Report what can stand; with ``or_none`` nothing, when any row has a fault. Gives what was found and what was done."""
    plan = check(teller, data, file_name)
    if not plan.ready or (or_none and plan.faults):
        return plan, Outcome(0)
    reports = [one.report for one in plan.ready]
    return plan, submit_each(teller.asker, reports, came_by=teller.came_by, told_by=teller.told_by, or_none=or_none)


def _check_teller(teller: Teller) -> None:
    check = Check()
    check.one_of("came_by", teller.came_by, OF_PEOPLE)
    check.text("told_by", teller.told_by, most=120, needed=bool(teller.came_by))
    check.done()


# ------------------------------------------------------------------------------------------------------------ reading


def _lines(data: bytes, file_name: str) -> list[_Line]:
    if kind_of(data) is not XLSX:
        raise FormatUnknown(N_("this is no workbook (.xlsx): get it here, fill it in and send it back"))
    found = [line for table in read_tables(data, file_name).tables for line in _lines_of(table)]
    if not found:
        raise InputError(
            N_(
                "no row of work is in this file: get the workbook here, fill it in and leave its hidden cells as they are"
            )
        )
    return found


def _lines_of(table: Table) -> list[_Line]:
    if not table.rows or table.rows[0].number != 1:
        return []
    names = [cell_text(cell) for cell in table.rows[0].cells]
    kind = BY_NAME.get(names[0]) if names else None
    if kind is None or kind.has_rows or VERSION not in names or RESULT not in names:
        return []
    names[0] = TASK
    return [
        _Line(table.sheet, row.number, kind, _cells(names, row))
        for row in table.rows[1:]
        if row.number > 2 and not all(map(is_empty, row.cells))
    ]


def _cells(names: list[str], row: Row) -> dict[str, Cell]:
    return {name: cell for name, cell in zip(names, row.cells, strict=False) if name and not is_empty(cell)}


def _number(cell: Cell) -> int | None:
    """A whole number that may be an id."""
    text = cell_text(cell)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


# ------------------------------------------------------------------------------------------------------------ judging


class _Judge:
    """One row: against its Task as it is now."""

    def __init__(self, teller: Teller, line: _Line, plan: Plan, done: set[int]) -> None:
        self.teller, self.line, self.plan, self.done = teller, line, plan, done
        self.check = Check()

    def judge(self, tasks: Mapping[int, Task], last: Mapping[int, Answer], files: Mapping[int, list[int]]) -> None:
        """Put the row among those that can stand, those that are there already, or note its faults."""
        task = tasks.get(_number(self.line.cells.get(TASK, "")) or 0)
        if task is None or task.kind != self.line.kind.name:
            self.check.fault("", N_("there is no such task here"))
        elif task.pk in self.done:
            self.check.fault("", N_("the same task stands in the workbook twice"))
        else:
            self.done.add(task.pk)
            self._judge(task, last.get(task.pk), tuple(files.get(task.pk, ())))
        titles = {one.name: one.title for one in self.line.kind.answer} | {RESULT: N_("Result")}
        for fault in self.check.faults:
            value = cell_text(self.line.cells.get(fault.field, ""))[:80]
            title = titles.get(fault.field, "")
            self.plan.faults.append(RowFault(self.line.sheet, self.line.row, title, value, fault))

    def _judge(self, task: Task, last: Answer | None, files: tuple[int, ...]) -> None:
        kind, check = self.line.kind, self.check
        result = self._result(kind)
        values = {one.name: value for one in kind.answer if (value := self._value(one)) not in (None, "")}
        if check.faults:
            return
        kept = clean_answer(check, kind, result, values)
        holds = task.state not in WITH_OWNER if kind.ends_with(result) else task.state == IN_PROGRESS
        if last is not None and holds and (last.result, last.values) == (result, kept):
            check.faults.clear()
            self.plan.n_same += 1
            return
        if result in kind.proof_for and not files and not kept.get("evidence"):
            check.fault("evidence", N_("say how you know, or add a file that shows it"))
        if self.teller.came_by and not may_on(self.teller.asker, "work.review", task.organisation_id):
            check.fault("", N_("you may not do this here: it needs “{permission}”"), permission="work.review")
        self._stands(task, result)
        if not check.faults:
            report = Report(task.pk, task.version, result, values, files)
            self.plan.ready.append(Ready(self.line.sheet, self.line.row, task, report))

    def _stands(self, task: Task, result: str) -> None:
        """Whether the Task is where it was when the workbook was made, and can come to where the result brings it."""
        if _number(self.line.cells.get(VERSION, "")) != task.version:
            self.check.fault("", N_("this task changed since the workbook was made: get it anew"))
            return
        wanted = SUBMITTED if self.line.kind.ends_with(result) else IN_PROGRESS
        if wanted not in FOLLOWS[task.state] and not wanted == task.state == IN_PROGRESS:
            message = N_("this cannot be done with a task that is in the state “{state}”")
            self.check.fault("", message, state=task.state)

    def _result(self, kind: Kind) -> str:
        cell = self.line.cells[RESULT]
        if isinstance(cell, Unread):
            self.check.fault(RESULT, UNREAD[cell.reason])
            return ""
        text = unguarded(cell_text(cell)).strip()
        wanted = search_form(text)
        for key, title in kind.results.items():
            if text == key or wanted in {search_form(say(title)) for say in self.teller.words}:
                return key
        choices = ", ".join(self.teller.words[0](title) for title in kind.results.values())
        self.check.fault(
            RESULT, N_("“{value}” is not possible here: expected is one of {choices}"), value=text[:40], choices=choices
        )
        return ""

    def _value(self, asked: Field) -> Any:
        cell = self.line.cells.get(asked.name, "")
        if is_empty(cell):
            return None
        kind = {"line": "text", "lines": "lines", "moment": "moment", "count": "whole", "organisation": "text"}[
            asked.kind
        ]
        value = read(
            self.check,
            Column(asked.name, {}, frozenset(), kind, "", is_needed=False, width=0, example=""),
            cell,
            self.teller.zone,
        )
        if asked.kind == "organisation" and value:
            return self._organisation(asked.name, value)
        if asked.kind == "count" and value is not None and not isinstance(value, int):
            self.check.fault(asked.name, N_("a whole number from {low} to {high} was expected"), low=0, high=1_000_000)
            return None
        return value

    def _organisation(self, name: str, code: str) -> int | None:
        rows = visible(
            Organisation.objects.filter(code=code[:60]), self.teller.asker, "organisations.view", through="pk"
        )
        found = rows.values_list("pk", flat=True).first()
        if found is None:
            self.check.fault(name, N_("there is no such organisation here"))
        return found
