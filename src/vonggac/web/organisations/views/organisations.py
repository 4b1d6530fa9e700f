"""Organisations: the tree, the list, the pick box, and making, changing, renaming, moving, closing and reopening them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.organisations.queries.graph import SORTS
from vonggac.desk.scope.rule import require
from vonggac.web.organisations import editing, lists, trees
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.fields import today, told
from vonggac.web.organisations.forms import (
    EndForm,
    MoveForm,
    NewOrganisationForm,
    OrganisationForm,
    RecordForm,
    RenameForm,
    choices,
)
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

LACKS = {"no_contact": "contact", "no_network": "network"}
"""State that the address asks for, to what those organisations lack."""

PICKED = 12
"""Organisations that the pick box shows at a time."""


@page("organisations.view")
def organisations(request: Request) -> HttpResponse:
    """All organisations that the asker sees: as a tree at a time, or as a list."""
    form = lists.OrganisationFilter(request)
    now = timezone.now()
    at = lists.moment_of(form, now)
    is_list = request.GET.get("view") == "list"
    context = {
        "filters": form,
        "kinds": lists.chips(request, "kind", choices(KINDS), _("All kinds")),
        "is_list": is_list,
        "as_tree": lists.address(request, view=None, root=None),
        "as_list": lists.address(request, view="list", root=None),
        "is_past": form.value("at") is not None,
        "at": at,
        "is_filtered": any(form.value(name) for name in ("q", "kind", "at")),
        "may_create": request.asker.may("organisations.edit"),
    }
    if is_list:
        return render(request, "organisations/list.html", context | _listed(request, form, at))
    root = request.GET.get("root", "")
    tree = trees.tree_of(
        request.asker,
        at=at,
        text=form.value("q") or "",
        kind=form.value("kind") or "",
        root_id=int(root) if root.isascii() and root.isdecimal() and len(root) < 19 else None,
        is_past=form.value("at") is not None,
        with_closed=request.GET.get("closed") == "1",
    )
    context["with_closed"] = request.GET.get("closed") == "1"
    context["toggle"] = lists.address(request, closed=None if context["with_closed"] else "1")
    return render(request, "organisations/tree.html", context | {"tree": tree})


def _listed(request: Request, form: lists.FilterForm, at: Any) -> dict[str, Any]:
    sort = lists.sort_of(request, SORTS)
    state, text = request.GET.get("state", ""), form.value("q") or ""
    rows = queries.organisations(
        request.asker,
        text=text,
        kind=form.value("kind") or "",
        at=at if form.value("at") else None,
        closed={"open": False, "closed": True}.get(state),
        lacks=LACKS.get(state, ""),
        sort=sort,
    )
    heads = ((_("Name"), "name"), (_("Kind"), "kind"), (_("Code"), "code"), (_("Stands under"), ""), (_("State"), ""))
    page = page_of(rows, request, total=rows.count())
    former = queries.former_names(page.rows, text)
    for row in page.rows:
        row.former = former.get(row.pk, "")
    return {
        "columns": lists.columns(request, heads, sort),
        "states": lists.chips(request, "state", _states(request), _("All")),
        "page": page,
        "now": timezone.now(),
    }


def _states(request: Request) -> list[tuple[str, str]]:
    """What the list can be narrowed to; what somebody may not see, they are told no lack of."""
    states = [("open", _("Existing")), ("closed", _("Closed"))]
    if request.asker.may("people.view"):
        states.append(("no_contact", _("Without contact point")))
    if request.asker.may("networks.view"):
        states.append(("no_network", _("Without networks")))
    return states


@page("organisations.view")
def pick(request: Request) -> HttpResponse:
    """The options of a pick box for what was typed: only what the asker sees."""
    text = request.GET.get("q", "") or request.GET.get(request.GET.get("field", ""), "")
    list_id = request.GET.get("list", "")
    text = text[:200]
    found = list(queries.organisations(request.asker, text=text)[:PICKED]) if text.strip() else []
    former = queries.former_names(found, text)
    context = {
        "options": [{"row": one, "told": told(one), "former": former.get(one.pk, "")} for one in found],
        "list_id": list_id if list_id.replace("-", "").replace("_", "").isalnum() else "pick",
        "text": text,
        "now": timezone.now(),
    }
    return render(request, "organisations/parts/options.html", context)


@page("organisations.view")
def mine(request: Request) -> HttpResponse:
    """The organisation that the asker works for: the one part of the graph that they were granted, else the tree."""
    own = queries.workplace(request.asker)
    return HttpResponseRedirect(reverse("organisations") if own is None else reverse("organisation", args=[own]))


@page("organisations.edit", "POST")
def add(request: Request) -> HttpResponse:
    """A new organisation."""
    parent = request.GET.get("parent_id", "")
    above = queries.organisation(request.asker, int(parent)) if parent.isascii() and parent.isdecimal() else None
    about = About(
        title=_("Add an organisation"),
        submit=_("Add organisation"),
        back=lambda row: reverse("organisation", args=[row.pk]),
        leave=reverse("organisations"),
        done=_("The organisation was added."),
    )

    def make(*args: Any, initial: Any, **kwargs: Any) -> RecordForm:
        return NewOrganisationForm(*args, initial={"parent_id": above, "kind": "agency", **initial}, **kwargs)

    return editing.run(
        request, about, make, lambda values, _version: actions.create_organisation(request.asker, **values)
    )


def _about(row: Any, title: str, submit: str, done: str, **more: Any) -> About:
    home = reverse("organisation", args=[row.pk])
    return About(title=title, submit=submit, back=home, leave=home, done=done, crumbs=(Crumb(row.name, home),), **more)


@page("organisations.edit", "POST")
def edit(request: Request, organisation_id: int) -> HttpResponse:
    """Change an organisation's own facts."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    return editing.run(
        request,
        _about(row, _("Edit organisation"), _("Save changes"), _("The organisation was saved.")),
        OrganisationForm,
        lambda values, version: actions.edit_organisation(request.asker, row.pk, version, **values),
        lambda: values_of(queries.organisation(request.asker, organisation_id)),
    )


@page("organisations.edit", "POST")
def rename(request: Request, organisation_id: int) -> HttpResponse:
    """A new name from a day on, or the correction of a wrong one."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    note = _("Documents keep the name that was valid when they were issued; the history shows both.")
    return editing.run(
        request,
        _about(row, _("Rename organisation"), _("Rename"), _("The organisation was renamed."), note=note),
        RenameForm,
        lambda values, version: actions.edit_organisation(request.asker, row.pk, version, **values),
        lambda: values_of(queries.organisation(request.asker, organisation_id), how="since"),
    )


@page("organisations.edit", "POST")
def move(request: Request, organisation_id: int) -> HttpResponse:
    """A new place in the tree from a day on, or the correction of a wrong one."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    note = _("Whoever was granted something on the organisation above will see this one, and what is below it.")

    def read() -> dict[str, Any]:
        now = queries.organisation(request.asker, organisation_id)
        return values_of(now, parent_id=now.parent, how="since")

    return editing.run(
        request,
        _about(row, _("Move organisation"), _("Move"), _("The organisation was moved."), note=note),
        MoveForm,
        lambda values, version: actions.edit_organisation(request.asker, row.pk, version, **values),
        read,
    )


@page("organisations.edit", "POST")
def close(request: Request, organisation_id: int) -> HttpResponse:
    """An organisation exists no longer, and nobody takes over."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    consequences = (
        _("Its people, contact points, networks, systems and mandates end on the same day."),
        _("Its past stays: an address still finds it for the time when it held that address."),
        _("If another organisation takes over, merge or split it instead: then its history leads there."),
    )
    return editing.run(
        request,
        _about(
            row,
            _("Close this organisation?"),
            _("Close organisation"),
            _("The organisation was closed."),
            consequences=consequences,
            is_danger=True,
        ),
        EndForm,
        lambda values, version: actions.close_organisation(request.asker, row.pk, version, **values),
        lambda: {"version": queries.organisation(request.asker, organisation_id).version, "at": today()},
    )


@page("organisations.edit", "POST")
def reopen(request: Request, organisation_id: int) -> HttpResponse:
    """It was closed by mistake."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    consequences = (
        _("It exists again as if it had never been closed."),
        _(
            "What ended with it (people, networks, systems, mandates) is not brought back: enter it again where it holds."
        ),
    )
    return editing.run(
        request,
        _about(
            row,
            _("Reopen this organisation?"),
            _("Reopen organisation"),
            _("The organisation was reopened."),
            consequences=consequences,
        ),
        RecordForm,
        lambda values, version: actions.reopen_organisation(request.asker, row.pk, version, **values),
        lambda: {"version": queries.organisation(request.asker, organisation_id).version},
    )
