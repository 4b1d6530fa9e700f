"""What the lists of the directory share: filters in the address, chips, sorted columns, and what the asker may do where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.systems import EXPOSURES
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_
from vonggac.web.organisations.fields import Day, OrganisationPick
from vonggac.web.organisations.forms import choices
from vonggac.web.shell.pages import Request

PLACE = ("page", "after", "before", "cursor")
"""What in an address says where in a list one is: it falls away when a filter changes."""

RIGHTS = (
    "organisations.edit",
    "people.view",
    "people.edit",
    "networks.view",
    "networks.edit",
    "systems.view",
    "systems.edit",
    "audit.view",
)
"""What pages of one organisation ask for."""


def address(request: Request, **change: Any) -> str:
    """This page's query with ``change`` (None takes a filter away), from the beginning of the list."""
    query = request.GET.copy()
    for key in (*PLACE, *change):
        query.pop(key, None)
    for key, value in change.items():
        if value not in {None, ""}:
            query[key] = str(value)
    return f"?{query.urlencode()}"


class Chip(NamedTuple):
    """A filter that one press sets or takes away."""

    label: Any
    href: str
    is_current: bool
    n: int | None = None


def chips(request: Request, name: str, titles: Iterable[tuple[Any, Any]], none: Any) -> list[Chip]:
    """One chip per choice of the filter ``name``, first the one that takes it away."""
    asked = request.GET.get(name, "")
    shown = [(key, title) for key, title in titles if key != ""]
    return [
        Chip(none, address(request, **{name: None}), asked not in {str(key) for key, _title in shown}),
        *(Chip(title, address(request, **{name: key}), asked == str(key)) for key, title in shown),
    ]


class Column(NamedTuple):
    """The head of a column; ``href`` is empty where nothing sorts by it."""

    title: Any
    href: str = ""
    is_sorted: bool = False


def columns(request: Request, heads: Iterable[tuple[Any, str]], asked: str) -> list[Column]:
    """The heads (title, what it sorts by or empty) of a list sorted by ``asked``."""
    return [
        Column(title, address(request, sort=key) if key else "", bool(key) and key == asked) for title, key in heads
    ]


def sort_of(request: Request, sorts: Mapping[str, Any]) -> str:
    """What the address asks to sort by; the first of ``sorts`` for anything else."""
    asked = request.GET.get("sort", "")
    return asked if asked in sorts else next(iter(sorts))


def rights(asker: Asker, organisation_id: int) -> dict[str, bool]:
    """Each of RIGHTS (``networks_edit``) and whether it is held on an organisation; one look-up per part of the graph."""
    known: dict[Any, bool] = {}
    held = {}
    for permission in RIGHTS:
        roots = asker.roots(permission)
        part = "everywhere" if isinstance(roots, Everywhere) else roots
        if part not in known:
            known[part] = may_on(asker, permission, organisation_id)
        held[permission.replace(".", "_")] = known[part]
    return held


class FilterForm(forms.Form):
    """Filters of a list; none is needed, and one that cannot be read filters nothing and says so."""

    sort = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    q = forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(self, request: Request) -> None:
        super().__init__(request.GET, auto_id="filter-%s")
        for field in self.fields.values():
            if isinstance(field, OrganisationPick):
                field.asker, field.help_text = request.asker, ""

    def value(self, name: str) -> Any:
        """The value of one filter, None when there is none or it cannot be read."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


class OrganisationFilter(FilterForm):
    """Of the tree and the list of organisations."""

    at = Day(label=_("As of"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=lambda: choices(KINDS, N_("All kinds")))


class NetworkFilter(FilterForm):
    """Of networks."""

    q = forms.CharField(
        label=_("Address, range, provider or note"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    organisation = OrganisationPick(label=_("Organisation"), required=False)
    side = forms.ChoiceField(label=_("Side"), required=False, choices=lambda: choices(SIDES, N_("Both sides")))
    at = Day(label=_("Held on"), required=False)


class SystemFilter(FilterForm):
    """Of systems; the level stands in chips."""

    level = forms.CharField(required=False, widget=forms.HiddenInput, max_length=4)
    organisation = OrganisationPick(label=_("Organisation"), required=False)
    address = forms.CharField(label=_("Address or domain name"), required=False, max_length=253)
    exposure = forms.ChoiceField(
        label=_("Exposure"), required=False, choices=lambda: choices(EXPOSURES, N_("Any exposure"))
    )


class PeopleFilter(FilterForm):
    """Of people."""

    organisation = OrganisationPick(label=_("Organisation"), required=False)
    at = Day(label=_("Worked there on"), required=False)


def moment_of(form: FilterForm, now: datetime, name: str = "at") -> datetime:
    """The time that a filter asks for, else ``now``."""
    asked: datetime | None = form.value(name)
    return asked or now
