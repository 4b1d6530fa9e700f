"""Letters, their clauses, who they go to, how they get there, what is answered."""

from vonggac.desk.directives.models.answering import AnswerDraft, Link, LinkUse
from vonggac.desk.directives.models.letters import Clause, Letter, LetterFile, Register
from vonggac.desk.directives.models.recipients import Addressee, Recipient, RecipientGroup
from vonggac.desk.directives.models.reports import LetterReading, Referral, ReportMaking, ReportPart
from vonggac.desk.directives.models.sending import SentNote

__all__ = [
    "Addressee",
    "AnswerDraft",
    "Clause",
    "Letter",
    "LetterFile",
    "LetterReading",
    "Link",
    "LinkUse",
    "Recipient",
    "RecipientGroup",
    "Referral",
    "Register",
    "ReportMaking",
    "ReportPart",
    "SentNote",
]
