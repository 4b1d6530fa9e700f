"""A piece of work that somebody gives out by hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.work import actions
from vonggac.desk.work.actions import Draft
from vonggac.desk.work.kinds import ASSIGNMENT
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About
from vonggac.web.shell.pages import Request, page
from vonggac.web.work.forms import OpenForm


@page("work.assign", "POST")
def add(request: Request) -> HttpResponse:
    """Who has to do what; its clocks run from now on."""
    home = reverse("work")
    about = About(
        title=_("Give out work"),
        submit=_("Give it out"),
        back=lambda row: reverse("task", args=[row.pk]),
        leave=home,
        done=_("Given out. The organisation is told."),
        template="work/act.html",
        extra={"next": ""},
    )

    def write(values: dict[str, Any], _version: int) -> Any:
        details = {"text": values["text"]} if values["text"] else {}
        return actions.open_task(
            request.asker,
            Draft(
                ASSIGNMENT.name, values["organisation_id"], values["subject"], details=details,
                priority=values["priority"], more_words=values["text"],
            ),
        )  # fmt: skip

    return editing.run(request, about, OpenForm, write)
