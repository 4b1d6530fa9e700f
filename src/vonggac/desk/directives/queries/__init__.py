"""What can be asked of letters."""

from vonggac.desk.directives.queries.checking import checked
from vonggac.desk.directives.queries.expanding import Expanded, expanded
from vonggac.desk.directives.queries.letters import (
    Filters,
    addressable,
    clauses,
    groups,
    letter,
    letters,
    may_see_office,
    obligations,
    received,
    recipient,
    recipients,
)

__all__ = [
    "Expanded",
    "Filters",
    "addressable",
    "checked",
    "clauses",
    "expanded",
    "groups",
    "letter",
    "letters",
    "may_see_office",
    "obligations",
    "received",
    "recipient",
    "recipients",
]
