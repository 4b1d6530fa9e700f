"""The table of a letter: recipients down, clauses across, each cell with what became of it, and the sums of all.

Read in one pass with a handful of queries, as plain tuples: 150 recipients by 14 clauses are 2,100 Tasks with as many answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.models import Clause, Letter, RecipientGroup
from vonggac.desk.directives.queries.letters import may_see_office, recipients
from vonggac.desk.directives.states import ACTION
from vonggac.desk.scope.asker import Asker
from vonggac.desk.searching import search_form, sort_key
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Task
from vonggac.desk.work.states import (
    ACCEPTED,
    ACKNOWLEDGED,
    CLOSED,
    DECLARED,
    IN_PROGRESS,
    NEW,
    PROPOSED,
    PROVEN,
    RECHECKED,
    REOPENED,
    RETURNED,
    SUBMITTED,
    WITHDRAWN,
)
from vonggac.errors import N_

NOT_ASKED: Final = ""
TO_COME: Final = "to_come"
WAITING: Final = "waiting"
ANSWERED: Final = "answered"
CELLS: Final = {
    RETURNED: N_("Returned"),
    WAITING: N_("Not seen yet"),
    ACKNOWLEDGED: N_("Acknowledged"),
    IN_PROGRESS: N_("In progress"),
    ANSWERED: N_("Answered"),
    ACCEPTED: N_("Accepted by the centre"),
    TO_COME: N_("Not due yet"),
    WITHDRAWN: N_("Withdrawn"),
    NOT_ASKED: N_("Not asked"),
}
"""State of a cell to its title; of several days the first of these is the cell's."""
_OF_TASK: Final = {
    PROPOSED: WAITING,
    NEW: WAITING,
    REOPENED: WAITING,
    ACKNOWLEDGED: ACKNOWLEDGED,
    IN_PROGRESS: IN_PROGRESS,
    RETURNED: RETURNED,
    SUBMITTED: ANSWERED,
    ACCEPTED: ACCEPTED,
    RECHECKED: ACCEPTED,
    CLOSED: ACCEPTED,
    WITHDRAWN: WITHDRAWN,
}
_RANK: Final = {state: rank for rank, state in enumerate(CELLS)}
GIVEN: Final = frozenset({ANSWERED, ACCEPTED})
"""States with a final answer that was not returned: what counts."""

OPEN: Final = "open"
OUTCOMES: Final = {
    "done": N_("Done"),
    "partly": N_("Partly done"),
    "no": N_("Not done"),
    "not_applicable": N_("Does not concern us"),
    OPEN: N_("No answer"),
}
"""What an answer amounts to, for counting; a day without or with something to report is reported: done."""
_OUTCOME_OF: Final = {"done": "done", "nothing": "done", "something": "done", "partly": "partly", "no": "no",
                      "not_applicable": "not_applicable"}  # fmt: skip
_WORST: Final = ("no", "partly", "something", "done", "nothing", "not_applicable")
"""Results of several days: the first of these is the cell's."""
TROUBLES: Final = ("no", "infected", "something", "partly")
"""What a leader wants to read, the worst first: results, and machines that are infected and not cleaned."""

SHOWS: Final = {
    "": N_("All recipients"),
    "unanswered": N_("Not answered yet"),
    "late": N_("Late"),
    "trouble": N_("Says no or partly"),
    "returned": N_("Returned"),
    "review": N_("To review"),
    "unseen": N_("Not acknowledged"),
    "complete": N_("Answered all"),
}
"""What of the recipients is shown."""
SORTS: Final = {"order": N_("As in the letter"), "lag": N_("Who lags"), "name": N_("Name")}


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a table is asked for. ``group``: a key of its groups; ``show``: of SHOWS; ``sort``: of SORTS; ``text``: of a name."""

    group: str = ""
    show: str = ""
    text: str = ""
    sort: str = "order"


class Column(NamedTuple):
    """A clause that asks for something. ``fields``: names of the counts of its answers."""

    clause_id: int
    n: int
    mark: str
    title: str
    kind: str
    is_daily: bool
    proof: str
    fields: tuple[str, ...]


class Cell(NamedTuple):
    """What became of one clause at one recipient; of a daily one all days together.

    ``n``: reports asked for so far, ``n_answered`` of them given (GIVEN); ``n_to_come``: of days to come. ``result``: of what was given,
    the worst. ``is_late``: a binding clock of an open one is broken; ``was_late``: one was given after its deadline. ``proof``: ``proven``
    when all that was given is. ``task_id``: the one to look at, 0: none. ``counts``: count fields of what was given, days added up.
    ``n_returned``, ``n_accepted``: of the reports. ``reasons``: what stands behind TROUBLES, with the Task.
    """

    state: str = NOT_ASKED
    result: str = ""
    n: int = 0
    n_answered: int = 0
    n_accepted: int = 0
    n_returned: int = 0
    n_to_come: int = 0
    n_proven: int = 0
    is_late: bool = False
    was_late: bool = False
    proof: str = ""
    task_id: int = 0
    counts: Mapping[str, int] = {}
    outcomes: Mapping[str, int] = {}
    reasons: tuple[tuple[int, str, str], ...] = ()


EMPTY: Final = Cell()


@dataclass(slots=True)
class Sum:
    """Numbers of some recipients together: how many there are and how far, and of the reports that they owe.

    ``complete``: recipients that answered all that is due; ``owing``: those that did not. ``outcomes``: OUTCOMES to reports; ``counts``:
    (clause, field) to the sum over what was given.
    """

    recipients: int = 0
    acknowledged: int = 0
    opened: int = 0
    complete: int = 0
    owing: int = 0
    late_recipients: int = 0
    n: int = 0
    answered: int = 0
    accepted: int = 0
    proven: int = 0
    returned: int = 0
    late: int = 0
    to_come: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, clause_id: int, cell: Cell) -> None:
        """One more cell."""
        self.n += cell.n
        self.answered += cell.n_answered
        self.accepted += cell.n_accepted
        self.proven += cell.n_proven
        self.returned += cell.n_returned
        self.late += cell.is_late
        self.to_come += cell.n_to_come
        outcomes, counts = self.outcomes, self.counts
        for outcome, n in cell.outcomes.items():
            outcomes[outcome] += n
        for name, n in cell.counts.items():
            counts[clause_id, name] += n

    def merge(self, other: Sum) -> None:
        """The reports of ``other`` as well; recipients are counted by themselves."""
        for name in _REPORTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes.update(other.outcomes)
        self.counts.update(other.counts)

    def count(self, line: Line) -> None:
        """One more recipient."""
        self.recipients += 1
        self.acknowledged += line.is_seen
        self.opened += line.opened_at is not None
        self.complete += line.is_complete
        self.owing += line.is_owing
        self.late_recipients += line.is_late

    @property
    def share(self) -> float:
        """Reports answered of those asked for, 0 to 1."""
        return self.answered / self.n if self.n else 0.0


_REPORTS: Final = ("n", "answered", "accepted", "proven", "returned", "late", "to_come")


class Line(NamedTuple):
    """One recipient with its cells, in the order of the columns. ``group``: the key of its group."""

    recipient_id: int
    organisation_id: int
    name: str
    group: str
    sent_at: datetime | None
    opened_at: datetime | None
    opened_by: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_via: str
    cells: tuple[Cell, ...]
    n: int
    n_answered: int
    n_accepted: int
    n_returned: int
    is_late: bool
    is_troubled: bool

    @property
    def is_complete(self) -> bool:
        """All that is due is answered."""
        return self.n > 0 and self.n_answered == self.n

    @property
    def is_seen(self) -> bool:
        """Somebody there acknowledged it, or answered what is due as if they had."""
        return self.acknowledged_at is not None or not any(cell.state == WAITING for cell in self.cells)

    @property
    def is_owing(self) -> bool:
        """Something that is due is not answered."""
        return self.n_answered < self.n


class Group(NamedTuple):
    """Recipients that stand together. ``name``: of the group of recipients; empty: ``kind`` of the organisations says it."""

    key: str
    name: str
    kind: str
    sum: Sum


class Trouble(NamedTuple):
    """Something that a leader wants to read: ``what``: of TROUBLES (``infected``: ``n`` machines)."""

    line: Line
    column: Column
    what: str
    text: str
    task_id: int
    n: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The table. ``lines``: those that the filters leave; everything else is of all that the asker sees (``all_lines``).

    ``is_whole``: the asker sees every recipient.
    """

    columns: Sequence[Column]
    lines: Sequence[Line]
    all_lines: Sequence[Line]
    groups: Sequence[Group]
    by_clause: Mapping[int, Sum]
    total: Sum
    is_whole: bool
    read_at: datetime

    @property
    def owing(self) -> list[Line]:
        """Who has not answered all that is due, the late ones and those that answered least first."""
        rows = [line for line in self.all_lines if line.is_owing]
        return sorted(rows, key=_lag)

    @property
    def troubles(self) -> list[Trouble]:
        """What was answered and is not well, the worst first."""
        found = [one for line in self.all_lines if line.is_troubled for one in _troubles(line, self.columns)]
        return sorted(found, key=lambda one: TROUBLES.index(one.what))

    @property
    def returned(self) -> list[tuple[Line, Column, Cell]]:
        """Whose answers were returned and not given again."""
        return [
            (line, column, cell)
            for line in self.all_lines
            if line.n_returned
            for column, cell in zip(self.columns, line.cells, strict=True)
            if cell.n_returned
        ]

    @property
    def n_troubled(self) -> int:
        """Recipients that say no, partly or that something happened, or whose answer was returned."""
        return sum(line.is_troubled or line.n_returned > 0 for line in self.all_lines)


def table(asker: Asker, row: Letter, filters: Filters | None = None, now: datetime | None = None) -> Table:
    """The table of a letter that the asker sees: every recipient for who sees its office, else those where they hold letters.view."""
    wanted, now = filters or Filters(), now or timezone.now()
    columns = columns_of(row)
    found = list(
        recipients(asker, row).filter(role=ACTION, organisation__isnull=False).order_by("n").values_list(
            "pk", "organisation_id", "name", "groups", "organisation__kind", "sent_at", "opened_at", "opened_by_name",
            "acknowledged_at", "acknowledged_by_name", "acknowledged_via",
        )
    )  # fmt: skip
    is_whole = may_see_office(asker, row)
    cells = _cells(row, columns, None if is_whole else [one[1] for one in found], now)
    names = dict(RecipientGroup.objects.values_list("code", "name"))
    groups: dict[str, Group] = {}
    parts: dict[tuple[str, int], Sum] = {}
    total, lines = Sum(), []
    for pk, organisation_id, name, codes, kind, *way in found:
        code = next((code for code in codes if code in names), "")
        key = code or f"kind:{kind}"
        group = groups.get(key) or groups.setdefault(key, Group(key, names.get(code, ""), kind, Sum()))
        mine = tuple(cells.get((organisation_id, column.clause_id), EMPTY) for column in columns)
        line = _line((pk, organisation_id, name, key, *way), mine)
        lines.append(line)
        total.count(line)
        group.sum.count(line)
        for column, cell in zip(columns, mine, strict=True):
            if cell.state:
                clause_id = column.clause_id
                part = parts.get((key, clause_id)) or parts.setdefault((key, clause_id), Sum())
                part.add(clause_id, cell)
    by_clause = {column.clause_id: Sum() for column in columns}
    for (key, clause_id), part in parts.items():
        for one in (total, groups[key].sum, by_clause[clause_id]):
            one.merge(part)
    order = {key: n for n, key in enumerate(groups)}
    lines.sort(key=lambda line: order[line.group])  # stable: within a group as in the letter
    return Table(
        columns, sort(_kept(lines, wanted), wanted.sort), lines, list(groups.values()), by_clause, total, is_whole, now
    )


def columns_of(row: Letter) -> list[Column]:
    """The clauses of a letter that ask for an answer, in order."""
    rows = Clause.objects.filter(letter=row).exclude(kind="").order_by("n")
    values = rows.values_list("pk", "n", "mark", "title", "kind", "is_daily", "proof")
    return [Column(*one, count_fields(one[4])) for one in values]


def count_fields(kind: str) -> tuple[str, ...]:
    """Names of the counts in answers of a kind of work."""
    known = BY_NAME.get(kind)
    return tuple(one.name for one in known.answer if one.kind == "count") if known else ()


def _line(head: tuple[Any, ...], cells: tuple[Cell, ...]) -> Line:
    return Line._make((
        *head, cells,
        sum(cell.n for cell in cells), sum(cell.n_answered for cell in cells), sum(cell.n_accepted for cell in cells),
        sum(cell.n_returned for cell in cells), any(cell.is_late for cell in cells),
        any(cell.reasons or _uncleaned(cell) for cell in cells),
    ))  # fmt: skip


def _uncleaned(cell: Cell) -> int:
    """Machines that an answer says are infected and not cleaned."""
    counts = cell.counts
    return max(counts.get("n_infected", 0) - counts.get("n_cleaned", 0), 0) if "n_infected" in counts else 0


def _troubles(line: Line, columns: Sequence[Column]) -> Iterator[Trouble]:
    for column, cell in zip(columns, line.cells, strict=True):
        for task_id, result, text in cell.reasons:
            yield Trouble(line, column, result, text, task_id)
        if n := _uncleaned(cell):
            yield Trouble(line, column, "infected", "", cell.task_id, n)


# ------------------------------------------------------------------------------------------------------------ the cells


class _Report(NamedTuple):
    """One Task as it is read. ``state``: as a cell has it; ``result`` and ``values``: of a final answer that stands."""

    task_id: int
    state: str
    result: str
    proof: str
    is_late: bool
    was_late: bool
    values: Mapping[str, Any]
    is_to_come: bool


_NOTHING: Final[Mapping[str, Any]] = {}


def _cells(
    row: Letter, columns: Sequence[Column], organisations: Sequence[int] | None, now: datetime
) -> dict[tuple[int, int], Cell]:
    """The cell of each organisation and clause that asks something of it."""
    if not row.batch_id:
        return {}
    today = now.astimezone(zone_from(settings.VONGGAC.zone)).date().isoformat()
    kinds = {column.clause_id: column for column in columns}
    finals = {column.kind: BY_NAME[column.kind].final for column in columns}
    cells: dict[tuple[int, int], Cell] = {}
    gathered: dict[tuple[int, int], list[_Report]] = {}
    for key, pk, state, result, proof, is_late, was_late, said in _tasks(row.batch_id, organisations, now):
        organisation, clause, *day = key.split("|")  # as work.actions.opening.key_of writes it
        column = kinds.get(int(clause))
        if column is None:
            continue
        state = _OF_TASK[state]
        final = state in GIVEN and result in finals[column.kind]
        is_to_come = bool(day and day[0] > today and not final and not is_late)
        is_read = final and said and (column.fields or result in TROUBLES)  # the others say nothing that is counted
        values = orjson.loads(said) if is_read else _NOTHING
        report = _Report(
            pk, state, result if final else "", proof, bool(is_late), bool(was_late), values, is_to_come
        )  # fmt: skip
        place = int(organisation), column.clause_id
        if column.is_daily:
            gathered.setdefault(place, []).append(report)
        else:
            cells[place] = _cell_of_one(report, column)
    return cells | {place: _cell(reports, kinds[place[1]]) for place, reports in gathered.items()}


def _tasks(batch_id: int, organisations: Sequence[int] | None, now: datetime) -> Iterable[tuple[Any, ...]]:
    last = Answer.objects.filter(task=OuterRef("pk")).order_by("-pk").values(said=Cast("values", TextField()))[:1]
    rows = Task.objects.filter(batch_id=batch_id)
    if organisations is not None:
        rows = rows.filter(organisation_id__in=organisations)
    late = Q(is_binding=True, due_at__lte=now)  # FAR while it stands, and when it is not its owner's
    return rows.order_by("pk").values_list(
        "key", "pk", "state", "result", "proof",
        ExpressionWrapper(late, BooleanField()),
        ExpressionWrapper(Q(finish_met_at__gt=F("finish_due_at")), BooleanField()),
        Subquery(last, output_field=TextField()),
    )  # fmt: skip


def _cell(reports: Sequence[_Report], column: Column) -> Cell:
    if len(reports) == 1:
        return _cell_of_one(reports[0], column)
    standing = [one for one in reports if one.state != WITHDRAWN]
    if not standing:
        return Cell(WITHDRAWN, task_id=reports[-1].task_id)
    asked = [one for one in standing if not one.is_to_come]
    n_to_come = len(standing) - len(asked)
    if not asked:
        return Cell(TO_COME, n_to_come=n_to_come, task_id=standing[0].task_id)
    given = [one for one in asked if one.result]
    states = [one.state for one in asked]
    shown = min(states, key=_RANK.__getitem__)
    n_proven = sum(one.proof == PROVEN for one in given)
    outcomes = dict(Counter(_OUTCOME_OF[one.result] for one in given))
    if len(given) < len(asked):
        outcomes[OPEN] = len(asked) - len(given)
    counts: dict[str, int] = {}
    for one in given:
        for name, number in _counted(one, column.fields).items():
            counts[name] = counts.get(name, 0) + number
    return Cell(
        shown, _worst(given), len(asked), len(given),
        n_accepted=states.count(ACCEPTED), n_returned=states.count(RETURNED), n_to_come=n_to_come, n_proven=n_proven,
        is_late=any(one.is_late for one in asked), was_late=any(one.was_late for one in given),
        proof="" if not given else PROVEN if n_proven == len(given) else DECLARED,
        task_id=next(one.task_id for one in asked if one.state == shown), counts=counts, outcomes=outcomes,
        reasons=tuple((one.task_id, one.result, _why(one)) for one in given if one.result in TROUBLES),
    )  # fmt: skip


_ONE_OPEN: Final = {OPEN: 1}
_ONE: Final = {outcome: {outcome: 1} for outcome in OUTCOMES}


def _cell_of_one(one: _Report, column: Column) -> Cell:
    """The same of a single report, as nearly all cells are: nothing is gathered."""
    state, result = one.state, one.result
    if state == WITHDRAWN:
        return Cell(WITHDRAWN, task_id=one.task_id)
    if one.is_to_come:
        return Cell(TO_COME, n_to_come=1, task_id=one.task_id)
    if not result:
        return Cell(
            state, "", 1, 0, 0, int(state == RETURNED), 0, 0, one.is_late, False, "", one.task_id, {}, _ONE_OPEN
        )
    return Cell(
        state, result, 1, 1, int(state == ACCEPTED), 0, 0, int(one.proof == PROVEN), one.is_late, one.was_late,
        PROVEN if one.proof == PROVEN else DECLARED, one.task_id, _counted(one, column.fields), _ONE[_OUTCOME_OF[result]],
        ((one.task_id, result, _why(one)),) if result in TROUBLES else (),
    )  # fmt: skip


def _worst(given: Sequence[_Report]) -> str:
    if len(given) == 1:
        return given[0].result
    results = {one.result for one in given}
    return next((result for result in _WORST if result in results), "")


def _counted(one: _Report, fields: Sequence[str]) -> dict[str, int]:
    values = one.values
    return {name: values[name] for name in fields if isinstance(values.get(name), int)}


def _why(one: _Report) -> str:
    return str(one.values.get("reason") or one.values.get("what") or "")


# --------------------------------------------------------------------------------------------------------------- filters


def _kept(lines: Sequence[Line], wanted: Filters) -> list[Line]:
    text = search_form(wanted.text.strip())
    return [
        line
        for line in lines
        if (not wanted.group or line.group == wanted.group)
        and _shown(line, wanted.show)
        and (not text or text in search_form(line.name))
    ]


def _shown(line: Line, show: str) -> bool:
    if show == "unanswered":
        return line.is_owing
    if show == "late":
        return line.is_late
    if show == "trouble":
        return line.is_troubled
    if show == "returned":
        return line.n_returned > 0
    if show == "review":
        return line.n_answered > line.n_accepted
    if show == "unseen":
        return not line.is_seen
    return line.is_complete if show == "complete" else True


def _lag(line: Line) -> tuple[bool, float, bool]:
    return (not line.is_late, line.n_answered / line.n if line.n else 1.0, line.is_seen)


def sort(lines: Sequence[Line], order: str) -> list[Line]:
    """The lines in an order of SORTS."""
    if order == "lag":
        return sorted(lines, key=_lag)
    return sorted(lines, key=lambda line: sort_key(line.name)) if order == "name" else list(lines)
