"""How versions divide by organisation and differ from each other: of counts that are kept, so that they cost the same however long lists are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from vonggac.desk.intel.models import ListVersion, OrganisationCount
from vonggac.desk.intel.queries.lists import VIEW, list_version, versions
from vonggac.desk.intel.staging import rows as staged
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work.queries import Count, by_batch


@dataclass(frozen=True, slots=True)
class Line:
    """How the rows of one organisation divide."""

    organisation: Organisation
    n_new: int = 0
    n_still: int = 0
    n_back: int = 0
    n_gone: int = 0

    @property
    def n_rows(self) -> int:
        """All that are there."""
        return self.n_new + self.n_still + self.n_back


@dataclass(frozen=True, slots=True)
class Preview:
    """What a version will be, or was: ``lines`` by the name of the organisation; rows that became nobody's work, and why.

    ``n_none``: what is no address, or no address of ours. All but ``lines`` is 0 for who does not see the whole list.
    """

    lines: Sequence[Line]
    n_rows: int = 0
    n_faults: int = 0
    n_new: int = 0
    n_still: int = 0
    n_back: int = 0
    n_gone: int = 0
    n_waiting: int = 0
    n_nobody: int = 0
    n_contested: int = 0
    n_none: int = 0


def preview(asker: Asker, version_id: int) -> Preview:
    """How a version divides by organisation: counted while it is looked at, as it was kept once it is published."""
    version = list_version(asker, version_id)
    if version.state == "published":
        rows = visible(OrganisationCount.objects.filter(version=version), asker, VIEW).select_related("organisation")
        lines = [Line(row.organisation, row.n_new, row.n_still, row.n_back, row.n_gone) for row in rows]
    else:
        counted = staged.counted(version) if version.state in ("checked", "applying") else {}
        names = visible(Organisation.objects.filter(pk__in=sorted(counted)), asker, VIEW, through="id")
        lines = [_line(row, counted[row.pk]) for row in names]
    lines.sort(key=lambda line: (line.organisation.sort_key, line.organisation.pk))
    if not may_on(asker, VIEW, None):
        return Preview(lines)
    names_of = ("rows", "faults", "new", "still", "back", "gone", "waiting", "nobody", "contested", "none")
    return Preview(lines, **{f"n_{name}": version.counts.get(name, 0) for name in names_of})


def _line(organisation: Organisation, counted: Counter[str]) -> Line:
    return Line(organisation, **{f"n_{status}": n for status, n in counted.items()})


@dataclass(frozen=True, slots=True)
class Cell:
    """One organisation in one version. ``work``: of the Tasks that the version opened or reopened."""

    n_rows: int = 0
    n_gone: int = 0
    work: Count = field(default_factory=Count)


@dataclass(frozen=True, slots=True)
class Matrix:
    """``versions``, the oldest first; ``cells``: (organisation, version) → Cell, only where there is something; ``organisations`` by name."""

    versions: Sequence[ListVersion]
    organisations: Sequence[Organisation]
    cells: dict[tuple[int, int], Cell]


def _last(asker: Asker, list_id: int, last: int) -> list[ListVersion]:
    rows = versions(asker, list_id).filter(state="published").defer("columns", "mapping").order_by("-n")[:last]
    return list(rows)[::-1]


def matrix(asker: Asker, list_id: int, last: int = 6) -> Matrix:
    """Organisations × the ``last`` published versions of a list, as far as the asker sees them."""
    shown = _last(asker, list_id, last)
    by_batch_id = {row.batch_id: row.pk for row in shown if row.batch_id is not None}
    counts = visible(OrganisationCount.objects.filter(version__in=[row.pk for row in shown]), asker, VIEW)
    columns = ("organisation_id", "version_id", "n_new", "n_still", "n_back", "n_gone")
    numbers = {(row[0], row[1]): (sum(row[2:5]), row[5]) for row in counts.values_list(*columns)}
    work = {(row.organisation_id, by_batch_id[row.batch_id]): row.count for row in by_batch(asker, sorted(by_batch_id))}
    cells = {
        place: Cell(*numbers.get(place, (0, 0)), work.get(place, Count())) for place in numbers.keys() | work.keys()
    }
    ids = {organisation for organisation, _version in cells}
    named = Organisation.objects.filter(pk__in=sorted(ids)).order_by("sort_key", "pk")
    return Matrix(shown, list(named), cells)


@dataclass(frozen=True, slots=True)
class Point:
    """One version in the course of its list. ``n_cleaned``: Tasks that it opened or reopened whose answer was accepted; ``n_tasks``: all."""

    version: ListVersion
    n_rows: int
    n_new: int
    n_back: int
    n_gone: int
    n_tasks: int
    n_cleaned: int


def trend(asker: Asker, list_id: int, last: int = 24) -> list[Point]:
    """The course of a list over its ``last`` published versions, the oldest first, of what the asker sees."""
    found = matrix(asker, list_id, last)
    is_whole = may_on(asker, VIEW, None)
    per_version: dict[int, Counter[str]] = {}
    counts = visible(OrganisationCount.objects.filter(version__in=[row.pk for row in found.versions]), asker, VIEW)
    for version_id, *numbers in counts.values_list("version_id", "n_new", "n_still", "n_back", "n_gone"):
        summed = per_version.setdefault(version_id, Counter())
        summed.update(dict(zip(("new", "still", "back", "gone"), numbers, strict=True)))
    work: dict[int, Counter[str]] = {}
    for (_organisation, version_id), cell in found.cells.items():
        work.setdefault(version_id, Counter()).update(tasks=cell.work.total, cleaned=cell.work.accepted)
    points = []
    for row in found.versions:
        own = per_version.get(row.pk, Counter())
        told = row.counts if is_whole else {**own, "rows": own["new"] + own["still"] + own["back"]}
        done = work.get(row.pk, Counter())
        n_rows, n_new, n_back, n_gone = (told.get(name, 0) for name in ("rows", "new", "back", "gone"))
        points.append(Point(row, n_rows, n_new, n_back, n_gone, done["tasks"], done["cleaned"]))
    return points
