"""What a letter of one side asks of it and nobody answered yet, with a draft and a file; what is sent to answer it.

Stands after what makes the letter and its work.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from vonggac.desk.directives.models import AnswerDraft, Clause, Recipient
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.opening import key_of
from vonggac.desk.work.kinds import CARRY_OUT
from vonggac.desk.work.models import Evidence, Task

EMPTY_HANDED = (
    "letter-received-draft", "letter-received-files", "letter-received-remove",  # only POST does something: GET leads back
)  # fmt: skip
MORE_THAN_A_PERMISSION = ("letter-received",)
"""Whoever sees letters opens it; what is sent there needs more, by what it is."""
NEEDS = {
    **dict.fromkeys(("list_letters_received", "read_letter_received"), "letters.view"),
    **dict.fromkeys(("acknowledge_letter", "answer_letter", "read_answer_draft", "keep_answer_draft"), "work.answer"),
}


def fill(side: Any, _ruler: Any) -> None:
    """Give the letter of a side one more clause, which waits; every text ends with ``side.text``."""
    recipient = Recipient.objects.select_related("letter").get(pk=side.id("recipient_id"))
    letter, home = recipient.letter, recipient.organisation_id
    clause = Clause.objects.create(letter=letter, n=96, mark="8", title=f"Khoản mở {side.text}", kind=CARRY_OUT.name)
    details = {"letter": letter.pk, "clause": clause.pk, "title": clause.title, "recipient": recipient.pk}
    task = Task.objects.create(
        kind=CARRY_OUT.name, key=key_of(CARRY_OUT, home, details), organisation_id=home, batch_id=letter.batch_id, details=details,
        subject=f"Việc mở {side.text}", folded="",
    )  # fmt: skip
    task.refresh_from_db()
    tallies.move(Counter({tallies.cell_of(task): 1}))
    proof = Evidence.objects.create(
        task=task, name=f"{side.text}.pdf", kind="pdf", size=9, sha256="0" * 64, by_name=f"Cán bộ {side.text}"
    )
    AnswerDraft.objects.create(
        recipient=recipient, values={"who": f"Người Trả Lời {side.text}"}, by_name=f"Cán bộ {side.text}"
    )
    side.ids |= {"obligation_id": task.pk, "proof_id": proof.pk}


def pages(_side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    return {
        "letter-received": {"do": "acknowledge"},
        "letter-received-draft": {"draft": "1", "who": "Ai Đó"},
        "letter-received-files": {"file": SimpleUploadedFile("nhat-ky.txt", "Nhật ký của mục".encode())},
        "letter-received-remove": {},
    }


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    return {
        "acknowledge_letter": {"came_by": ""},
        "answer_letter": {"answers": _answers(side)},
        "keep_answer_draft": {"version": 1, "values": {"who": "Ai Đó"}},
    }


def swaps(side: Any, *, api: bool) -> dict[str, Any]:
    """Field to what stands there for a record of a side."""
    return {"answers": _answers(side)} if api else {}


def _answers(side: Any) -> list[dict[str, Any]]:
    return [{"task_id": side.id("obligation_id"), "result": "no", "values": {"reason": "Chưa bố trí"}}]
