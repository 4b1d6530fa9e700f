"""The roll-up of a list: organisations down, versions across, each cell with what was asked for and what became of it.

Cells are written without a template: a page may have more than a thousand, and including one costs twenty times as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vonggac.desk.intel.queries import Cell
from vonggac.desk.work.queries import Count
from vonggac.errors import N_
from vonggac.jobs.list_export import Value
from vonggac.web.shell import times
from vonggac.web.shell.charts import Chart, Series
from vonggac.web.shell.templatetags.shell import icon

NOTHING = Cell()


class Head(NamedTuple):
    """One version."""

    title: str
    day: str
    href: str
    batch_id: int


class Line(NamedTuple):
    """One organisation: its cells by version, and all of them together. ``organisation_id`` 0: of everybody."""

    organisation_id: int
    name: str
    cells: Sequence[Cell]
    whole: Cell


class Roll(NamedTuple):
    """The whole of it."""

    heads: Sequence[Head]
    lines: Sequence[Line]
    totals: Line


class Sign(NamedTuple):
    """What a cell says beside its numbers; ``state``: the part of the queue that it leads to."""

    tone: str
    icon: str
    text: str
    state: str


ORDERS = {"lag": N_("Who lags"), "name": N_("Name"), "all": N_("Most to clean")}
"""What the lines are sorted by."""


_COUNTED = tuple(Count.__dataclass_fields__)


def summed(cells: Sequence[Cell]) -> Cell:
    """All of them together."""
    work = {name: sum(getattr(cell.work, name) for cell in cells) for name in _COUNTED}
    return Cell(sum(cell.n_rows for cell in cells), sum(cell.n_gone for cell in cells), Count(**work))


def sort(lines: Sequence[Line], order: str) -> list[Line]:
    """The lines in an order of ORDERS."""
    keys: dict[str, Any] = {
        "lag": lambda line: (-line.whole.work.late, -line.whole.work.unanswered, -line.whole.work.open),
        "name": lambda _line: 0,
        "all": lambda line: -line.whole.work.total,
    }
    return sorted(lines, key=keys[order])


def sign_of(count: Count) -> Sign:
    """What matters most in a cell: overdue, not acknowledged, open, with the centre, done."""
    if count.late:
        return Sign("overdue", "overdue", _("{n} overdue").format(n=count.late), "late")
    if count.unanswered:
        n = count.unanswered
        return Sign("high", "severity-high", _("{n} not seen yet").format(n=n), "unanswered")
    if count.open:
        return Sign("low", "operations", _("{n} in work").format(n=count.open), "open")
    if count.submitted:
        n = count.submitted
        return Sign("medium", "message", _("{n} to review").format(n=n), "review")
    return Sign("ok", "check", _("done"), "done")


def legend() -> str:
    """What the signs mean, in one sentence."""
    return _(
        "The colour and the word say what matters most: overdue, not yet seen (acknowledged) by the organisation, in work, waiting for review, done."
    )


@cache
def _drawing(name: str) -> str:
    return str(icon(name))


def body(roll: Roll) -> SafeString:
    """The rows of the table."""
    return mark_safe("".join(_rows(roll)))  # noqa: S308  # every text in it is escaped


def _rows(roll: Roll) -> Iterator[str]:
    batches = [head.batch_id for head in roll.heads]
    yield _row(roll.totals, batches, "total")
    for line in roll.lines:
        yield _row(line, batches)


def _row(line: Line, batches: Sequence[int], css: str = "") -> str:
    owner = f"&amp;organisation={line.organisation_id}" if line.organisation_id else ""
    cells = "".join(
        _cell(cell, f"/work/?batch={batch}{owner}") for cell, batch in zip(line.cells, batches, strict=True)
    )
    return f'<tr class="{css}"><th scope="row"><bdi>{escape(line.name)}</bdi></th>{cells}</tr>'


def _cell(cell: Cell, where: str) -> str:
    count = cell.work
    asked = count.total - count.withdrawn
    if not asked:
        if not cell.n_rows:
            return '<td class="none"><span>–</span></td>'
        return f'<td class="none"><span>{escape(_("{n} still there").format(n=times.number(cell.n_rows)))}</span></td>'
    sign = sign_of(count)
    narrow = "&amp;state=all&amp;late=1" if sign.state == "late" else f"&amp;state={sign.state}"
    told = escape(
        _("{accepted} accepted of {all}, {acknowledged} acknowledged, {late} overdue; {rows} on the list").format(
            accepted=count.accepted, all=asked, acknowledged=count.acknowledged, late=count.late, rows=cell.n_rows
        )
    )
    numbers = f"<b>{times.number(count.accepted)}/{times.number(asked)}</b>"
    return (
        f'<td class="{sign.tone}"><a href="{where}{narrow}" title="{told}">{numbers}'
        f"<small>{_drawing(sign.icon)}{escape(sign.text)}</small></a></td>"
    )


def chart_of(points: Sequence[Any]) -> Chart:
    """Is there less from version to version, and is it cleaned?"""
    return Chart(
        _("Do the infected addresses become fewer, and are they cleaned?"),
        [_("No. {n}").format(n=one.version.n) for one in points],
        [
            Series(_("On the list"), [one.n_rows for one in points]),
            Series(_("New or back"), [one.n_new + one.n_back for one in points]),
            Series(_("Accepted by the centre"), [one.n_cleaned for one in points]),
        ],
        _("Version of the list"),
        _("Rows of the list"),
        "line",
    )


def exported(roll: Roll) -> Iterator[Sequence[Value]]:
    """The table as rows of a sheet: five numbers of each version."""
    for line in (roll.totals, *roll.lines):
        yield (line.name, *(n for cell in line.cells for n in _told(cell)))


def _told(cell: Cell) -> tuple[int, ...]:
    work = cell.work
    return (cell.n_rows, work.total - work.withdrawn, work.acknowledged, work.accepted, work.late)


def export_heads(roll: Roll) -> list[tuple[str, int]]:
    """The heads of those rows."""
    words = (_("on the list"), _("asked for"), _("acknowledged"), _("accepted"), _("overdue"))
    return [
        (_("Organisation"), 44),
        *((f"{head.title} ({head.day}): {word}", 14) for head in roll.heads for word in words),
    ]


def head_of(version: Any) -> Head:
    """A version as a column."""
    return Head(
        _("No. {n}").format(n=version.n), times.day(version.published_at or version.created_at),
        reverse("list-version", args=[version.pk]), version.batch_id or 0,
    )  # fmt: skip
