"""Reading the record: by filters, one entry whole, the history of one object. Newest first, always scoped."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Model, Q, QuerySet

from vonggac.desk.audit.models import Detail, Entry, Head, Touch
from vonggac.desk.audit.titles import ACTIONS
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotThere

VIEW = "audit.view"
EXPORT = "audit.export"
PAGE = 50
WINDOW = 5000
"""Entries whose texts are looked through at a time."""
LOOK_S = 0.06
"""Seconds after which no further window is begun: the page then offers to look further back."""
_SLACK = 10_000
"""Entries by which a clock that was set back may have put numbers and times out of step."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; empty means all. ``action`` may be a noun alone. ``since`` (included) and ``until`` (not) are aware.

    ``text`` is searched in the names of who acted and of what they acted on, with or without diacritics.
    """

    action: str = ""
    actor_id: int | None = None
    object_type: str = ""
    object_id: str = ""
    organisation_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry as a reader may see it. ``is_erased``: who, on what and from where are gone, what was done is not."""

    seq: int
    at: datetime
    action: str
    actor_id: int | None
    via: str
    object_type: str
    object_id: str
    organisation_id: int | None
    n_objects: int
    hash: str
    is_erased: bool
    actor: str = ""
    label: str = ""
    address: str = ""
    agent: str = ""
    session: str = ""
    changes: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. ``before``: where the next page begins, None at the end.

    ``looked_to``: the entry back to which texts were looked through, when there is more to look through; else None.
    """

    entries: Sequence[Shown]
    before: int | None = None
    looked_to: int | None = None


def entries(
    asker: Asker,
    filters: Filters,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
    permission: str = VIEW,
) -> Page:
    """The newest ``limit`` entries below number ``before`` and above ``after`` that ``filters`` let through."""
    rows = _filtered(asker, filters, permission)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    if after is not None:
        rows = rows.filter(seq__gt=after)
    words = search_form(filters.text).split()
    if words:
        return _looked_through(rows, words, before, limit)
    found = list(rows.order_by("-seq")[: limit + 1])
    return Page(_shown(found[:limit]), found[limit - 1].seq if len(found) > limit else None)


def entry(asker: Asker, seq: int) -> Shown:
    """One entry with all that is known of it. Raises NotThere."""
    found = visible(Entry.objects.filter(seq=seq), asker, VIEW).first()
    if found is None:
        raise NotThere(N_("there is no such entry"))
    return _shown([found])[0]


def history_of(
    asker: Asker, record: Model, *, permission: str = VIEW, before: int | None = None, limit: int = PAGE
) -> Page:
    """What happened to ``record``, as far as the asker holds ``permission`` where it happened.

    Other nouns give the permission with which they show the record itself; who does not hold audit.view there sees who did
    what, but not from which address.
    """
    kind, key = record._meta.label_lower, str(record.pk)  # noqa: SLF001
    beside = Touch.objects.filter(object_type=kind, object_id=key).values("seq")
    # Two questions rather than one with OR: each is answered from the end of an index.
    found: list[Any] = []
    for asked in (Q(object_type=kind, object_id=key), Q(seq__in=beside)):
        rows = visible(Entry.objects.filter(asked), asker, permission)
        if before is not None:
            rows = rows.filter(seq__lt=before)
        found += rows.order_by("-seq")[: limit + 1]
    found = sorted({row.seq: row for row in found}.values(), key=lambda row: -row.seq)
    shown = found[:limit]
    places = {row.organisation_id for row in shown}
    open_to = {place for place in places if may_on(asker, VIEW, place)} if asker.may(VIEW) else set()
    whole = {row.seq for row in shown if row.organisation_id in open_to}
    return Page(_shown(shown, whole), found[limit - 1].seq if len(found) > limit else None)


def every(asker: Asker, filters: Filters, chunk: int = 1000) -> Iterator[Shown]:
    """All entries that ``filters`` let through and the asker may export, read in parts. Each part is a read of its own."""
    before: int | None = None
    while True:
        page = entries(asker, filters, before=before, limit=chunk, permission=EXPORT)
        yield from page.entries
        before = page.before if page.before is not None else page.looked_to
        if before is None:
            return


def n_entries(asker: Asker, filters: Filters, most: int) -> int:
    """How many entries an export would hold, counted up to ``most`` (texts are not looked at)."""
    return _filtered(asker, filters, EXPORT).order_by()[:most].count()


def last_seq() -> int:
    """The number of the newest entry: where a live stream begins."""
    return Head.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Step:
    """That something happened, without who and what: enough for the live stream, which asks the scope itself."""

    seq: int
    action: str
    object_type: str
    object_id: str
    organisation_id: int | None


def steps_after(seq: int, limit: int) -> list[Step]:
    """The first ``limit`` entries after number ``seq``, in their order, unscoped: whoever hands them on must ask the scope."""
    rows = Entry.objects.filter(seq__gt=seq).order_by("seq")
    return [
        Step(*row) for row in rows.values_list("seq", "action", "object_type", "object_id", "organisation_id")[:limit]
    ]


def holding_details(seqs: Iterable[int] = (), actor_id: int | None = None, person: str = "") -> QuerySet[Any]:
    """Details that are of these entries, of this actor, or hold this text. Those of erasures themselves are kept."""
    rows = Detail.objects.exclude(entry__action="audit.erase")
    if actor_id is not None:
        return rows.filter(entry__actor_id=actor_id)
    if person:
        return rows.filter(content__contains=orjson.dumps(person).decode()[1:-1])
    return rows.filter(entry_id__in=list(seqs))


def _filtered(asker: Asker, filters: Filters, permission: str) -> QuerySet[Any]:
    rows = visible(Entry.objects.all(), asker, VIEW)
    if permission != VIEW:
        rows = visible(rows, asker, permission)
    if filters.action:
        of_noun = [action for action in ACTIONS if action.startswith(f"{filters.action}.")]
        rows = rows.filter(action__in=of_noun or [filters.action])
    exact = {
        "actor_id": filters.actor_id,
        "object_type": filters.object_type or None,
        "object_id": filters.object_id or None,
        "organisation_id": filters.organisation_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    # The numbers rise with time, so a period is nearly a span of numbers, which every index here ends with.
    if filters.since:
        first = Entry.objects.filter(at__gte=filters.since).order_by("at").values_list("seq", flat=True).first()
        rows = rows.filter(seq__gte=first - _SLACK, at__gte=filters.since) if first is not None else rows.none()
    if filters.until:
        last = Entry.objects.filter(at__lt=filters.until).order_by("-at").values_list("seq", flat=True).first()
        rows = rows.filter(seq__lte=last + _SLACK, at__lt=filters.until) if last is not None else rows.none()
    return rows


def _looked_through(rows: QuerySet[Any], words: Sequence[str], before: int | None, limit: int) -> Page:
    """The entries whose folded text holds all ``words``, window by window back from ``before``."""
    condition = Q()
    for word in words:
        condition &= Q(detail__folded__contains=word)
    top = last_seq() + 1 if before is None else before
    found: list[Any] = []
    until = time.monotonic() + LOOK_S
    while True:
        bottom = top - WINDOW
        part = rows.filter(condition, seq__gte=bottom, seq__lt=top).order_by("-seq")
        found += part[: limit + 1 - len(found)]
        if len(found) > limit:
            return Page(_shown(found[:limit]), found[limit - 1].seq)
        top = bottom
        if top <= 1:
            return Page(_shown(found))
        if time.monotonic() >= until:
            return Page(_shown(found), looked_to=top)


def _shown(rows: Sequence[Any], whole: Collection[int] | None = None) -> list[Shown]:
    """``rows`` with their details; from where somebody acted is left out unless the number is in ``whole`` (None: all are)."""
    contents = dict(Detail.objects.filter(pk__in=[row.seq for row in rows]).values_list("entry_id", "content"))
    return [_one(row, contents.get(row.seq), whole is None or row.seq in whole) for row in rows]


def _one(row: Any, content: str | None, is_whole: bool) -> Shown:
    known = {
        name: getattr(row, name)
        for name in (
            "seq",
            "at",
            "action",
            "actor_id",
            "via",
            "object_type",
            "object_id",
            "organisation_id",
            "n_objects",
            "hash",
        )
    }
    if content is None:
        return Shown(**known, is_erased=True)
    told = orjson.loads(content)
    changes = told.get("changes", [])
    label = told.get("label") or next((change["label"] for change in changes if change.get("label")), "")
    origin = {name: told.get(name, "") for name in ("address", "agent", "session")} if is_whole else {}
    return Shown(**known, is_erased=False, actor=told.get("actor", ""), label=label, changes=changes, **origin)
