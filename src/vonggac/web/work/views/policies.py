"""How long work may take: all policies with their versions, a proposal, the decision that makes one binding; the days off."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work import actions, queries
from vonggac.desk.work.kinds import BY_NAME, KINDS
from vonggac.desk.work.models import ClockPolicy
from vonggac.desk.work.states import PRIORITIES
from vonggac.errors import N_, InvalidValues, NotThere
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, capital
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell_fault
from vonggac.web.work.forms import DayForm, DecideForm, PolicyForm


class Line(NamedTuple):
    """A policy as the page shows it. ``state``: binding, proposed or past."""

    row: ClockPolicy
    priority: str
    clocks: list[str]
    warn: str
    climb: str
    state: str


def _line(row: ClockPolicy) -> Line:
    seconds = (row.acknowledge_s, row.contain_s, row.finish_s)
    state = "past" if row.valid_until is not None else "binding" if row.is_binding else "proposed"
    priority = _(PRIORITIES[row.priority]) if row.priority else _("All others")
    told = [times.length(n) if n is not None else "–" for n in seconds]
    return Line(row, priority, told, times.length(row.warn_s), times.length(row.climb_s), state)


@page("work.view")
def policies(request: Request) -> HttpResponse:
    """Every kind of work with what holds and what held."""
    lines = [_line(row) for row in queries.policies(request.asker)]
    groups = [
        (
            kind,
            [one for one in lines if one.row.kind == kind.name and one.state != "past"],
            [one for one in lines if one.row.kind == kind.name and one.state == "past"],
        )
        for kind in KINDS
    ]
    context = {"groups": groups, "may_decide": may_on(request.asker, "work.decide", None)}
    return render(request, "work/policies.html", context)


def _about(title: str, submit: str, done: str, **more: Any) -> About:
    home = reverse("work-policies")
    return About(title=title, submit=submit, back=home, leave=home, done=done, template="work/act.html", **more)


@page("work.decide", "POST")
def propose(request: Request) -> HttpResponse:
    """A policy that binds nobody yet."""
    require(request.asker, "work.decide", None)
    about = _about(
        _("Propose how long work may take"), _("Propose"), _("Proposed. It binds nobody before a decision is entered."),
        note=_("A proposed clock is shown and told, but never turns red."), extra={"next": ""},
    )  # fmt: skip
    return editing.run(
        request, about, PolicyForm, lambda values, _version: actions.propose_policy(request.asker, **values)
    )


@page("work.decide", "POST")
def decide(request: Request, policy_id: int) -> HttpResponse:
    """The decision that makes a proposed policy binding."""
    require(request.asker, "work.decide", None)
    row = queries.policy(request.asker, policy_id)
    line = _line(row)
    about = _about(
        _("Make these times binding"), _("Make them binding"), _("From now on these times bind."),
        consequences=(
            f"{_(BY_NAME[row.kind].title)} · {line.priority}: {' · '.join(line.clocks)}",
            _("Work that is given out from now on turns red when one of these clocks breaks, and its head is told."),
            _("Clocks that run keep the policy under which they started."),
        ),
        extra={"next": ""},
    )  # fmt: skip
    return editing.run(
        request,
        about,
        DecideForm,
        lambda values, version: actions.decide_policy(request.asker, policy_id, version, **values),
        lambda: {"version": queries.policy(request.asker, policy_id).version, "decided_on": timezone.localdate()},
    )


@page("work.view")
def calendar(request: Request) -> HttpResponse:
    """Days that are not as their weekday says."""
    return _calendar(request, DayForm(asker=request.asker))


def _calendar(request: Request, form: DayForm, status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    days = list(queries.days_off(request.asker))
    context = {
        "coming": [(day, _weekday(day.day)) for day in days if day.day >= today],
        "past": [(day, _weekday(day.day)) for day in reversed(days) if day.day < today][:60],
        "form": form,
        "may_decide": may_on(request.asker, "work.decide", None),
    }
    return render(request, "work/calendar.html", context, status=status)


def _weekday(day: date) -> str:
    return _(times.WEEKDAYS[day.weekday()])


@page("work.decide", "POST")
def days(request: Request) -> HttpResponse:
    """Add a day, or take one away (``remove``: the day)."""
    home = reverse("work-calendar")
    if request.method != "POST":
        return HttpResponseRedirect(home)
    if removed := request.POST.get("remove", ""):
        actions.remove_day_off(request.asker, _day(removed))
        messages.success(request, _("The day is again as its weekday says."))
        return HttpResponseRedirect(home)
    form = DayForm(request.POST, asker=request.asker)
    if form.is_valid():
        try:
            actions.add_day_off(request.asker, **form.values())
        except InvalidValues as error:
            form.add_faults((fault.field, capital(tell_fault(fault))) for fault in error.faults)
        else:
            messages.success(request, _("The day was written down."))
            return HttpResponseRedirect(home)
    return _calendar(request, form, 422)


def _day(text: str) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise NotThere(N_("there is no such day here"))
    return found
