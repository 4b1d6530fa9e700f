"""Letters that the asker sees: those in the register of an office of theirs, and those sent to an organisation of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from vonggac.desk.directives.models import Clause, Letter, Recipient, RecipientGroup
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.queries.graph import matching
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work.models import Task
from vonggac.errors import N_, NotThere


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the letters is asked for. ``text``: a reference or words; empty and None: whatever."""

    text: str = ""
    direction: str = ""
    state: str = ""
    form: str = ""
    office_id: int | None = None
    year: int | None = None


def letters(asker: Asker, filters: Filters | None = None) -> QuerySet[Letter]:
    """Those that the asker sees, ``office`` with them, the newest first."""
    wanted = filters or Filters()
    own = visible(Letter.objects.all(), asker, "letters.view", through="office_id")
    sent = visible(Recipient.objects.all(), asker, "letters.view")
    rows = Letter.objects.filter(
        Q(pk__in=own.order_by().values("pk")) | Q(sent_at__isnull=False, pk__in=sent.order_by().values("letter_id"))
    )
    conditions = {
        "direction": wanted.direction or None,
        "state": wanted.state or None,
        "form": wanted.form or None,
        "office_id": wanted.office_id,
        "year": wanted.year,
    }
    rows = rows.filter(**{name: value for name, value in conditions.items() if value is not None})
    if text := wanted.text.strip():
        rows = matching(rows, text)
    return rows.select_related("office").order_by("-pk")


def letter(asker: Asker, letter_id: int) -> Letter:
    """One letter with its office, issuer, parent and what it is about; raises NotThere."""
    row = letters(asker).select_related("office", "issuer", "parent", "about").filter(pk=letter_id).first()
    if row is None:
        raise NotThere(N_("there is no such letter here"))
    return row


def may_see_office(asker: Asker, row: Letter) -> bool:
    """Whether the asker sees all of ``row``, as its office does: drafts, every recipient, the whole table."""
    return may_on(asker, "letters.view", row.office_id)


def clauses(row: Letter) -> list[Clause]:
    """The clauses of a letter, in order."""
    return list(Clause.objects.filter(letter=row).order_by("n"))


def recipients(asker: Asker, row: Letter) -> QuerySet[Recipient]:
    """Who ``row`` went to: all of them for who sees its office, else the asker's own; ``organisation`` with them, in order."""
    rows = Recipient.objects.filter(letter=row).select_related("organisation").order_by("n")
    return rows if may_see_office(asker, row) else visible(rows, asker, "letters.view")


def recipient(asker: Asker, recipient_id: int) -> Recipient:
    """One recipient of a letter that the asker sees, with letter and organisation; raises NotThere."""
    row = Recipient.objects.select_related("letter__office", "organisation").filter(pk=recipient_id).first()
    if row is None or not (
        may_see_office(asker, row.letter)
        or (row.letter.sent_at is not None and may_on(asker, "letters.view", row.organisation_id))
    ):
        raise NotThere(N_("there is no such letter here"))
    return row


def received(asker: Asker) -> QuerySet[Recipient]:
    """What was sent to organisations for which the asker answers, with letter and organisation, the newest first."""
    rows = visible(Recipient.objects.filter(letter__sent_at__isnull=False), asker, "work.answer")
    return rows.select_related("letter", "organisation").order_by("-letter_id", "n")


def obligations(row: Recipient) -> QuerySet[Task]:
    """The Tasks that answer the clauses of a letter for one recipient, in the order of the clauses and days."""
    if row.organisation_id is None or not row.letter.batch_id:
        return Task.objects.none()
    tasks = Task.objects.filter(batch_id=row.letter.batch_id, organisation_id=row.organisation_id)
    return tasks.select_related("organisation", "policy").order_by("pk")


def addressable(asker: Asker) -> QuerySet[Organisation]:
    """Whom a letter can be addressed to, by name: for who writes letters every organisation that there is, else those that they see.

    A letter goes up and across as well as down; of those beyond one's scope the name is all that is shown.
    """
    rows = Organisation.objects.filter(valid_until=None).order_by("sort_key", "pk")
    return rows if asker.may("letters.draft") else visible(rows, asker, "organisations.view", through="id")


def groups() -> QuerySet[RecipientGroup]:
    """The groups of recipients, by name."""
    return RecipientGroup.objects.order_by("name", "pk")
