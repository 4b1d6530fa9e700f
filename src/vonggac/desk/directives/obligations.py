"""From clauses and recipients to the Tasks that answer them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from vonggac.desk.directives.models import Clause, Letter, Recipient
from vonggac.desk.directives.states import ACTION, PRIORITY_OF
from vonggac.desk.work.actions.opening import Draft

DAY_ENDS: time = time(16)
"""By when the report on a day is due where neither clause nor letter says an hour."""


def concerns(clause: Clause, recipient: Recipient) -> bool:
    """Whether ``clause`` asks something of ``recipient``."""
    return bool(
        clause.kind
        and recipient.role == ACTION
        and recipient.organisation_id is not None
        and (not clause.groups or set(clause.groups) & set(recipient.groups))
    )


def days_of(letter: Letter, clause: Clause, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    """Each day of a daily clause with the moment by which its report is due."""
    said = clause.due_at or letter.deadline
    by = said.astimezone(zone).time() if said else DAY_ENDS
    day, last = letter.period_from, letter.period_until
    while day is not None and last is not None and day <= last:
        yield day, datetime.combine(day, by, zone).astimezone(UTC)
        day += timedelta(days=1)


def drafts(
    letter: Letter, clauses: Sequence[Clause], recipients: Iterable[Recipient], zone: tzinfo, now: datetime
) -> list[Draft]:
    """The Tasks of a letter that is sent at ``now``: one per recipient and clause that concerns it, of a daily clause one per day to come."""
    found = []
    for recipient in recipients:
        for clause in clauses:
            if concerns(clause, recipient):
                found += [_draft(letter, clause, recipient, day, due) for day, due in _dues(letter, clause, zone, now)]
    return found


def _dues(letter: Letter, clause: Clause, zone: tzinfo, now: datetime) -> list[tuple[date | None, datetime | None]]:
    if clause.is_daily:
        return [(day, due) for day, due in days_of(letter, clause, zone) if due > now]
    return [(None, clause.due_at or letter.deadline)]


def _draft(letter: Letter, clause: Clause, recipient: Recipient, day: date | None, due: datetime | None) -> Draft:
    details = {
        "letter": letter.pk, "reference": letter.reference, "clause": clause.pk, "mark": clause.mark, "title": clause.title,
        "recipient": recipient.pk,
    }  # fmt: skip
    if clause.needs_file:
        details["needs_file"] = True
    title = f"{clause.mark} {clause.title}".strip()
    if day is not None:
        details["day"] = day.isoformat()
        title = f"{title} ({day:%d/%m/%Y})"
    return Draft(
        kind=clause.kind, organisation_id=int(recipient.organisation_id or 0), subject=f"{letter.reference} – {title}"[:300],
        details=details, priority=PRIORITY_OF[letter.urgency], more_words=letter.subject, finish_due_at=due,
    )  # fmt: skip
