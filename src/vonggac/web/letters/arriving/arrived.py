"""A letter that came in: how it came, who may ask the office so, what it asks of us; its entry mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from vonggac.desk.directives import queries
from vonggac.desk.directives.actions import arriving as actions
from vonggac.desk.directives.actions.drafting import values_of
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.queries.arriving import taken_up
from vonggac.desk.directives.states import IN, ISSUED
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, EditConflict, InvalidValues, NotThere
from vonggac.web.letters.arriving.forms import ArrivalForm, TakeUpForm, clause_set, first_values
from vonggac.web.letters.arriving.readings import standing_of
from vonggac.web.letters.writing.reading import shown_clauses
from vonggac.web.organisations.editing import capital
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

_LONGEST_ID = 19
"""Digits of what is no id any more."""


def the_letter(request: Request, letter_id: int) -> Letter:
    """A letter that came in to an office whose letters the asker sees; raises NotThere."""
    row = queries.letter(request.asker, letter_id)
    if row.direction != IN or not queries.may_see_office(request.asker, row):
        raise NotThere(N_("there is no such letter here"))
    return row


@page("letters.view")
def arrival(request: Request, letter_id: int) -> HttpResponseBase:
    """How a letter came, and what it asks of us: made a letter of our own, or work of the office."""
    row = the_letter(request, letter_id)
    return _shown(request, row, TakeUpForm(initial={"version": row.version}))


@page("letters.draft", "POST")
def take_up(request: Request, letter_id: int) -> HttpResponseBase:
    """What was ticked becomes work of the office."""
    row = the_letter(request, letter_id)
    if request.method != "POST":
        return redirect("letter-arrival", row.pk)
    require(request.asker, "letters.draft", row.office_id)
    form, faults = TakeUpForm(request.POST), []
    sent = request.POST.getlist("clause")
    chosen = [int(one) for one in sent if one.isascii() and one.isdecimal() and len(one) < _LONGEST_ID]
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.take_up(request.asker, row.pk, said["version"], chosen, due_at=said["due_at"])
        except InvalidValues as error:
            faults = [capital(tell_fault(fault)) for fault in error.faults]
        except EditConflict as error:
            faults = [capital(tell(error))]
        else:
            messages.success(request, gettext("What you chose is work of the office now, with its deadline."))
            return redirect("letter-arrival", row.pk)
    return _shown(request, row, form, faults, chosen, status=422)


def _shown(
    request: Request,
    row: Letter,
    form: TakeUpForm,
    faults: Sequence[str] = (),
    chosen: Sequence[int] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    may, ours = may_on(request.asker, "letters.draft", row.office_id), groups_of(row.office)

    def is_on(clause: Clause) -> bool:
        if chosen is not None:
            return clause.pk in chosen
        return bool(clause.kind) and (not clause.groups or bool(ours.intersection(clause.groups)))

    context: dict[str, Any] = {
        "letter": row, "standing": standing_of(row.office_id, row.issuer_name, row.dated or row.arrived_on), "form": form, "faults": faults,
        "clauses": [(one, is_on(one["row"])) for one in shown_clauses(row)], "tasks": taken_up(row),
        "own": row.recipients.filter(organisation_id=row.office_id).first(),
        "children": list(queries.letters(request.asker).filter(parent=row)[:20]), "addressed": list(row.addressees.order_by("n")),
        "may_draft": may, "can_take_up": may and not row.batch_id and row.state == ISSUED,
    }  # fmt: skip
    return render(request, "letters/arriving/arrival.html", context, status=status)


def groups_of(office: Organisation) -> set[str]:
    """Codes of the groups of recipients to which an office belongs."""
    return {
        group.code for group in queries.groups()
        if office.pk in group.organisations or (office.kind in group.kinds and office.pk not in group.without)
    }  # fmt: skip


@page("letters.draft", "POST")
def correct(request: Request, letter_id: int) -> HttpResponseBase:
    """The entry of a letter in the register is mended."""
    row = the_letter(request, letter_id)
    require(request.asker, "letters.draft", row.office_id)
    values = entered(row)
    data, status, there = request.POST if request.method == "POST" else None, 200, None
    form = ArrivalForm(data, initial=first_values(values, row.version), is_correction=True)
    clauses = None if row.batch_id else clause_set(data, values.said.clauses)  # what is work stays as it is
    if data is not None:
        status = 422
        if form.is_valid() & (clauses is None or clauses.is_valid()):
            try:
                given = form.values(values.said.clauses if clauses is None else clauses.values())
                actions.correct(
                    request.asker, row.pk, form.cleaned_data["version"] or 0, replace(given, number=row.number)
                )
            except InvalidValues as error:
                form.add_faults(error.faults, clauses)
                there = error.letter if isinstance(error, actions.AlreadyThere) else None
            except EditConflict as error:
                status = 409
                form.add_error(None, capital(tell(error)))
            else:
                messages.success(request, gettext("The entry was mended."))
                return redirect("letter-arrival", row.pk)
    hints = [(form[name], "", False) for name in form.fields if name != "version" and form[name] not in form.more()]
    context = {
        "letter": row, "form": form, "clauses": clauses, "there": there, "hints": hints, "office": row.office,
        "standing": standing_of(row.office_id, str(form["issuer_name"].value() or ""), row.dated), "is_correction": True,
    }  # fmt: skip
    return render(request, "letters/arriving/entry.html", context, status=status)


def entered(row: Letter) -> ArrivalValues:
    """What the register says of a letter."""
    return ArrivalValues(
        values_of(row), row.arrived_on or row.created_at.astimezone(times.zone()).date(), row.reference, row.dated, row.issuer_name,
        row.number, row.handler, row.parent.reference if row.parent else "",
    )  # fmt: skip
