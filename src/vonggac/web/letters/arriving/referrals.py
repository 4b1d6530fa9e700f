"""Matters that are put before the police or another body: begun from a Task, followed as a letter, with what they answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from vonggac.desk.directives import queries as letters
from vonggac.desk.directives.actions import referring as actions
from vonggac.desk.directives.models import Referral
from vonggac.desk.directives.queries import arriving as queries
from vonggac.desk.directives.states import ISSUED
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work.queries.evidence import evidence_of
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.errors import N_, EditConflict, InvalidValues, NotAllowed
from vonggac.web.letters.arriving.forms import OutcomeForm, ReferralForm
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.words import tell, tell_fault


@page("letters.view")
def index(request: Request) -> HttpResponseBase:
    """All of them, with where each is."""
    shown = page_of(queries.referrals(request.asker), request)
    seen = queries.tasks_seen(request.asker, [one.task_id for one in shown.rows])
    bodies = {one.letter_id: body_of(one) for one in shown.rows}
    context = {"page": shown, "rows": [(one, bodies[one.letter_id], one.task_id in seen) for one in shown.rows]}
    return render(request, "letters/arriving/referrals.html", context)


def body_of(row: Any) -> str:
    """Before whom a matter is put."""
    line = row.letter.addressees.select_related("organisation").order_by("n").first()
    return str(line) if line is not None else ""


@page("letters.draft", "POST")
def new(request: Request) -> HttpResponseBase:
    """Put a Task before a body: a draft of a letter with the files that are chosen."""
    text = request.POST.get("task", "") or request.GET.get("task", "")
    task = the_task(request.asker, int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0)
    offices = queries.offices(request.asker)
    if not offices:
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="letters.draft")
    bodies = bodies_for(request.asker, task.organisation_id)
    initial = {"subject": actions.SUBJECT.format(subject=task.subject)[:500]}
    data, status = request.POST if request.method == "POST" else None, 200
    form = ReferralForm(data, initial=initial, offices=offices, bodies=bodies, files=evidence_of(task))
    if data is not None:
        status = 422
        if form.is_valid():
            said = dict(form.cleaned_data)
            try:
                made = actions.refer(
                    request.asker, said["office"], task.pk, why=said["why"], subject=said["subject"], body_id=said["body_id"],
                    body_words=said["body_words"], evidence_ids=said.get("evidence_ids", ()),
                )  # fmt: skip
            except InvalidValues as error:
                form.add_faults(error.faults)
            else:
                messages.success(
                    request, gettext("The letter is drafted. Look at it; then it goes the way of every letter.")
                )
                return redirect("letter", made.letter_id)
    return render(request, "letters/arriving/refer.html", {"task": task, "form": form}, status=status)


@page("letters.view")
def one(request: Request, referral_id: int) -> HttpResponseBase:
    """One of them, and what the body answered."""
    row = queries.referral(request.asker, referral_id)
    return _shown(request, row, OutcomeForm(initial={"version": row.version, "outcome": row.outcome}))


def bodies_for(asker: Asker, owner_id: int) -> list[Organisation]:
    """Whom the page offers: police and military of the whole directory, of the other bodies those that the asker sees."""
    rows = letters.addressable(asker).filter(kind__in=actions.BODIES).exclude(pk=owner_id)
    seen = visible(rows, asker, "organisations.view", through="id")
    found = {one.pk: one for one in [*rows.filter(kind__in=actions.BODIES[:2]), *seen]}
    return sorted(found.values(), key=lambda one: actions.BODIES.index(one.kind))


@page("letters.draft", "POST")
def outcome(request: Request, referral_id: int) -> HttpResponseBase:
    """What the body answered is recorded."""
    row = queries.referral(request.asker, referral_id)
    if request.method != "POST":
        return redirect("referral", row.pk)
    form, status = OutcomeForm(request.POST), 422
    if form.is_valid():
        try:
            actions.record_outcome(request.asker, row.pk, form.cleaned_data["version"], form.cleaned_data["outcome"])
        except InvalidValues as error:
            for fault in error.faults:
                form.add_error(fault.field if fault.field in form.fields else None, capital(tell_fault(fault)))
        except EditConflict as error:
            form.add_error(None, capital(tell(error)))
            status = 409
        else:
            messages.success(request, gettext("What the body answered is recorded."))
            return redirect("referral", row.pk)
    return _shown(request, row, form, status)


def _shown(request: Request, row: Referral, form: OutcomeForm, status: int = 200) -> HttpResponseBase:
    context = {
        "row": row, "body": body_of(row), "form": form, "files": list(row.letter.files.filter(part="attachment").order_by("pk")),
        "sees_task": row.task_id in queries.tasks_seen(request.asker, [row.task_id]),
        "can_record": row.letter.state == ISSUED and may_on(request.asker, "letters.draft", row.letter.office_id),
    }  # fmt: skip
    return render(request, "letters/arriving/referral.html", context, status=status)
