"""Worklists written out: a table on a terminal, JSON lines, CSV, XLSX.

Values come from lists that anybody may have written: control characters are made visible, and a cell that a spreadsheet
program would take for a formula gets a leading apostrophe.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePath
from typing import BinaryIO, TextIO

import orjson
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text as Styled

from vonggac.errors import N_
from vonggac.events.times import iso
from vonggac.jobs.worklist import FOUND_BY, Host, Say, Worklist, WorkRow
from vonggac.tables.cells import guarded, visible

VIETNAM = timezone(timedelta(hours=7))

COLUMNS = (
    "organisation", "indicator", "address", "malware", "first_seen", "last_seen", "system", "level", "priority", "hosts",
    "list_file", "list_sheet", "list_row", "reason",
)  # fmt: skip
"""The columns of the CSV; their names are an interface and not translated."""

_TITLES = {
    "organisation": N_("Organisation"), "indicator": N_("Indicator"), "address": N_("Address"), "malware": N_("Malware"),
    "first_seen": N_("First seen"), "last_seen": N_("Last seen"), "system": N_("System"), "level": N_("Level"),
    "priority": N_("Priority"), "hosts": N_("Inner hosts"), "list_file": N_("List"), "list_sheet": N_("Sheet"),
    "list_row": N_("Row"), "reason": N_("Reason"),
}  # fmt: skip
_WIDTHS = (34, 22, 18, 20, 17, 17, 26, 8, 9, 44, 24, 14, 8, 60)
_SUMMARY_TITLES = (N_("Organisation"), N_("Rows"), N_("Highest priority"), N_("Inner hosts"), N_("Malware"))
_SUMMARY_WIDTHS = (40, 8, 16, 12, 60)
_MAX_TABLE_HOSTS = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(time: int | None, zone: tzinfo = VIETNAM) -> str:
    """A time for people, to the minute, in ``zone``."""
    if time is None:
        return ""
    try:
        return (_EPOCH + timedelta(microseconds=time)).astimezone(zone).strftime("%d/%m/%Y %H:%M")
    except OverflowError:
        return ""


def write_jsonl(worklist: Worklist, file: BinaryIO, say: Say = str) -> None:
    """One JSON object a line, in the order of the worklist."""
    for row in worklist.rows:
        record = row.record(say)
        try:
            line = orjson.dumps(record)
        except orjson.JSONEncodeError:  # a lone surrogate
            line = orjson.dumps(_encodable(record))
        file.write(line + b"\n")


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def write_csv(worklist: Worklist, file: TextIO, say: Say = str) -> None:
    """A header and one line a row (RFC 4180); open ``file`` with ``newline=""``. Times are ISO 8601 in UTC."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in worklist.rows:
        cells = _cells(row, say, [iso(row.first_seen), iso(row.last_seen)])
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])


def _cells(row: WorkRow, say: Say, times: Sequence[str]) -> list[str | int | float]:
    level: str | int = "" if row.level is None else row.level
    return [
        row.organisation, row.indicator, row.address, row.malware, *times, row.system, level, row.priority,
        _hosts(row.hosts, len(row.hosts)), row.place.file, row.place.sheet, row.place.row, row.reason(say),
    ]  # fmt: skip


def _hosts(hosts: Iterable[Host], limit: int) -> str:
    names = list(dict.fromkeys(host.address for host in hosts))
    rest = [f"+{len(names) - limit}"] if len(names) > limit else []
    return ", ".join([*names[:limit], *rest])


def write_xlsx(worklist: Worklist, file: BinaryIO, say: Say = str, zone: tzinfo = VIETNAM) -> None:
    """A workbook: a summary by organisation, the rows, and the inner hosts, each with a frozen header."""
    book = Workbook(write_only=True)
    summary = _sheet(book, say(N_("Summary")), [say(title) for title in _SUMMARY_TITLES], _SUMMARY_WIDTHS)
    for name, rows in worklist.organisations():
        hosts = {host.address for row in rows for host in row.hosts}
        malware = ", ".join(dict.fromkeys(row.malware for row in rows if row.malware))
        _append(
            summary, [name or say(N_("Not attributed")), len(rows), max(r.priority for r in rows), len(hosts), malware]
        )
    titles = [say(_TITLES[column]) for column in COLUMNS]
    sheet = _sheet(book, say(N_("Worklist")), titles, _WIDTHS)
    hosts_titles = [N_("Organisation"), N_("Indicator"), N_("Inner host"), N_("Contacts"), N_("First contact"),
                    N_("Last contact"), N_("Destination"), N_("How it was found")]  # fmt: skip
    found = _sheet(
        book, say(N_("Inner hosts")), [say(title) for title in hosts_titles], (34, 22, 22, 10, 17, 17, 26, 60)
    )
    for row in worklist.rows:
        _append(sheet, _cells(row, say, [local(row.first_seen, zone), local(row.last_seen, zone)]))
        for host in row.hosts:
            _append(found, [row.organisation, row.indicator, host.address, host.n_contacts, local(host.first, zone),
                            local(host.last, zone), host.destination, say(FOUND_BY[host.found_by])])  # fmt: skip
    book.save(file)


def _sheet(book: Workbook, name: str, titles: Sequence[str], widths: Sequence[int]) -> WriteOnlyWorksheet:
    from openpyxl.cell import WriteOnlyCell

    sheet: WriteOnlyWorksheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width  # type: ignore[attr-defined]  # the stubs lack it
    header = []
    for title in titles:
        cell = WriteOnlyCell(sheet, title)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        header.append(cell)
    sheet.append(header)
    return sheet


def _append(sheet: WriteOnlyWorksheet, cells: Iterable[str | int | float]) -> None:
    sheet.append([guarded(cell) if isinstance(cell, str) else cell for cell in cells])


def write_table(worklist: Worklist, console: Console, say: Say = str, zone: tzinfo = VIETNAM) -> None:
    """The worklist for a terminal: a table per organisation, the most urgent first, those of nobody last."""
    for name, rows in worklist.organisations():
        title = visible(name) or say(N_("Not attributed"))
        n_hosts = len({host.address for row in rows for host in row.hosts})
        line = say(N_("{n_rows} rows, {n_hosts} inner hosts, highest priority {priority}")).format(
            n_rows=len(rows), n_hosts=n_hosts, priority=max(row.priority for row in rows)
        )
        head = Styled.assemble((title, "bold"), "  ", (line, "dim"))
        console.print(Group(head, _table(rows, say, zone), ""))
    if not worklist.rows:
        console.print(Styled(say(N_("Nothing to do: no listed value concerns a network or a host of ours."))))


def _table(rows: Sequence[WorkRow], say: Say, zone: tzinfo) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say(N_("Priority")), justify="right", no_wrap=True)
    for title in (
        N_("Indicator"),
        N_("Malware"),
        N_("Last seen"),
        N_("System"),
        N_("Inner hosts"),
        N_("List"),
        N_("Reason"),
    ):
        table.add_column(say(title), overflow="fold")
    for row in rows:
        level = say(N_("level {level}")).format(level=row.level) if row.level else ""
        system = row.system + (f" ({level})" if level else "")
        place = ":".join(part for part in (PurePath(row.place.file).name, row.place.sheet, str(row.place.row)) if part)
        cells = [
            f"{row.priority:.1f}", row.indicator, row.malware, local(row.last_seen, zone), system.strip(),
            _hosts(row.hosts, _MAX_TABLE_HOSTS), place, row.reason(say),
        ]  # fmt: skip
        table.add_row(*(Styled(visible(cell)) for cell in cells))
    return table
