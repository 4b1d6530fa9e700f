"""The list of letters: outgoing, incoming, reports, drafts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives import queries
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.states import APPROVED, DRAFT, IN, LETTER, OUT, REPORT
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_
from vonggac.web.organisations import lists
from vonggac.web.shell.navigation import is_built
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

RECEIVED = "/letters/received/"
TABS = {
    "outgoing": N_("Outgoing"),
    "incoming": N_("Incoming"),
    "reports": N_("Reports"),
    "drafts": N_("Drafts"),
}
_WRITES = ("letters.draft", "letters.approve", "letters.issue")


class LetterFilter(lists.FilterForm):
    """Of letters; the tab stands above them."""

    tab = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    q = forms.CharField(
        label=_("Number, subject, issuer"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    year = forms.IntegerField(label=_("Year"), required=False, min_value=2000, max_value=2199)


@page("letters.view")
def index(request: Request) -> HttpResponseBase:
    """Letters of the offices that the asker sees; who only answers is led to what they received."""
    if only_receives(request.asker) and is_built(RECEIVED):
        return redirect(RECEIVED)
    asked = request.GET.get("tab", "")
    tab = asked if asked in TABS else "outgoing"
    form = LetterFilter(request)
    year = form.value("year")
    rows = _of_tab(queries.letters(request.asker, queries.Filters(text=form.value("q") or "")), tab)
    if year is not None:
        rows = rows.filter(dated__year=year)
    shown = page_of(rows, request)
    of_page = Letter.objects.filter(pk__in=[row.pk for row in shown.rows])
    seen = set(visible(of_page, request.asker, "letters.view", through="office_id").values_list("pk", flat=True))
    done = queries.progress(row for row in shown.rows if row.pk in seen)
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [(key, gettext(title), lists.address(request, tab=key)) for key, title in TABS.items()],
        "filters": form,
        "is_filtered": bool(form.value("q") or year),
        "page": shown,
        "rows": [(row, done.get(row.pk)) for row in shown.rows],
        "has_offices": len({row.office_id for row in shown.rows}) > 1,
        "may_draft": request.asker.may("letters.draft"),
        "may_arrive": request.asker.may("letters.draft") and is_built("/letters/arrive"),
        "has_received": request.asker.may("work.answer") and is_built(RECEIVED),
    }
    return render(request, "letters/writing/list.html", context)


def _of_tab(rows: QuerySet[Letter], tab: str) -> QuerySet[Letter]:
    unsent = (DRAFT, APPROVED)
    if tab == "incoming":
        return rows.filter(direction=IN)
    if tab == "drafts":
        return rows.filter(direction=OUT, state__in=unsent)
    return rows.filter(direction=OUT, form=REPORT if tab == "reports" else LETTER).exclude(state__in=unsent)


def only_receives(asker: Asker) -> bool:
    """Whether somebody answers letters and has no register to look at."""
    if any(map(asker.may, _WRITES)) or not asker.may("work.answer"):
        return False
    if isinstance(asker.roots("letters.view"), Everywhere):
        return False
    return not visible(Letter.objects.all(), asker, "letters.view", through="office_id").exists()
