"""Cards of Today about work and lists: what I must do, what waits for the centre, how the province stands."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from vonggac.desk.intel.queries.overview import n_waiting, overview
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import queries as work
from vonggac.desk.work.kinds import OBLIGATIONS

Values = dict[str, Any]
_SHOWN = 5
_OWN = frozenset({"agency_officer", "telco_desk", "responder", "authority_liaison"})
_CENTRE = frozenset({"duty_officer", "analyst", "administrator"})
_LOOKING = frozenset({"leader", "duty_officer", "analyst", "auditor", "administrator"})


def mine(asker: Asker) -> Values | None:
    """For who works for one organisation: what it has to do, by when, and one button to report."""
    if not asker.roles & _OWN:
        return None
    counted = work.counts(asker)
    if not counted.total:
        return None
    tasks = work.tasks(asker, work.Filters(state="open"))
    if asker.may("work.answer") and not asker.may("work.review"):
        # What letters ask stands in a card of its own, letter by letter (``today_letters.received``).
        tasks = tasks.exclude(kind__in=[kind.name for kind in OBLIGATIONS])
    rows = list(tasks[:_SHOWN]) if counted.open else []
    if counted.open and not rows:
        return None
    return {"n": counted, "rows": rows, "first": rows[0] if rows else None, "is_telco": "telco_desk" in asker.roles}


def centre(asker: Asker) -> Values | None:
    """For who reviews: what waits for them, which versions wait for a person, what breaks next."""
    if not asker.roles & _CENTRE:
        return None
    counted = work.counts(asker)
    n_versions, n_pass_on = n_waiting(asker), work.n_to_pass_on(asker)
    if not counted.total and not n_versions:
        return None
    coming = work.tasks(asker, work.Filters(state="open")).filter(due_at__gt=timezone.now())
    return {
        "n": counted,
        "n_review": work.n_to_review(asker),
        "n_versions": n_versions,
        "n_pass_on": n_pass_on,
        "rows": list(coming[:_SHOWN]) if counted.open else [],
    }


def province(asker: Asker) -> Values | None:
    """For who looks after all: the last version of each list in one row, what is overdue, who lags."""
    if not asker.roles & _LOOKING:
        return None
    lists = [one for one in overview(asker) if one.last is not None and one.count is not None][:_SHOWN]
    counted = None if asker.roles & _CENTRE else work.counts(asker)  # who reviews has these numbers in their own card
    lagging = work.lagging(asker, _SHOWN)
    if not lists and not lagging and (counted is None or not counted.total):
        return None
    return {"n": counted, "lists": lists, "lagging": lagging}
