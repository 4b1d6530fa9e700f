"""Links by which recipients answer without an account: what one opens, and what their centre sees of them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.actions.dispatching import digest
from vonggac.desk.directives.models import Letter, Link, LinkUse, Recipient
from vonggac.desk.directives.queries.letters import letter, may_see_office
from vonggac.desk.directives.states import ACTION, ISSUED
from vonggac.desk.organisations.models import ContactPoint
from vonggac.desk.organisations.queries.graph import heirs
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.work.models import FAR, Task
from vonggac.desk.work.states import WITH_OWNER
from vonggac.errors import N_, NotThere

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
MAY: Final = frozenset({"letters.view", "work.view", "work.answer"})
"""All that whoever holds a link may do, for its recipient."""


def is_alive(link: Link, now: datetime) -> bool:
    """Whether a link opens its form: not revoked, not run out, its letter sent and not withdrawn. ``recipient__letter`` is read."""
    row = link.recipient.letter
    return (
        link.revoked_at is None
        and link.expires_at > now
        and row.state == ISSUED
        and row.sent_at is not None
        and link.recipient.organisation_id is not None
    )


def _whole() -> QuerySet[Link]:
    return Link.objects.select_related("recipient__letter__office", "recipient__organisation")


def is_token(text: str) -> bool:
    """Whether ``text`` has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def of_token(token: str) -> Link | None:
    """The link of a token, alive or not. It is looked for by its digest, so that time tells nothing of how near a guess came."""
    return _whole().filter(digest=digest(token)).first() if is_token(token) else None


def of_visit(link_id: int, digest_of_link: str, now: datetime | None = None) -> Link | None:
    """The link that a browser opened, if it is still the same and alive."""
    link = _whole().filter(pk=link_id).first()
    if link is None or not hmac.compare_digest(link.digest.encode(), digest_of_link.encode()):
        return None
    return link if is_alive(link, now or timezone.now()) else None


def asker_of_link(link: Link, name: str, origin: Origin) -> Asker:
    """Who holds a link: a name that they typed, and what it takes to answer for its recipient.

    What is held on an organisation is held on all below it: callers show and change nothing but ``link.recipient`` and what is its own.
    """
    where = link.recipient.organisation_id
    held = () if where is None else (Held("agency_officer", where),)
    return Asker(None, name, held, replace(origin, via="link"), only=MAY)


# ------------------------------------------------------------------------------------------------ the centre's side


@dataclass(slots=True)
class Sent:
    """A link as its centre sees it. ``uses``: the latest first; ``n_browsers``: how many opened it."""

    link: Link
    is_alive: bool
    uses: list[LinkUse] = field(default_factory=list)

    @property
    def browsers(self) -> list[str]:
        """The digests of the browsers that opened it, in the order in which they came."""
        return list(dict.fromkeys(one.browser for one in reversed(self.uses) if one.browser))

    @property
    def n_browsers(self) -> int:
        """How many browsers opened it: more than one, and it was passed on or opened on a second machine."""
        return len(self.browsers)

    @property
    def opened_at(self) -> datetime | None:
        """When a person opened it first."""
        return next((one.at for one in reversed(self.uses) if one.what == "opened"), None)

    @property
    def last_at(self) -> datetime | None:
        """When it was used last; that its address was fetched is no use."""
        return next((one.at for one in self.uses if one.what != "seen"), None)


@dataclass(slots=True)
class Reached:
    """A recipient with its links, the newest first. ``n_open``: what it has not answered yet."""

    recipient: Recipient
    links: list[Sent] = field(default_factory=list)
    n_open: int = 0

    @property
    def alive(self) -> list[Sent]:
        """Those that open something now."""
        return [one for one in self.links if one.is_alive]

    @property
    def n_browsers(self) -> int:
        """The most browsers that opened one of them."""
        return max((one.n_browsers for one in self.links), default=0)


def letter_of_office(asker: Asker, letter_id: int) -> Letter:
    """A letter that the asker sees as its office does; raises NotThere."""
    row = letter(asker, letter_id)
    if not may_see_office(asker, row):
        raise NotThere(N_("there is no such letter here"))
    return row


def reached(asker: Asker, letter_id: int, recipient_id: int | None = None) -> list[Reached]:
    """Those who are to act on a letter, or one of them, with their links and how these were used. For who sees its office; raises NotThere."""
    row = letter_of_office(asker, letter_id)
    rows = Recipient.objects.filter(letter=row, role=ACTION, organisation__isnull=False).select_related("organisation")
    if recipient_id is not None:
        rows = rows.filter(pk=recipient_id)
    found = {one.pk: Reached(one) for one in rows.order_by("n")}
    if recipient_id is not None and not found:
        raise NotThere(N_("there is no such recipient here"))
    for one in found.values():
        one.recipient.letter = row
    now, by_link = timezone.now(), {}
    for link in Link.objects.filter(recipient__in=found).order_by("-pk"):
        link.recipient = found[link.recipient_id].recipient
        by_link[link.pk] = Sent(link, is_alive(link, now))
        found[link.recipient_id].links.append(by_link[link.pk])
    for use in LinkUse.objects.filter(link__in=by_link).order_by("-pk"):
        by_link[use.link_id].uses.append(use)
    waiting = open_ones(row)
    for one in found.values():
        one.n_open, _due = waiting.get(int(one.recipient.organisation_id or 0), (0, None))
    return list(found.values())


def open_ones(row: Letter) -> dict[int, tuple[int, datetime]]:
    """Organisation to how many Tasks of a letter it could answer now and has not, and when the first of them is due.

    A report on a day that has not come is not among them.
    """
    if not row.batch_id:
        return {}
    today = timezone.now().astimezone(zone_from(settings.VONGGAC.zone)).date().isoformat()
    tasks = Task.objects.filter(batch_id=row.batch_id, state__in=sorted(WITH_OWNER))
    tasks = tasks.filter(Q(details__day__isnull=True) | Q(details__day__lte=today))
    found = tasks.order_by().values("organisation_id").annotate(n=Count("pk"), due=Min("finish_due_at"))
    until = row.deadline or FAR
    return {one["organisation_id"]: (one["n"], one["due"] or until) for one in found}


def registered(organisation_id: int) -> list[ContactPoint]:
    """The e-mail contacts of an organisation now (or of who took over from it), that which is tried first before the others."""
    now = timezone.now()
    ids: Iterable[int] = heirs({organisation_id}, now)[organisation_id]
    rows = ContactPoint.objects.filter(valid_at(now), organisation_id__in=sorted(ids), channel="email")
    return list(rows.select_related("person").order_by("rank", "pk"))
