"""The roll-up of a list: organisations down, versions across, each cell with what was asked for and what became of it.

Cells are written without a template: a page may have more than a thousand, and including one costs twenty times as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from operator import attrgetter
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
from vonggac.web.shell.templatetags.shell import icon, shown

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


_numbers = attrgetter(*Count.__dataclass_fields__)


def summed(cells: Sequence[Cell]) -> Cell:
    """All of them together."""
    if not cells:
        return NOTHING
    work = Count(*map(sum, zip(*(_numbers(cell.work) for cell in cells), strict=True)))
    return Cell(sum(cell.n_rows for cell in cells), sum(cell.n_gone for cell in cells), work)


def sort(lines: Sequence[Line], order: str) -> list[Line]:
    """The lines in an order of ORDERS."""
    keys: dict[str, Any] = {
        "lag": lambda line: (-line.whole.work.late, -line.whole.work.unanswered, -line.whole.work.open),
        "name": lambda _line: 0,
        "all": lambda line: -line.whole.work.total,
    }
    return sorted(lines, key=keys[order])


class Words(NamedTuple):
    """The texts of cells, looked up once for all of them."""

    late: str
    unanswered: str
    open: str
    submitted: str
    done: str
    still: str
    told: str


def _words() -> Words:
    return Words(
        _("{n} overdue"), _("{n} not seen yet"), _("{n} in work"), _("{n} to review"), _("done"), _("{n} still there"),
        _("{accepted} accepted of {all}, {acknowledged} acknowledged, {late} overdue; {rows} on the list"),
    )  # fmt: skip


def sign_of(count: Count, words: Words) -> Sign:
    """What matters most in a cell: overdue, not acknowledged, open, with the centre, done."""
    if count.late:
        return Sign("overdue", "overdue", words.late.format(n=count.late), "all&amp;late=1")
    if count.unanswered:
        return Sign("high", "severity-high", words.unanswered.format(n=count.unanswered), "unanswered")
    if count.open:
        return Sign("low", "operations", words.open.format(n=count.open), "open")
    if count.submitted:
        return Sign("medium", "message", words.submitted.format(n=count.submitted), "review")
    return Sign("ok", "check", words.done, "done")


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
    batches, words = [head.batch_id for head in roll.heads], Words(*map(escape, _words()))
    yield _row(roll.totals, batches, words, "total")
    for line in roll.lines:
        yield _row(line, batches, words)


def _row(line: Line, batches: Sequence[int], words: Words, css: str = "") -> str:
    owner = f"&amp;organisation={line.organisation_id}" if line.organisation_id else ""
    cells = "".join(
        _cell(cell, f"/work/?batch={batch}{owner}&amp;state=", words)
        for cell, batch in zip(line.cells, batches, strict=True)
    )
    return f'<tr class="{css}"><th scope="row"><bdi>{shown(line.name)}</bdi></th>{cells}</tr>'


def _cell(cell: Cell, where: str, words: Words) -> str:
    """``words`` are escaped; the rest are numbers."""
    count = cell.work
    asked = count.total - count.withdrawn
    if not asked:
        told = words.still.format(n=cell.n_rows) if cell.n_rows else "–"
        return f'<td class="none"><span>{told}</span></td>'
    sign = sign_of(count, words)
    told = words.told.format(
        accepted=count.accepted, all=asked, acknowledged=count.acknowledged, late=count.late, rows=cell.n_rows
    )
    return (
        f'<td class="{sign.tone}"><a href="{where}{sign.state}" title="{told}"><b>{_number(count.accepted)}/{_number(asked)}</b>'
        f"<small>{_drawing(sign.icon)}{sign.text}</small></a></td>"
    )


def _number(n: int) -> str:
    return str(n) if n < 1000 else times.number(n)


def chart_of(roll: Roll) -> Chart:
    """Is there less from version to version, and is it cleaned? The oldest first."""
    cells = roll.totals.cells[::-1]
    return Chart(
        _("Do the infected addresses become fewer, and are they cleaned?"),
        [head.title for head in roll.heads[::-1]],
        [
            Series(_("On the list"), [cell.n_rows for cell in cells]),
            Series(_("New or back"), [cell.work.total for cell in cells]),
            Series(_("Accepted by the centre"), [cell.work.accepted for cell in cells]),
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
