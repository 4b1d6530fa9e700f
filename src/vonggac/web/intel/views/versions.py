"""One version of a list at whichever step it is: its columns, what it would mean, what it became."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vonggac.config import Settings
from vonggac.desk.intel import actions, queries
from vonggac.desk.intel.models.lists import TLPS
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work import queries as work
from vonggac.errors import EditConflict, Fault, InvalidValues, NotAllowed
from vonggac.jobs import list_import
from vonggac.web.intel import showing
from vonggac.web.intel.forms import DetailsForm
from vonggac.web.intel.views.lists import FORM, state_of
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, capital, values_of
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

SETTINGS: Settings = django_settings.VONGGAC
_AT = {"reading": 0, "refused": 0, "applying": 3, "published": 4, "abandoned": 2}
"""State to the step of the wizard, from 0; a version that was checked stands at the columns or at what it means."""


@page("lists.view")
def one(request: Request, version_id: int) -> HttpResponse:
    """A version at whichever step it is."""
    return _shown(request, version_id)


def _shown(request: Request, version_id: int, fault: str = "", status: int = 200) -> HttpResponse:
    row = queries.list_version(request.asker, version_id)
    title, tone = state_of(row)
    is_columns = (
        row.state == "checked" and request.GET.get("step") == "columns" and may_on(request.asker, "lists.import", None)
        and bool(row.columns)  # what is no table has none
    )  # fmt: skip
    at = 1 if is_columns else _AT.get(row.state, 2)
    context: dict[str, Any] = {
        "row": row,
        "list": row.indicator_list,
        "title": title,
        "tone": tone,
        "tlp": TLPS.get(row.tlp, row.tlp),
        "steps": _steps(at),
        "message": capital(tell_fault(Fault("", row.message, row.params))) if row.message else "",
        "may_import": may_on(request.asker, "lists.import", None),
        "sees_all": may_on(request.asker, "lists.view", None),
        "may_report": request.asker.may("work.export"),
        "is_waiting": row.state in ("reading", "applying"),
        "is_columns": is_columns,
        "fault": fault,
        "home": reverse("list-version", args=[row.pk]),
    }
    if is_columns:
        context |= showing.columns_of(row)
    elif row.state in ("checked", "published", "abandoned"):
        context |= showing.tabs_of(request, row)
    if row.state == "published" and row.batch_id:
        context["count"] = work.counts(request.asker, batch_id=row.batch_id)
    if row.state == "checked" and not is_columns:
        means = [line for line in queries.preview(request.asker, row.pk).lines if line.n_rows]
        context |= {
            "means": means,
            "passed": showing.passed_over(row),
            "n_told": sum(bool(line.n_new or line.n_back) for line in means),
        }
    return render(request, "intel/version.html", context, status=status)


def _steps(at: int) -> list[tuple[str, str]]:
    titles = (_("Choose a file"), _("Columns"), _("Look at what it means"), _("Publish"))
    return [(title, "done" if n < at else "here" if n == at else "") for n, title in enumerate(titles)]


def _acted(
    request: Request, version_id: int, act: Callable[[Any, int], object], done: str, after: str = ""
) -> HttpResponseBase:
    """Do something with the version as the page saw it, and go back to it; what is refused is told there."""
    row = queries.list_version(request.asker, version_id)
    home = reverse("list-version", args=[row.pk])
    if request.method != "POST":
        return redirect(home)
    seen = request.POST.get("version", "")
    number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    try:
        act(row, number)
    except InvalidValues as error:
        return _shown(request, row.pk, " ".join(capital(tell_fault(fault)) for fault in error.faults), 422)
    except (EditConflict, NotAllowed) as error:
        return _shown(request, row.pk, capital(tell(error)), 409 if isinstance(error, EditConflict) else 403)
    row.refresh_from_db()
    list_import.advance(SETTINGS, request.asker, row, only_small=True)
    if done:
        messages.success(request, done)
    return redirect(home + after)


@page("lists.import", "POST")
def columns(request: Request, version_id: int) -> HttpResponseBase:
    """What the columns are; the file is read again when somebody says otherwise than it was read."""

    def act(row: Any, version: int) -> None:
        mapping, is_other = showing.mapping_sent(row, request.POST)
        if is_other:
            actions.set_mapping(request.asker, row.pk, version, mapping)

    return _acted(request, version_id, act, "")


@page("lists.import", "POST")
def details(request: Request, version_id: int) -> HttpResponse:
    """What the letter says."""
    row = queries.list_version(request.asker, version_id)
    home = reverse("list-version", args=[row.pk])
    about = About(
        title=_("The letter that it came with"), submit=_("Save changes"), back=home, leave=home, done=_("Saved."), template=FORM,
        crumbs=(Crumb(row.indicator_list.name, reverse("list", args=[row.indicator_list_id])), Crumb(row.file_name, home)),
    )  # fmt: skip
    return editing.run(
        request,
        about,
        DetailsForm,
        lambda values, version: actions.set_details(request.asker, row.pk, version, **values),
        lambda: values_of(queries.list_version(request.asker, version_id)),
    )


@page("lists.import", "POST")
def decide(request: Request, version_id: int) -> HttpResponseBase:
    """What becomes of rows on a warninglist: work, or nothing; with a reason."""
    ids = [
        int(one) for one in request.POST.getlist("row")[:1000] if one.isascii() and one.isdecimal() and len(one) < 19
    ]
    decision, reason = request.POST.get("decision", ""), request.POST.get("reason", "")
    done = ngettext("%(n)d row was decided.", "%(n)d rows were decided.", len(ids)) % {"n": len(ids)}

    def act(row: Any, _version: int) -> None:
        actions.decide_rows(request.asker, row.pk, ids, decision, reason)

    return _acted(request, version_id, act, done, "?tab=waiting")


@page("lists.import", "POST")
def confirm(request: Request, version_id: int) -> HttpResponseBase:
    """Publish it: its rows become work, and each organisation is told once."""
    return _acted(request, version_id, lambda row, version: actions.confirm(request.asker, row.pk, version), "")


@page("lists.import", "POST")
def abandon(request: Request, version_id: int) -> HttpResponseBase:
    """Give it up; nobody was told of it."""
    reason = request.POST.get("reason", "")
    done = _("The version was given up. Nobody was told, and no work was made.")
    return _acted(
        request, version_id, lambda row, version: actions.abandon(request.asker, row.pk, version, reason), done
    )


@page("lists.import", "POST")
def ask_holders(request: Request, version_id: int) -> HttpResponseBase:
    """Ask the operators who held the addresses that nobody owns."""
    done = _("The operators were asked who held these addresses.")
    return _acted(
        request,
        version_id,
        lambda row, _version: actions.request_attribution(request.asker, row.pk),
        done,
        "?tab=nobody",
    )


@page("lists.view")
def export(request: Request, version_id: int) -> HttpResponseBase:
    """The rows of a version with what became of them, as a workbook."""
    return showing.export_of(request, queries.list_version(request.asker, version_id))
