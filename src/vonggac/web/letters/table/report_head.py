"""What stands around the parts of a report: subject, symbol, who signs, who gets it. Recipients are written as they are called, one on each line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from vonggac.desk.directives import actions
from vonggac.desk.directives.models import Addressee, Letter, RecipientGroup
from vonggac.desk.directives.queries import addressable
from vonggac.desk.directives.queries import reports as queries
from vonggac.desk.directives.states import DRAFT, URGENCIES
from vonggac.desk.directives.values import AddresseeValues
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb
from vonggac.web.organisations.forms import RecordForm, choices
from vonggac.web.shell.pages import Request, page

HEAD = ("subject", "symbol", "superior_name", "place", "urgency", "signer_for", "signer_title", "signer_name")
LINES = {"report": "to_report", "information": "to_inform", "archive": "to_archive"}
"""Role to the field of its lines that do not stand after “Kính gửi”; lines of another role stay as they are."""
_ROWS = {"rows": 3}


class HeadForm(RecordForm):
    """Head, signature and recipients of a report."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    symbol = forms.CharField(label=gettext_lazy("Symbol after the number"), max_length=40, required=False)
    superior_name = forms.CharField(label=gettext_lazy("Body above the issuer"), max_length=250, required=False)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=80, required=False)
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"), choices=choices(URGENCIES), required=False)
    addressed = forms.CharField(
        label=gettext_lazy("“Kính gửi”: who is reported to"), required=False, widget=forms.Textarea(attrs=_ROWS),
        help_text=gettext_lazy("One on each line. Who is called so in the directory gets it in the portal; any other name stands on paper alone."),
    )  # fmt: skip
    to_report = forms.CharField(
        label=gettext_lazy("“Nơi nhận”: for report"), required=False, widget=forms.Textarea(attrs=_ROWS)
    )
    to_inform = forms.CharField(
        label=gettext_lazy("“Nơi nhận”: for information"), required=False, widget=forms.Textarea(attrs=_ROWS)
    )
    to_archive = forms.CharField(label=gettext_lazy("Archive"), required=False, max_length=250)
    signer_for = forms.CharField(label=gettext_lazy("Signs for"), max_length=120, required=False)
    signer_title = forms.CharField(label=gettext_lazy("Signs as"), max_length=120, required=False)
    signer_name = forms.CharField(label=gettext_lazy("Name of who signs"), max_length=120, required=False)


@page("letters.draft", "POST")
def head(request: Request, report_id: int) -> HttpResponse:
    """Head and recipients of the draft of a report."""
    row = queries.report(request.asker, report_id)
    require(request.asker, "letters.draft", row.office_id)
    back = reverse("report-parts", args=[report_id])
    if row.state != DRAFT:
        messages.warning(request, gettext("Only a draft is edited."))
        return redirect(back)
    about = About(
        title=gettext("Head and recipients"), submit=gettext("Save"), back=back, leave=back,
        done=gettext("Head and recipients were saved."), crumbs=(Crumb(row.subject, back),),
        template="letters/report/head.html", extra={"letter": row},
    )  # fmt: skip

    def write(values: dict[str, Any], version: int) -> Any:
        said = replace(
            actions.values_of(queries.report(request.asker, report_id)),
            **{name: values[name] for name in HEAD},
            addressees=_addressees(request.asker, row, values),
        )
        return actions.edit(request.asker, report_id, version, said)

    return editing.run(request, about, HeadForm, write, lambda: _now(queries.report(request.asker, report_id)))


def _now(row: Letter) -> dict[str, Any]:
    found: dict[str, list[str]] = {"addressed": [], **{name: [] for name in LINES.values()}}
    for line in _lines(row):
        name = "addressed" if line.is_addressed else LINES.get(line.role)
        if name:
            found[name].append(str(line))
    texts = {name: "\n".join(lines) for name, lines in found.items()}
    texts["to_archive"] = ", ".join(found["to_archive"])
    return {"version": row.version, **{name: getattr(row, name) for name in HEAD}, **texts}


def _lines(row: Letter) -> list[Addressee]:
    return list(Addressee.objects.filter(letter=row).select_related("group", "organisation").order_by("n"))


def _addressees(asker: Asker, row: Letter, values: dict[str, Any]) -> list[AddresseeValues]:
    """The lines as they were typed: a line that was there keeps its role, and what it stands for."""
    there = {(line.is_addressed, str(line)): line for line in _lines(row)}
    wanted = [(True, "report", name) for name in _names(values["addressed"])]
    wanted += [
        (False, role, name) for role, field in LINES.items() if role != "archive" for name in _names(values[field])
    ]
    if values["to_archive"].strip():
        wanted.append((False, "archive", values["to_archive"].strip()))
    kept = [line for line in there.values() if not line.is_addressed and line.role not in LINES]
    found = [_as_values(line, line.role) for line in kept]
    names = [name for _addressed, role, name in wanted if role != "archive"]
    organisations = dict(addressable(asker).filter(name__in=names).values_list("name", "pk"))
    groups = dict(RecipientGroup.objects.filter(name__in=names).values_list("name", "pk"))
    for is_addressed, role, name in wanted:
        line = there.get((is_addressed, name))
        if line is not None:
            found.append(_as_values(line, line.role if is_addressed else role))
        elif role != "archive" and name in organisations:
            found.append(AddresseeValues(role, is_addressed, organisation_id=organisations[name]))
        elif role != "archive" and name in groups:
            found.append(AddresseeValues(role, is_addressed, group_id=groups[name]))
        else:
            found.append(AddresseeValues(role, is_addressed, words=name))
    return found


def _as_values(line: Addressee, role: str) -> AddresseeValues:
    return AddresseeValues(role, line.is_addressed, line.group_id, line.organisation_id, line.words)


def _names(text: str) -> Iterable[str]:
    return dict.fromkeys(name for line in text.splitlines() if (name := line.strip().rstrip(";.").strip()))
