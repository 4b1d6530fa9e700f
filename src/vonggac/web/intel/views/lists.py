"""All lists, one with its versions, and making and editing one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.intel import actions, queries
from vonggac.desk.intel.models.lists import LIST_KINDS, STATES, TLPS
from vonggac.desk.intel.queries.overview import overview
from vonggac.desk.scope.rule import may_on
from vonggac.web.intel.forms import ListForm
from vonggac.web.intel.words import STATE_TONES
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

FORM = "intel/form.html"


@page("lists.view")
def index(request: Request) -> HttpResponse:
    """Every list with what came last, what is open, and when the next is due."""
    context = {
        "lists": overview(request.asker),
        "may_import": may_on(request.asker, "lists.import", None),
        "sees_all": may_on(request.asker, "lists.view", None),
        "now": timezone.now(),
    }
    return render(request, "intel/lists.html", context)


@page("lists.view")
def one(request: Request, list_id: int) -> HttpResponse:
    """One list: what it is, and all that came."""
    row = queries.indicator_list(request.asker, list_id)
    shown = page_of(queries.versions(request.asker, row.pk), request)
    context = {
        "row": row,
        "kind": _(LIST_KINDS.get(row.kind, row.kind)),
        "tlp": TLPS.get(row.tlp, row.tlp),
        "page": shown,
        "sees_all": may_on(request.asker, "lists.view", None),
        "versions": [(one, *state_of(one)) for one in shown.rows],
        "may_import": may_on(request.asker, "lists.import", None),
    }
    return render(request, "intel/list.html", context)


def state_of(version: Any) -> tuple[str, str]:
    """Title and tone of the state of a version."""
    return _(STATES[version.state]), STATE_TONES[version.state]


@page("lists.import", "POST")
def add(request: Request) -> HttpResponse:
    """A new list."""
    about = About(
        title=_("Add a list"),
        submit=_("Add list"),
        back=lambda row: reverse("list", args=[row.pk]),
        leave=reverse("lists"),
        done=_("The list was added. Bring in its first version now."),
        template=FORM,
    )

    def make(*args: Any, initial: Any, **kwargs: Any) -> ListForm:
        return ListForm(*args, initial={"kind": "botnet", "confidence": 70, **initial}, **kwargs)

    return editing.run(request, about, make, lambda values, _version: actions.create_list(request.asker, **values))


@page("lists.import", "POST")
def edit(request: Request, list_id: int) -> HttpResponse:
    """Change what a list is."""
    row = queries.indicator_list(request.asker, list_id)
    home = reverse("list", args=[row.pk])
    about = About(
        title=_("Edit list"), submit=_("Save changes"), back=home, leave=home, done=_("The list was saved."), template=FORM,
        crumbs=(Crumb(row.name, home),),
    )  # fmt: skip
    return editing.run(
        request,
        about,
        ListForm,
        lambda values, version: actions.edit_list(request.asker, row.pk, version, **values),
        lambda: values_of(queries.indicator_list(request.asker, list_id)),
    )
