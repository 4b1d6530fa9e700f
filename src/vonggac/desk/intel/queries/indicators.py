"""Indicators: found by what they are or by words, one with what else is known of it, those that may leave the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from vonggac.desk.intel.models import Indicator, ListRow, MalwareAlias, Sighting
from vonggac.desk.intel.models.indicators import ADDRESSES
from vonggac.desk.intel.models.lists import TLPS
from vonggac.desk.organisations.queries.graph import matching
from vonggac.desk.organisations.spans import Span, parse_span
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work.models import Task
from vonggac.desk.work.queries.tasks import published
from vonggac.errors import N_, NotThere

VIEW: Final = "indicators.view"
MOST_RELATED: Final = 20
SORTS = {"newest": ("-pk",), "changed": ("-changed_at", "-pk"), "value": ("value", "pk")}
"""What a list of indicators can be sorted by."""

AUDIENCES = {
    "public": N_("For everybody (TLP:CLEAR)"),
    "community": N_("For the community (up to TLP:GREEN)"),
    "clients": N_("For organisations that we work for (up to TLP:AMBER)"),
    "organisation": N_("For our own organisation only (up to TLP:AMBER+STRICT)"),
    "named": N_("For one named recipient only (up to TLP:RED)"),
}
"""For whom an export is: each may have what the Traffic Light Protocol 2.0 lets them have, and nothing stricter."""
_ALLOWED = {audience: tuple(TLPS)[: place + 1] for place, audience in enumerate(AUDIENCES)}


@dataclass(frozen=True, slots=True)
class Value:
    """What was typed, as it is stored: a kind of indicator and its normal form. ``host``: of a URL."""

    kind: str
    value: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for. ``values``: these very values, what they lie in and what lies in them; ``text``: words, where no value was typed."""

    text: str = ""
    values: Sequence[Value] = field(default=())
    kind: str = ""
    state: str = ""
    tlp: str = ""
    family: str = ""
    source: str = ""


def seen(asker: Asker) -> QuerySet[Indicator]:
    """Those that the asker sees: all, who may see them everywhere; else those that were seen at organisations of theirs, none of TLP:RED."""
    if may_on(asker, VIEW, None):
        return Indicator.objects.all()
    there = visible(Sighting.objects.filter(indicator=OuterRef("pk")), asker, VIEW)
    return Indicator.objects.filter(Exists(there)).exclude(tlp="red")


def indicators(asker: Asker, filters: Filters | None = None, *, sort: str = "newest") -> QuerySet[Indicator]:
    """Those that the asker sees and that fit."""
    wanted = filters or Filters()
    rows = seen(asker)
    exact = {"kind": wanted.kind, "state": wanted.state, "tlp": wanted.tlp, "family": wanted.family}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.values:
        condition = Q(pk__in=())
        for one in wanted.values:
            condition |= _about(one)
        rows = rows.filter(condition)
    elif wanted.text.strip():
        rows = matching(rows, wanted.text)
    return rows.order_by(*SORTS[sort])


def _about(one: Value) -> Q:
    """The value itself; of an address also networks that hold it, of a network what it shares addresses with, of a name its parents."""
    condition = Q(value=one.value)
    if one.kind in ADDRESSES:
        return condition | _overlapping(parse_span(one.value))
    host = one.host if one.kind == "url" else one.value if one.kind == "domain" else ""
    if host and not _is_address(host):
        labels = host.split(".")
        parents = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        condition |= Q(kind="domain", value__in=parents)
    elif host:
        condition |= Q(value=host.strip("[]")) | _overlapping(parse_span(host.strip("[]")))
    return condition


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.replace(".", "").isdigit()


def _overlapping(span: Span) -> Q:
    holding = Q(kind__in=("cidr", "range"), first__lte=span.last, last__gte=span.first)
    if span.first == span.last:
        return holding
    return holding | Q(kind__in=("ipv4", "ipv6"), first__gte=span.first, first__lte=span.last)


def indicator(asker: Asker, indicator_id: int) -> Indicator:
    """One of them; raises NotThere."""
    row = seen(asker).filter(pk=indicator_id).first()
    if row is None:
        raise NotThere(N_("there is no such indicator here"))
    return row


@dataclass(frozen=True, slots=True)
class Pivot:
    """What else is known around an indicator, each as far as the asker sees it; at most MOST_RELATED of each."""

    related: list[Indicator]
    family: list[Indicator]
    rows: list[ListRow]
    tasks: list[Task]
    sightings: list[Sighting]


def pivot(asker: Asker, row: Indicator, host: str = "") -> Pivot:
    """Around ``row``, which the asker was found to see. ``host``: of a URL."""
    everything = indicators(asker, Filters(values=(Value(row.kind, row.value, host),)))
    family = seen(asker).filter(family=row.family).exclude(pk=row.pk) if row.family else Indicator.objects.none()
    rows = ListRow.objects.filter(value=row.value).select_related("version__indicator_list", "organisation")
    listed = rows.filter(version__state="published") if may_on(asker, "lists.view", None) else rows.none()
    tasks = visible(published().filter(value=row.value), asker, "work.view").select_related("organisation")
    return Pivot(
        list(everything.exclude(pk=row.pk)[:MOST_RELATED]),
        list(family.order_by("-pk")[:MOST_RELATED]),
        list(listed.order_by("-pk")[:MOST_RELATED]),
        list(tasks.order_by("-pk")[:MOST_RELATED]),
        list(sightings(asker, row)[:MOST_RELATED]),
    )


def sightings(asker: Asker, row: Indicator) -> QuerySet[Sighting]:
    """Who saw it, the last first, as far as the asker sees them."""
    rows = Sighting.objects.filter(indicator=row).select_related("organisation")
    return visible(rows, asker, VIEW).order_by("-last_at", "-pk")


def aliases(asker: Asker, text: str = "") -> QuerySet[MalwareAlias]:
    """Names of malware that people entered, for those who see indicators everywhere."""
    rows = MalwareAlias.objects.order_by("family", "alias", "pk")
    if text.strip():
        rows = rows.filter(Q(alias__icontains=text.strip()) | Q(family__icontains=text.strip()))
    return rows if may_on(asker, VIEW, None) else rows.none()


def alias(asker: Asker, alias_id: int) -> MalwareAlias:
    """One of them; raises NotThere."""
    row = aliases(asker).filter(pk=alias_id).first()
    if row is None:
        raise NotThere(N_("there is no such alias here"))
    return row


def families_by_alias() -> dict[str, str]:
    """Every alias that people entered to its family, as they wrote both: what jobs read before the table that is shipped."""
    return dict(MalwareAlias.objects.values_list("alias", "family"))


def families(asker: Asker) -> list[str]:
    """The families of indicators that the asker sees, for a list to choose from."""
    rows = seen(asker).exclude(family="").order_by("family").values_list("family", flat=True).distinct()
    return list(rows[:500])


def to_share(asker: Asker, filters: Filters, audience: str) -> tuple[QuerySet[Indicator], int]:
    """Those that an export for ``audience`` may hold, and how many it must not. Red ones and strict ones stay unless it is for them."""
    rows = indicators(asker, filters, sort="newest")
    return rows.filter(tlp__in=_ALLOWED[audience]), rows.exclude(tlp__in=_ALLOWED[audience]).count()


def sightings_of(asker: Asker, ids: Sequence[int]) -> Iterator[Sighting]:
    """Sightings of many indicators, for an export: the asker holds the permission everywhere."""
    if may_on(asker, VIEW, None):
        for start in range(0, len(ids), 500):
            yield from Sighting.objects.filter(indicator_id__in=ids[start : start + 500]).order_by("pk")
