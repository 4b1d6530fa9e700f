"""The log of what was sent to whom as a file. No cell is a formula (``tables.cells``)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import IO, TextIO

from vonggac.desk.directives.actions.exporting import record_export
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.models.sending import HOWS
from vonggac.desk.directives.queries.sent import KEPT, NOT_TOLD, SentLine
from vonggac.desk.directives.states import ROLES, VIAS
from vonggac.desk.notices.channels import BY_NAME as CHANNELS
from vonggac.desk.notices.models import STATES
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_
from vonggac.jobs.list_export import write_book
from vonggac.tables.cells import guarded

Say = Callable[[str], str]
HEADS: Sequence[tuple[str, int]] = (
    (N_("Unit or body"), 44), (N_("Role"), 16), (N_("Sent"), 18), (N_("Messages"), 60), (N_("State of the messages"), 20),
    (N_("Copies on paper"), 44), (N_("Opened"), 18), (N_("Opened by"), 24), (N_("Acknowledged"), 18), (N_("By"), 24), (N_("How"), 20),
)  # fmt: skip
NOBODY_TOLD = N_("Nobody was told")


def write_xlsx(
    asker: Asker, row: Letter, lines: Sequence[SentLine], file: IO[bytes], say: Say, zone: tzinfo
) -> None:  # fmt: skip
    """The log as a workbook; an entry of the audit record says who took it along."""
    heads = [(say(title), width) for title, width in HEADS]
    write_book(file, [(say(N_("Sent")), heads, _rows(lines, say, zone))])
    record_export(asker, row, form="sent.xlsx", n=len(lines))


def write_csv(asker: Asker, row: Letter, lines: Sequence[SentLine], file: TextIO, say: Say, zone: tzinfo) -> None:
    """The log with a header (RFC 4180); open ``file`` with ``newline=""``."""
    writer = csv.writer(file)
    for cells in ([say(title) for title, _width in HEADS], *_rows(lines, say, zone)):
        writer.writerow([guarded(cell) for cell in cells])
    record_export(asker, row, form="sent.csv", n=len(lines))


def state_title(line: SentLine, say: Say) -> str:
    """How the messages of a recipient are, in words."""
    if line.state == KEPT:
        return ""
    return say(NOBODY_TOLD) if line.state == NOT_TOLD else say(STATES[line.state])


def _rows(lines: Iterable[SentLine], say: Say, zone: tzinfo) -> Iterator[list[str]]:
    for line in lines:
        one = line.recipient
        messages = "\n".join(
            f"{say(CHANNELS[two.channel].title) if two.channel in CHANNELS else two.channel}: {two.to} – {say(STATES.get(two.state, two.state))}, {_when(two.ended_at or two.at, zone)}"
            for two in line.messages
        )
        notes = "\n".join(
            f"{say(HOWS.get(two.how, two.how))}, {two.on:%d/%m/%Y}{f': {two.note}' if two.note else ''} ({two.by_name})"
            for two in line.notes
        )
        yield [
            one.name, say(ROLES.get(one.role, one.role)), _when(one.sent_at, zone), messages, state_title(line, say), notes,
            _when(one.opened_at or line.used_at, zone), one.opened_by_name, _when(one.acknowledged_at, zone), one.acknowledged_by_name,
            say(VIAS[one.acknowledged_via]) if one.acknowledged_via in VIAS else "",
        ]  # fmt: skip


def _when(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%d/%m/%Y %H:%M")
