"""What is done with letters, one function each."""

from vonggac.desk.directives.actions.answering import Answered, Given, answer, require_to_answer, save_draft
from vonggac.desk.directives.actions.drafting import (
    attach,
    create,
    detach,
    discard,
    draft_from,
    edit,
    save_group,
    values_of,
)
from vonggac.desk.directives.actions.issuing import approve, issue, send, send_back, withdraw
from vonggac.desk.directives.actions.receipts import acknowledge, opened

__all__ = [
    "Answered",
    "Given",
    "acknowledge",
    "answer",
    "approve",
    "attach",
    "create",
    "detach",
    "discard",
    "draft_from",
    "edit",
    "issue",
    "opened",
    "require_to_answer",
    "save_draft",
    "save_group",
    "send",
    "send_back",
    "values_of",
    "withdraw",
]
