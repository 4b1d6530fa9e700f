"""Who may be given work."""

from __future__ import annotations

from vonggac.desk.accounts.models import User
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work.models import Task
from vonggac.desk.work.notifying import answering, reviewing


def assignable(asker: Asker, row: Task) -> list[User]:
    """Those to whom ``row``, which the asker was found to see, can be given: who answers for its organisation; for reviewers they, too.

    Empty for whoever may not give it to anybody.
    """
    if not may_on(asker, "work.answer", row.organisation_id):
        return []
    found = answering([row.organisation_id]).get(row.organisation_id, [])
    if may_on(asker, "work.review", row.organisation_id):
        known = {user.pk for user in found}
        found += [user for user in reviewing() if user.pk not in known]
    return found
