"""Who was it inside: the guide to print, the log to drop, the question to a telco, its answer passed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.config import Settings
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.spans import address_of
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions import Question
from vonggac.desk.work.actions.attribution import providers
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, HostSearch, Task
from vonggac.errors import Fault, InvalidValues
from vonggac.jobs import find_hosts
from vonggac.jobs.spool import DiskFull, TooLarge
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, capital
from vonggac.web.organisations.fields import Moment, OrganisationPick
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work.forms import ActForm
from vonggac.web.work.words import time_of

SETTINGS: Settings = django_settings.VONGGAC
SHOWN_SEARCHES = 10


@page("work.view")
def guide(request: Request, task_id: int) -> HttpResponse:
    """The steps of one Task, to print."""
    row = queries.task(request.asker, task_id)
    name = BY_NAME[row.kind].guide
    if not name:
        raise Http404
    return render(
        request, "work/inside/guide.html", {"task": row, "kind": BY_NAME[row.kind], "guide": name, "is_printed": True}
    )


# ------------------------------------------------------------------------------------------------------------ the log


@spooling("work.answer", SETTINGS, find_hosts.UPLOAD_LIMIT)
@page("work.answer", "POST")
def hosts(request: Any, task_id: int) -> HttpResponseBase:
    """Drop a log file at a Task, and see which hosts it shows."""
    row = queries.task(request.asker, task_id)
    require(request.asker, "work.answer", row.organisation_id)
    status, error = 200, ""
    if request.method == "POST":
        error = _receive(request, row)
        if not error:
            return redirect("task-hosts", row.pk)
        status = 413 if isinstance(request.upload.error, TooLarge) else 422
    shown = [_shown(one, row) for one in queries.searches(request.asker, row.pk)[:SHOWN_SEARCHES]]
    context = {
        "task": row,
        "error": error,
        "searches": shown,
        "is_waiting": any(one["row"].state == "waiting" for one in shown),
        "limit_mb": find_hosts.UPLOAD_LIMIT >> 20,
        "has_time": any(row.details.get(name) for name in ("at", "last_seen", "first_seen")),
    }
    return render(request, "work/inside/hosts.html", context, status=status)


def _receive(request: Any, row: Task) -> str:
    """Take the dropped file in and read it at once when it is small; what to tell when that cannot be."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return tell(handler.error)
    if spooled is None:
        return _("Choose a file first; an empty one tells nothing.")
    try:
        search = find_hosts.receive(SETTINGS, request.asker, row.pk, spooled, handler.file_name or "")
        find_hosts.advance(SETTINGS, request.asker, search, only_small=True)
    except InvalidValues as error:
        return " ".join(capital(tell_fault(fault)) for fault in error.faults)
    except DiskFull as error:
        return tell(error)
    return ""


def _shown(search: HostSearch, row: Task) -> dict[str, Any]:
    """A file that was looked through, each host with the way to take it into the report."""
    faults = [(name, tell_fault(Fault("", text, params))) for name, text, params in search.faults]
    return {
        "row": search,
        "hosts": list(_hosts(search, row)),
        "faults": faults,
        "n_more": search.n_found - len({one["host"] for one in search.found}),
    }


def _hosts(search: HostSearch, row: Task) -> Iterator[Mapping[str, Any]]:
    for host in search.found:
        taken = urlencode({"host" if address_of(host["host"]) is None else "inner_address": host["host"]})
        yield {
            **host,
            "first_at": time_of(host["first"]),
            "last_at": time_of(host["last"]),
            "take": f"{reverse('task-answer', args=[row.pk])}?{taken}",
        }


# ----------------------------------------------------------------------------------------------------------- question


class AskForm(ActForm):
    """Who is asked about which address, port and time."""

    field_order = ("address", "port", "at", "organisation_id")

    address = forms.CharField(label=gettext_lazy("Address"), max_length=64)
    port = forms.IntegerField(
        label=gettext_lazy("Port"), required=False, min_value=1, max_value=65_535,
        help_text=gettext_lazy("Many subscribers share an address: without the port a telco can rarely tell."),
    )  # fmt: skip
    at = Moment(label=gettext_lazy("When"), help_text=gettext_lazy("As exactly as the list says."))
    organisation_id = OrganisationPick(
        label=gettext_lazy("Who is asked"), required=False,
        help_text=gettext_lazy("Leave it empty: the telco whose network held the address then is asked."),
    )  # fmt: skip


@page("work.assign", "POST")
def ask_holder(request: Request, task_id: int) -> HttpResponse:
    """Ask a telco, or the owner of a network, who held the address of a Task."""
    row = queries.task(request.asker, task_id)
    require(request.asker, "work.assign", row.organisation_id)
    home = reverse("task", args=[row.pk])
    details = row.details
    seen = next((at for name in ("at", "last_seen", "first_seen") if (at := time_of(details.get(name)))), None)
    found = providers(request.asker)(str(details.get("address", "")), seen or timezone.now())
    note = _("The unit gets to know only the inner address and the times, not what else the telco writes.")
    if found is not None:
        note = _("The address lay in a network of %(telco)s then.") % {"telco": found.name} + " " + note
    about = About(
        title=_("Ask who held this address"), submit=_("Ask"), back=home, leave=home, done=_("Asked. The answer will stand here."),
        crumbs=(Crumb(row.subject, home),), note=note, template="work/act.html", extra={"task": row},
    )  # fmt: skip
    initial = {
        "address": details.get("address", row.value),
        "port": details.get("port"),
        "at": seen,
        "organisation_id": found,
    }

    def write(values: dict[str, Any], _version: int) -> Task:
        at = values["at"]
        if seen is not None and at == seen.replace(second=0, microsecond=0):
            at = seen  # the field shows minutes; a telco needs the second
        question = Question(
            values["address"], values["port"], at, values["organisation_id"], row.pk, row.priority, details
        )
        return actions.ask_holder(request.asker, question)

    return editing.run(request, about, AskForm, write, lambda: {"version": row.version, **initial})


# ----------------------------------------------------------------------------------------------------------- the answer


@page("work.assign", "POST")
def pass_on(request: Request, task_id: int) -> HttpResponse:
    """Pass the accepted answer of a telco on; what will happen stands there before."""
    row = queries.task(request.asker, task_id)
    require(request.asker, "work.assign", row.organisation_id)
    home = reverse("task", args=[row.pk])
    answer = Answer.objects.filter(task=row).order_by("-pk").first()
    about = About(
        title=_("Pass the answer on"), submit=_("Pass it on"), back=home, leave=home, done=_("The answer was passed on."),
        crumbs=(Crumb(row.subject, home),), consequences=list(_what_will_happen(request, row, answer)), template="work/act.html",
        extra={"task": row},
    )  # fmt: skip

    def write(_values: dict[str, Any], version: int) -> HttpResponseRedirect | None:
        passed = actions.pass_on(request.asker, row.pk, version)
        if passed.way == "named":
            messages.info(request, _("The name stands as a note for reviewers: decide who gets the work."))
        return None

    return editing.run(
        request, about, ActForm, write, lambda: {"version": queries.task(request.asker, task_id).version}
    )


def _what_will_happen(request: Request, row: Task, answer: Answer | None) -> Iterator[str]:
    if answer is None or answer.verdict != "accepted":
        yield _("There is no accepted answer yet.")
        return
    holder = Organisation.objects.filter(pk=answer.values.get("holder") or 0).first()
    if holder is not None and may_on(request.asker, "organisations.view", holder.pk):
        parent = row.parent
        if parent is not None and parent.organisation_id == holder.pk:
            yield _("%(organisation)s, who has the work, is told the inner address and the times.") % {
                "organisation": holder.name
            }
        elif parent is not None:
            yield _("The work goes over to %(organisation)s, with the inner address and the times.") % {
                "organisation": holder.name
            }
        else:
            yield _("%(organisation)s gets the work of cleaning this address.") % {"organisation": holder.name}
    elif answer.result == "identified":
        yield _("The holder is not in the directory: the name becomes a note for reviewers, who decide.")
    else:
        yield _("Whoever has the work is told that nobody can say who held the address.")
    yield _("What else the telco wrote stays with the telco and the centre.")
