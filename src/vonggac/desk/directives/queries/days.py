"""One day of a letter that asks for a report on each: who reported, who had nothing to report, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.queries import saying
from vonggac.desk.directives.queries.letters import letter, may_see_office
from vonggac.desk.directives.queries.table import Table, table
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.states import WITHDRAWN
from vonggac.errors import N_, NotThere


class DayReport(NamedTuple):
    """What one recipient reported on the day to one clause; ``result`` empty: nothing that counts yet."""

    recipient_id: int
    name: str
    group: str
    clause: str
    task_id: int
    result: str
    n_incidents: int
    what: str
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day with all its reports, in the order of the table. ``days``: all days of the letter that have reports."""

    letter: Letter
    day: date
    days: Sequence[date]
    reports: Sequence[DayReport]
    read_at: datetime

    @property
    def given(self) -> list[DayReport]:
        """Those that count."""
        return [one for one in self.reports if one.result]

    @property
    def lacking(self) -> list[DayReport]:
        """Those that are missing."""
        return [one for one in self.reports if not one.result]

    @property
    def happened(self) -> list[DayReport]:
        """Those that tell of something."""
        return [one for one in self.given if one.result == "something" or one.n_incidents or one.what]

    @property
    def n_nothing(self) -> int:
        """How many say that there is nothing to report, or that all was done without anything to tell."""
        return len(self.given) - len(self.happened)

    @property
    def n_incidents(self) -> int:
        """Incidents told of."""
        return sum(one.n_incidents for one in self.given)


def days_of(asker: Asker, letter_id: int) -> list[date]:
    """The days on which a letter asks for reports, for who sees its office; raises NotThere."""
    row = letter(asker, letter_id)
    if not may_see_office(asker, row):
        raise NotThere(N_("there is no such letter here"))
    return _days(_daily(asker, row))


def _daily(asker: Asker, row: Letter) -> list[saying.Said]:
    return [one for one in saying.said(asker, row) if one.day and one.state != WITHDRAWN]


def _days(rows: Sequence[saying.Said]) -> list[date]:
    return sorted({date.fromisoformat(one.day) for one in rows})


def has_days(row: Letter) -> bool:
    """Whether a letter asks for reports on days."""
    return Clause.objects.filter(letter=row, is_daily=True).exists()


def day_of(asker: Asker, letter_id: int, day: date) -> Day:
    """One day of a letter, for who sees its office; raises NotThere for another letter or a day that it does not ask for."""
    row = letter(asker, letter_id)
    if not may_see_office(asker, row):
        raise NotThere(N_("there is no such letter here"))
    rows = _daily(asker, row)
    days = _days(rows)
    if day not in days:
        raise NotThere(N_("this letter asks for no report on that day"))
    found = table(asker, row)
    return Day(
        row, day, days, list(_reports(found, [one for one in rows if one.day == day.isoformat()])), found.read_at
    )


def _reports(found: Table, rows: Sequence[saying.Said]) -> Iterator[DayReport]:
    clauses = {one.clause_id: f"{one.mark} {one.title}".strip() for one in found.columns}
    groups = {one.key: one.name for one in found.groups}
    lines = {one.recipient_id: (n, one) for n, one in enumerate(found.all_lines)}
    for one in sorted(rows, key=lambda one: (lines[one.recipient_id][0], one.clause_id)):
        values = one.values if one.counts else {}
        number = values.get("n_incidents")
        yield DayReport(
            one.recipient_id, one.name, groups.get(lines[one.recipient_id][1].group, ""), clauses.get(one.clause_id, ""), one.task_id,
            one.result if one.counts else "", number if isinstance(number, int) else 0, str(values.get("what") or ""),
            one.at if one.counts else None, one.told_by or one.by if one.counts else "",
        )  # fmt: skip
