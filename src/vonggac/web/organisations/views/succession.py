"""Organisations that become others: the wizards that merge and split, and taking the last one back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models.graph import MANDATES, SUCCESSIONS
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, EditConflict, InvalidValues, NotAllowed, NotThere
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb
from vonggac.web.organisations.fields import OrganisationPick
from vonggac.web.organisations.forms import RecordForm
from vonggac.web.organisations.succession_forms import MergeForm, PartForm, SplitForm
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

MOST = 60
"""Organisations that one merger may take."""
MOST_PARTS = 6
"""Successors of one split."""
SHOWN = 150
"""Records of a noun that a split asks about one by one; the others go with the rest, and the page says so."""


class PickForm(RecordForm):
    """One more organisation for the merger."""

    add = OrganisationPick(label=gettext_lazy("Organisation that ends with the merger"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["add"].show_hidden_initial = False


class Leaving(NamedTuple):
    """One that exists no longer, and how much of each noun it has on that day."""

    row: Any
    holds: list[tuple[str, int, bool]]
    below: Sequence[Any]


def _ids(values: Sequence[str]) -> list[int]:
    """The ids among ``values``, each once."""
    return list(dict.fromkeys(int(text) for text in values if text.isascii() and text.isdecimal() and len(text) < 19))


@page("organisations.edit", "POST")
def merge(request: Request) -> HttpResponse:
    """Which ones, who takes over and when, what will happen, done. Every step carries what was said before."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = [queries.organisation(request.asker, pk) for pk in _ids(given.getlist("from"))[:MOST]]
    for one in chosen:
        require(request.asker, "organisations.edit", one.pk)
    step = given.get("step", "choose")
    if not chosen or step == "choose":
        return _choose(request, chosen)
    context: dict[str, Any] = {"chosen": chosen, "titles": _merge_titles()}
    if request.method != "POST":
        first = chosen[0]
        form = MergeForm(initial={"kind": first.kind, "parent_id": first.parent}, asker=request.asker)
        return render(request, "organisations/succession/merge.html", context | {"form": form})
    form = MergeForm(request.POST, asker=request.asker)
    status = 200
    if form.is_valid() and step in {"check", "confirm"}:
        values = form.cleaned_data

        def write() -> Any:
            return actions.merge(
                request.asker,
                [one.pk for one in chosen],
                successor=form.taker(),
                at=values["at"],
                basis=values["basis"],
                moves=values["moves"],
            )

        status, made = _tried(form, write, is_rehearsal=step == "check")
        if status == 200 and step == "confirm":
            messages.success(request, _("The organisations were merged; their past leads to the successor."))
            return HttpResponseRedirect(reverse("organisation-history", args=[made.pk]))
        if status == 200:
            leaving = [_leaving(request, one, values["at"], values["moves"]) for one in chosen]
            context |= {"form": form, "leaving": leaving, "taker": form.title(), "is_new": values["who"] == "new"}
            context["cautions"] = editing.told_of(form, form.cautions())
            return render(request, "organisations/succession/merge_check.html", context)
    elif step != "edit":
        status = 422
    return render(request, "organisations/succession/merge.html", context | {"form": form}, status=status)


def _choose(request: Request, chosen: list[Any]) -> HttpResponse:
    form = PickForm(request.GET if "add" in request.GET else None, asker=request.asker)
    ids = [one.pk for one in chosen]
    if form.is_bound and form.is_valid() and len(ids) < MOST:
        ids = list(dict.fromkeys([*ids, form.cleaned_data["add"].pk]))
        query = "&".join(f"from={pk}" for pk in ids)
        return HttpResponseRedirect(f"{request.path}?{query}")
    context = {
        "chosen": [{"row": one, "without": "&".join(f"from={pk}" for pk in ids if pk != one.pk)} for one in chosen],
        "form": form,
        "titles": _merge_titles(),
    }
    return render(request, "organisations/succession/choose.html", context)


def _merge_titles() -> list[str]:
    return [_("Which organisations end"), _("Who takes over, and when"), _("Check what will happen")]


def _tried(form: RecordForm, write: Callable[[], Any], *, is_rehearsal: bool) -> tuple[int, Any]:
    """Do it, or only try it and take it all back; faults go into ``form``. Returns the status of the page and what was written."""
    try:
        with transaction.atomic():
            written = write()
            if is_rehearsal:
                transaction.set_rollback(True)
    except InvalidValues as error:
        form.add_faults((fault.field, editing.capital(tell_fault(fault))) for fault in error.faults)
        return 422, None
    except (NotAllowed, NotThere) as error:
        form.add_error(None, editing.capital(tell(error)))
        return (403 if isinstance(error, NotAllowed) else 404), None
    except EditConflict as error:
        form.add_error(None, editing.capital(tell(error)))
        return 409, None
    return 200, written


def _leaving(request: Request, row: Any, at: datetime, moves: Sequence[str]) -> Leaving:
    asker = request.asker
    counted = (
        ("people", _("People"), queries.people(asker, organisation_id=row.pk, at=at).count()),
        ("people", _("Contact points"), queries.contacts(asker, organisation_id=row.pk, at=at).count()),
        ("networks", _("Networks"), queries.networks(asker, organisation_id=row.pk, at=at).count()),
        ("systems", _("Systems"), queries.systems(asker, organisation_id=row.pk, at=at).count()),
        ("mandates", _("Mandates"), queries.mandates(asker, holder_id=row.pk, at=at).count()),
    )
    below = list(queries.organisations(asker, parent_id=row.pk, closed=False)[:50])
    return Leaving(row, [(title, n, noun in moves) for noun, title, n in counted if n], below)


# ---------------------------------------------------------------------------------------------------------- split


class Item(NamedTuple):
    """One record that a split asks about: the name of its choice, what people read, what was chosen."""

    field: str
    label: str
    chosen: str


class Group(NamedTuple):
    """The records of a noun; ``n_more``: those that are not asked about."""

    noun: str
    title: str
    items: list[Item]
    n_more: int


@page("organisations.edit", "POST")
def split(request: Request, organisation_id: int) -> HttpResponse:
    """Who takes over and when, what goes to whom, what will happen, done."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    is_post = request.method == "POST"
    step = request.POST.get("step", "parts")
    n_parts = _n_parts(request, step)
    data = request.POST if is_post else None
    form = SplitForm(data, asker=request.asker)
    initial = {"kind": row.kind, "parent_id": row.parent}
    parts = [PartForm(data, prefix=f"part-{i}", initial=initial, asker=request.asker) for i in range(n_parts)]
    titles = [_("Who takes over, and when"), _("What goes to whom"), _("Check what will happen")]
    context: dict[str, Any] = {"organisation": row, "form": form, "parts": parts, "titles": titles, "n_parts": n_parts}
    context |= {"may_add": n_parts < MOST_PARTS, "may_remove": n_parts > 2}
    if not is_post or step in {"parts", "more", "fewer"}:
        if step in {"more", "fewer"}:  # one more or one fewer part; nothing is said to be wrong yet
            context |= {"form": _unjudged(form), "parts": [_unjudged(one) for one in parts]}
        return render(request, "organisations/succession/split.html", context)
    if not all([form.is_valid(), *(one.is_valid() for one in parts)]):
        return render(request, "organisations/succession/split.html", context, status=422)
    context |= {"takers": [one.title() for one in parts], "carried": _carried(request, ("step", "goes-", "rest"))}
    groups = _groups(request, row, form.cleaned_data["at"])
    context |= {"groups": groups, "rest": request.POST.get("rest", "0")}
    if step == "assign":
        return render(request, "organisations/succession/split_assign.html", context)
    status, _made = _tried(form, lambda: _split(request, row, form, parts, groups), is_rehearsal=step != "confirm")
    if status != 200:
        is_about_goes = any("goes" in str(fault) for fault in form.non_field_errors())
        template = "split_assign" if is_about_goes else "split"
        return render(request, f"organisations/succession/{template}.html", context, status=status)
    if step == "confirm":
        messages.success(request, _("The organisation was split; its past leads to its successors."))
        return HttpResponseRedirect(reverse("organisation-history", args=[row.pk]))
    context["cautions"] = [told for one in parts for told in editing.told_of(one, one.cautions())]
    context |= {"plan": _plan(context["takers"], groups, context["rest"]), "carried": _carried(request, ("step",))}
    return render(request, "organisations/succession/split_check.html", context)


def _n_parts(request: Request, step: str) -> int:
    text = request.POST.get("n_parts", "2")
    n = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 2
    return min(max(n + {"more": 1, "fewer": -1}.get(step, 0), 2), MOST_PARTS)


def _unjudged(form: Any) -> Any:
    """The same values in a form that finds no fault with them."""
    typed = {}
    for name, field in form.fields.items():
        value = field.widget.value_from_datadict(form.data, {}, form.add_prefix(name))
        if value:
            typed[name] = value
    return type(form)(prefix=form.prefix, initial={**form.initial, **typed}, asker=_asker_of(form))


def _asker_of(form: RecordForm) -> Any:
    return next((field.asker for field in form.fields.values() if isinstance(field, OrganisationPick)), None)


def _carried(request: Request, but: Sequence[str]) -> list[tuple[str, str]]:
    """What was said so far, for the next step to say again."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and not name.startswith(tuple(but))
    ]


def _groups(request: Request, row: Any, at: datetime) -> list[Group]:
    """What the organisation has on that day, asked one by one as far as that is bearable."""
    asker, pk = request.asker, row.pk
    found: tuple[tuple[str, str, Any, Callable[[Any], str]], ...] = (
        (
            "organisations",
            _("Organisations right below"),
            queries.organisations(asker, parent_id=pk, closed=False),
            lambda one: one.name,
        ),
        ("networks", _("Networks"), queries.networks(asker, organisation_id=pk, at=at), lambda one: one.text),
        ("systems", _("Systems"), queries.systems(asker, organisation_id=pk, at=at), lambda one: one.name),
        ("people", _("People"), queries.people(asker, organisation_id=pk, at=at), lambda one: one.name),
        (
            "contacts",
            _("Contact points"),
            queries.contacts(asker, organisation_id=pk, at=at),
            lambda one: f"{_(CHANNELS.get(one.channel, one.channel))}: {one.value}",
        ),
        (
            "mandates",
            _("Mandates"),
            queries.mandates(asker, holder_id=pk, at=at),
            lambda one: _(MANDATES.get(one.subject, one.subject)),
        ),
    )
    groups = []
    for noun, title, rows, label in found:
        some = list(rows[: SHOWN + 1])
        n_more = rows.count() - SHOWN if len(some) > SHOWN else 0
        items = [
            Item(f"goes-{noun}-{one.pk}", label(one), request.POST.get(f"goes-{noun}-{one.pk}", ""))
            for one in some[:SHOWN]
        ]
        if items:
            groups.append(Group(noun, title, items, n_more))
    return groups


def _position(text: str, n: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 and int(text) < n else None


def _split(request: Request, row: Any, form: SplitForm, parts: Sequence[PartForm], groups: Sequence[Group]) -> Any:
    goes: dict[str, dict[int, int]] = {}
    for group in groups:
        for item in group.items:
            position = _position(item.chosen, len(parts))
            if position is not None:
                goes.setdefault(group.noun, {})[int(item.field.rpartition("-")[2])] = position
    return actions.split(
        request.asker,
        row.pk,
        successors=[one.taker() for one in parts],
        at=form.cleaned_data["at"],
        basis=form.cleaned_data["basis"],
        goes=goes,
        rest=_position(request.POST.get("rest", "0"), len(parts)) if request.POST.get("rest") != "ends" else None,
    )


def _plan(
    takers: Sequence[str], groups: Sequence[Group], rest: str
) -> list[tuple[str, list[tuple[str, list[str], int]]]]:
    """Who gets what: for each taker, and for what ends, the labels of each noun and how many more."""
    everybody = [*((str(place), name) for place, name in enumerate(takers)), ("ends", _("Ends with the organisation"))]
    plan = []
    for key, name in everybody:
        lines = []
        for group in groups:
            labels = [item.label for item in group.items if (item.chosen or rest) == key]
            n_more = group.n_more if rest == key else 0
            if labels or n_more:
                lines.append((group.title, labels, n_more))
        if lines or key != "ends":
            plan.append((name, lines))
    return plan


# ----------------------------------------------------------------------------------------------------------- undo


@page("organisations.edit", "POST")
def undo(request: Request, organisation_id: int, reorganisation_id: int) -> HttpResponse:
    """Take a merger or split back as if it had not been."""
    row = queries.organisation(request.asker, organisation_id)
    require(request.asker, "organisations.edit", row.pk)
    steps = [
        step
        for step in (*queries.successors(request.asker, row.pk), *queries.predecessors(request.asker, row.pk))
        if step.reorganisation_id == reorganisation_id
    ]
    if not steps:
        raise NotThere(N_("there is no such succession here"))
    home = reverse("organisations")
    about = About(
        title=_("Take this back: %(kind)s?") % {"kind": _(SUCCESSIONS.get(steps[0].kind, steps[0].kind))},
        submit=_("Take back"),
        back=home,
        leave=reverse("organisation-history", args=[row.pk]),
        done=_("It was taken back: everything stands as it did before."),
        crumbs=(Crumb(row.name, reverse("organisation", args=[row.pk])),),
        consequences=(
            _("Everything that it changed is set back: what ended goes on, what was made by it is gone."),
            _("It is refused when something was changed or entered on top of it since; then nothing changes."),
        ),
        is_danger=True,
    )
    return editing.run(
        request, about, RecordForm, lambda _values, _version: actions.undo_succession(request.asker, reorganisation_id)
    )
