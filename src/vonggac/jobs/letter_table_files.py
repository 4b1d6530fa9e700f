"""The table of a letter as files: a workbook of five sheets, and the matrix as CSV. Both scoped as the page is.

What recipients wrote is text that anybody may have written: no cell is a formula (``tables.cells``).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TextIO

from vonggac.desk.directives.actions.exporting import record_export
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.saying import WORDS, Said, said
from vonggac.desk.directives.queries.table import (
    CELLS,
    GIVEN,
    OUTCOMES,
    Cell,
    Column,
    Filters,
    Group,
    Line,
    Sum,
    Table,
    table,
)
from vonggac.desk.directives.states import VIAS
from vonggac.desk.organisations.models.graph import KINDS as ORGANISATION_KINDS
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models.answers import CAME_BY
from vonggac.desk.work.states import PROOFS, STATES
from vonggac.errors import N_
from vonggac.jobs.list_export import Value, write_book
from vonggac.tables.cells import guarded

Say = Callable[[str], str]
Heads = Sequence[tuple[str, int]]
"""Titles with widths in characters."""
_WORDS = {
    "reason": N_("Why"),
    "what": N_("What happened, and what was done"),
    "difficulties": N_("Difficulties"),
    "proposals": N_("Proposals"),
    "evidence": N_("How do you know?"),
}


def write_xlsx(asker: Asker, row: Letter, file: IO[bytes], say: Say) -> int:
    """The workbook: matrix, counts, sums by clause, words. Gives how many recipients; an entry of the audit record says the same."""
    found = table(asker, row)
    write_book(
        file,
        (
            (say(N_("Table")), _matrix_heads(found, say), _matrix(found, say)),
            (say(N_("Counts")), _count_heads(found, say), _counts(found, say)),
            (say(N_("Sums by clause")), _sum_heads(say), _sums(found, say)),
            (say(N_("Sums by group")), _group_heads(say), _groups(found, say)),
            (say(N_("Reasons and difficulties")), _word_heads(say), _words(asker, row, found, say)),
        ),
    )
    record_export(asker, row, form="xlsx", n=len(found.lines))
    return len(found.lines)


def write_csv(asker: Asker, row: Letter, file: TextIO, say: Say, filters: Filters | None = None) -> int:
    """The matrix with a header and a line for each recipient that ``filters`` leave (RFC 4180); open ``file`` with ``newline=""``."""
    found = table(asker, row, filters)
    writer = csv.writer(file)
    for cells in ([title for title, _width in _matrix_heads(found, say)], *_matrix(found, say)):
        writer.writerow([guarded(str(cell)) if isinstance(cell, str) else _plain(cell) for cell in cells])
    record_export(asker, row, form="csv", n=len(found.lines))
    return len(found.lines)


def _plain(cell: Value) -> object:
    return "" if cell is None else cell.isoformat() if not isinstance(cell, int | float | str) else cell


def group_title(group: Group, say: Say) -> str:
    """What a group of lines is called."""
    return group.name or say(ORGANISATION_KINDS.get(group.kind, group.kind))


def clause_title(column: Column) -> str:
    """A clause by its mark and title."""
    return f"{column.mark} {column.title}".strip()


def field_title(column: Column, name: str, say: Say) -> str:
    """What a count of an answer is called."""
    return say(next(one.title for one in BY_NAME[column.kind].answer if one.name == name))


def told(cell: Cell, column: Column, say: Say) -> str:
    """What a cell says, in words: the result where one counts, else the state; late, days, what it rests on."""
    if not cell.state:
        return ""
    given = cell.state in GIVEN
    parts = [say(BY_NAME[column.kind].results[cell.result]) if given else say(CELLS[cell.state])]
    if cell.n + cell.n_to_come > 1:
        parts.append(say(N_("{part} of {all} days")).format(part=cell.n_answered, all=cell.n + cell.n_to_come))
    if given:
        parts.append(say(CELLS[cell.state]))
        parts.append(say(PROOFS[cell.proof]))
    if cell.is_late or cell.was_late:
        parts.append(say(N_("late")) if cell.is_late else say(N_("given late")))
    return "; ".join(parts)


# ---------------------------------------------------------------------------------------------------------- the sheets


def _matrix_heads(found: Table, say: Say) -> Heads:
    return [
        (say(N_("Receiving unit")), 44), (say(N_("Group")), 28), (say(N_("Sent")), 18), (say(N_("Opened")), 18), (say(N_("Acknowledged")), 18),
        (say(N_("By whom")), 24), (say(N_("How")), 18), (say(N_("Asked for")), 10), (say(N_("Answered")), 10), (say(N_("Late")), 10),
        *((clause_title(column), 28) for column in found.columns),
    ]  # fmt: skip


def _matrix(found: Table, say: Say) -> Iterator[Sequence[Value]]:
    names = {group.key: group_title(group, say) for group in found.groups}
    for line in found.lines:
        yield [
            line.name, names[line.group], _when(line.sent_at), _when(line.opened_at), _when(line.acknowledged_at), line.acknowledged_by,
            say(VIAS[line.acknowledged_via]) if line.acknowledged_via in VIAS else "", line.n, line.n_answered,
            say(N_("late")) if line.is_late else "",
            *(told(cell, column, say) for cell, column in zip(line.cells, found.columns, strict=True)),
        ]  # fmt: skip


def _when(at: object) -> str:
    from datetime import datetime

    from django.conf import settings

    from vonggac.config import zone_from

    return (
        at.astimezone(zone_from(settings.VONGGAC.zone)).strftime("%d/%m/%Y %H:%M") if isinstance(at, datetime) else ""
    )


def _count_heads(found: Table, say: Say) -> Heads:
    return [
        (say(N_("Receiving unit")), 44),
        *((f"{column.mark}: {field_title(column, name, say)}", 16) for column, name in _fields(found)),
    ]


def _fields(found: Table) -> Iterator[tuple[Column, str]]:
    yield from ((column, name) for column in found.columns for name in column.fields)


def _counts(found: Table, say: Say) -> Iterator[Sequence[Value]]:
    """Each recipient under the sums of its group, the sum of all first."""
    fields = list(_fields(found))
    yield [say(N_("All recipients")), *(found.total.counts[column.clause_id, name] for column, name in fields)]
    places = {column.clause_id: place for place, column in enumerate(found.columns)}
    by_group: dict[str, list[Line]] = {}
    for line in found.lines:
        by_group.setdefault(line.group, []).append(line)
    for group in found.groups:
        sums = group.sum.counts
        yield [
            f"{say(N_('Sum'))}: {group_title(group, say)}",
            *(sums[column.clause_id, name] for column, name in fields),
        ]
        for line in by_group.get(group.key, ()):
            yield [line.name, *(line.cells[places[column.clause_id]].counts.get(name) for column, name in fields)]


_SUMMED = (
    ("n", N_("Asked for")),
    ("answered", N_("Answered")),
    ("accepted", N_("Accepted by the centre")),
    ("proven", N_("Proven")),
    ("returned", N_("Returned")),
    ("late", N_("Late")),
    ("to_come", N_("Not due yet")),
)


def _sum_heads(say: Say) -> Heads:
    return [
        (say(N_("Clause")), 60),
        *((say(title), 14) for title in OUTCOMES.values()),
        *((say(title), 14) for _name, title in _SUMMED),
    ]


def _numbers(one: Sum) -> Iterable[Value]:
    return [*(one.outcomes[outcome] for outcome in OUTCOMES), *(int(getattr(one, name)) for name, _title in _SUMMED)]


def _sums(found: Table, say: Say) -> Iterator[Sequence[Value]]:
    yield [say(N_("All clauses")), *_numbers(found.total)]
    for column in found.columns:
        yield [clause_title(column), *_numbers(found.by_clause[column.clause_id])]


def _group_heads(say: Say) -> Heads:
    heads = ((N_("Recipients"), 12), (N_("Acknowledged"), 12), (N_("Answered all"), 12), (N_("Not answered yet"), 12))
    return [(say(N_("Group")), 44), *((say(title), width) for title, width in heads), *_sum_heads(say)[1:]]


def _groups(found: Table, say: Say) -> Iterator[Sequence[Value]]:
    rows = [(say(N_("All recipients")), found.total), *((group_title(one, say), one.sum) for one in found.groups)]
    for name, one in rows:
        yield [name, one.recipients, one.acknowledged, one.complete, one.owing, *_numbers(one)]


def _word_heads(say: Say) -> Heads:
    return [
        (say(N_("Receiving unit")), 44), (say(N_("Clause")), 40), (say(N_("Day")), 12), (say(N_("State")), 16), (say(N_("Result")), 20),
        (say(N_("What it rests on")), 22), (say(N_("Counted")), 10),
        *((say(_WORDS[name]), 48) for name in WORDS),
        (say(N_("Answered")), 18), (say(N_("By whom")), 24), (say(N_("How it came")), 20), (say(N_("Told by")), 24), (say(N_("Returned, because")), 40),
    ]  # fmt: skip


def _words(asker: Asker, row: Letter, found: Table, say: Say) -> Iterator[Sequence[Value]]:
    columns = {column.clause_id: column for column in found.columns}
    for one in said(asker, row):
        if one.at is not None:
            yield _word_row(one, columns[one.clause_id], say)


def _word_row(one: Said, column: Column, say: Say) -> Sequence[Value]:
    return [
        one.name, clause_title(column), one.day, say(STATES[one.state]), say(BY_NAME[column.kind].results.get(one.result, one.result)),
        say(PROOFS[one.proof]) if one.counts else "", say(N_("yes")) if one.counts else say(N_("no")),
        *(str(one.values.get(name, "")) for name in WORDS),
        _when(one.at), one.by, say(CAME_BY.get(one.came_by, one.came_by)), one.told_by, one.verdict_reason if one.verdict == "returned" else "",
    ]  # fmt: skip
