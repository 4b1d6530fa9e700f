"""A letter beside the one before: how much was answered then and now, and what the counts say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.queries.letters import letter, letters
from vonggac.desk.directives.queries.table import Column, Sum, Table, table
from vonggac.desk.directives.states import OUT
from vonggac.desk.scope.asker import Asker
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotThere

MOST = 20
"""Letters that are offered."""


class Both(NamedTuple):
    """A number now and then; ``before`` None: it was not asked then."""

    name: str
    now: int
    before: int | None

    @property
    def difference(self) -> int | None:
        """How much more it is now."""
        return None if self.before is None else self.now - self.before


class Pair(NamedTuple):
    """A clause and the same one of the letter before, with their sums and counts."""

    column: Column
    other: Column | None
    now: Sum
    before: Sum | None
    counts: Sequence[Both]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``letter``: the one before, ``total`` and ``pairs``: by clause. ``dropped``: clauses that only it had."""

    letter: Letter
    now: Sum
    before: Sum
    pairs: Sequence[Pair]
    dropped: Sequence[Column]


def comparable(asker: Asker, row: Letter) -> list[Letter]:
    """Letters with which ``row`` can be compared, the likeliest first: the one it was made from, then earlier ones of its office that ask alike."""
    rows = letters(asker).filter(office_id=row.office_id, direction=OUT, sent_at__isnull=False, batch_id__gt=0)
    found = list(rows.exclude(pk=row.pk).filter(pk__lt=row.pk)[:MOST])
    mine = _asks(Clause.objects.filter(letter=row))
    alike = {one.pk: _asks(Clause.objects.none()) for one in found}
    for clause in Clause.objects.filter(letter__in=found).exclude(kind=""):
        alike[clause.letter_id].add((clause.kind, search_form(clause.title)))
    kinds = {kind for kind, _title in mine}
    found = [one for one in found if one.pk == row.source_id or kinds & {kind for kind, _title in alike[one.pk]}]
    return sorted(found, key=lambda one: (one.pk != row.source_id, -len(mine & alike[one.pk]), -one.pk))


def _asks(rows: Iterable[Clause]) -> set[tuple[str, str]]:
    return {(one.kind, search_form(one.title)) for one in rows if one.kind}


def compared(asker: Asker, row: Letter, now: Table, other_id: int) -> Comparison:
    """The table ``now`` of ``row`` beside that of another letter that the asker sees; raises NotThere."""
    other = letter(asker, other_id)
    if other.sent_at is None or other.pk == row.pk:
        raise NotThere(N_("there is no such letter here"))
    before = table(asker, other)
    pairs = _paired(now.columns, before.columns)
    taken = {theirs.clause_id for theirs in pairs.values()}
    return Comparison(
        other, now.total, before.total,
        [_pair(column, pairs.get(column.clause_id), now, before) for column in now.columns],
        [one for one in before.columns if one.clause_id not in taken],
    )  # fmt: skip


def _paired(mine: Sequence[Column], theirs: Sequence[Column]) -> dict[int, Column]:
    """Id of each clause of ours to the same one of theirs: the same title and kind, else the only ones left of their kind."""
    titled = {(one.kind, search_form(one.title)): one for one in reversed(theirs)}
    found: dict[int, Column] = {}
    for one in mine:
        same = titled.pop((one.kind, search_form(one.title)), None)
        if same is not None:
            found[one.clause_id] = same
    taken = {one.clause_id for one in found.values()}
    for one in mine:
        if one.clause_id not in found:
            ours = [column for column in mine if column.kind == one.kind and column.clause_id not in found]
            left = [column for column in theirs if column.kind == one.kind and column.clause_id not in taken]
            if len(ours) == len(left) == 1:
                found[one.clause_id] = left[0]
                taken.add(left[0].clause_id)
    return found


def _pair(column: Column, other: Column | None, now: Table, before: Table) -> Pair:
    mine = now.by_clause[column.clause_id]
    theirs = None if other is None else before.by_clause[other.clause_id]
    counts = [
        Both(
            name,
            mine.counts[column.clause_id, name],
            None if other is None or theirs is None else theirs.counts[other.clause_id, name],
        )
        for name in column.fields
    ]
    return Pair(column, other, mine, theirs, counts)
