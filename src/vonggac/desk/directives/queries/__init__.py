"""What can be asked of letters."""

from vonggac.desk.directives.queries.answering import Asked, Standing, asked, draft, n_to_answer, standings, waiting
from vonggac.desk.directives.queries.checking import checked
from vonggac.desk.directives.queries.expanding import Expanded, expanded
from vonggac.desk.directives.queries.files import files_of, letter_itself, one_file, sent_files
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
from vonggac.desk.directives.queries.progress import (
    Progress,
    Reached,
    clause_progress,
    n_waiting,
    progress,
    reached,
    running,
    to_approve,
    to_issue,
)

__all__ = [
    "Asked",
    "Expanded",
    "Filters",
    "Progress",
    "Reached",
    "Standing",
    "addressable",
    "asked",
    "checked",
    "clause_progress",
    "clauses",
    "draft",
    "expanded",
    "files_of",
    "groups",
    "letter",
    "letter_itself",
    "letters",
    "may_see_office",
    "n_to_answer",
    "n_waiting",
    "obligations",
    "one_file",
    "progress",
    "reached",
    "received",
    "recipient",
    "recipients",
    "running",
    "sent_files",
    "standings",
    "to_approve",
    "to_issue",
    "waiting",
]
