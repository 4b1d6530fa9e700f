"""What was sent to whom: each recipient of a letter with its role, its messages by channel and state, copies on paper, and what came back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vonggac.desk.directives.models import Letter, Link, LinkUse, Recipient, SentNote
from vonggac.desk.directives.queries.letters import letter, may_see_office, recipients
from vonggac.desk.notices.models import DROPPED, FAILED, HELD, MERGED, SENT, WAITING, Notice
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotThere

TEMPLATES: Final = (
    "letter_new", "letter_link", "letter_copy", "letter_due", "letter_reminder", "letter_head", "letter_withdrawn",
)  # fmt: skip
"""Messages that tell of a letter."""
_OF_RECIPIENT = re.compile(r"letter[a-z-]*:(\d+)(?::|\Z)")
_BEFORE = timedelta(minutes=5)
NOT_TOLD: Final = "not_told"
KEPT: Final = "kept"
WORST: Final = (FAILED, DROPPED, HELD, WAITING, MERGED, SENT)
"""States of messages, the one that asks most for somebody first."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``to``: the name of the person in the portal, else the address, all but its begin and domain hidden."""

    template: str
    channel: str
    to: str
    state: str
    at: datetime
    ended_at: datetime | None
    fault: str = ""


@dataclass(slots=True)
class SentLine:
    """One recipient. ``used_at``: a link of it was opened first; ``notes``: copies beside the portal."""

    recipient: Recipient
    messages: list[Message] = field(default_factory=list)
    notes: list[SentNote] = field(default_factory=list)
    used_at: datetime | None = None

    @property
    def state(self) -> str:
        """How its messages are: the state that asks most for somebody; NOT_TOLD where there are none, nor a copy on paper (in the archive: KEPT)."""
        found = {one.state for one in self.messages}
        if SENT in found and not found & {HELD, WAITING}:  # one that arrived does for those that did not
            return SENT
        if not found and not self.notes:
            return KEPT if self.recipient.role == "archive" else NOT_TOLD
        return next((state for state in WORST if state in found), SENT)


def sent_log(asker: Asker, letter_id: int) -> tuple[Letter, list[SentLine]]:
    """A letter and the log of its sending, for who sees its office; raises NotThere. Five queries."""
    row = letter(asker, letter_id)
    if not may_see_office(asker, row):
        raise NotThere(N_("there is no such letter here"))
    lines = {one.pk: SentLine(one) for one in recipients(asker, row)}
    for pk, message in _messages(row, [line.recipient for line in lines.values()]):
        if pk in lines:
            lines[pk].messages.append(message)
    for note in SentNote.objects.filter(recipient__letter=row).order_by("on", "pk"):
        lines[note.recipient_id].notes.append(note)
    # Programs that look at mail fetch a link's address (``seen``), and open nothing.
    uses = LinkUse.objects.filter(link__in=Link.objects.filter(recipient__letter=row), what="opened").order_by("-pk")
    for recipient_id, at in uses.values_list("link__recipient_id", "at"):
        lines[recipient_id].used_at = at
    return row, list(lines.values())


def _messages(row: Letter, found: Sequence[Recipient]) -> Iterable[tuple[int, Message]]:
    """(recipient id, message) in the order in which they were written."""
    if row.sent_at is None:
        return
    organisations = [one.organisation_id for one in found if one.organisation_id is not None]
    rows = Notice.objects.filter(
        organisation_id__in=organisations, template__in=TEMPLATES, created_at__gte=row.sent_at - _BEFORE
    )
    for notice in rows.select_related("user").order_by("pk"):
        known = _OF_RECIPIENT.match(notice.key)
        if known:
            to = str(notice.user) if notice.user is not None else hidden(notice.recipient)
            message = Message(
                notice.template, notice.channel, to, notice.state, notice.created_at, notice.ended_at, notice.fault
            )
            yield int(known[1]), message


def hidden(address: str) -> str:
    """An e-mail address of which the first two letters and the domain are shown."""
    local, at, domain = address.rpartition("@")
    return f"{local[:2]}…{at}{domain}" if at else address


def sums(lines: Iterable[SentLine]) -> dict[str, Counter[str]]:
    """How many lines have each role and each state."""
    found: dict[str, Counter[str]] = {"role": Counter(), "state": Counter()}
    for line in lines:
        found["role"][line.recipient.role] += 1
        found["state"][line.state] += 1
    return found
