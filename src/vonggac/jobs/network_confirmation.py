"""Once a year each organisation says whether its networks on record are right: a warning finds its owner by them alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Max

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


def run(asker: Asker, now: datetime) -> int:
    """Ask every organisation that is due; gives how many. Asked again, it asks nobody."""
    due = who_is_due(now)
    if not due:
        return 0
    year = now.astimezone(zone_from(settings.VONGGAC.zone)).year
    drafts = [
        Draft(CONFIRM_NETWORKS.name, pk, str(year), details={"year": year, "n": due[pk]}, priority=4)
        for pk in sorted(due)
    ]
    counts = open_at_once(asker, "work.confirm_networks", drafts, title=str(year), source_type="work.confirmation")
    return sum(counts.values())


def who_is_due(now: datetime) -> dict[int, int]:
    """Organisations with networks now that were not asked this year: in January, or a year after they were asked last. With how many networks."""
    local = now.astimezone(zone_from(settings.VONGGAC.zone))
    held: dict[int, int] = {}
    rows = Network.objects.filter(valid_at(now), side="public", organisation__valid_until=None)
    for organisation_id in rows.values_list("organisation_id", flat=True):
        held[organisation_id] = held.get(organisation_id, 0) + 1
    tasks = Task.objects.filter(kind=CONFIRM_NETWORKS.name)
    this_year = set(tasks.filter(details__year=local.year).values_list("organisation_id", flat=True))
    last = dict(tasks.values_list("organisation_id").annotate(at=Max("created_at")))
    due = {}
    for organisation_id, n in held.items():
        asked = last.get(organisation_id)
        if local.month == _JANUARY:
            is_due = asked is None or now - asked >= SOON
        else:
            is_due = asked is not None and now - asked >= YEAR
        if is_due and organisation_id not in this_year:
            due[organisation_id] = n
    return due
