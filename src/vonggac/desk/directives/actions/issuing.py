"""A letter's way out: approved by who signs, numbered, sent; its work opened with it; withdrawn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions import referring
from vonggac.desk.directives.actions.dispatching import dispatch, tell_withdrawn
from vonggac.desk.directives.actions.finding import to_change
from vonggac.desk.directives.actions.moving import move
from vonggac.desk.directives.models import Clause, Letter, Link, Recipient, Register
from vonggac.desk.directives.obligations import drafts
from vonggac.desk.directives.queries.checking import beyond_mandate, checked, draft_of
from vonggac.desk.directives.states import APPROVED, DRAFT, ISSUED, WITHDRAWN
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.actions.opening import hide_batch, publish, stage
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import PROPOSED, SUBMITTED, WITH_OWNER
from vonggac.desk.work.states import WITHDRAWN as TASK_WITHDRAWN
from vonggac.desk.work.values import reason
from vonggac.documents.official import number_and_symbol
from vonggac.errors import N_, Fault, InvalidValues


def approve(asker: Asker, letter_id: int, version: int, *, confirms: bool = False) -> Letter:
    """A draft may go out; needs letters.approve on its office, and on every organisation over which that has no mandate.

    Raises InvalidValues with what ``queries.checked`` finds; its warnings stand in the way unless ``confirms``.
    """
    with recording(asker, "letters.approve") as record:
        row = to_change(asker, "letters.approve", letter_id, version, DRAFT)
        record.on, record.organisation_id = row, row.office_id
        _require_reach(asker, row, timezone.now())
        check = checked(row)
        if check.warnings and not confirms:
            check.faults += check.warnings
        check.done()
        update(
            record,
            row,
            version,
            {"state": APPROVED, "approved_at": timezone.now(), "approved_by_name": asker.name[:150]},
        )
        record.note(confirmed=[fault.message for fault in check.warnings])
    return row


def _require_reach(asker: Asker, row: Letter, now: datetime) -> None:
    """Nobody orders those over whom neither they hold anything nor their office a mandate."""
    for organisation_id in beyond_mandate(draft_of(row), now):
        require(asker, "letters.approve", organisation_id)


def send_back(asker: Asker, letter_id: int, version: int, why: str) -> Letter:
    """What was approved is a draft again, because; needs letters.approve."""
    check = Check()
    why = reason(check, why)
    check.done()
    with recording(asker, "letters.send_back") as record:
        row = to_change(asker, "letters.approve", letter_id, version, APPROVED)
        record.on, record.organisation_id = row, row.office_id
        update(record, row, version, {"state": DRAFT, "approved_at": None, "approved_by_name": ""})
        record.note(reason=why)
    return row


def issue(
    asker: Asker,
    letter_id: int,
    version: int,
    *,
    dated: date | None = None,
    number: int | None = None,
    sends: bool = True,
) -> Letter:
    """An approved letter gets its number (the next of its register, or ``number``) and day, and its recipients their names of today.

    ``sends``: it goes out and its work begins at once; else when ``send`` says so, with the signed file. Needs letters.issue.
    """
    with recording(asker, "letters.issue") as record:
        row = to_change(asker, "letters.issue", letter_id, version, APPROVED)
        record.on, record.organisation_id = row, row.office_id
        now = timezone.now()
        today = now.astimezone(zone_from(settings.VONGGAC.zone)).date()
        day = _day(row, dated or today, today)
        given = take_number(row.office_id, row.form, day.year, number)
        update(record, row, version, {
            "state": ISSUED, "dated": day, "book": row.form, "year": day.year, "number": given, "issuer_name": row.office.name,
            "reference": number_and_symbol(given, row.symbol), "issued_at": now, "issued_by_name": asker.name[:150],
        })  # fmt: skip
        Recipient.objects.bulk_create(
            Recipient(letter=row, n=n, organisation=one.organisation, name=one.name, role=one.role, groups=one.groups)
            for n, one in enumerate(draft_of(row).recipients)
        )
        _supersede(record, row, now)
        referring.issued(record, row, now)
        if sends:
            _send(record, row, now)
    return row


def _day(row: Letter, dated: date, today: date) -> date:
    last = Letter.objects.filter(office=row.office_id, book=row.form, year=dated.year).order_by("-number").first()
    if dated > today + timedelta(days=1):
        raise InvalidValues([Fault("dated", N_("a letter is not dated later than tomorrow"))])
    if last is not None and last.dated is not None and dated < last.dated:
        message = N_("number {number} is dated {dated} already: a later number has no earlier day")
        raise InvalidValues(
            [Fault("dated", message, {"number": last.number, "dated": last.dated.strftime("%d/%m/%Y")})]
        )
    return dated


def take_number(office_id: int, book: str, year: int, wanted: int | None = None) -> int:
    """The next number of a register, or ``wanted`` if nobody has it; nobody else gets it. Within a transaction. Raises InvalidValues."""
    Register.objects.get_or_create(office_id=office_id, book=book, year=year)
    register = Register.objects.select_for_update().get(office_id=office_id, book=book, year=year)
    number = register.last + 1 if wanted is None else wanted
    if not 0 < number < 1_000_000:
        raise InvalidValues([Fault("number", N_("a number from 1 to 999999 is expected"))])
    if Letter.objects.filter(office_id=office_id, book=book, year=year, number=number).exists():
        raise InvalidValues([Fault("number", N_("the number {number} is given already"), {"number": number})])
    register.last = max(register.last, number)
    register.save(update_fields=["last"])
    return number


def send(asker: Asker, letter_id: int, version: int) -> Letter:
    """What is issued goes out and its work begins; needs letters.issue."""
    with recording(asker, "letters.send") as record:
        row = to_change(asker, "letters.issue", letter_id, version, ISSUED)
        record.on, record.organisation_id = row, row.office_id
        if row.sent_at is not None:
            raise InvalidValues([Fault("state", N_("it was sent already"))])
        update(record, row, version, {})
        _send(record, row, timezone.now())
    return row


def _send(record: Recording, row: Letter, now: datetime) -> None:
    """Tasks and messages of an issued letter, with it or not at all."""
    recipients = list(Recipient.objects.filter(letter=row).select_related("organisation").order_by("n"))
    clauses = list(Clause.objects.filter(letter=row).order_by("n"))
    if work := drafts(row, clauses, recipients, zone_from(settings.VONGGAC.zone), now):
        batch = hide_batch(f"{row.reference} {row.subject}"[:250], "directives.letter", row.pk, f"/letters/{row.pk}/")
        stage(batch, work, now)
        publish(record, batch, now, tells=False)
        row.batch_id = batch.pk
    row.sent_at = now
    row.save(update_fields=["batch_id", "sent_at"])
    n_told = dispatch(record, row, recipients, now)
    record.note(reference=row.reference, n_recipients=len(recipients), n_tasks=len(work), n_told=n_told)


def _supersede(record: Recording, row: Letter, now: datetime) -> None:
    """The letter whose place ``row`` takes asks nothing any more."""
    old = row.about
    if row.change == "replaces" and old is not None and old.state == ISSUED:
        before = snapshot(old)
        old.state, old.withdrawn_at = WITHDRAWN, now
        old.withdraw_reason = row.reference
        old.version = F("version") + 1
        old.save()
        old.refresh_from_db()
        record.changed(old, before)
        _end_work(record, old, row.reference, now)


def withdraw(asker: Asker, letter_id: int, version: int, why: str) -> Letter:
    """An issued letter holds no longer, because: what is open of its work is withdrawn, its links open nothing. Needs letters.approve."""
    check = Check()
    why = reason(check, why)[:500]
    check.done()
    with recording(asker, "letters.withdraw") as record:
        row = to_change(asker, "letters.approve", letter_id, version, ISSUED)
        record.on, record.organisation_id = row, row.office_id
        now = timezone.now()
        update(record, row, version, {"state": WITHDRAWN, "withdrawn_at": now, "withdraw_reason": why})
        _end_work(record, row, why, now)
    return row


def _end_work(record: Recording, row: Letter, why: str, now: datetime) -> None:
    Link.objects.filter(recipient__letter=row, revoked_at=None).update(
        revoked_at=now, revoked_by_name=record.asker.name[:150]
    )
    tell_withdrawn(row, list(Recipient.objects.filter(letter=row).order_by("n")), why)
    if not row.batch_id:
        return
    open_ones = Task.objects.filter(batch_id=row.batch_id, state__in=[*WITH_OWNER, SUBMITTED, PROPOSED])
    move(
        record,
        open_ones.values_list("pk", flat=True),
        now,
        lambda change: change.step("withdraw", why, state=TASK_WITHDRAWN),
    )
