"""A workbook of answers that was filled in: what it would answer, with every fault by its cell, then all of it or nothing.

Whatever its hidden cells say, it answers only what its recipient is asked, and only where the asker answers for that recipient.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from django.core import signing
from openpyxl.utils import get_column_letter

from vonggac.desk.directives.actions.answering import Answered, Given, answer
from vonggac.desk.directives.declaring import known
from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries.answering import Asked, asked
from vonggac.desk.directives.queries.letters import recipient
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.staging.cells import read, unguarded
from vonggac.desk.organisations.staging.kinds import Column as Cells
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.searching import search_form
from vonggac.desk.work.actions.changing import cannot
from vonggac.desk.work.evidence import XLSX, kind_of
from vonggac.desk.work.kinds import Column, Field
from vonggac.desk.work.states import SUBMITTED
from vonggac.desk.work.values import clean_answer
from vonggac.errors import N_, Fault, FormatUnknown, InputError, InvalidValues, NotThere
from vonggac.jobs.answer_workbook import FIRST, MARK, PHONE, RESULT, SALT, STATIC, WHO, Say
from vonggac.tables import Cell, Row, Table, Unread, cell_text, is_empty, read_tables
from vonggac.tables.table import UNREAD

MOST_BYTES: Final = 10 << 20
_MOST_FAULTS: Final = 500
_KEY: Final = re.compile(r"([1-9][0-9]{0,17})\.([a-z_]{1,40})(\[\])?", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[. \u00a0][0-9]{3})+")
_YES: Final = frozenset({"x", "co", "yes", "y", "v", "1", "true", "dung"})
_NO: Final = frozenset({"", "khong", "no", "n", "0", "false", "-"})


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong in ``cell`` ("C12"; empty: the clause as a whole). ``question`` is an English text of the catalogue."""

    cell: str
    clause: str
    question: str
    value: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Ready:
    """A clause whose answer can stand."""

    asked: Asked
    given: Given


@dataclass
class Plan:
    """What a workbook would answer. ``who``: who filled it in, as they say; ``n_same``: sent before; ``n_blank``: without a result."""

    recipient: Recipient
    who: str = ""
    ready: list[Ready] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    n_same: int = 0
    n_blank: int = 0


@dataclass(frozen=True, slots=True)
class _Book:
    """What stands in a workbook: who it was made for, the last answers then, the rows by their key."""

    recipient_id: int
    seen: Mapping[int, int]
    rows: Mapping[str, list[Row]]
    loose: Sequence[Row]


def check(asker: Asker, recipient_id: int, data: bytes, file_name: str, zone: tzinfo, words: tuple[Say, ...]) -> Plan:
    """What the workbook would answer for this recipient; nothing is written. ``words``: languages in which results may stand, the reader's first.

    Raises NotThere, NotAllowed, InputError when it is not one that can be read, InvalidValues when it belongs to another recipient.
    """
    row = recipient(asker, recipient_id)
    if not may_on(asker, "work.answer", row.organisation_id):
        require(asker, "work.review", row.organisation_id)
    book = _read(data, file_name)
    _require_own(asker, row, book)
    plan = Plan(row, _who(book))
    there = {one.task.pk: one for one in asked(row)}
    for pk in _tasks_of(book):
        one = there.get(pk)
        if one is None:
            raise InputError(N_("its hidden cells were changed: get the workbook anew"), where=file_name)
        begun = one.last.values if one.last else known(asker, one.task)
        _Judge(one, book, plan, zone, words, begun).judge()
    for loose in book.loose:
        fault = Fault("", N_("this row was added and belongs to no question: put what it says into the yellow cells"))
        plan.faults.append(CellFault(f"C{loose.number}", "", "", _first(loose), fault))
    plan.faults = plan.faults[:_MOST_FAULTS]
    return plan


def apply(asker: Asker, plan: Plan, *, key: str = "", came_by: str = "", told_by: str = "") -> Answered:
    """Answer what a checked workbook holds, all of it or nothing. ``told_by``: empty for who filled it in. Raises as ``actions.answering.answer``."""
    if plan.faults:
        raise InvalidValues(
            [Fault("file", N_("nothing is sent while a cell is wrong: correct the workbook and choose it again"))]
        )
    return answer(
        asker, plan.recipient.pk, [one.given for one in plan.ready], key=key, came_by=came_by,
        told_by=told_by or plan.who,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ reading


def _read(data: bytes, file_name: str) -> _Book:
    if kind_of(data) is not XLSX:
        raise FormatUnknown(N_("this is no workbook (.xlsx): get it here, fill it in and send it back"))
    found = [table for table in read_tables(data, file_name).tables if _is_ours(table)]
    if not found:
        raise InputError(
            N_("this is not the workbook of a letter: get it on the page of the letter, fill it in and leave its hidden cells as they are"),
            where=file_name,
        )  # fmt: skip
    if len(found) > 1:
        raise InputError(N_("it holds the sheet with the answers twice: remove one"), where=file_name)
    table = found[0]
    token = "".join(cell_text(cell) for cell in table.rows[0].cells[1:])
    try:
        recipient_id, seen = signing.loads(token, salt=SALT)
        known = {int(task): int(last) for task, last in seen}
    except (signing.BadSignature, ValueError, TypeError):
        raise InputError(N_("its hidden cells were changed: get the workbook anew"), where=file_name) from None
    rows, loose = _by_key(table)
    return _Book(int(recipient_id), known, rows, loose)


def _is_ours(table: Table) -> bool:
    first = table.rows[0] if table.rows else None
    return first is not None and first.number == 1 and bool(first.cells) and cell_text(first.cells[0]) == MARK


def _by_key(table: Table) -> tuple[dict[str, list[Row]], list[Row]]:
    """Rows by the key in column A; a row without one that stands in a small table belongs to that, another one to nothing."""
    rows: dict[str, list[Row]] = defaultdict(list)
    loose = []
    before = ""
    for row in table.rows[1:]:
        key = cell_text(row.cells[0]) if row.cells else ""
        if key:
            before = key
        elif before.endswith("[]"):
            key = before
        elif all(is_empty(cell) for cell in row.cells):
            continue
        else:
            loose.append(row)
            continue
        if key != STATIC:
            rows[key].append(row)
    return rows, loose


def _require_own(asker: Asker, row: Recipient, book: _Book) -> None:
    if book.recipient_id == row.pk:
        return
    try:
        if asker.origin.via == "link":  # a link shows its own recipient alone
            raise NotThere(N_("there is no such letter here"))  # noqa: TRY301  # as for who does not see it
        other = recipient(asker, book.recipient_id)
    except NotThere:
        raise InvalidValues([Fault("file", N_("this workbook was made for another unit: get your own here"))]) from None
    message = N_("this workbook was made for {name}, letter {reference}: choose it on the page of that letter")
    raise InvalidValues([Fault("file", message, {"name": other.name, "reference": other.letter.reference})])


def _tasks_of(book: _Book) -> list[int]:
    """The Tasks that its rows speak of, in their order; only those that it was made for."""
    found = dict.fromkeys(int(match[1]) for key in book.rows if (match := _KEY.fullmatch(key)))
    return list(found)


def _who(book: _Book) -> str:
    parts = [_first(book.rows[key][0]) for key in (WHO, PHONE) if book.rows.get(key)]
    return ", ".join(part for part in parts if part)[:120]


def _first(row: Row) -> str:
    return unguarded(cell_text(_at(row, 0))).strip()[:200]


def _at(row: Row, place: int) -> Cell:
    at = FIRST - 1 + place
    return row.cells[at] if at < len(row.cells) else ""


# ------------------------------------------------------------------------------------------------------------ judging


class _Judge:
    """One clause: what its cells say, against its Task as it is now."""

    def __init__(  # what it judges by
        self, one: Asked, book: _Book, plan: Plan, zone: tzinfo, words: tuple[Say, ...], begun: Mapping[str, Any]
    ) -> None:
        self.one, self.book, self.plan, self.zone, self.words, self.begun = one, book, plan, zone, words, begun
        self.check = Check()
        self.places: dict[str, tuple[str, str]] = {}
        """Field (``people.2.phone`` too) to its cell and what stands there."""

    def judge(self) -> None:
        """Put the clause among those that can stand or are there already, or note its faults."""
        result = self._result()
        values = {one.name: value for one in self.one.kind.answer if (value := self._value(one)) not in (None, "", [])}
        if not result and not self.check.faults and not self._says_more(values):
            self.plan.n_blank += 1
            return
        if not result and not self.check.faults:
            self.check.fault(RESULT, N_("choose a result, or leave all cells of this clause empty"))
        if not self.check.faults:
            self._against_task(result, values)
        elif result:
            self._all_faults(result, values)
        self._tell()

    def _all_faults(self, result: str, values: Mapping[str, Any]) -> None:
        """What else is wrong, beside the cells that could not even be read."""
        known, more = {fault.field for fault in self.check.faults}, Check()
        clean_answer(more, self.one.kind, result, values)
        self.check.faults += [fault for fault in more.faults if fault.field not in known]

    def _says_more(self, values: Mapping[str, Any]) -> bool:
        """Whether it says anything that was not there when the workbook was made."""
        said, begun = (clean_answer(Check(), self.one.kind, "", given) for given in (values, self.begun))
        return bool(values) and said != begun

    def _against_task(self, result: str, values: Mapping[str, Any]) -> None:
        one, last, check = self.one, self.one.last, self.check
        kept = clean_answer(check, one.kind, result, values)
        holds = one.task.state == SUBMITTED or (last is not None and last.result not in one.kind.final)
        stands = last is not None and (last.result, last.values) == (result, kept) and not check.faults
        if stands and last is not None and ((holds and not last.verdict) or last.verdict == "accepted"):
            self.plan.n_same += 1
            return
        if not one.is_open:
            told = cannot(one.task.state)
            check.fault("", told.message, **told.params)
        elif last is not None and last.pk != self.book.seen.get(one.task.pk, 0):
            check.fault("", N_("it was answered by {name} after the workbook was made: get the workbook anew"), name=last.told_by or last.by_name)  # fmt: skip
        if one.needs_file and result == "done" and not one.files:
            check.fault(RESULT, N_("the letter asks for a file with this: add it on the page of the letter first"))
        if not check.faults:
            ids = [file.pk for file in one.new_files]
            seen = self.book.seen.get(one.task.pk, 0)
            self.plan.ready.append(Ready(one, Given(one.task.pk, result, dict(values), ids, seen)))

    def _tell(self) -> None:
        details = self.one.task.details
        clause = f"{details.get('mark', '')} {details.get('title', '')}".strip()
        if self.one.day:
            clause = f"{clause} – {self.one.day:%d/%m/%Y}"
        titles = {one.name: one.title for one in self.one.kind.answer} | {RESULT: N_("Result")}
        for fault in self.check.faults:
            cell, value = self.places.get(fault.field, ("", ""))
            title = titles.get(fault.field.partition(".")[0], "")
            self.plan.faults.append(CellFault(cell, clause, title, value[:80], fault))

    def _rows(self, name: str, mark: str = "") -> list[Row]:
        return self.book.rows.get(f"{self.one.task.pk}.{name}{mark}", [])

    def _note(self, name: str, row: Row, place: int = 0) -> Cell:
        """The cell of a question; where it stands is kept for what is wrong with it."""
        cell = _at(row, place)
        self.places[name] = (f"{get_column_letter(FIRST + place)}{row.number}", cell_text(cell))
        if isinstance(cell, Unread):
            self.check.fault(name, UNREAD[cell.reason])
            return ""
        return cell

    def _single(self, name: str) -> Cell:
        rows = self._rows(name)
        if len(rows) > 1:
            self._note(name, rows[1])
            self.check.fault(name, N_("this question stands there twice: remove one"))
        return self._note(name, rows[0]) if rows else ""

    def _result(self) -> str:
        text = unguarded(cell_text(self._single(RESULT))).strip()
        if not text:
            return ""
        wanted, results = search_form(text), self.one.kind.results
        for key, title in results.items():
            if text == key or wanted in {search_form(say(title)) for say in self.words}:
                return key
        choices = ", ".join(self.words[0](title) for title in results.values())
        self.check.fault(RESULT, N_("“{value}” is not possible here: expected is one of {choices}"), value=text[:40], choices=choices)  # fmt: skip
        return ""

    def _value(self, asked_of: Field) -> Any:
        name = asked_of.name
        if asked_of.kind == "rows":
            return self._table(asked_of)
        cell = self._single(name)
        if is_empty(cell):
            return None
        if asked_of.kind == "moment":
            column = Cells(name, {}, frozenset(), "moment", "", is_needed=False, width=0, example="")
            return read(self.check, column, cell, self.zone)
        if asked_of.kind == "count":
            return self._number(name, cell, 0, 1_000_000)
        return unguarded(cell_text(cell))

    def _number(self, name: str, cell: Cell, low: int, high: int) -> int | None:
        text = unguarded(cell_text(cell)).strip()
        if isinstance(cell, str) and _GROUPED.fullmatch(text):
            text = re.sub(r"[^0-9]", "", text)
        if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high:
            return int(text)
        self.check.fault(name, N_("digits alone are expected, from {low} to {high}: 12"), low=low, high=high)
        return None

    def _table(self, asked_of: Field) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for row in self._rows(asked_of.name, "[]"):
            if all(is_empty(_at(row, place)) for place in range(len(asked_of.columns))):
                continue
            place_of = f"{asked_of.name}.{len(found)}"
            self.places[place_of] = (f"{get_column_letter(FIRST)}{row.number}", "")
            found.append({
                column.name: value for place, column in enumerate(asked_of.columns)
                if (value := self._cell(f"{place_of}.{column.name}", row, place, column)) not in (None, "")
            })  # fmt: skip
        return found

    def _cell(self, name: str, row: Row, place: int, column: Column) -> Any:
        cell = self._note(name, row, place)
        text = unguarded(cell_text(cell)).strip()
        if column.kind == "flag":
            said = search_form(text)
            if said not in _YES | _NO:
                self.check.fault(name, N_("an x, or nothing, was expected"))
            return said in _YES or None
        if not text:
            return None
        if column.kind == "whole":
            return self._number(name, cell, column.least, column.most)
        if column.kind == "choice":
            return self._choice(name, text, column)
        return text

    def _choice(self, name: str, text: str, column: Column) -> str | None:
        wanted = search_form(text)
        for key, title in column.choices:
            if text == key or wanted in {search_form(say(title)) for say in self.words}:
                return key
        choices = ", ".join(self.words[0](title) for _key, title in column.choices)
        self.check.fault(name, N_("“{value}” is not possible here: expected is one of {choices}"), value=text[:40], choices=choices)  # fmt: skip
        return None
