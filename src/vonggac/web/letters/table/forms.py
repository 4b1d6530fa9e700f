"""What of a table is shown, as the address says it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives.queries.table import SHOWS, SORTS, Filters
from vonggac.web.organisations import lists
from vonggac.web.organisations.forms import choices
from vonggac.web.shell.pages import Request


class TableFilter(lists.FilterForm):
    """Filters of the matrix; what is shown stands in chips."""

    field_order = ("q", "group", "sort")

    q = forms.CharField(
        label=_("Name"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    group = forms.ChoiceField(label=_("Group"), required=False)
    show = forms.CharField(required=False, widget=forms.HiddenInput, max_length=16)
    compare = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def __init__(self, request: Request, groups: Any = ()) -> None:
        super().__init__(request)
        self.fields["group"].choices = [("", gettext("All groups")), *groups]  # type: ignore[attr-defined]
        self.fields["sort"] = forms.ChoiceField(label=_("Order"), required=False, choices=choices(SORTS, ""))
        self.order_fields(self.field_order)


def filters_of(request: Request) -> Filters:
    """What the address asks for; what it asks wrongly is left out."""
    asked = request.GET
    show, order = asked.get("show", ""), asked.get("sort", "")
    return Filters(
        group=asked.get("group", "")[:60],
        show=show if show in SHOWS else "",
        text=asked.get("q", "")[:200],
        sort=order if order in SORTS else "order",
    )
