"""Rows of a version while nobody works with them yet: written and read by the ten thousand, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from vonggac.desk import loading
from vonggac.desk.intel.models import ListRow, ListVersion, RowFault
from vonggac.desk.intel.staging.life import PIECE, beat

COLUMNS = (
    "version_id", "sheet", "number", "kind", "role", "value", "original", "malware", "family", "first_seen", "last_seen", "at", "port",
    "destination", "destination_port", "n_seen", "told_organisation", "note", "organisation_id", "attribution", "status", "warnings",
    "priority", "decision", "decision_reason", "key",
)  # fmt: skip
"""What is written of a row, in this order."""

MOST_FAULTS = 20_000
"""Faults that are kept of one version; all are counted."""

ADDRESSES = ("ipv4", "ipv6", "cidr", "range")
"""Kinds of value that an organisation can hold."""

Entry = tuple[str, str]
"""What makes a row the same in every version of its list: value and family."""

_AT_ONCE = 2_000


def write(version_id: int, run: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows (COLUMNS each) in short transactions. Raises Superseded when the version is no longer this run's."""
    for start in range(0, len(rows), PIECE):
        with transaction.atomic():
            beat(version_id, run)
            loading.insert("intel_listrow", COLUMNS, rows[start : start + PIECE])


def write_faults(version_id: int, run: str, faults: Iterable[RowFault]) -> None:
    """Keep the first MOST_FAULTS of ``faults``."""
    kept = list(faults)[:MOST_FAULTS]
    for start in range(0, len(kept), PIECE):
        with transaction.atomic():
            beat(version_id, run)
            RowFault.objects.bulk_create(kept[start : start + PIECE], batch_size=1000)


def entries(version_id: int | None) -> set[Entry]:
    """All entries of a version."""
    if version_id is None:
        return set()
    return set(ListRow.objects.filter(version_id=version_id).values_list("value", "family").iterator(chunk_size=10_000))


def seen_before(version: ListVersion, wanted: Collection[Entry]) -> set[Entry]:
    """Those of ``wanted`` that any published version of the same list has."""
    earlier = list(published(version).values_list("pk", flat=True))
    values = sorted({value for value, _family in wanted})
    found: set[Entry] = set()
    for start in range(0, len(values) if earlier else 0, _AT_ONCE):
        rows = ListRow.objects.filter(value__in=values[start : start + _AT_ONCE], version_id__in=earlier)
        found.update(rows.values_list("value", "family").iterator(chunk_size=10_000))
    return found & set(wanted)


def published(version: ListVersion) -> QuerySet[ListVersion]:
    """The versions of the same list that are published, but not ``version`` itself."""
    rows = ListVersion.objects.filter(indicator_list_id=version.indicator_list_id, state="published")
    return rows.exclude(pk=version.pk)


def decisions(version_id: int) -> dict[Entry, tuple[str, str]]:
    """What people decided of rows of this version, with their reasons."""
    rows = ListRow.objects.filter(version_id=version_id, decision__in=("act", "ignore"))
    return {
        (value, family): (decision, reason)
        for value, family, decision, reason in rows.values_list("value", "family", "decision", "decision_reason")
    }


def gone(version: ListVersion) -> QuerySet[ListRow]:
    """Rows of the version before that this one lacks; none when nothing was before."""
    if version.previous_id is None:
        return ListRow.objects.none()
    here = ListRow.objects.filter(version=version, value=OuterRef("value"), family=OuterRef("family"))
    return ListRow.objects.filter(~Exists(here), version_id=version.previous_id)


def counted(version: ListVersion) -> dict[int, Counter[str]]:
    """Organisation to how many of its rows are new, still, back and gone."""
    found: dict[int, Counter[str]] = {}
    rows: Any = ListRow.objects.filter(version=version).exclude(organisation=None)
    for organisation, status, n in _grouped(rows):
        found.setdefault(organisation, Counter())[status] += n
    for organisation, _status, n in _grouped(gone(version).exclude(organisation=None)):
        found.setdefault(organisation, Counter())["gone"] += n
    return found


def _grouped(rows: QuerySet[ListRow]) -> Iterable[tuple[int, str, int]]:
    grouped: Any = rows.order_by().values_list("organisation_id", "status").annotate(n=Count("pk"))
    return grouped  # type: ignore[no-any-return]


def to_work_on(version: ListVersion, more: Mapping[str, Any] | None = None) -> QuerySet[ListRow]:
    """Rows that Tasks are made of, in the order of their ids: an organisation holds the address, and no decision is open or against it."""
    rows = ListRow.objects.filter(version=version, kind__in=ADDRESSES, decision__in=("", "act"), **(more or {}))
    return rows.exclude(organisation=None).order_by("pk")


def n_of(version_id: int, wanted: Collection[Entry]) -> int:
    """How many rows of a version are of these entries."""
    if not wanted:
        return 0
    rows = ListRow.objects.filter(version_id=version_id).values_list("value", "family").iterator(chunk_size=10_000)
    entries_wanted = set(wanted)
    return sum(row in entries_wanted for row in rows)
