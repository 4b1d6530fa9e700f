"""One act on many Tasks: what would happen and to which, then the act, then the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions.changing import MOST_AT_ONCE, Seen
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import FOLLOWS, STATES, SUBMITTED
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotAllowed, NotThere
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work import forms
from vonggac.web.work.answers import AnswerForm, begin_with
from vonggac.web.work.words import titled

Values = Mapping[str, Any]
ASKED_ALONE = 30
"""Of how many that all cannot be moved each is asked for its own reason; the others are told that of the first."""
TRIED = "…………"
"""Stands for a reason while it is only looked what would happen."""


@dataclass(frozen=True)
class Many:
    """An act on many. ``blank``: values with which it is looked what would happen, before anybody has given theirs."""

    title: str
    submit: str
    permission: str
    form: type[forms.ActForm]
    run: Callable[[Asker, Sequence[Seen], Values], actions.Outcome]
    blank: Values = field(default_factory=dict)
    is_danger: bool = False


MANY = {
    "acknowledge": Many(
        N_("Acknowledge"), N_("Acknowledge"), "work.answer", forms.ActForm,
        lambda asker, seen, _values: actions.acknowledge(asker, seen),
    ),
    "mine": Many(
        N_("Take on"), N_("Take on"), "work.answer", forms.ActForm,
        lambda asker, seen, _values: actions.assign(asker, seen, asker.user_id),
    ),
    "accept": Many(
        N_("Accept"), N_("Accept the results"), "work.review", forms.NoteForm,
        lambda asker, seen, values: actions.accept(asker, seen, values["note"]), {"note": ""},
    ),
    "return": Many(
        N_("Return"), N_("Return them"), "work.review", forms.ReasonForm,
        lambda asker, seen, values: actions.return_(asker, seen, values["why"]), {"why": TRIED},
    ),
    "priority": Many(
        N_("Change the priority"), N_("Change it"), "work.review", forms.PriorityForm,
        lambda asker, seen, values: actions.set_priority(asker, seen, values["priority"]), {"priority": 3},
    ),
    "reopen": Many(
        N_("Reopen"), N_("Reopen them"), "work.review", forms.ReasonForm,
        lambda asker, seen, values: actions.reopen(asker, seen, values["why"]), {"why": TRIED},
    ),
    "withdraw": Many(
        N_("Withdraw"), N_("Withdraw them"), "work.review", forms.ReasonForm,
        lambda asker, seen, values: actions.withdraw(asker, seen, values["why"]), {"why": TRIED}, is_danger=True,
    ),
    "answer": Many(N_("Report the result"), N_("Send the report"), "work.answer", AnswerForm, lambda *_: actions.Outcome(0)),
}  # fmt: skip
"""Name of an act on many to what it is."""


@dataclass
class Seeing:
    """What would happen: to which Tasks, and why not to the others."""

    rows: list[Task] = field(default_factory=list)
    refused: list[tuple[Task, str]] = field(default_factory=list)

    @property
    def seen(self) -> list[Seen]:
        """What the act takes."""
        return [(row.pk, row.version) for row in self.rows]


def chosen_in(request: Request) -> list[Seen]:
    """Ids and versions that were ticked, as ``id:version``; what is none of those is left out."""
    found = {}
    for text in request.POST.getlist("chosen")[: MOST_AT_ONCE + 1]:
        pk, _colon, version = text.partition(":")
        if all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (pk, version)):
            found[int(pk)] = int(version)
    return list(found.items())


class Tried(Exception):
    """What was done is taken back: it was only looked what would happen."""


def look(asker: Asker, many: Many, ids: Sequence[int]) -> Seeing:
    """What the act would do with Tasks as they are now: done, seen, and taken back."""
    found = {row.pk: row for row in queries.tasks(asker, queries.Filters()).filter(pk__in=ids)}
    if not found:
        raise NotThere(N_("there is no such task here"))
    allowed = set(
        visible(queries.published(), asker, many.permission).filter(pk__in=sorted(found)).values_list("pk", flat=True)
    )
    seeing = Seeing()
    kind = next((found[pk].kind for pk in ids if pk in allowed), "")
    for pk in ids:
        if (row := found.get(pk)) is None:
            continue
        if pk not in allowed:
            seeing.refused.append((row, _("You may not do this here.")))
        elif many.form is AnswerForm and (why := _why_no_answer(row, kind)):
            seeing.refused.append((row, why))
        else:
            seeing.rows.append(row)
    if seeing.rows and many.form is not AnswerForm:
        faults = _try(asker, many, seeing.seen)
        seeing.refused += [(row, faults[row.pk]) for row in seeing.rows if row.pk in faults]
        seeing.rows = [row for row in seeing.rows if row.pk not in faults]
    return seeing


def _why_no_answer(row: Task, kind: str) -> str:
    if row.kind != kind:
        return _("It is another kind of work, which asks other things.")
    return (
        ""
        if SUBMITTED in FOLLOWS[row.state]
        else _("It is in the state “%(state)s”.") % {"state": _(STATES[row.state])}
    )


def _try(asker: Asker, many: Many, seen: Sequence[Seen]) -> dict[int, str]:
    """Id to why it would be refused."""
    faults: dict[int, str] = {}
    try:
        with transaction.atomic():
            outcome = many.run(asker, seen, many.blank)
            faults = {pk: told_fault(error) for pk, error in outcome.refused}
            raise Tried  # noqa: TRY301  # it leaves the transaction as a failure would
    except Tried:
        return faults
    except InvalidValues as error:  # none can be moved: each is asked for its own reason
        faults = {pk: told_fault(error) for pk, _version in seen}
        for one in seen[1:ASKED_ALONE]:
            faults |= _try(asker, many, [one])
        return faults
    except EditConflict as error:
        return {pk: capital(tell(error)) for pk, _version in seen}


def told_fault(error: InvalidValues) -> str:
    """Why something cannot stand, in words."""
    return " ".join(capital(tell_fault(fault)) for fault in titled(error).faults)


@page("work.answer", "POST")
def bulk(request: Request) -> HttpResponse:
    """First what would happen; with ``sure`` it happens."""
    back = safe_next(request, reverse("work"))
    name = request.POST.get("do", "")
    chosen = chosen_in(request)
    if request.method != "POST" or name not in MANY or not chosen:
        if request.method == "POST":
            messages.warning(request, _("No task was chosen."))
        return HttpResponseRedirect(back)
    if len(chosen) > MOST_AT_ONCE:
        messages.warning(request, _("%(n)d tasks at once are the most.") % {"n": MOST_AT_ONCE})
        return HttpResponseRedirect(back)
    many = MANY[name]
    seeing = look(request.asker, many, [pk for pk, _version in chosen])
    is_sure = bool(request.POST.get("sure"))
    form = _form(request, many, seeing, is_sure=is_sure)
    conflict = ""
    if is_sure and form is not None and form.is_valid():
        try:
            outcome = _do(request, many, form, seeing, chosen)
        except InvalidValues as error:
            form.add_faults((fault.field, told_fault(InvalidValues([fault]))) for fault in error.faults)
        except (EditConflict, NotAllowed) as error:
            conflict = capital(tell(error))
        else:
            return _done(request, outcome, back)
    context = {
        "many": many, "name": name, "seeing": seeing, "form": form, "next": back, "conflict": conflict,
        "is_report": many.form is AnswerForm, "n": len(seeing.rows),
        "kind": BY_NAME[seeing.rows[0].kind] if seeing.rows else None,
    }  # fmt: skip
    return render(request, "work/bulk.html", context, status=409 if conflict else 422 if is_sure else 200)


def _form(request: Request, many: Many, seeing: Seeing, *, is_sure: bool) -> Any:
    data = request.POST if is_sure else None
    if many.form is not AnswerForm:
        return many.form(data, asker=request.asker)
    if not seeing.rows:
        return None
    kind = BY_NAME[seeing.rows[0].kind]
    initial = {**begin_with(seeing.rows[0], None), "malware": "", "inner_address": ""}
    return AnswerForm(data, asker=request.asker, kind=kind, on_behalf=request.asker.may("work.review"), initial=initial)


def _do(request: Request, many: Many, form: Any, seeing: Seeing, chosen: Sequence[Seen]) -> actions.Outcome:
    """The act on those that were shown as possible, with the versions that were shown."""
    possible = {row.pk for row in seeing.rows}
    seen = [(pk, version) for pk, version in chosen if pk in possible]
    if not seen:
        raise InvalidValues([Fault("", N_("no task was chosen"))])
    if many.form is AnswerForm:
        given = form.report()
        given.pop("evidence_ids")
        return actions.submit_many(request.asker, seen, form.kind.name, **given)
    return many.run(request.asker, seen, form.values())


def _done(request: Request, outcome: actions.Outcome, back: str) -> HttpResponse:
    done = ngettext("Done with %(n)d task.", "Done with %(n)d tasks.", outcome.n) % {"n": outcome.n}
    if outcome.refused:
        n = len(outcome.refused)
        done += " " + ngettext("%(n)d was left as it is.", "%(n)d were left as they are.", n) % {"n": n}
    messages.success(request, done)
    return HttpResponseRedirect(back)


@page("work.answer", "POST")
def undo(request: Request) -> HttpResponse:
    """Take one's own last act on many back."""
    back = safe_next(request, reverse("work"))
    if request.method != "POST":
        return HttpResponseRedirect(back)
    text = request.POST.get("bulk", "")
    try:
        n = actions.undo(request.asker, int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0)
    except (InvalidValues, EditConflict) as error:
        messages.error(request, capital(tell(error)))
    else:
        messages.success(request, ngettext("Undone for %(n)d task.", "Undone for %(n)d tasks.", n) % {"n": n})
    return HttpResponseRedirect(back)
