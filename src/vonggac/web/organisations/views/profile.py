"""The profile of an organisation: overview, networks, systems, people, history."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.audit.queries import Filters, entries
from vonggac.desk.audit.titles import title_of_action
from vonggac.desk.organisations import queries
from vonggac.desk.organisations.models.graph import KINDS, MANDATES
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.systems import EXPOSURES
from vonggac.errors import N_, NotThere
from vonggac.web.organisations import lists
from vonggac.web.organisations.views.networks import line_of_succession
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of


class Tab(NamedTuple):
    """One part of a profile; ``n`` None: not counted."""

    key: str
    title: str
    href: str
    n: int | None = None


class Hint(NamedTuple):
    """Something that is missing, why it matters, and where to add it (empty for those who may not)."""

    title: str
    text: str
    href: str
    label: str


def _frame(request: Request, organisation_id: int, key: str) -> dict[str, Any]:
    """What every tab shows: the head, the tabs, what the asker may do."""
    row = queries.organisation(request.asker, organisation_id)
    may = lists.rights(request.asker, row.pk)
    now = timezone.now()
    counted: dict[str, int | None] = {
        "networks": queries.networks(request.asker, organisation_id=row.pk, at=now).count()
        if may["networks_view"]
        else None,
        "systems": queries.systems(request.asker, organisation_id=row.pk, at=now).count()
        if may["systems_view"]
        else None,
        "people": queries.people(request.asker, organisation_id=row.pk, at=now).count() if may["people_view"] else None,
    }
    titles = {"networks": _("Networks"), "systems": _("Systems"), "people": _("People")}
    parts = [
        Tab(name, titles[name], reverse(f"organisation-{name}", args=[row.pk]), n)
        for name, n in counted.items()
        if n is not None
    ]
    return {
        "organisation": row,
        "kind": _(KINDS.get(row.kind, row.kind)),
        "may": may,
        "now": now,
        "is_closed": row.valid_until is not None and row.valid_until <= now,
        "path": queries.ancestors(request.asker, row.pk),
        "counted": counted,
        "tab": key,
        "tabs": [
            Tab("overview", _("Overview"), reverse("organisation", args=[row.pk])),
            *parts,
            Tab("history", _("History"), reverse("organisation-history", args=[row.pk])),
        ],
    }


@page("organisations.view")
def overview(request: Request, organisation_id: int) -> HttpResponse:
    """Facts, how to reach it, mandates, what stands below it, and what is missing."""
    frame = _frame(request, organisation_id, "overview")
    row, may, now = frame["organisation"], frame["may"], frame["now"]
    ladder = queries.contact_ladder(request.asker, row.pk) if may["people_view"] else []
    below = list(queries.organisations(request.asker, parent_id=row.pk, closed=False)[:31])
    context = {
        "ladder": ladder,
        "mandates": [
            {"row": one, "subject": _(MANDATES.get(one.subject, one.subject))}
            for one in queries.mandates(request.asker, holder_id=row.pk, at=now)
        ],
        "below": below[:30],
        "is_more_below": len(below) > 30,
        "way": line_of_succession(request, row.pk) if frame["is_closed"] else [],
        "came_from": list(queries.predecessors(request.asker, row.pk)),
        "hints": [] if frame["is_closed"] else _missing(request, frame, ladder),
    }
    return render(request, "organisations/profile/overview.html", frame | context)


def _missing(request: Request, frame: dict[str, Any], ladder: list[Any]) -> list[Hint]:
    """What an organisation should have and has not, as far as the asker could see it."""
    row, may, counted = frame["organisation"], frame["may"], frame["counted"]
    n_no_level = (
        queries.systems(request.asker, organisation_id=row.pk, no_level=True, at=frame["now"]).count()
        if counted["systems"]
        else 0
    )
    found = (
        (
            may["people_view"] and not ladder,
            _("No contact point"),
            _("Nobody can warn this organisation when something happens."),
            "contact-add" if may["people_edit"] else "",
            _("Add contact point"),
        ),
        (
            counted["networks"] == 0,
            _("No network"),
            _("Warnings that name an address cannot find their way here."),
            "network-add" if may["networks_edit"] else "",
            _("Add network"),
        ),
        (
            counted["systems"] == 0,
            _("No system"),
            _("Nobody can tell which systems a vulnerability concerns."),
            "system-add" if may["systems_edit"] else "",
            _("Add system"),
        ),
    )
    hints = [
        Hint(title, text, reverse(name, args=[row.pk]) if name else "", label)
        for is_missing, title, text, name, label in found
        if is_missing
    ]
    if n_no_level:
        title = _("Systems without a security level: %(n)d") % {"n": n_no_level}
        href = reverse("organisation-systems", args=[row.pk])
        hints.append(Hint(title, _("Every system needs an approved level from 1 to 5."), href, _("Show systems")))
    return hints


@page("networks.view")
def networks(request: Request, organisation_id: int) -> HttpResponse:
    """Its networks."""
    frame = _frame(request, organisation_id, "networks")
    _demand(frame, "networks_view")
    rows = queries.networks(request.asker, organisation_id=frame["organisation"].pk, at=_at(request, frame))
    context = {"page": page_of(rows, request), "sides": SIDES} | _ended(request)
    return render(request, "organisations/profile/networks.html", frame | context)


@page("systems.view")
def systems(request: Request, organisation_id: int) -> HttpResponse:
    """The systems that it owns."""
    frame = _frame(request, organisation_id, "systems")
    _demand(frame, "systems_view")
    rows = queries.systems(request.asker, organisation_id=frame["organisation"].pk, at=_at(request, frame))
    context = {"page": page_of(rows, request), "exposures": EXPOSURES} | _ended(request)
    return render(request, "organisations/profile/systems.html", frame | context)


@page("people.view")
def people(request: Request, organisation_id: int) -> HttpResponse:
    """Who works there."""
    frame = _frame(request, organisation_id, "people")
    _demand(frame, "people_view")
    rows = queries.people(request.asker, organisation_id=frame["organisation"].pk, at=_at(request, frame))
    return render(
        request, "organisations/profile/people.html", frame | {"page": page_of(rows, request)} | _ended(request)
    )


def _demand(frame: dict[str, Any], right: str) -> None:
    """Whoever may not see such things here sees no page of them."""
    if not frame["may"][right]:
        raise NotThere(N_("there is no such page here"))


def _at(request: Request, frame: dict[str, Any]) -> datetime | None:
    """The time of a tab: now, or any with ``?ended=1``; what a closed organisation had is all past."""
    return None if request.GET.get("ended") == "1" or frame["is_closed"] else frame["now"]


def _ended(request: Request) -> dict[str, Any]:
    is_shown = request.GET.get("ended") == "1"
    return {"with_ended": is_shown, "toggle": lists.address(request, ended=None if is_shown else "1")}


@page("organisations.view")
def history(request: Request, organisation_id: int) -> HttpResponse:
    """What became of it over the years, and who changed what here."""
    frame = _frame(request, organisation_id, "history")
    before = request.GET.get("before", "")
    context: dict[str, Any] = {
        "events": queries.history(request.asker, frame["organisation"].pk),
        "mandate_titles": MANDATES,
    }
    if frame["may"]["audit_view"]:
        start = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
        found = entries(request.asker, Filters(organisation_id=frame["organisation"].pk), before=start, limit=30)
        context["entries"] = [{"row": one, "title": _(title_of_action(one.action))} for one in found.entries]
        context["older"] = found.before
    return render(request, "organisations/profile/history.html", frame | context)
