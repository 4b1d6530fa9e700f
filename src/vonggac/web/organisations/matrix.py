"""How many systems there are of each level and exposure."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from vonggac.desk.organisations.models.systems import EXPOSURES, LEVELS
from vonggac.web.organisations.forms import level_title
from vonggac.web.organisations.lists import address
from vonggac.web.shell.pages import Request


class Cell(NamedTuple):
    """A number, and the address of the list that it counts."""

    n: int
    href: str
    is_current: bool


class Line(NamedTuple):
    """One level."""

    title: Any
    href: str
    cells: list[Cell]
    n: int


class Matrix(NamedTuple):
    """Levels down, exposures across."""

    heads: list[Cell]
    titles: list[Any]
    lines: list[Line]
    n: int


def matrix_of(request: Request, rows: QuerySet[Any]) -> Matrix:
    """The matrix of ``rows``; every cell leads to its systems."""
    found = rows.select_related(None).prefetch_related(None).order_by().values_list("level", "exposure")
    counted = {(level, exposure): n for level, exposure, n in found.annotate(n=Count("pk"))}
    asked = (request.GET.get("level", ""), request.GET.get("exposure", ""))
    lines = []
    for level in (*reversed(LEVELS), None):
        key = "none" if level is None else str(level)
        cells = [
            Cell(
                counted.get((level, exposure), 0),
                address(request, level=key, exposure=exposure),
                asked == (key, exposure),
            )
            for exposure in EXPOSURES
        ]
        title = _("Without a level") if level is None else level_title(level)
        lines.append(Line(title, address(request, level=key, exposure=None), cells, sum(cell.n for cell in cells)))
    sums = [sum(line.cells[i].n for line in lines) for i in range(len(EXPOSURES))]
    heads = [
        Cell(n, address(request, level=None, exposure=exposure), asked == ("", exposure))
        for n, exposure in zip(sums, EXPOSURES, strict=True)
    ]
    return Matrix(heads, [_(title) for title in EXPOSURES.values()], lines, sum(sums))
