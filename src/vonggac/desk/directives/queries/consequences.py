"""What sending a letter would do: who is told, how much work begins, who cannot be reached; and its number to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.models import Clause, Letter, Recipient, Register
from vonggac.desk.directives.obligations import drafts
from vonggac.desk.directives.queries.checking import draft_of
from vonggac.desk.directives.states import ACTION, APPROVED, DRAFT
from vonggac.desk.organisations.models import ContactPoint
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.work.notifying import answering


@dataclass(frozen=True, slots=True)
class Consequences:
    """Numbers of a letter that is sent now. ``units``: who is to act; ``others``: told for report or information.

    ``pieces``: Tasks that begin; ``unreached``: names of those to act who have neither an account nor an e-mail contact.
    """

    units: int
    others: int
    pieces: int
    unreached: Sequence[str]


def consequences(row: Letter) -> Consequences:
    """What sending ``row`` would do; the caller sees its office."""
    now = timezone.now()
    recipients = _recipients(row)
    clauses = list(Clause.objects.filter(letter=row).order_by("n"))
    acting = {
        one.organisation_id: one.name for one in recipients if one.organisation_id is not None and one.role == ACTION
    }
    others = [one for one in recipients if one.organisation_id is not None and one.role not in (ACTION, "archive")]
    reached = set(answering(acting))
    mails = ContactPoint.objects.filter(valid_at(now), organisation_id__in=sorted(acting), channel="email")
    reached.update(mails.values_list("organisation_id", flat=True))
    work = drafts(row, clauses, recipients, zone_from(settings.VONGGAC.zone), now)
    unreached = [name for pk, name in acting.items() if pk not in reached]
    return Consequences(len(acting), len(others), len(work), unreached)


def _recipients(row: Letter) -> list[Recipient]:
    """Those of ``row``; of one that has no number yet those to be, not saved."""
    if row.state not in (DRAFT, APPROVED):
        return list(Recipient.objects.filter(letter=row).order_by("n"))
    return [
        Recipient(letter=row, n=n, organisation=one.organisation, name=one.name, role=one.role, groups=one.groups)
        for n, one in enumerate(draft_of(row).recipients)
    ]


def next_number(row: Letter, year: int) -> int:
    """The number that ``row`` would get now, were it dated in ``year``; another letter may take it first."""
    found = Register.objects.filter(office_id=row.office_id, book=row.form, year=year).values_list("last", flat=True)
    return int(found.first() or 0) + 1
