"""A letter comes in: its file is read, a person confirms what it says, it gets its number, and what it asks becomes work of the office."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from django.conf import settings
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.drafting import put_file, write_lines
from vonggac.desk.directives.actions.finding import require_office, to_change
from vonggac.desk.directives.actions.issuing import take_number
from vonggac.desk.directives.arrivals import IN_BOOK, ArrivalValues, clean_arrival
from vonggac.desk.directives.models import Clause, Letter, LetterReading, Recipient
from vonggac.desk.directives.obligations import days_of, drafts
from vonggac.desk.directives.queries.arriving import by_reference, reading, same_file, same_letter, standing
from vonggac.desk.directives.queries.letters import letter
from vonggac.desk.directives.readings import DROPPED, FAILED, KEPT, OPEN, READ, READING, WAITING
from vonggac.desk.directives.states import ACTION, IN, ISSUED
from vonggac.desk.directives.values import HEAD
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import update
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.opening import hide_batch, publish, stage
from vonggac.desk.work.evidence import BY_NAME, clean_name
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

READABLE = ("docx", "pdf", "png", "jpeg", "webp")
"""Kinds of ``work.evidence`` that a letter can come as."""


class AlreadyThere(InvalidValues):
    """The letter is in the register already: ``letter``."""

    def __init__(self, field: str, found: Letter) -> None:
        message = N_("it is in the register already, as number {number} of {year}")
        super().__init__([Fault(field, message, {"number": found.number or 0, "year": found.year or 0})])
        self.letter = found


# ------------------------------------------------------------------------------------------------------------ readings


def file_reading(
    asker: Asker, office_id: int, *, name: str, kind: str, size: int, sha256: str
) -> LetterReading | Letter:
    """A file that lies in the store already is to be read as a letter to an office; needs letters.draft on it.

    The same file again is what became of it: its letter, or the reading that is open.
    """
    require_office(asker, "letters.draft", office_id)
    if (there := same_file(office_id, sha256)) is not None:
        return there
    if kind not in READABLE:
        raise InvalidValues([Fault("file", N_("a letter comes as DOCX, PDF, or a picture of it (PNG, JPEG, WebP)"))])
    if not Organisation.objects.filter(pk=office_id, valid_until=None).exists():
        raise InvalidValues(
            [Fault("office_id", N_("this organisation exists no longer: choose who took over from it"))]
        )
    with recording(asker, "letters.file_reading", organisation_id=office_id) as record:
        row = LetterReading(
            office_id=office_id, name=clean_name(name, BY_NAME[kind]), kind=kind, size=size, sha256=sha256,
            by_id=asker.user_id, by_name=asker.name[:150],
        )  # fmt: skip
        row.save(force_insert=True)
        record.on = row
        record.created(row)
    return row


def drop_reading(asker: Asker, reading_id: int, version: int) -> None:
    """What came in is no letter for the register; needs letters.draft. Its file goes when nothing else rests on it."""
    with recording(asker, "letters.drop_reading") as record:
        row = _locked(asker, reading_id, version)
        _move(record, row, {"state": DROPPED, "found": {}, "run": "", "beat_at": None})


def read_again(asker: Asker, reading_id: int, version: int) -> LetterReading:
    """What could not be read is tried once more (the recogniser is there now); needs letters.draft."""
    with recording(asker, "letters.read_again") as record:
        row = _locked(asker, reading_id, version)
        if row.state not in (FAILED, READ):
            raise InvalidValues([Fault("state", N_("it is being read: wait a moment"))])
        _move(record, row, {"state": WAITING, "fault": {}, "found": {}})
    return row


def _locked(asker: Asker, reading_id: int, version: int) -> LetterReading:
    """The open reading, locked. Raises NotThere, EditConflict."""
    reading(asker, reading_id)
    row = LetterReading.objects.select_for_update(of=("self",)).get(pk=reading_id)
    if row.version != version or row.state not in OPEN:
        raise EditConflict(N_("somebody else changed this since you opened it"))
    return row


def _move(record: Recording, row: LetterReading, values: Mapping[str, Any]) -> None:
    record.on, record.organisation_id = row, row.office_id
    before = snapshot(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.save(force_update=True)
    record.changed(row, before)


# ----------------------------------------------------------------------------------------------------- into the register


def receive(
    asker: Asker,
    reading_id: int,
    version: int,
    values: ArrivalValues,
    *,
    confirms: bool = False,
    verdict: Mapping[str, Any] | None = None,
) -> Letter:
    """What was read, as a person confirmed or mended it, is a letter in the register of what came in; needs letters.draft.

    Where the reader asked something, ``confirms`` says that a person looked at it. ``verdict``: what ``jobs.signed_pdf`` says of the file.
    """
    seen = reading(asker, reading_id)
    kept, parent = _checked(asker, values)
    with recording(asker, "letters.receive", organisation_id=seen.office_id) as record:
        row = _locked(asker, reading_id, version)
        if row.state in (WAITING, READING):
            raise InvalidValues([Fault("state", N_("it is being read: wait a moment"))])
        if row.found.get("doubts") and not confirms:
            raise InvalidValues(
                [Fault("confirms", N_("some of it is not sure: compare it with the letter, then say that you did"))]
            )
        made = _enter(record, row.office_id, kept, parent)
        put_file(
            record,
            made,
            part="original",
            name=row.name,
            kind=row.kind,
            size=row.size,
            sha256=row.sha256,
            verdict=verdict,
        )
        _move(record, row, {"state": KEPT, "letter_id": made.pk, "run": "", "beat_at": None})
        record.on = made
    return made


def enter(asker: Asker, office_id: int, values: ArrivalValues) -> Letter:
    """A letter on paper, without any file, into the register of what came in; needs letters.draft on the office."""
    require_office(asker, "letters.draft", office_id)
    kept, parent = _checked(asker, values)
    with recording(asker, "letters.receive", organisation_id=office_id) as record:
        record.on = made = _enter(record, office_id, kept, parent)
    return made


def correct(asker: Asker, letter_id: int, version: int, values: ArrivalValues) -> Letter:
    """What the register says of a letter that came in was wrong; needs letters.draft. Its number of arrival stays.

    Clauses stay, too, once they are work.
    """
    kept, parent = _checked(asker, values)
    with recording(asker, "letters.correct") as record:
        row = _arrived(asker, letter_id, version)
        record.on, record.organisation_id = row, row.office_id
        there = same_letter(row.office_id, kept.issuer_name, kept.reference, kept.dated)
        if there is not None and there.pk != row.pk:
            raise AlreadyThere("reference", there)
        said = _columns(kept, parent, row.office_id)
        if kept.arrived_on.year != row.year:
            raise InvalidValues(
                [Fault("arrived_on", N_("its number is of the register of {year}"), {"year": row.year or 0})]
            )
        update(record, row, version, said)
        if not row.batch_id:
            write_lines(row, kept.said)
    return row


def _arrived(asker: Asker, letter_id: int, version: int) -> Letter:
    if letter(asker, letter_id).direction != IN:
        raise NotThere(N_("there is no such letter here"))
    return to_change(asker, "letters.draft", letter_id, version, ISSUED)


def _checked(asker: Asker, values: ArrivalValues) -> tuple[ArrivalValues, Letter | None]:
    check, zone = Check(), _zone()
    kept = clean_arrival(check, values, timezone.now().astimezone(zone).date())
    parent = by_reference(asker, kept.parent_reference) if kept.parent_reference else None
    check.done()
    return kept, parent


def _enter(record: Recording, office_id: int, kept: ArrivalValues, parent: Letter | None) -> Letter:
    if not Organisation.objects.filter(pk=office_id, valid_until=None).exists():
        raise InvalidValues(
            [Fault("office_id", N_("this organisation exists no longer: choose who took over from it"))]
        )
    year = kept.arrived_on.year
    number = take_number(office_id, IN_BOOK, year, kept.number)  # from here on nobody else enters one here
    there = same_letter(office_id, kept.issuer_name, kept.reference, kept.dated)
    if there is not None:
        raise AlreadyThere("reference", there)
    now = timezone.now()
    row = Letter(
        office_id=office_id, direction=IN, state=ISSUED, book=IN_BOOK, year=year, number=number, issued_at=now,
        issued_by_name=record.asker.name[:150], created_by_name=record.asker.name[:150], **_columns(kept, parent, office_id),
    )  # fmt: skip
    row.save(force_insert=True)
    record.created(row)
    write_lines(row, kept.said)
    return row


def _columns(kept: ArrivalValues, parent: Letter | None, office_id: int) -> dict[str, Any]:
    """The columns of a letter that came in."""
    issuer = standing(office_id, kept.issuer_name, kept.dated or kept.arrived_on, _zone()).issuer
    said = {name: getattr(kept.said, name) for name in HEAD if name != "parent_id"}
    return {
        **said, "parent_id": None if parent is None else parent.pk, "issuer_id": None if issuer is None else issuer.pk,
        "issuer_name": kept.issuer_name, "reference": kept.reference, "dated": kept.dated, "arrived_on": kept.arrived_on,
        "handler": kept.handler,
    }  # fmt: skip


def _zone() -> tzinfo:
    return zone_from(settings.VONGGAC.zone)


# --------------------------------------------------------------------------------------------------- what it asks of us


def take_up(
    asker: Asker, letter_id: int, version: int, clause_ids: Collection[int], *, due_at: datetime | None = None
) -> Letter:
    """What these clauses of a letter that came in ask becomes work of the office itself, with its clocks; needs letters.draft.

    ``due_at``: by when, in the place of the letter's own deadline. Once: what is taken up is followed up like any other letter.
    """
    with recording(asker, "letters.take_up") as record:
        row = _arrived(asker, letter_id, version)
        record.on, record.organisation_id = row, row.office_id
        now = timezone.now()
        if row.batch_id:
            raise InvalidValues([Fault("", N_("its work was taken up already"))])
        chosen = list(Clause.objects.filter(letter=row, pk__in=list(clause_ids)).order_by("n"))
        if len(chosen) != len(set(clause_ids)):
            raise NotThere(N_("there is no such clause here"))
        check = Check()
        if not chosen:
            check.fault("clauses", N_("choose what you take up"))
        for clause in chosen:
            _check_clause(check, row, clause, due_at, now)
        check.done()
        one = Recipient.objects.create(
            letter=row, organisation_id=row.office_id, n=0, name=row.office.name, role=ACTION,
            groups=sorted({code for clause in chosen for code in clause.groups}), sent_at=now,
        )  # fmt: skip
        work = drafts(row, chosen, [one], _zone(), now)
        work = [
            replace(draft, finish_due_at=due_at) if due_at and not draft.details.get("day") else draft for draft in work
        ]
        batch = hide_batch(f"{row.reference} {row.subject}"[:250], "directives.letter", row.pk, f"/letters/{row.pk}/")
        stage(batch, work, now)
        publish(record, batch, now)
        update(record, row, version, {"batch_id": batch.pk, "sent_at": now})
        record.note(reference=row.reference, n_tasks=len(work))
    return row


def _check_clause(check: Check, row: Letter, clause: Clause, due_at: datetime | None, now: datetime) -> None:
    """Whether a clause can become work of the office: it asks for an answer, by a time that is still to come."""
    due = due_at or clause.due_at or row.deadline
    if not clause.kind:
        message = N_("clause {clause} asks for no answer: say first which kind of work it is")
        check.fault("clauses", message, clause=str(clause))
    elif clause.is_daily:
        if not (row.period_from and row.period_until):
            message = N_("clause {clause} asks for a report on each day: say from which day to which")
            check.fault("clauses", message, clause=str(clause))
        elif all(by <= now for _day, by in days_of(row, clause, _zone())):
            check.fault("clauses", N_("clause {clause}: all its days have passed"), clause=str(clause))
    elif due is None:
        check.fault("due_at", N_("clause {clause} has no deadline, nor has the letter"), clause=str(clause))
    elif due <= now:
        message = N_("clause {clause}: the deadline has passed already; say by when you want to be done")
        check.fault("due_at", message, clause=str(clause))
