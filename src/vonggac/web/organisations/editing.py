"""How every form page of the directory runs: show, check, write, say it; and what the second of two editors is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from vonggac.errors import EditConflict, Fault, InvalidValues, NotAllowed, NotThere
from vonggac.web.organisations.forms import RecordForm
from vonggac.web.shell.pages import Request
from vonggac.web.shell.words import tell, tell_fault

Write = Callable[[dict[str, Any], int], Any]
"""Takes the values of a form and the version that its editor saw; raises what actions raise."""


class Crumb(NamedTuple):
    """One step of the way to a page."""

    title: str
    url: str


@dataclass(frozen=True)
class About:
    """What a form page says. ``back``: where to go when it is done or left, or a function of what was written that tells."""

    title: str
    submit: str
    back: str | Callable[[Any], str]
    done: str
    leave: str
    crumbs: Sequence[Crumb] = ()
    note: str = ""
    consequences: Sequence[str] = ()
    is_danger: bool = False
    template: str = "organisations/form.html"
    extra: Mapping[str, Any] = field(default_factory=dict)


class Change(NamedTuple):
    """What somebody else did to a value meanwhile. ``typed``: what this editor typed there, None when they left it alone."""

    label: str
    was: str
    now: str
    typed: str | None


def run(
    request: Request,
    about: About,
    make: Callable[..., RecordForm],
    write: Write,
    read: Callable[[], Mapping[str, Any]] | None = None,
) -> HttpResponse:
    """Show the form of ``make``; on POST ``write`` its values and go back.

    Values that are worth a second look are written once the editor says that they are meant; until then status 422.
    ``read`` gives the record's values and version as they are now (None: there is no record yet). Faults come back beside
    their fields with status 422, a conflict with status 409 and everything that was typed.
    """
    initial = read() if read is not None else {}
    if request.method != "POST":
        empty = make(initial=initial, asker=request.asker)
        if read is None:  # defaults that the address asks for: ?person_id=7
            empty.initial = {**{key: request.GET[key] for key in request.GET if key in empty.fields}, **empty.initial}
        return _show(request, about, empty)
    form = make(request.POST, initial=initial, asker=request.asker)
    changes: list[Change] = []
    conflict, refused = "", 422
    cautions = form.cautions() if form.is_valid() else []
    if form.is_valid() and (not cautions or request.POST.get("heeded") == _mark_of(cautions)):
        try:
            written = write(form.values(), form.cleaned_data["version"] or 0)
        except InvalidValues as error:
            form.add_faults((fault.field, capital(tell_fault(fault))) for fault in error.faults)
        except (NotAllowed, NotThere) as error:  # about something that the values name: what was typed stays
            form.add_error(None, capital(tell(error)))
            refused = 403 if isinstance(error, NotAllowed) else 404
        except EditConflict as error:
            conflict = capital(tell(error))
            if read is not None:
                form, changes = merged(request.POST, read(), make, request)
        else:
            messages.success(request, about.done)
            return HttpResponseRedirect(about.back if isinstance(about.back, str) else about.back(written))
    status = 409 if conflict else refused
    return _show(request, about, form, conflict=conflict, changes=changes, cautions=cautions, status=status)


def capital(text: str) -> str:
    """``text`` as a sentence begins."""
    return text[:1].upper() + text[1:]


def merged(
    posted: Any, now: Mapping[str, Any], make: Callable[..., RecordForm], request: Request
) -> tuple[RecordForm, list[Change]]:
    """The form to go on with after a conflict, and what the other editor changed.

    Fields that this editor left alone take what is stored now; the others keep what was typed. It is of the version of now.
    """
    current = make(initial=now, asker=request.asker)
    data = posted.copy()
    changes = []
    for bound in current.visible_fields():
        stored = _as_sent(bound, bound.value())
        was = _plain(posted.get(bound.html_initial_name, stored))
        typed = _plain(posted.get(bound.html_name, ""))
        data[bound.html_initial_name] = stored
        if stored == was:
            continue
        is_typed = typed not in {was, stored}
        if not is_typed:
            data[bound.html_name] = stored
        mine = _as_read(bound, typed) if is_typed else None
        changes.append(Change(str(bound.label), _as_read(bound, was), _as_read(bound, stored), mine))
    data["version"] = str(now["version"])
    form = make(data, initial=now, asker=request.asker)
    form.is_valid()
    return form, changes


def values_of(row: Any, **picked: Any) -> dict[str, Any]:
    """The values of a record as a form begins with them; ``picked``: organisations that it names, as records."""
    return {name: value for name, value in vars(row).items() if not name.startswith("_")} | picked


def _as_sent(bound: forms.BoundField, value: Any) -> str:
    """A value as a browser would send it."""
    if isinstance(bound.field, forms.BooleanField):
        return "True" if value else ""
    return _plain(bound.field.widget.format_value(value))


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):  # a select formats its value as a list
        value = value[0] if value else ""
    text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    return {"on": "True", "False": ""}.get(text, text)


def _as_read(bound: forms.BoundField, sent: str) -> str:
    """What was sent as people read it: a choice by its title."""
    if isinstance(bound.field, forms.ChoiceField):
        known: Any = bound.field.choices
        return next((str(title) for key, title in known if str(key) == sent), sent)
    if isinstance(bound.field, forms.BooleanField):
        return "✓" if sent else "–"
    return sent


def told_of(form: RecordForm, cautions: Sequence[Fault]) -> list[tuple[str, str]]:
    """Label of the field and text of each caution."""
    labels = {name: str(field.label) for name, field in form.fields.items()}
    return [(labels.get(one.field, ""), capital(tell_fault(one))) for one in cautions]


def _mark_of(cautions: Sequence[Fault]) -> str:
    """What a form sends back when its editor has looked at exactly these."""
    content = "\0".join(f"{one.field}:{one.message}:{sorted(one.params.items())}" for one in cautions)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _show(
    request: Request,
    about: About,
    form: RecordForm,
    *,
    conflict: str = "",
    changes: Sequence[Change] = (),
    cautions: Sequence[Fault] = (),
    status: int = 200,
) -> HttpResponse:
    context = {"about": about, "form": form, "conflict": conflict, "changes": changes, **about.extra}
    if cautions:
        mark = _mark_of(cautions)
        context |= {"cautions": told_of(form, cautions), "mark": mark, "is_heeded": request.POST.get("heeded") == mark}
    return render(request, about.template, context, status=status)
