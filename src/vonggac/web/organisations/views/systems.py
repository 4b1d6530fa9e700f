"""Information systems: the list under its matrix, one of them, and changing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.domains import homograph, shown
from vonggac.desk.organisations.models.systems import LEVELS
from vonggac.desk.organisations.queries.systems import SORTS
from vonggac.desk.scope.rule import require
from vonggac.web.organisations import editing, lists
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.fields import today
from vonggac.web.organisations.forms import EndForm, SystemForm, level_choices
from vonggac.web.organisations.matrix import matrix_of
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

NO_LEVEL = "none"
"""What the filter of levels says for systems that have none yet."""


@page("systems.view")
def systems(request: Request) -> HttpResponse:
    """All systems that the asker sees, counted by level and exposure on top."""
    form = lists.SystemFilter(request)
    owner = form.value("organisation")
    sort = lists.sort_of(request, SORTS)
    level = form.value("level") or ""
    wanted: dict[str, Any] = {
        "text": form.value("q") or "",
        "organisation_id": None if owner is None else owner.pk,
        "address": form.value("address") or "",
        "at": timezone.now(),
    }
    rows = queries.systems(
        request.asker,
        **wanted,
        level=int(level) if level in {str(one) for one in LEVELS} else None,
        no_level=level == NO_LEVEL,
        exposure=form.value("exposure") or "",
        sort=sort,
    )
    matrix = matrix_of(request, queries.systems(request.asker, **wanted))
    titles = [*level_choices("–")[1:], (NO_LEVEL, _("Without a level"))]
    heads = ((_("System"), "name"), (_("Level"), "level"), (_("Exposure"), ""), (_("Owner"), ""))
    context = {
        "filters": form,
        "chips": lists.chips(request, "level", titles, _("All levels")),
        "columns": lists.columns(request, (*heads, (_("Addresses"), "")), sort),
        "page": page_of(rows, request),
        "matrix": matrix,
        "is_filtered": any(form.value(name) for name in ("q", "organisation", "address", "exposure", "level")),
    }
    return render(request, "organisations/systems/list.html", context)


@page("systems.view")
def system(request: Request, system_id: int) -> HttpResponse:
    """One system."""
    row = queries.system(request.asker, system_id)
    addresses = [
        {"value": one.value, "letters": shown(one.value), "trick": not one.key and homograph(one.value)}
        for one in row.addresses.all()
    ]
    context: dict[str, Any] = {
        "system": row,
        "addresses": addresses,
        "may": lists.rights(request.asker, row.organisation_id),
        "contacts": queries.contact_ladder(request.asker, row.organisation_id)[:3],
        "now": timezone.now(),
    }
    return render(request, "organisations/systems/detail.html", context)


@page("systems.edit", "POST")
def add(request: Request, organisation_id: int) -> HttpResponse:
    """A new system of an organisation."""
    owner = queries.organisation(request.asker, organisation_id)
    require(request.asker, "systems.edit", owner.pk)
    about = About(
        title=_("Add a system"),
        submit=_("Add system"),
        back=lambda row: reverse("system", args=[row.pk]),
        leave=reverse("organisation-systems", args=[owner.pk]),
        done=_("The system was added."),
        crumbs=(Crumb(owner.name, reverse("organisation", args=[owner.pk])),),
    )
    return editing.run(
        request, about, SystemForm, lambda values, _version: actions.add_system(request.asker, owner.pk, **values)
    )


@page("systems.edit", "POST")
def edit(request: Request, system_id: int) -> HttpResponse:
    """Change a system."""
    row = queries.system(request.asker, system_id)
    require(request.asker, "systems.edit", row.organisation_id)
    about = About(
        title=_("Edit system"),
        submit=_("Save changes"),
        back=reverse("system", args=[row.pk]),
        leave=reverse("system", args=[row.pk]),
        done=_("The system was saved."),
        crumbs=_crumbs(row),
    )

    def read() -> dict[str, Any]:
        now = queries.system(request.asker, system_id)
        lines = "\n".join(one.value for one in now.addresses.all())
        return values_of(now, operator_id=now.operator, addresses=lines)

    return editing.run(
        request,
        about,
        SystemForm,
        lambda values, version: actions.edit_system(request.asker, row.pk, version, **values),
        read,
    )


@page("systems.edit", "POST")
def end(request: Request, system_id: int) -> HttpResponse:
    """A system is out of service."""
    row = queries.system(request.asker, system_id)
    require(request.asker, "systems.edit", row.organisation_id)
    about = About(
        title=_("Take this system out of service?"),
        submit=_("End system"),
        back=reverse("organisation-systems", args=[row.organisation_id]),
        leave=reverse("system", args=[row.pk]),
        done=_("The system has ended; its past stays."),
        crumbs=_crumbs(row),
        consequences=(
            _("%(system)s will no longer be counted or asked about from that day on.") % {"system": row.name},
            _("What was recorded until then stays, with its addresses: nothing is deleted."),
        ),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        EndForm,
        lambda values, version: actions.end_system(request.asker, row.pk, version, **values),
        lambda: {"version": queries.system(request.asker, system_id).version, "at": today()},
    )


def _crumbs(row: Any) -> tuple[Crumb, ...]:
    return (
        Crumb(row.organisation.name, reverse("organisation", args=[row.organisation_id])),
        Crumb(row.name, reverse("system", args=[row.pk])),
    )
