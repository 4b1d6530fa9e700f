"""What people see of messages: the queue and its log, one message as it goes out, the switch, their own list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from vonggac.config import Settings
from vonggac.desk.notices import delivery, rendering, wording
from vonggac.desk.notices.channels import BY_NAME, CHANNELS
from vonggac.desk.notices.models import FAILED, HELD, STATES, WAITING, Attempt, Notice, Received, Switch
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotThere

CHANNEL_TITLES = {channel.name: channel.title for channel in CHANNELS}
WINDOW = 5_000
"""Ids that the first look for the newest messages takes in."""
SLACK = 1_000
"""Ids by which transactions that end out of order may stand apart."""
MOST_PEOPLE = 500
"""People of one name whose messages are looked for."""
_BEYOND = 2**62
TEMPLATE_TITLES = {template.name: template.title for template in wording.TEMPLATES}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows; empty is everything. ``recipient``: part of an address or of the name of an account."""

    state: str = ""
    channel: str = ""
    template: str = ""
    recipient: str = ""
    organisation_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) not in ("", None) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the list. ``to``: an address, or the name of an account. Texts are titles of the catalogue."""

    notice: Notice
    subject: str
    to: str
    state: str
    channel: str
    template: str
    may_release: bool
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would go out now, with every secret masked. ``with_n``: how many others go in the same digest."""

    line: Line
    wording: wording.Wording
    attempts: Sequence[Attempt]
    with_n: int
    has_run_out: bool
    is_masked: bool
    parts: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Holding:
    """The switch. ``may_turn``: whether who asks may turn it. ``n_held``: what they may see held."""

    is_on: bool
    changed_at: datetime | None
    changed_by: str
    n_held: int
    may_turn: bool


def counts(asker: Asker) -> Mapping[str, int]:
    """How many messages are held, wait, and were not delivered, of those that ``asker`` may see."""
    open_ones = Notice.objects.filter(state__in=(HELD, WAITING, FAILED))
    rows = visible(open_ones, asker, "notices.view").order_by().values_list("state").annotate(n=Count("id"))
    return {HELD: 0, WAITING: 0, FAILED: 0, **dict(rows)}


def notices(asker: Asker, filters: Filters, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """The newest messages that ``asker`` may see, those with an id below ``before``."""
    rows = visible(Notice.objects.all(), asker, "notices.view").filter(_condition(filters))
    return _lines(asker, Notice.objects.filter(pk__in=_newest(rows, before, limit)).order_by("-id"))


def _newest(rows: QuerySet[Notice], before: int | None, limit: int) -> list[int]:
    """The ``limit`` highest ids of ``rows`` below ``before``, looked for in growing windows back from the newest.

    Without windows, the index by organisation sorts everything that a wide scope sees, or the primary key is walked through
    to find the little that a narrow one does.
    """
    top = min(before or _BEYOND, (Notice.objects.aggregate(top=Max("id"))["top"] or 0) + 1)
    found: list[int] = []
    window = WINDOW
    while top > 0 and len(found) < limit:
        bottom = max(top - window, 0)
        part = rows.filter(pk__gte=bottom, pk__lt=top).order_by("-id").values_list("pk", flat=True)
        found += part[: limit - len(found)]
        top, window = bottom, window * 4
    return found


def by_key(asker: Asker, key: str) -> Line:
    """The message with this key that ``asker`` may see. Raises NotThere."""
    found = _lines(asker, visible(Notice.objects.filter(key=key), asker, "notices.view"))
    if not found:
        raise NotThere(N_("there is no such message"))
    return found[0]


def _condition(filters: Filters) -> Q:
    condition = Q()
    exact = {name: getattr(filters, name) for name in ("state", "channel", "template", "organisation_id")}
    condition &= Q(**{name: value for name, value in exact.items() if value})
    # Ids rise with time, nearly: a period is a span of ids, which every index here ends with.
    if filters.since:
        first = Notice.objects.filter(created_at__gte=filters.since).order_by("created_at").values_list("pk", flat=True)
        condition &= Q(created_at__gte=filters.since, pk__gte=(first.first() or _BEYOND) - SLACK)
    if filters.until:
        last = Notice.objects.filter(created_at__lt=filters.until).order_by("-created_at").values_list("pk", flat=True)
        condition &= Q(created_at__lt=filters.until, pk__lte=(last.first() or 0) + SLACK)
    if filters.recipient:
        people = get_user_model().objects.filter(folded__contains=search_form(filters.recipient))
        named = list(people.values_list("pk", flat=True)[:MOST_PEOPLE])
        condition &= Q(recipient__icontains=filters.recipient) | Q(user_id__in=named)
    return condition


def _lines(asker: Asker, rows: QuerySet[Notice]) -> list[Line]:
    may = visible(Notice.objects.filter(pk=OuterRef("pk")), asker, "notices.release")
    found = rows.select_related("user", "organisation").annotate(may_release=Exists(may))
    return [_line(row, may_release=bool(row.may_release)) for row in found]


def _line(notice: Notice, *, may_release: bool) -> Line:
    is_known = notice.template in wording.BY_NAME
    is_inside = not BY_NAME[notice.channel].leaves if notice.channel in BY_NAME else False
    return Line(
        notice=notice,
        subject=rendering.shown(notice).subject if is_known else notice.template,
        to=str(notice.user or "–") if is_inside else notice.recipient,
        state=STATES[notice.state],
        channel=CHANNEL_TITLES.get(notice.channel, notice.channel),
        template=TEMPLATE_TITLES.get(notice.template, notice.template),
        may_release=may_release,
    )


def preview(asker: Asker, notice_id: int) -> Preview:
    """One message that ``asker`` may see, or that is their own. Raises NotThere."""
    rows = Notice.objects.filter(pk=notice_id)
    seen = visible(rows, asker, "notices.view")
    if (own := asker.user_id) is not None and asker.only is None:
        seen |= rows.filter(user_id=own)
    found = _lines(asker, seen)
    if not found:
        raise NotThere(N_("there is no such message"))
    line = found[0]
    outgoing, with_n = _outgoing(line.notice)
    parts = line.notice.parts.order_by("id")[: wording.DIGEST_LINES]
    return Preview(
        line=line,
        wording=rendering.shown(outgoing),
        attempts=list(line.notice.attempts.order_by("-id")[:50]),
        with_n=with_n,
        has_run_out=rendering.has_run_out(line.notice),
        is_masked=line.notice.template in wording.BY_NAME and bool(wording.BY_NAME[line.notice.template].secrets),
        parts=_lines(asker, parts),
    )


def _outgoing(notice: Notice) -> tuple[Notice, int]:
    """What would go out in its place now: itself, or the digest with what waits beside it."""
    parts = delivery.together(notice)
    if len(parts) == 1 or (notice.template == "digest" and len(parts) == notice.values["n"]):
        return notice, 0
    return delivery.digest_of(parts), len(parts) - 1


def holding(asker: Asker) -> Holding:
    """The switch, for whoever may see messages at all."""
    switch = Switch.objects.filter(pk=1).first()
    return Holding(
        is_on=switch is None or switch.is_on,
        changed_at=switch.changed_at if switch else None,
        changed_by=switch.changed_by if switch else "",
        n_held=visible(Notice.objects.filter(state=HELD), asker, "notices.view").count(),
        may_turn=may_on(asker, "notices.release", None),
    )


def organisations(asker: Asker) -> list[tuple[int, str]]:
    """The organisations, by name, that messages to be seen by ``asker`` are about: up to 200, for a filter."""
    about = visible(Notice.objects.all(), asker, "notices.view").order_by().values("organisation_id").distinct()
    found = Organisation.objects.filter(pk__in=about).order_by("sort_key", "id")[:200]
    return list(found.values_list("pk", "name"))


def n_to_do(asker: Asker) -> int:
    """How many messages wait for somebody: held where ``asker`` may release them, or not delivered."""
    n = counts(asker)
    return n[FAILED] + (n[HELD] if asker.may("notices.release") else 0)


def obstacles(settings: Settings) -> list[tuple[str, str]]:
    """Channels by which nothing can be sent now: title and why, both texts of the catalogue."""
    found = [(channel.title, channel(settings).obstacle()) for channel in CHANNELS]
    return [(title, why) for title, why in found if why]


def received(asker: Asker, *, before: int | None = None, limit: int = 30) -> list[Received]:
    """``asker``'s own messages in the portal, newest first, those with an id below ``before``."""
    if asker.user_id is None:
        return []
    rows = Received.objects.filter(user_id=asker.user_id)
    return list((rows if before is None else rows.filter(pk__lt=before)).order_by("-id")[:limit])


def n_unread(asker: Asker) -> int:
    """How many of them are unread: the number at the bell, 100 for more than 99."""
    if asker.user_id is None:
        return 0
    return Received.objects.filter(user_id=asker.user_id, read_at__isnull=True)[:100].count()
