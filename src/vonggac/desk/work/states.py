"""The states of a Task, and from which one may come to which: the only table of them. A kind may skip some, never add any."""

from __future__ import annotations

from typing import Final

from vonggac.errors import N_

PROPOSED: Final = "proposed"
NEW: Final = "new"
ACKNOWLEDGED: Final = "acknowledged"
IN_PROGRESS: Final = "in_progress"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
ACCEPTED: Final = "accepted"
RECHECKED: Final = "rechecked"
CLOSED: Final = "closed"
REOPENED: Final = "reopened"
WITHDRAWN: Final = "withdrawn"

STATES: Final = {
    PROPOSED: N_("Waits for approval"),
    NEW: N_("New"),
    REOPENED: N_("Reopened"),
    ACKNOWLEDGED: N_("Acknowledged"),
    IN_PROGRESS: N_("In progress"),
    RETURNED: N_("Returned"),
    SUBMITTED: N_("Submitted"),
    ACCEPTED: N_("Accepted"),
    RECHECKED: N_("Re-checked"),
    CLOSED: N_("Closed"),
    WITHDRAWN: N_("Withdrawn"),
}
"""State to its title, in the order of the work."""

UNANSWERED: Final = frozenset({NEW, REOPENED})
"""Nobody said yet that they saw it."""
WITH_OWNER: Final = frozenset({NEW, REOPENED, ACKNOWLEDGED, IN_PROGRESS, RETURNED})
"""The owner has to act; its clocks run."""
WITH_CENTRE: Final = frozenset({PROPOSED, SUBMITTED})
"""A reviewer has to act."""
DONE: Final = frozenset({ACCEPTED, RECHECKED, CLOSED, WITHDRAWN})
"""Nobody has to act: what is accepted waits for the machine's re-check."""

OWNER: Final = "owner"
CENTRE: Final = "centre"
NOBODY: Final = "nobody"


def turn_of(state: str) -> str:
    """Whose turn it is in ``state``: the owner's, the centre's, nobody's."""
    if state in WITH_OWNER:
        return OWNER
    return CENTRE if state in WITH_CENTRE else NOBODY


_TO_OWN = frozenset({ACKNOWLEDGED, IN_PROGRESS, SUBMITTED, WITHDRAWN})
FOLLOWS: Final = {
    PROPOSED: frozenset({NEW, WITHDRAWN}),
    NEW: _TO_OWN,
    REOPENED: _TO_OWN,
    ACKNOWLEDGED: frozenset({IN_PROGRESS, SUBMITTED, WITHDRAWN}),
    IN_PROGRESS: frozenset({SUBMITTED, WITHDRAWN}),
    RETURNED: frozenset({IN_PROGRESS, SUBMITTED, WITHDRAWN}),
    SUBMITTED: frozenset({ACCEPTED, RETURNED, WITHDRAWN}),
    ACCEPTED: frozenset({RECHECKED, CLOSED, REOPENED}),
    RECHECKED: frozenset({CLOSED, REOPENED}),
    CLOSED: frozenset({REOPENED}),
    WITHDRAWN: frozenset({REOPENED}),
}
"""State to those that may follow it."""

PRIORITIES: Final = {
    1: N_("Critical"),
    2: N_("High"),
    3: N_("Medium"),
    4: N_("Low"),
    5: N_("Information"),
}
"""Priority to its title, the most pressing first; the same five as everywhere."""

DECLARED: Final = "declared"
PROVEN: Final = "proven"
PROOFS: Final = {"": N_("No answer yet"), DECLARED: N_("Declared by its owner"), PROVEN: N_("Proven by machine")}
"""What an answer rests on."""
