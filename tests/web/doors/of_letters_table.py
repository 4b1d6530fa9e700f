"""A clause of one side's letter with its Task and an answer, so that the table has something to tell. Stands after what makes the letter."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils import timezone

from vonggac.desk.directives.models import Clause, Letter, Recipient
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.opening import key_of
from vonggac.desk.work.kinds import CARRY_OUT
from vonggac.desk.work.models import Answer, Batch, Task

READS_THAT_ARE_RECORDED = ("letter-table-export",)
NEEDS = {"letter_table": "letters.view", "letter_said": "letters.view"}


def fill(side: Any, _ruler: Any) -> None:
    """Give the letter of a side a clause that is answered, unless it has one; every text ends with ``side.text``."""
    letter, recipient = (
        Letter.objects.get(pk=side.id("letter_id")),
        Recipient.objects.get(pk=side.id("recipient_id")),
    )  # fmt: skip
    clause = Clause.objects.filter(letter=letter).exclude(kind="").order_by("n").first()
    if clause is None or not letter.batch_id:
        clause = _asked(side, letter, recipient)
    side.ids["clause_id"] = clause.pk


def _asked(side: Any, letter: Letter, recipient: Recipient) -> Clause:
    now, home = timezone.now(), recipient.organisation_id
    clause = Clause.objects.create(letter=letter, n=97, mark="9", title=f"Khoản {side.text}", kind=CARRY_OUT.name)
    batch = Batch.objects.create(
        title=f"Công văn {side.text}", source_type="directives.letter", source_id=letter.pk, published_at=now
    )
    details = {"letter": letter.pk, "clause": clause.pk, "title": clause.title, "recipient": recipient.pk}
    task = Task.objects.create(
        kind=CARRY_OUT.name, key=key_of(CARRY_OUT, home, details), organisation_id=home, batch_id=batch.pk, details=details,
        subject=f"Việc {side.text}", state="submitted", turn="centre", proof="declared", result="partly", folded="",
    )  # fmt: skip
    Answer.objects.create(
        task=task, by_name=f"Cán bộ {side.text}", result="partly", values={"reason": f"Vì {side.text}"}
    )
    task.refresh_from_db()
    tallies.move(Counter({tallies.cell_of(task): 1}))
    Letter.objects.filter(pk=letter.pk).update(batch_id=batch.pk)
    return clause
