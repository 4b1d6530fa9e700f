"""The letter that somebody wants to change: seen, allowed, locked, as they saw it."""

from __future__ import annotations

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.letters import letter
from vonggac.desk.directives.states import STATES
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere, Term


def to_change(asker: Asker, permission: str, letter_id: int, version: int, *states: str) -> Letter:
    """The letter, locked, in one of ``states``. Raises NotThere, NotAllowed, EditConflict, InvalidValues; call it within a transaction."""
    seen = letter(asker, letter_id)
    require(asker, permission, seen.office_id)
    row = Letter.objects.select_for_update(of=("self",)).select_related("office", "parent", "about").get(pk=letter_id)
    if row.version != version:
        raise EditConflict(N_("somebody else changed this since you opened it"))
    if states and row.state not in states:
        raise InvalidValues(
            [
                Fault(
                    "state",
                    N_("this cannot be done with a letter that is in the state “{state}”"),
                    {"state": Term(STATES[row.state])},
                )
            ]
        )
    return row


def require_office(asker: Asker, permission: str, office_id: int) -> None:
    """Raise NotThere where the asker does not see the office, NotAllowed where ``permission`` is not held on it."""
    if not (may_on(asker, permission, office_id) or may_on(asker, "organisations.view", office_id)):
        raise NotThere(N_("there is no such organisation here"))
    require(asker, permission, office_id)
