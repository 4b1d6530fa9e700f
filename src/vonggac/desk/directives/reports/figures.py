"""What a report is made of: the table of a letter, as its page has it, and what recipients wrote beside their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.table import Cell, Column, Line, Table
from vonggac.desk.directives.reports import words


class Said(NamedTuple):
    """What one answer that counts says in words, by the names of its fields. ``day``: of a daily clause, ISO, else empty."""

    line: Line
    column: Column
    day: str
    result: str
    texts: Mapping[str, str]


@dataclass
class Figures:
    """A letter with its table and what was written, in the order of the table."""

    letter: Letter
    table: Table
    said: Sequence[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places = {column.clause_id: n for n, column in enumerate(self.table.columns)}
        self._of_clause: dict[int, list[Said]] = {}
        for one in self.said:
            self._of_clause.setdefault(one.column.clause_id, []).append(one)

    @property
    def asking(self) -> list[Column]:
        """The clauses that ask something of somebody."""
        return [one for one in self.table.columns if any(self.cell(line, one).state for line in self.table.all_lines)]

    def cell(self, line: Line, column: Column) -> Cell:
        """The cell of a recipient and a clause."""
        return line.cells[self._places[column.clause_id]]

    def cells(self, column: Column) -> list[tuple[Line, Cell]]:
        """What became of a clause at each recipient that has something to report on it now."""
        rows = ((line, self.cell(line, column)) for line in self.table.all_lines)
        return [(line, cell) for line, cell in rows if cell.n]

    def said_of(self, column: Column) -> list[Said]:
        """What was written to a clause."""
        return self._of_clause.get(column.clause_id, [])

    def results(self, column: Column) -> Counter[str]:
        """Result to how many answers that count have it."""
        return Counter(one.result for one in self.said_of(column))

    def by_group(self) -> list[tuple[str, list[Line]]]:
        """Names of groups with their recipients, each once."""
        lines: dict[str, list[Line]] = {}
        for line in self.table.all_lines:
            lines.setdefault(line.group, []).append(line)
        return [
            (words.upper_first(group.name or words.KINDS.get(group.kind, words.KINDS["other"])), lines[group.key])
            for group in self.table.groups
            if group.key in lines
        ]

    def sums(self, column: Column) -> dict[str, int]:
        """The numbers of a clause, summed over all answers that count; of a number that nobody gave there is none."""
        given = {name for _line, cell in self.cells(column) for name in cell.counts}
        counts = self.table.by_clause[column.clause_id].counts
        return {name: counts[column.clause_id, name] for name in column.fields if name in given}

    def sums_by_group(self, column: Column) -> list[tuple[str, dict[str, int]]]:
        """The same for each group that gave any."""
        found = []
        for (name, lines), group in zip(self.by_group(), self.table.groups, strict=True):
            given = {one for line in lines for one in self.cell(line, column).counts}
            counts = group.sum.counts
            numbers = {one: counts[column.clause_id, one] for one in column.fields if one in given}
            if numbers:
                found.append((name, numbers))
        return found
