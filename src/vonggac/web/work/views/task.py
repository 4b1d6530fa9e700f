"""One Task: its page, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.directives.declaring import known
from vonggac.desk.scope.rule import require
from vonggac.desk.work import actions, queries
from vonggac.desk.work.kinds import BY_NAME, DECLARE
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import DONE
from vonggac.errors import InvalidValues
from vonggac.web.letters.answering import declaring
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, capital
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell_fault
from vonggac.web.work import forms
from vonggac.web.work.acts import ACTS, Act
from vonggac.web.work.answers import AnswerForm, begin_with, found_inside
from vonggac.web.work.reading import has_clock, rights, told_of
from vonggac.web.work.words import titled

_FORMS: dict[str, type[forms.ActForm]] = {
    "contain": forms.NoteForm,
    "accept": forms.NoteForm,
    "return": forms.ReasonForm,
    "hand-over": forms.HandOverForm,
    "priority": forms.PriorityForm,
    "pause": forms.ReasonForm,
    "reopen": forms.ReasonForm,
    "withdraw": forms.ReasonForm,
}


@page("work.view")
def task(request: Request, task_id: int) -> HttpResponse:
    """What happened, what to do, what proves it, its history."""
    return render(request, "work/task.html", told_of(request, task_id))


def about(request: Request, row: Task, title: str, submit: str, done: str, **more: Any) -> About:
    """What the page of an act says; it goes back to where one came from, else to the Task."""
    home = reverse("task", args=[row.pk])
    back = safe_next(request, home)
    extra = {"task": row, "next": back, **more.pop("extra", {})}
    return About(
        title=title, submit=submit, back=back, leave=back, done=done, crumbs=(Crumb(row.subject, home),),
        template=more.pop("template", "work/act.html"), extra=extra, **more,
    )  # fmt: skip


def titling(write: Callable[..., Any]) -> Callable[..., Any]:
    """``write``, whose faults then tell states by their titles."""

    def call(values: dict[str, Any], version: int) -> Any:
        try:
            return write(values, version)
        except InvalidValues as error:
            raise titled(error) from None

    return call


def _view(act: Act) -> Callable[..., Any]:
    """The page of one act: its form, in a dialog or by itself."""

    @page(act.permission, "POST")
    def view(request: Request, task_id: int) -> HttpResponse:
        row = queries.task(request.asker, task_id)
        require(request.asker, act.permission, row.organisation_id)
        values = {"priority": str(row.priority), "user_id": row.assignee_id}
        plan = declaring.preview(request.asker, row.pk) if act.name == "accept" and row.kind == DECLARE.name else None
        told = about(
            request, row, _(act.title), _(act.submit), _(act.done), note=_(act.note) if act.note else "",
            is_danger=act.is_danger, extra={"act": act, "plan": plan and declaring.told(plan)},
        )  # fmt: skip
        run = declaring.accept if plan is not None else act.run
        return editing.run(
            request,
            told,
            _maker(request, act, row) if plan is None else partial(declaring.AcceptForm, plan=plan),
            titling(lambda given, version: run(request.asker, row, version, given)),
            lambda: {"version": queries.task(request.asker, task_id).version, **values},
        )

    return view


def _maker(request: Request, act: Act, row: Task) -> Callable[..., forms.ActForm]:
    if act.name != "assign":
        return _FORMS.get(act.name, forms.ActForm)
    people = [(user.pk, str(user)) for user in queries.assignable(request.asker, row)]
    return lambda *args, **kwargs: forms.AssignForm(*args, people=people, **kwargs)


VIEWS = {act.name: _view(act) for act in ACTS if act.name != "answer"}
"""Name of an act to its page; the report has a page of its own."""


@page("work.answer", "POST")
def answer(request: Request, task_id: int) -> HttpResponse:
    """Report the result of a Task."""
    asker = request.asker
    row = queries.task(asker, task_id)
    require(asker, "work.answer", row.organisation_id)
    kind = BY_NAME[row.kind]
    history = queries.timeline(asker, row)
    files = tuple(file for file in history.evidence if file.answer_id is None)
    on_behalf = "work.review" in rights(asker, row.organisation_id)
    last = history.answers[-1] if history.answers else None

    def make(*args: Any, **kwargs: Any) -> AnswerForm:
        return AnswerForm(*args, kind=kind, files=files, on_behalf=on_behalf, **kwargs)

    made: list[AnswerForm] = []

    def kept(*args: Any, **kwargs: Any) -> AnswerForm:
        made.append(make(*args, **kwargs))
        return made[-1]

    returned = last.verdict_reason if last is not None and last.verdict == "returned" else ""
    told = about(
        request, row, _("Report the result"), _("Send the report"), _("Reported. Thank you."), template="work/answer.html",
        extra={"can_add": row.state not in DONE, "evidence": history.evidence, "kind": kind, "on_behalf": on_behalf, "returned": returned, "has_clock": has_clock(row), "guides": [kind.guide or "work/nothing.html", "work/nothing.html"]},
    )  # fmt: skip
    return editing.run(
        request,
        told,
        kept,
        titling(lambda _values, version: actions.submit(asker, row.pk, version, **made[-1].report())),
        lambda: {
            **({} if last is not None else known(asker, row)),
            **begin_with(queries.task(asker, task_id), last),
            **found_inside(request.GET),
        },
    )


@page("work.answer", "POST")
def comment(request: Request, task_id: int) -> HttpResponse:
    """Say something about a Task."""
    row = queries.task(request.asker, task_id)
    back = safe_next(request, reverse("task", args=[row.pk]))
    if request.method != "POST":
        return HttpResponseRedirect(back)
    try:
        actions.comment(
            request.asker, row.pk, request.POST.get("text", ""), is_internal=bool(request.POST.get("is_internal"))
        )
    except InvalidValues as error:
        context = told_of(request, task_id)
        context |= {
            "comment_faults": [capital(tell_fault(fault)) for fault in error.faults],
            "comment_text": request.POST.get("text", ""),
        }
        return render(request, "work/task.html", context, status=422)
    messages.success(request, _("Your comment stands in the history."))
    return HttpResponseRedirect(back)


@page("work.view", "POST")
def watch(request: Request, task_id: int) -> HttpResponse:
    """Be told what happens with a Task, or no longer."""
    row = queries.task(request.asker, task_id)
    back = safe_next(request, reverse("task", args=[row.pk]))
    if request.method == "POST" and request.POST.get("do") == "leave":
        actions.unwatch(request.asker, row.pk)
        messages.success(request, _("You are told no longer."))
    elif request.method == "POST":
        actions.watch(request.asker, row.pk)
        messages.success(request, _("You are told what happens with it."))
    return HttpResponseRedirect(back)
