"""Letters received over the API: which there are, what one asks, acknowledging it, answering it, the draft of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from django.utils.translation import gettext
from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries import Asked
from vonggac.desk.work.kinds import Field as AskedField
from vonggac.errors import Fault, InvalidValues
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, Strict, page_of, written
from vonggac.web.letters.answering.page import letter_files
from vonggac.web.work.answers import values_from
from vonggac.web.work.api import answer_out
from vonggac.web.work.shapes import AnswerOut, CameBy

router = Router(tags=["letters"])
Waiting = Annotated[bool, Query(False, description="Only what waits to be acknowledged or answered")]


class ReceivedOut(Schema):
    """A letter as one recipient has it. ``role``: action, report, information or archive. ``acknowledged_via``: portal, link, phone, letter or mail."""

    id: int
    letter_id: int
    organisation_id: int | None
    name: str
    reference: str
    subject: str
    issuer_name: str
    state: Literal["issued", "withdrawn"]
    urgency: str
    dated: date | None
    deadline: Moment | None
    role: str
    sent_at: Moment | None
    opened_at: Moment | None
    acknowledged_at: Moment | None
    acknowledged_by: str
    acknowledged_via: str


class ReceivedLetters(Schema):
    """A page of them."""

    items: list[ReceivedOut]
    next: str | None


class AnswerColumnOut(Schema):
    """A column of a small table in an answer; ``kind``: line, choice (a key of ``choices``), whole, flag, phone, reach, range or host."""

    name: str
    title: str
    kind: str
    most: int
    is_needed: bool
    choices: dict[str, str]


class AnswerFieldOut(Schema):
    """A question. ``kind``: line, lines, count or rows (a list of objects with ``columns``). ``needed_for``: results that cannot stand without it."""

    name: str
    title: str
    kind: str
    most: int
    needed_for: list[str]
    columns: list[AnswerColumnOut]


class ObligationFileOut(Schema):
    """A file; ``answer_id`` null: the next answer takes it along."""

    id: int
    answer_id: int | None
    name: str
    size: int


class ObligationOut(Schema):
    """What the letter asks: a task, with the answers so far, the oldest first. ``results``: key to title; ``final``: those that end it."""

    task_id: int
    kind: str
    mark: str
    title: str
    text: str
    day: date | None
    state: str
    is_open: bool
    proof: str
    result: str
    needs_file: bool
    due_at: Moment | None
    results: dict[str, str]
    final: list[str]
    fields: list[AnswerFieldOut]
    answers: list[AnswerOut]
    files: list[ObligationFileOut]


class ReceivedFileOut(Schema):
    """A file that goes out with the letter."""

    id: int
    name: str
    size: int


class ReceivedWhole(ReceivedOut):
    """With what it says and asks."""

    opening: str
    closing: str
    files: list[ReceivedFileOut]
    obligations: list[ObligationOut]


class ReceiptIn(Strict):
    """How the centre came by it, and who told it; both empty for who answers for the unit itself."""

    came_by: CameBy = ""
    told_by: str = Field("", max_length=120)


class ClauseAnswerIn(Strict):
    """The answer to one task; ``seen_answer_id``: the last answer that was read, 0 for none: somebody else's newer one is then a conflict."""

    task_id: Id
    result: str = Field(min_length=1, max_length=24)
    values: dict[str, Any] = Field(default_factory=dict, max_length=40)
    evidence_ids: list[Id] = Field(default_factory=list, max_length=50)
    seen_answer_id: Annotated[int | None, Field(None, ge=0, lt=2**63)]


class LetterAnswerIn(ReceiptIn):
    """Answers to some clauses of a letter: all of them stand, or none. ``told_by`` may name who answers in any case."""

    answers: list[ClauseAnswerIn] = Field(min_length=1, max_length=500)


class LetterAnswered(Schema):
    """``answers``: the new ones; ``repeated``: tasks of which the same answer was there already."""

    answers: list[AnswerOut]
    repeated: list[int]


class AnswerDraftIn(Strict):
    """What is typed, by field of the form (``<task id>.<field>``, ``who``, ``phone``); ``version`` of the draft that was read, 0 for none."""

    version: int = Field(ge=0, lt=2**31)
    values: dict[str, str] = Field(default_factory=dict, max_length=5000)


class AnswerDraftOut(Schema):
    """``version`` 0: nothing is kept."""

    version: int
    values: dict[str, str]
    saved_at: Moment | None
    by: str


def _names(row: Recipient) -> dict[str, Any]:
    letter = row.letter
    told = {name: getattr(letter, name) for name in ("reference", "subject", "issuer_name", "state", "urgency", "dated", "deadline")}  # fmt: skip
    names = ("letter_id", "organisation_id", "name", "role", "sent_at", "opened_at", "acknowledged_at", "acknowledged_via")  # fmt: skip
    told |= {name: getattr(row, name) for name in names}
    return {**told, "id": row.pk, "acknowledged_by": row.acknowledged_by_name}


def out(row: Recipient) -> ReceivedOut:
    """A letter received as it looks outside."""
    return ReceivedOut(**_names(row))


def whole(row: Recipient) -> ReceivedWhole:
    """One of them with what it says and asks."""
    files = [ReceivedFileOut(id=one.pk, name=one.name, size=one.size) for one in letter_files(row)]
    return ReceivedWhole(
        **_names(row), opening=row.letter.opening, closing=row.letter.closing, files=files,
        obligations=[_obligation(one) for one in queries.asked(row)],
    )  # fmt: skip


def _obligation(one: Asked) -> ObligationOut:
    task, kind, clause = one.task, one.kind, one.clause
    return ObligationOut(
        task_id=task.pk, kind=kind.name, mark=clause.mark if clause else "", title=clause.title if clause else task.subject,
        text=clause.text if clause else "", day=one.day, state=task.state, is_open=one.is_open, proof=task.proof, result=task.result,
        needs_file=one.needs_file, due_at=task.finish_due_at, results={key: gettext(title) for key, title in kind.results.items()},
        final=sorted(kind.final), fields=[_field(field) for field in kind.answer], answers=[answer_out(answer) for answer in one.answers],
        files=[ObligationFileOut(id=file.pk, answer_id=file.answer_id, name=file.name, size=file.size) for file in one.files],
    )  # fmt: skip


def _field(field: AskedField) -> AnswerFieldOut:
    columns = [
        AnswerColumnOut(
            name=one.name, title=gettext(one.title), kind=one.kind, most=one.most, is_needed=one.needed,
            choices={key: gettext(title) for key, title in one.choices},
        )
        for one in field.columns
    ]  # fmt: skip
    return AnswerFieldOut(
        name=field.name, title=gettext(field.title), kind=field.kind, most=field.most, needed_for=sorted(field.needed_for), columns=columns,
    )  # fmt: skip


@router.get(
    "/letters/received", response={200: ReceivedLetters, **ERRORS}, operation_id="list_letters_received", summary="List letters received"
)  # fmt: skip
def received(request: Any, limit: Limit, after: After, waiting: Waiting) -> Any:
    """Those that went to organisations for which the asker answers, by their ids."""
    rows = queries.waiting(request.asker) if waiting else queries.received(request.asker)
    return page_of(rows, limit, after, shape=out)


@router.get(
    "/letters/received/{recipient_id}", response={200: ReceivedWhole, **ERRORS}, operation_id="read_letter_received"
)
def one(request: Any, recipient_id: Id) -> Any:
    """One of them with every clause: what it asks, by when, what was answered. Reading it here does not count as opened."""
    return whole(queries.recipient(request.asker, recipient_id))


@router.post(
    "/letters/received/{recipient_id}/acknowledge", response={200: ReceivedOut, **ERRORS}, operation_id="acknowledge_letter"
)  # fmt: skip
def acknowledge(request: Any, recipient_id: Id, body: ReceiptIn) -> Any:
    """The recipient has it; again: nothing changes."""

    def write() -> ReceivedOut:
        actions.acknowledge(request.asker, recipient_id, via=body.came_by, told_by=body.told_by)
        return out(queries.recipient(request.asker, recipient_id))

    return written(request, 200, write)


@router.post(
    "/letters/received/{recipient_id}/answer", response={200: LetterAnswered, **ERRORS}, operation_id="answer_letter"
)
def answer(request: Any, recipient_id: Id, body: LetterAnswerIn) -> Any:
    """Answer some or all clauses at once, which acknowledges the letter. The same again changes nothing; faults are named ``<task id>.<field>``."""

    def write() -> LetterAnswered:
        row = queries.recipient(request.asker, recipient_id)
        given = list(_given(row, body.answers))
        told = actions.answer(
            request.asker, recipient_id, given, key=request.headers.get("Idempotency-Key", "")[:64], came_by=body.came_by, told_by=body.told_by
        )  # fmt: skip
        return LetterAnswered(answers=[answer_out(made) for made in told.made], repeated=sorted(told.repeated))

    return written(request, 200, write)


def _given(row: Recipient, answers: list[ClauseAnswerIn]) -> Iterator[actions.Given]:
    """What the action takes. Raises InvalidValues with the faults of all; a task that is not this recipient's is the action's to refuse."""
    kinds = {one.task.pk: one.kind for one in queries.asked(row)}
    faults = []
    for one in answers:
        values = one.values
        if one.task_id in kinds:
            try:
                values = values_from(kinds[one.task_id], one.values)
            except InvalidValues as error:
                faults += [Fault(f"{one.task_id}.{fault.field}", fault.message, fault.params) for fault in error.faults]
        yield actions.Given(one.task_id, one.result, values, one.evidence_ids, one.seen_answer_id)
    if faults:
        raise InvalidValues(faults)


@router.get(
    "/letters/received/{recipient_id}/draft", response={200: AnswerDraftOut, **ERRORS}, operation_id="read_answer_draft"
)
def draft(request: Any, recipient_id: Id) -> Any:
    """What was typed so far and not sent."""
    row = queries.recipient(request.asker, recipient_id)
    actions.require_to_answer(request.asker, row)
    return _draft_out(queries.draft(row))


@router.put(
    "/letters/received/{recipient_id}/draft", response={200: AnswerDraftOut, **ERRORS}, operation_id="keep_answer_draft"
)
def keep(request: Any, recipient_id: Id, body: AnswerDraftIn) -> Any:
    """Keep what is typed, in the place of what was kept."""
    return written(
        request, 200, lambda: _draft_out(actions.save_draft(request.asker, recipient_id, body.version, body.values))
    )


def _draft_out(kept: Any) -> AnswerDraftOut:
    if kept is None:
        return AnswerDraftOut(version=0, values={}, saved_at=None, by="")
    return AnswerDraftOut(version=kept.version, values=kept.values, saved_at=kept.saved_at, by=kept.by_name)
