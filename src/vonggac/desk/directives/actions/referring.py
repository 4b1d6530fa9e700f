"""A matter is put before the police or another body: a letter with the files that were chosen; what they answered is kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.drafting import put_file
from vonggac.desk.directives.actions.finding import require_office
from vonggac.desk.directives.actions.moving import move
from vonggac.desk.directives.models import Addressee, Letter, Referral
from vonggac.desk.directives.queries.arriving import referral
from vonggac.desk.directives.queries.letters import addressable
from vonggac.desk.directives.states import ISSUED, LETTER
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.models import Evidence, Task
from vonggac.desk.work.queries.evidence import evidence_of
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

BODIES: Final = ("police", "military", "authority", "department", "centre")
"""Kinds of organisations before which a matter is put."""
_MOST_WHY: Final = 10_000
# Words of an official document, which is Vietnamese whoever writes it.
SUBJECT: Final = "Chuyển thông tin, tài liệu vụ việc: {subject}"
_FACTS: Final = "Qua công tác giám sát, bảo đảm an toàn thông tin mạng, {office} ghi nhận vụ việc: {subject} ({owner})."
_ASKED: Final = (
    "{office} chuyển thông tin, tài liệu liên quan để quý cơ quan xem xét, xử lý theo thẩm quyền và thông báo kết quả."
)


def refer(
    asker: Asker, office_id: int, task_id: int, *, why: str, subject: str, body_id: int | None = None, body_words: str = "",
    evidence_ids: Collection[int] = (),
) -> Referral:  # fmt: skip
    """The draft of a letter of an office that puts a Task before a body; needs letters.draft on the office, and the Task seen.

    Of the Task's files those of ``evidence_ids`` are attached, no others. The draft goes the way of every letter.
    """
    require_office(asker, "letters.draft", office_id)
    task = the_task(asker, task_id)
    check = Check()
    why = check.text("why", why, most=_MOST_WHY, needed=True, lines=True)
    subject = check.text("subject", subject, most=500, needed=True)
    body_words = check.text("body_words", body_words, most=250)
    if (body_id is None) == (not body_words):
        check.fault("body_words", N_("say before whom it is put: either a body of the directory, or its name"))
    elif body_id is not None and not addressable(asker).filter(pk=body_id).exists():
        check.fault("body_id", N_("there is no such organisation here"))
    files = {one.pk: one for one in evidence_of(task)}
    if not files.keys() >= set(evidence_ids):
        raise NotThere(N_("there is no such file here"))
    office = Organisation.objects.filter(pk=office_id, valid_until=None).first()
    if office is None:
        check.fault("office_id", N_("this organisation exists no longer: choose who took over from it"))
    check.done()
    assert office is not None  # noqa: S101  # else a fault was raised
    with recording(asker, "letters.refer", organisation_id=office_id) as record:
        row = _draft(record, office, task, subject, why)
        # It is asked to look at the matter, and given no order: there is nothing that it has to answer here.
        Addressee.objects.create(
            letter=row, n=0, role="information", is_addressed=True, organisation_id=body_id, words=body_words
        )
        for pk in dict.fromkeys(evidence_ids):
            _enclose(record, row, files[pk])
        made = Referral(task=task, letter=row, why=why)
        made.save(force_insert=True)
        record.created(made)
        record.on = made
    return made


def _draft(record: Recording, office: Organisation, task: Task, subject: str, why: str) -> Letter:
    facts = _FACTS.format(office=office.name, subject=task.subject, owner=task.organisation.name)
    row = Letter(
        office=office, issuer=office, issuer_name=office.name, form=LETTER, subject=subject, opening=f"{facts}\n{why}",
        closing=_ASKED.format(office=office.name), created_by_name=record.asker.name[:150],
    )  # fmt: skip
    row.save(force_insert=True)
    record.created(row)
    return row


def _enclose(record: Recording, row: Letter, file: Evidence) -> None:
    put_file(record, row, part="attachment", name=file.name, kind=file.kind, size=file.size, sha256=file.sha256)


def issued(record: Recording, row: Letter, now: datetime) -> None:
    """A letter that was just issued puts a matter before a body: the Task tells so. Within the action that issues it."""
    found = Referral.objects.filter(letter=row).first()
    if found is not None:
        move(record, [found.task_id], now, lambda change: change.step("refer", row.reference, letter=row.pk))


def record_outcome(asker: Asker, referral_id: int, version: int, outcome: str) -> Referral:
    """What the body answered, or that it answered nothing; needs letters.draft on the office. What was recorded before is in the audit."""
    check = Check()
    outcome = check.text("outcome", outcome, most=_MOST_WHY, needed=True, lines=True)
    check.done()
    seen = referral(asker, referral_id)
    require(asker, "letters.draft", seen.letter.office_id)
    with recording(asker, "letters.record_outcome", organisation_id=seen.letter.office_id) as record:
        row = Referral.objects.select_for_update(of=("self",)).select_related("letter").get(pk=seen.pk)
        record.on = row
        if row.version != version:
            raise EditConflict(N_("somebody else changed this since you opened it"))
        if row.letter.state != ISSUED:
            raise InvalidValues([Fault("outcome", N_("the letter is not issued: nobody can have answered it"))])
        before = snapshot(row)
        row.outcome, row.outcome_at, row.outcome_by_name = outcome, timezone.now(), asker.name[:150]
        row.version += 1
        row.save(force_update=True)
        record.changed(row, before)
    return row
