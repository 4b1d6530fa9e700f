"""Networks: the list, who held an address at a time, and changing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.queries.networks import SORTS
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import InvalidValues
from vonggac.web.organisations import editing, lists
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.fields import today
from vonggac.web.organisations.forms import EndForm, NetworkForm, OwnerForm, choices
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.words import tell_fault


@page("networks.view")
def networks(request: Request) -> HttpResponse:
    """All networks that the asker sees, and the question of who owned an address."""
    now = timezone.now()
    form = lists.NetworkFilter(request)
    owner = form.value("organisation")
    sort = lists.sort_of(request, SORTS)
    show_all = request.GET.get("ended") == "1"
    rows = queries.networks(
        request.asker,
        text=form.value("q") or "",
        side=form.value("side") or "",
        organisation_id=None if owner is None else owner.pk,
        at=None if show_all and not form.value("at") else lists.moment_of(form, now),
        sort=sort,
    )
    heads = ((_("Addresses"), "address"), (_("Organisation"), "organisation"), (_("Side"), ""), (_("Provider"), ""))
    context = {
        "filters": form,
        "chips": lists.chips(request, "side", choices(SIDES), _("Both sides")),
        "columns": lists.columns(request, (*heads, (_("Period"), "")), sort),
        "page": page_of(rows, request),
        "show_all": show_all,
        "toggle": lists.address(request, ended=None if show_all else "1"),
        "owner_form": OwnerForm(),
        "now": now,
        "is_filtered": any(form.value(name) for name in ("q", "organisation", "side", "at")),
    }
    return render(request, "organisations/networks/list.html", context)


@dataclass(frozen=True)
class Held:
    """Somebody who held an address at a time: as it was called then, who took over since, and how to reach it now."""

    network: Any
    name_then: Any
    way: list[Any]
    contacts: list[Any]


@page("networks.view")
def owner(request: Request) -> HttpResponse:
    """Who owned this address then?"""
    form = OwnerForm(request.GET if "address" in request.GET else None)
    context: dict[str, Any] = {"form": form, "asked": False, "held": [], "ever": []}
    if form.is_bound and form.is_valid():
        at = form.cleaned_data["at"] or timezone.now()
        try:
            context["held"] = [
                _held(request, row, at) for row in queries.owner_at(request.asker, form.cleaned_data["address"], at)
            ]
            text = form.cleaned_data["address"].strip()
            ever = list(queries.networks(request.asker, text=text)[:50])
            context["ever"] = sorted(ever, key=lambda row: (row.valid_from is not None, row.valid_from or at, row.pk))
            context |= {"asked": True, "at": at, "address": text}
        except InvalidValues as error:
            for fault in error.faults:
                form.add_error(fault.field if fault.field in form.fields else None, editing.capital(tell_fault(fault)))
    return render(request, "organisations/networks/owner.html", context)


def _held(request: Request, network: Any, at: datetime) -> Held:
    asker = request.asker
    holder = network.organisation
    way = line_of_succession(request, holder.pk)
    # Whoever exists no longer is not called: the last that took over is.
    reached = way[-1].successor if way and holder.valid_until is not None else holder
    return Held(
        network=network,
        name_then=queries.names_at(asker, holder.pk, at) if _sees(asker, holder.pk) else None,
        way=way,
        contacts=queries.contact_ladder(asker, reached.pk),
    )


def line_of_succession(request: Request, organisation_id: int) -> list[Any]:
    """From an organisation the steps (Succession) to whoever stands for it now, at most ten; a split takes all its parts once."""
    steps: list[Any] = []
    seen = {organisation_id}
    frontier = [organisation_id]
    while frontier and len(steps) < 10:
        here = frontier.pop(0)
        if not _sees(request.asker, here):
            continue
        for step in queries.successors(request.asker, here):
            if step.successor_id not in seen:
                seen.add(step.successor_id)
                steps.append(step)
                frontier.append(step.successor_id)
    return steps


def _sees(asker: Any, organisation_id: int) -> bool:
    return may_on(asker, "organisations.view", organisation_id)


@page("networks.edit", "POST")
def add(request: Request, organisation_id: int) -> HttpResponse:
    """A new network of an organisation."""
    holder = queries.organisation(request.asker, organisation_id)
    require(request.asker, "networks.edit", holder.pk)
    about = About(
        title=_("Add a network"),
        submit=_("Add network"),
        back=reverse("organisation-networks", args=[holder.pk]),
        leave=reverse("organisation-networks", args=[holder.pk]),
        done=_("The network was added."),
        crumbs=(Crumb(holder.name, reverse("organisation", args=[holder.pk])),),
        note=_(
            "Public addresses can belong to one organisation only at a time: that is how a warning finds its owner."
        ),
    )
    return editing.run(
        request, about, NetworkForm, lambda values, _version: actions.add_network(request.asker, holder.pk, **values)
    )


@page("networks.edit", "POST")
def edit(request: Request, network_id: int) -> HttpResponse:
    """Change a network."""
    row = queries.network(request.asker, network_id)
    require(request.asker, "networks.edit", row.organisation_id)
    about = About(
        title=_("Edit network"),
        submit=_("Save changes"),
        back=reverse("organisation-networks", args=[row.organisation_id]),
        leave=reverse("organisation-networks", args=[row.organisation_id]),
        done=_("The network was saved."),
        crumbs=(Crumb(row.organisation.name, reverse("organisation", args=[row.organisation_id])), Crumb(row.text, "")),
    )
    return editing.run(
        request,
        about,
        NetworkForm,
        lambda values, version: actions.edit_network(request.asker, row.pk, version, **values),
        lambda: values_of(queries.network(request.asker, network_id)),
    )


@page("networks.edit", "POST")
def end(request: Request, network_id: int) -> HttpResponse:
    """The organisation holds a network no longer."""
    row = queries.network(request.asker, network_id)
    require(request.asker, "networks.edit", row.organisation_id)
    about = About(
        title=_("End this network?"),
        submit=_("End network"),
        back=reverse("organisation-networks", args=[row.organisation_id]),
        leave=reverse("organisation-networks", args=[row.organisation_id]),
        done=_("The network has ended; its past stays."),
        crumbs=(Crumb(row.organisation.name, reverse("organisation", args=[row.organisation_id])), Crumb(row.text, "")),
        consequences=(
            _("%(addresses)s will no longer lead to %(organisation)s for anything that happens from that day on.")
            % {"addresses": row.text, "organisation": row.organisation.name},
            _("Events before that day still find this owner: nothing is deleted."),
        ),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        EndForm,
        lambda values, version: actions.end_network(request.asker, row.pk, version, **values),
        lambda: {"version": queries.network(request.asker, network_id).version, "at": today()},
    )
