"""The cleanup report: of which list or period, of whom, as which kind of file."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from vonggac.config import Settings, zone_from
from vonggac.desk.scope.asker import Asker
from vonggac.errors import InvalidValues
from vonggac.jobs import cleanup_report
from vonggac.jobs.cleanup_report import Asked, Form
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.fields import OrganisationPick
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell_fault

SETTINGS: Settings = django_settings.VONGGAC
_MOST_CHOICES = 100


class CleanupForm(forms.Form):
    """What the report is to be of."""

    batch = forms.TypedChoiceField(label=_("List"), required=False, coerce=int, empty_value=None)
    organisation = OrganisationPick(
        label=_("Organisation"), required=False, help_text=_("With all that belong to it; empty: all.")
    )
    since = forms.DateField(label=_("Opened since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Opened until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        some = cleanup_report.batches(asker).values_list("pk", "title")[:_MOST_CHOICES]
        self.fields["batch"].choices = [("", gettext("All, by period")), *some]  # type: ignore[attr-defined]
        self.fields["organisation"].asker = asker  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Days of this and the last centuries only: others have no place in a calendar of ours."""
        given: dict[str, Any] = super().clean() or {}
        for name in ("since", "until"):
            day = given.get(name)
            if day is not None and not 1900 <= day.year < 2200:
                self.add_error(name, gettext("the year %(year)s is not possible") % {"year": day.year})
        return given

    def asked(self) -> Asked:
        """As the report takes it; days are whole days of the province."""
        given, zone = self.cleaned_data, zone_from(SETTINGS.zone)
        one = given["organisation"]
        since, until = given["since"], given["until"]
        return Asked(
            given["batch"], None if one is None else one.pk,
            None if since is None else datetime.combine(since, time.min, zone),
            None if until is None else datetime.combine(until, time.min, zone) + timedelta(days=1),
        )  # fmt: skip


@page("work.export")
def cleanup(request: Request) -> HttpResponseBase:
    """Choose what it is of."""
    return render(request, "work/cleanup.html", {"form": CleanupForm(asker=request.asker)})


@page("work.export")
def file(request: Request) -> HttpResponseBase:
    """The report as a file."""
    form = CleanupForm(request.GET, asker=request.asker)
    kind: Form = "docx" if request.GET.get("form") == "docx" else "xlsx"
    error = ""
    if form.is_valid():
        try:
            return file_answer(request.asker, form.asked(), kind)
        except InvalidValues as refused:
            error = capital(tell_fault(refused.faults[0]))
    return render(request, "work/cleanup.html", {"form": form, "error": error}, status=422)


def file_answer(asker: Asker, asked: Asked, kind: Form) -> HttpResponseBase:
    """A report as a file; raises what cannot be made."""
    zone = zone_from(SETTINGS.zone)
    name = f"vonggac-cleanup-{now().astimezone(zone):%Y-%m-%d}.{kind}"
    with (
        override("vi") if kind == "docx" else nullcontext()
    ):  # an official document is Vietnamese, whoever takes it along
        return download(name, kind, lambda out: cleanup_report.write(asker, asked, kind, out, zone, gettext))
