"""Once a year each organisation says whether its networks on record are right: a warning finds its owner by them alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext, override

from vonggac.config import zone_from
from vonggac.desk.organisations.models import Network
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions import Draft, open_at_once
from vonggac.desk.work.kinds import CONFIRM_NETWORKS
from vonggac.desk.work.models import Task

YEAR: Final = timedelta(days=365)
SOON: Final = timedelta(days=180)
"""Who confirmed within this time is not asked again because it is January."""
_JANUARY = 1
SHOWN = 3
"""Networks that stand in the subject."""


def run(asker: Asker, now: datetime) -> int:
    """Ask every organisation that is due; gives how many. Asked again, it asks nobody."""
    due = who_is_due(now)
    if not due:
        return 0
    year = _here(now).year
    drafts = [
        Draft(CONFIRM_NETWORKS.name, pk, _subject(year, due[pk]), details={"year": year}, priority=4)
        for pk in sorted(due)
    ]
    with override(settings.LANGUAGE_CODE):
        title = f"{gettext(CONFIRM_NETWORKS.title)} {year}"
    counts = open_at_once(asker, "work.confirm_networks", drafts, title=title, source_type="work.confirmation")
    return sum(counts.values())


def _subject(year: int, networks: list[str]) -> str:
    shown = ", ".join(networks[:SHOWN]) + (" …" if len(networks) > SHOWN else "")
    return f"{year} · {shown}"


def _here(now: datetime) -> datetime:
    return now.astimezone(zone_from(settings.VONGGAC.zone))


def who_is_due(now: datetime) -> dict[int, list[str]]:
    """Organisations with networks that were not asked this year: in January, or a year after they were asked last. With their networks."""
    local = _here(now)
    held: dict[int, list[str]] = {}
    rows = Network.objects.filter(valid_at(now), side="public", organisation__valid_until=None).order_by("first", "pk")
    for organisation_id, text in rows.values_list("organisation_id", "text"):
        held.setdefault(organisation_id, []).append(text)
    tasks = Task.objects.filter(kind=CONFIRM_NETWORKS.name)
    this_year = set(tasks.filter(details__year=local.year).values_list("organisation_id", flat=True))
    last = dict(tasks.values_list("organisation_id").annotate(at=Max("created_at")))
    due = {}
    for organisation_id, networks in held.items():
        asked = last.get(organisation_id)
        if local.month == _JANUARY:
            is_due = asked is None or now - asked >= SOON
        else:
            is_due = asked is not None and now - asked >= YEAR
        if is_due and organisation_id not in this_year:
            due[organisation_id] = networks
    return due
