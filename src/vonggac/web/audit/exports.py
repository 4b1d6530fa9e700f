"""The record as CSV and XLSX, entry by entry: however many there are, few are in memory."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import orjson
from django.utils.translation import gettext
from openpyxl import Workbook

from vonggac.desk.audit import titles
from vonggac.desk.audit.queries import Shown
from vonggac.errors import N_
from vonggac.tables.cells import guarded
from vonggac.web.audit.readable import VIAS
from vonggac.web.shell import times

COLUMNS = (
    "seq", "time", "action", "what", "actor", "actor_id", "via", "address", "object_type", "object_id", "object",
    "organisation_id", "n_objects", "changes", "hash",
)  # fmt: skip
"""Columns of the CSV; their names are an interface and not translated."""
TITLES = (
    N_("Entry"), N_("Time"), N_("Action"), N_("What was done"), N_("Who"), N_("Account"), N_("By way of"), N_("Address"),
    N_("Kind"), N_("Number of the object"), N_("Object"), N_("Organisation"), N_("Objects changed"), N_("Changes"),
    N_("Hash"),
)  # fmt: skip
_WIDTHS = (9, 20, 26, 34, 26, 9, 14, 18, 24, 9, 36, 9, 9, 60, 20)
_AT_ONCE = 200
MOST_IN_WORKBOOK = 100_000
"""Entries in a workbook; more take minutes to write and are unwieldy to open. CSV has no limit."""


def csv_parts(entries: Iterable[Shown]) -> Iterator[bytes]:
    """CSV (RFC 4180, UTF-8 with a byte order mark, so that spreadsheets read it as such), some hundred lines at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    yield b"\xef\xbb\xbf"
    for number, entry in enumerate(entries, 1):
        writer.writerow(_cells(entry, entry.at.isoformat()))
        if number % _AT_ONCE == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def workbook(entries: Iterable[Shown]) -> IO[bytes]:
    """A temporary file that holds the workbook, at its beginning."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext(N_("Audit record"))[:31])
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHIJKLMNO", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append([gettext(title) for title in TITLES])
    for entry in entries:
        sheet.append(_cells(entry, times.to_the_minute(entry.at)))
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    book.save(file)
    file.seek(0)
    return file


def _cells(entry: Shown, at: str) -> Sequence[str | int]:
    cells: tuple[str | int | None, ...] = (
        entry.seq, at, entry.action, gettext(titles.title_of_action(entry.action)), entry.actor, entry.actor_id,
        gettext(VIAS.get(entry.via, entry.via)), entry.address,
        gettext(titles.title_of_kind(entry.object_type)) if entry.object_type else "", entry.object_id, entry.label,
        entry.organisation_id, entry.n_objects, orjson.dumps(entry.changes).decode() if entry.changes else "", entry.hash,
    )  # fmt: skip
    return [guarded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells]


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")
