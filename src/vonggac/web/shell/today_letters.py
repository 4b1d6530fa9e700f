"""Cards of Today about letters: what waits for me to approve or number, and how far the letters are that are out."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from vonggac.desk.directives import queries
from vonggac.desk.scope.asker import Asker

Values = dict[str, Any]
_SHOWN = 5
_LOOKING = frozenset({"leader", "duty_officer", "records_clerk", "auditor", "administrator"})


def received(asker: Asker) -> Values | None:
    """For who answers for a unit: letters that wait for it, the first due on top, and one button."""
    if not asker.may("work.answer") or asker.may("work.review"):
        return None
    rows = list(queries.waiting(asker).order_by(F("letter__deadline").asc(nulls_last=True), "pk")[:_SHOWN])
    if not rows:
        return None
    told = queries.standings(rows)
    return {"n": queries.n_to_answer(asker), "rows": [(row, told[row.pk]) for row in rows], "first": rows[0]}


def waiting(asker: Asker) -> Values | None:
    """For who approves, and for who gives numbers: the letters that wait for them, the first due on top."""
    approve = queries.to_approve(asker) if asker.may("letters.approve") else None
    issue = queries.to_issue(asker) if asker.may("letters.issue") else None
    found = {
        "approve": list(approve[:_SHOWN]) if approve is not None else [],
        "issue": list(issue[:_SHOWN]) if issue is not None else [],
    }
    if not any(found.values()):
        return None
    counts = {
        "n_approve": approve.count() if approve is not None else 0,
        "n_issue": issue.count() if issue is not None else 0,
    }
    return found | counts


def running(asker: Asker) -> Values | None:
    """For who watches an office: its letters that are out and not answered in full, with their numbers."""
    if not asker.roles & _LOOKING:
        return None
    rows = list(queries.running(asker)[: 4 * _SHOWN])
    done, reached = queries.progress(rows), queries.reached(rows)
    shown = [
        (row, done[row.pk], reached.get(row.pk))
        for row in rows
        if row.pk in done and done[row.pk].accepted < done[row.pk].total
    ]
    return {"rows": shown[:_SHOWN]} if shown else None
