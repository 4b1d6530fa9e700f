"""What a clerk notes of copies that went out beside the portal."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.directives.models import Recipient, SentNote
from vonggac.desk.directives.models.sending import HOWS
from vonggac.desk.directives.queries.letters import may_see_office, recipient
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, NotThere


def _seen(asker: Asker, recipient_id: int) -> Recipient:
    """A recipient whose letter's office the asker may send for. Raises NotThere, NotAllowed."""
    row = recipient(asker, recipient_id)
    if not may_see_office(asker, row.letter):
        raise NotThere(N_("there is no such letter here"))
    require(asker, "letters.issue", row.letter.office_id)
    return row


def note_sent(asker: Asker, recipient_id: int, *, how: str, on: date, note: str = "") -> SentNote:
    """A copy of the letter went to the recipient on that day, in a way of HOWS; needs letters.issue on its office."""
    row = _seen(asker, recipient_id)
    check = Check()
    check.one_of("how", how, tuple(HOWS))
    note = check.text("note", note, most=250)
    today = timezone.now().astimezone(zone_from(settings.VONGGAC.zone)).date()
    if on > today:
        check.fault("on", N_("this lies in the future: it can be written down from that day on"))
    if row.letter.dated is not None and on < row.letter.dated:
        check.fault("on", N_("the letter is dated later than this day"))
    if row.letter.issued_at is None:
        check.fault("", N_("it is not issued yet"))
    check.done()
    with recording(asker, "letters.note_sent", on=row, organisation_id=row.letter.office_id) as record:
        made = SentNote.objects.create(
            recipient=row, how=how, on=on, note=note, at=timezone.now(), by_name=asker.name[:150]
        )
        record.created(made)
    return made


def take_back_note(asker: Asker, note_id: int) -> None:
    """A note of a copy was wrong: it is gone. Needs letters.issue on the letter's office."""
    made = SentNote.objects.filter(pk=note_id).first()
    if made is None:
        raise NotThere(N_("there is no such note here"))
    row = _seen(asker, made.recipient_id)
    with recording(asker, "letters.take_back_sent_note", on=row, organisation_id=row.letter.office_id) as record:
        before = snapshot(made)
        made.delete()
        record.deleted(made, before)
