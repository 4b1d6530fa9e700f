"""What organisations are charged with, and since when."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models.graph import MANDATES
from vonggac.desk.scope.rule import require
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.fields import today
from vonggac.web.organisations.forms import EndForm, MandateForm
from vonggac.web.shell.pages import Request, page


@page("organisations.edit", "POST")
def add(request: Request, organisation_id: int) -> HttpResponse:
    """An organisation is charged with something."""
    holder = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", holder.pk)
    about = _about(
        holder,
        title=_("Add a mandate"),
        submit=_("Add mandate"),
        done=_("The mandate was added."),
        note=_("An order is valid only from whoever was charged with it on that day: dates and basis prove it."),
    )
    return editing.run(
        request, about, MandateForm, lambda values, _version: actions.add_mandate(request.asker, holder.pk, **values)
    )


@page("organisations.edit", "POST")
def edit(request: Request, mandate_id: int) -> HttpResponse:
    """Change a mandate."""
    row = queries.mandate(request.asker, mandate_id)
    require(request.asker, "organisations.edit", row.holder_id)
    about = _about(row.holder, title=_("Edit mandate"), submit=_("Save changes"), done=_("The mandate was saved."))

    def read() -> dict[str, Any]:
        now = queries.mandate(request.asker, mandate_id)
        return values_of(now, over_id=now.over)

    return editing.run(
        request,
        about,
        MandateForm,
        lambda values, version: actions.edit_mandate(request.asker, row.pk, version, **values),
        read,
    )


@page("organisations.edit", "POST")
def end(request: Request, mandate_id: int) -> HttpResponse:
    """An organisation is charged with something no longer."""
    row = queries.mandate(request.asker, mandate_id)
    require(request.asker, "organisations.edit", row.holder_id)
    subject = _(MANDATES.get(row.subject, row.subject))
    about = _about(
        row.holder,
        title=_("End this mandate?"),
        submit=_("End mandate"),
        done=_("The mandate has ended; its past stays."),
        consequences=(
            _("%(organisation)s is no longer charged with “%(subject)s” from that day on.")
            % {"organisation": row.holder.name, "subject": subject},
            _("What it did under it before stays valid: nothing is deleted."),
        ),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        EndForm,
        lambda values, version: actions.end_mandate(request.asker, row.pk, version, **values),
        lambda: {"version": queries.mandate(request.asker, mandate_id).version, "at": today()},
    )


def _about(holder: Any, **values: Any) -> About:
    home = reverse("organisation", args=[holder.pk])
    return About(back=home, leave=home, crumbs=(Crumb(holder.name, home),), **values)
