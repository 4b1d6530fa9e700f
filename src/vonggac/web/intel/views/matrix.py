"""The roll-up of a list on a page and as a workbook."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from vonggac.desk.intel import queries
from vonggac.jobs.list_export import write_book
from vonggac.web.intel import rollup
from vonggac.web.intel.rollup import NOTHING, Line, Roll
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.lists import address
from vonggac.web.shell.pages import Request, page

SPANS = (6, 12, 24)
"""How many versions are shown, the newest first."""


@page("lists.view")
def matrix(request: Request, list_id: int) -> HttpResponse:
    """Organisations by versions: how far everybody is."""
    row = queries.indicator_list(request.asker, list_id)
    last, order = _asked(request)
    roll = _roll(request, row.pk, last, order)
    context: dict[str, Any] = {
        "row": row,
        "roll": roll,
        "last": last,
        "body": rollup.body(roll),
        "legend": rollup.legend(),
        "spans": [(_("Last {n}").format(n=n), address(request, last=n), n == last) for n in SPANS],
        "orders": [(_(title), address(request, sort=key), key == order) for key, title in rollup.ORDERS.items()],
    }
    if roll.lines:
        context["chart"] = rollup.chart_of(roll)
    return render(request, "intel/matrix.html", context)


def _asked(request: Request) -> tuple[int, str]:
    last = request.GET.get("last", "")
    order = request.GET.get("sort", "")
    return (int(last) if last in map(str, SPANS) else SPANS[0]), (order if order in rollup.ORDERS else "lag")


def _roll(request: Request, list_id: int, last: int, order: str) -> Roll:
    found = queries.matrix(request.asker, list_id, last=last)
    newest = list(reversed(found.versions))  # beside the names, where it is seen on a phone, too
    heads = [rollup.head_of(version) for version in newest]
    keys = [version.pk for version in newest]
    lines = []
    for organisation in found.organisations:
        cells = [found.cells.get((organisation.pk, key), NOTHING) for key in keys]
        lines.append(Line(organisation.pk, organisation.name, cells, rollup.summed(cells)))
    sums = [rollup.summed([line.cells[at] for line in lines]) for at in range(len(keys))]
    totals = Line(0, _("All organisations"), sums, rollup.summed(sums))
    return Roll(heads, rollup.sort(lines, order), totals)


@page("lists.view")
def export(request: Request, list_id: int) -> HttpResponseBase:
    """The same as a workbook."""
    row = queries.indicator_list(request.asker, list_id)
    last, order = _asked(request)
    roll = _roll(request, row.pk, last, order)
    sheets = ((_("Roll-up"), rollup.export_heads(roll), rollup.exported(roll)),)
    return download(f"vonggac-roll-up-{row.pk}.xlsx", "xlsx", lambda file: write_book(file, sheets))
