"""What one side declared of itself, waiting for review; what is sent to have it accepted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from vonggac.desk.directives.models import Letter, Recipient
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.opening import key_of
from vonggac.desk.work.kinds import DECLARE
from vonggac.desk.work.models import Answer, Task

NEEDS = {
    "begin_declaration": "work.answer", "read_declaration": "work.review", "accept_declaration": "work.review",
}  # fmt: skip
OTHERS = dict.fromkeys(NEEDS, ("task_id", "declared_id"))
"""Doors of a declaration."""


def fill(side: Any, _ruler: Any) -> None:
    """Give a side a declaration; every text ends with ``side.text``. Stands after what makes the letter."""
    letter, home = Letter.objects.get(pk=side.id("letter_id")), side.id("organisation_id")
    recipient = Recipient.objects.get(pk=side.id("recipient_id"))
    details = {"letter": letter.pk, "clause": 0, "reference": letter.reference, "recipient": recipient.pk}
    task = Task.objects.create(
        kind=DECLARE.name, key=key_of(DECLARE, home, details), organisation_id=home, details=details, subject=f"Khai báo {side.text}",
        state="submitted", turn="centre", proof="declared", result="done", folded="",
    )  # fmt: skip
    contacts = [{"label": f"Trực {side.text}", "channel": "phone", "value": "0000 000 777"}]
    Answer.objects.create(task=task, by_name=f"Cán bộ {side.text}", result="done", values={"contacts": contacts})
    task.refresh_from_db()
    tallies.move(Counter({tallies.cell_of(task): 1}))
    side.ids["declared_id"] = task.pk


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    version = Task.objects.values_list("version", flat=True).get(pk=side.id("declared_id"))
    return {"accept_declaration": {"version": version, "note": "", "ticked": []}}
