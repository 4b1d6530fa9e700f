"""Filters of the queue as they stand in the address, their chips with counts, and what views that people kept amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.organisations import queries as directory
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import queries
from vonggac.desk.work.kinds import KINDS
from vonggac.desk.work.models import Batch, SavedView
from vonggac.desk.work.queries.tasks import GROUPS
from vonggac.desk.work.states import PRIORITIES, STATES
from vonggac.errors import N_, NotThere
from vonggac.web.organisations import lists
from vonggac.web.organisations.fields import OrganisationPick
from vonggac.web.organisations.forms import choices
from vonggac.web.shell.pages import Request

ALL = "all"
STATE_CHIPS = {
    "open": N_("To do"),
    "unanswered": N_("Not acknowledged"),
    "review": N_("To review"),
    "pass_on": N_("To pass on"),
    "done": N_("Done"),
    ALL: N_("All work"),
}
"""Groups of states that a press chooses, in the order of the work."""
_COUNTED = {"open": "open", "unanswered": "unanswered", "review": "submitted", ALL: "total"}
KINDS_TITLED = {kind.name: kind.title for kind in KINDS}
SORT_TITLES = {
    "due": N_("What breaks next"),
    "priority": N_("Most pressing first"),
    "newest": N_("Newest first"),
    "changed": N_("Changed last"),
}


class OrganisationIn(OrganisationPick):
    """An organisation by its id, as links of other pages name it, or as a pick box does."""

    def clean(self, value: Any) -> Any:
        """The organisation, None when there is none."""
        text = str(value or "").strip()
        if text.isascii() and text.isdecimal() and len(text) < 19:
            try:
                return directory.organisation(self.asker, int(text))
            except NotThere:
                pass  # a code may consist of digits
        return super().clean(value)


class QueueFilter(lists.FilterForm):
    """What of the queue is shown; state, kind, mine, late stand in chips."""

    field_order = ("q", "organisation", "priority", "sort")

    q = forms.CharField(
        label=_("Address or words"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    organisation = OrganisationIn(label=_("Organisation"), required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), required=False, coerce=int, empty_value=None,
        choices=lambda: choices({str(n): title for n, title in PRIORITIES.items()}, N_("Any priority")),
    )  # fmt: skip
    state = forms.CharField(required=False, widget=forms.HiddenInput, max_length=16)
    kind = forms.CharField(required=False, widget=forms.HiddenInput, max_length=24)
    batch = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**63 - 1)
    mine = forms.CharField(required=False, widget=forms.HiddenInput, max_length=1)
    late = forms.CharField(required=False, widget=forms.HiddenInput, max_length=1)

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.asker = request.asker
        self.fields["sort"] = forms.ChoiceField(
            label=_("Order"), required=False, choices=choices(SORT_TITLES, N_("As it comes"))
        )
        self.order_fields(self.field_order)

    @property
    def state_asked(self) -> str:
        """The group or state that is shown: what the address says, else what this person comes for."""
        asked = self.value("state")
        if asked in GROUPS or asked == ALL:
            return str(asked)
        if any(self.value(name) for name in ("q", "organisation", "priority", "kind", "batch", "late", "mine")):
            return ALL
        return "review" if self.asker.may("work.review") else "open"

    @property
    def _state(self) -> str:
        """The state that is asked of the queue. What is overdue is always its owner's: said so, an index leads there."""
        if self.state_asked == ALL:
            return "open" if self.value("late") else ""
        return self.state_asked

    @property
    def sort_asked(self) -> str:
        """The order that is asked for; of everything the newest first, else what breaks next."""
        asked = self.value("sort")
        return str(asked) if asked in SORT_TITLES else "newest" if self._state == "" else "due"

    def filters(self) -> queries.Filters:
        """What the queue is asked for."""
        owner = self.value("organisation")
        kind = self.value("kind")
        return queries.Filters(
            text=self.value("q") or "",
            state=self._state,
            kind=kind if kind in KINDS_TITLED else "",
            organisation_id=None if owner is None else owner.pk,
            batch_id=self.value("batch"),
            assignee_id=self.asker.user_id if self.value("mine") else None,
            priority=self.value("priority"),
            is_late=True if self.value("late") else None,
        )

    def total(self, counted: queries.Count) -> int | None:
        """How many rows there are, where the counts that are kept tell it."""
        if self.value("late"):
            return counted.late if self._state == "open" else None
        name = _COUNTED.get(self.state_asked)
        return None if name is None or name == "submitted" else int(getattr(counted, name))


def is_countable(filters: queries.Filters) -> bool:
    """Whether the counts that are kept know how many these are."""
    return not (filters.text or filters.assignee_id or filters.priority or filters.below_id)


def counts_for(asker: Asker, filters: queries.Filters) -> queries.Count:
    """The counts of what is left when the state is left out."""
    return queries.counts(
        asker, organisation_id=filters.organisation_id, kind=filters.kind, batch_id=filters.batch_id
    )  # fmt: skip


def state_chips(request: Request, form: QueueFilter, counted: queries.Count | None) -> list[lists.Chip]:
    """One chip per group of states, with how many there are, “to pass on” for whom something waits; a single state that is asked for beside them."""
    asked = form.state_asked
    found = []
    for key, title in STATE_CHIPS.items():
        if key == "pass_on":
            n: int | None = queries.n_to_pass_on(form.asker) if form.asker.may("work.assign") else 0
            if not n and key != asked:
                continue
        else:
            n = None if counted is None else _n_of(counted, key)
        found.append(lists.Chip(gettext(title), lists.address(request, state=key, task=None), key == asked, n))
    if asked in STATES and asked not in STATE_CHIPS:
        found.append(lists.Chip(gettext(STATES[asked]), lists.address(request, state=None, task=None), True))
    return found


def _n_of(counted: queries.Count, key: str) -> int:
    if key == "done":
        return counted.accepted + counted.withdrawn
    return int(getattr(counted, _COUNTED[key]))


def toggles(request: Request, form: QueueFilter, counted: queries.Count | None) -> list[lists.Chip]:
    """Chips that are on or off: overdue, given to me; and filters that other pages set, each to take away."""
    late, mine = bool(form.value("late")), bool(form.value("mine"))
    found = [
        lists.Chip(gettext("Overdue"), lists.address(request, late=None if late else 1, task=None), late, None if counted is None else counted.late),
        lists.Chip(gettext("Given to me"), lists.address(request, mine=None if mine else 1, task=None), mine),
    ]  # fmt: skip
    batch_id = form.value("batch")
    if batch_id is not None:
        found.append(lists.Chip(batch_title(form.asker, batch_id), lists.address(request, batch=None, task=None), True))
    return found


def batch_title(asker: Asker, batch_id: int) -> str:
    """What opened these Tasks together; its number when it is not there, or none of them is the asker's to see."""
    seen = Batch.objects.filter(pk=batch_id) if queries.counts(asker, batch_id=batch_id).total else Batch.objects.none()
    title = seen.values_list("title", flat=True).first()
    return title or f"#{batch_id}"


class View(NamedTuple):
    """A view that somebody kept. ``n``: how many Tasks it shows, None where that is not counted."""

    row: SavedView
    href: str
    is_current: bool
    is_own: bool
    n: int | None


_VIEWED = ("q", "organisation", "priority", "sort", "state", "kind", "batch", "mine", "late")


def query_of(request: Request) -> str:
    """The filters of this page as a view keeps them: one order, nothing empty."""
    return "&".join(
        f"{name}={_quoted(request.GET[name])}" for name in _VIEWED if request.GET.get(name, "").strip()
    )  # fmt: skip


def _quoted(text: str) -> str:
    made = QueryDict(mutable=True)
    made["x"] = text
    return made.urlencode()[2:]


def views_of(request: Request) -> list[View]:
    """The views of the asker with their counts: those that hold filters that are counted anyway."""
    here = query_of(request)
    known: dict[Any, queries.Count] = {}
    return [
        View(row, f"?{row.query}", row.query == here, row.user_id == request.asker.user_id, _n_in(request, row, known))
        for row in queries.saved_views(request.asker)
    ]


@dataclass
class _Kept:
    """A request that asks for what a view keeps."""

    GET: QueryDict
    asker: Asker


def _n_in(request: Request, row: SavedView, known: dict[Any, queries.Count]) -> int | None:
    form = QueueFilter(_Kept(QueryDict(row.query), request.asker))  # type: ignore[arg-type]
    filters = form.filters()
    if not is_countable(filters):
        return None
    key = (filters.organisation_id, filters.kind, filters.batch_id)
    if key not in known and len(known) < _MOST_COUNTED:
        known[key] = counts_for(request.asker, filters)
    if key not in known:
        return None
    if filters.is_late:
        return known[key].late if form.state_asked in (ALL, "open") else None
    return _n_of(known[key], form.state_asked) if form.state_asked in {*_COUNTED, "done"} else None


_MOST_COUNTED = 6
"""Sums over the counts for the views of one page."""
