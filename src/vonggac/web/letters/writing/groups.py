"""Groups of recipients: who belongs to each, making and changing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import RecipientGroup
from vonggac.desk.directives.queries.expanding import members
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, NotThere
from vonggac.web.letters.writing.forms import GroupForm
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb
from vonggac.web.organisations.fields import told
from vonggac.web.shell.pages import Request, page

_NAMED = 200
"""Members that the page of a group names."""


@page("letters.draft")
def groups(request: Request) -> HttpResponse:
    """Every group with how many belong to it now."""
    rows = [
        {"row": row, "n": len(members(row)), "kinds": [_(KINDS.get(kind, kind)) for kind in row.kinds]}
        for row in queries.groups()
    ]
    context = {"rows": rows, "may_edit": may_on(request.asker, "letters.draft", None)}
    return render(request, "letters/writing/groups.html", context)


def _about(**values: Any) -> About:
    home = reverse("letter-groups")
    crumbs = (Crumb(_("Groups of recipients"), home),)
    return About(back=home, leave=home, template="letters/writing/group.html", crumbs=crumbs, **values)


@page("letters.draft", "POST")
def add(request: Request) -> HttpResponse:
    """A new group."""
    require(request.asker, "letters.draft", None)
    about = _about(
        title=_("New group of recipients"),
        submit=_("Add group"),
        done=_("The group was added."),
        note=_("Groups are everybody's: each office writes to them by the same name."),
    )
    return editing.run(
        request, about, GroupForm, lambda values, _version: actions.save_group(request.asker, None, 0, **values)
    )


@page("letters.draft", "POST")
def edit(request: Request, group_id: int) -> HttpResponse:
    """Change a group; letters that are issued keep who they went to."""
    require(request.asker, "letters.draft", None)
    row = _group(group_id)
    belongs = members(row)
    about = _about(
        title=_("Edit group of recipients"),
        submit=_("Save changes"),
        done=_("The group was saved."),
        note=_("Letters that are issued keep who they went to; drafts go to who belongs to it when they are issued."),
        extra={"members": belongs[:_NAMED], "n_members": len(belongs), "group": row},
    )
    return editing.run(
        request,
        about,
        GroupForm,
        lambda values, version: actions.save_group(request.asker, row.pk, version, **values),
        lambda: _read(group_id),
    )


def _group(group_id: int) -> RecipientGroup:
    row = RecipientGroup.objects.filter(pk=group_id).first()
    if row is None:
        raise NotThere(N_("there is no such group"))
    return row


def _read(group_id: int) -> dict[str, Any]:
    row = _group(group_id)
    known = {one.pk: told(one) for one in Organisation.objects.filter(pk__in=[*row.organisations, *row.without])}

    def of(ids: list[int]) -> list[tuple[str, str]]:
        return [(str(pk), known[pk]) for pk in ids if pk in known]

    return {
        "version": row.version,
        "name": row.name,
        "kinds": row.kinds,
        "organisations": [str(pk) for pk in row.organisations],
        "organisations_told": of(row.organisations),
        "without": [str(pk) for pk in row.without],
        "without_told": of(row.without),
        "is_old": True,
    }
