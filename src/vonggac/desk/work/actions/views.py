"""Views of the queue that people keep."""

from __future__ import annotations

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.models import SavedView
from vonggac.errors import N_, NotThere

MOST_VIEWS = 30


def save_view(asker: Asker, name: str, query: str, *, is_shared: bool = False) -> SavedView:
    """Keep filters under a name, in the place of one's own view of that name; for all reviewers with work.review everywhere."""
    if asker.user_id is None:
        raise NotThere(N_("there is no such person here"))
    if is_shared:
        require(asker, "work.review", None)
    check = Check()
    name = check.text("name", name, most=80, needed=True)
    query = check.text("query", query, most=1000)
    if SavedView.objects.filter(user_id=asker.user_id).exclude(name=name).count() >= MOST_VIEWS:
        check.fault("name", N_("{n} views are the most that one can keep"), n=MOST_VIEWS)
    check.done()
    with recording(asker, "work.save_view") as record:
        row = SavedView.objects.select_for_update().filter(user_id=asker.user_id, name=name).first()
        before = None if row is None else snapshot(row)
        row = row or SavedView(user_id=asker.user_id, name=name)
        row.query, row.is_shared = query, is_shared
        row.save()
        record.on = row
        if before is None:
            record.created(row)
        else:
            record.changed(row, before)
    return row


def delete_view(asker: Asker, view_id: int) -> None:
    """Keep one's own view no longer."""
    with recording(asker, "work.delete_view") as record:
        row = None if asker.user_id is None else SavedView.objects.filter(pk=view_id, user_id=asker.user_id).first()
        if row is None:
            raise NotThere(N_("there is no such view here"))
        before = snapshot(row)
        record.on = row
        row.delete()
        record.deleted(row, before)
