"""What is known of a letter's way to a recipient: opened, acknowledged by whom and how."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.moving import move
from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries.letters import obligations, recipient
from vonggac.desk.directives.states import ISSUED, VIAS
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work import clocks
from vonggac.desk.work.actions.changing import Change
from vonggac.desk.work.states import ACKNOWLEDGED, UNANSWERED
from vonggac.errors import N_, EditConflict, Fault, InvalidValues


def opened(asker: Asker, recipient_id: int) -> None:
    """Somebody who answers for the recipient has the letter before them; the first time is kept. No entry: it is no decision."""
    row = recipient(asker, recipient_id)
    if row.opened_at is None and row.letter.sent_at is not None and may_on(asker, "work.answer", row.organisation_id):
        Recipient.objects.filter(pk=row.pk, opened_at=None).update(
            opened_at=timezone.now(), opened_by_name=asker.name[:150]
        )


def acknowledge(asker: Asker, recipient_id: int, *, via: str = "", told_by: str = "") -> Recipient:
    """The recipient has the letter and its work; needs work.answer on it. Again: nothing changes.

    ``via`` of phone, letter, mail: the centre enters it (needs work.review) and says ``told_by`` whom.
    """
    check = Check()
    is_entered = via in ("phone", "letter", "mail")
    way = via or ("link" if asker.origin.via == "link" else "portal")
    check.one_of("via", way, tuple(VIAS))
    told_by = check.text("told_by", told_by, most=120, needed=is_entered)
    check.done()
    seen = recipient(asker, recipient_id)
    require(asker, "work.review" if is_entered else "work.answer", seen.organisation_id)
    if seen.acknowledged_at is not None:
        return seen
    with recording(asker, "letters.acknowledge", organisation_id=seen.organisation_id) as record:
        row = Recipient.objects.select_for_update(of=("self",)).select_related("letter").get(pk=seen.pk)
        record.on = row
        if row.acknowledged_at is not None:
            raise EditConflict(N_("somebody else changed this since you opened it"))
        if row.letter.state != ISSUED or row.letter.sent_at is None:
            raise InvalidValues([Fault("", N_("the letter does not hold any more, or not yet"))])
        now = timezone.now()
        receive(record, row, now, way, told_by)
        waiting = obligations(row).filter(state__in=sorted(UNANSWERED)).order_by("pk").values_list("pk", flat=True)
        move(record, waiting, now, take_note)
    return row


def receive(record: Recording, row: Recipient, now: datetime, way: str, told_by: str = "") -> None:
    """``row``, locked, has the letter since ``now``, within an action that is being recorded; what it has to do is the caller's to move."""
    before = snapshot(row)
    row.acknowledged_at, row.acknowledged_via = now, way
    row.acknowledged_by_name = (told_by or record.asker.name)[:150]
    if row.opened_at is None:
        row.opened_at, row.opened_by_name = now, row.acknowledged_by_name
    row.version += 1
    row.save(force_update=True)
    record.changed(row, before)


def take_note(change: Change) -> None:
    """One Task of it was seen."""
    change.step("acknowledge", state=ACKNOWLEDGED)
    clocks.meet(change.task, "acknowledge", change.now)
