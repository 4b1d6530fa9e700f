"""Sysmon for Linux without syslog's header: one XML event per line (``journalctl -u sysmon -o cat``), or spread over lines.

An event begins with a line that begins with ``<Event>`` and ends with ``</Event>``; a command with line breaks in it makes
it go on for some lines, at most MAX_EVENT_LINES. Its record is the number of its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.csv_table import RawRows
from vonggac.sources.lines import SkipCounter, head_lines, text_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.sysmon_xml import sysmon_event
from vonggac.sources.whole_records import frame_whole

MAX_EVENT_LINES = 1000
"""More lines than this never make one event."""

_START = re.compile(r"[ \t]*<Event[ >]")
_START_BYTES = re.compile(rb"[ \t]*<Event[ >]")
_FRAME = re.compile(r"\s*(?:<\?xml [^<>]*\?>|</?Events(?: [^<>]*)?>)?\s*")
_PROVIDER = '<Provider Name="Linux-Sysmon"'


def cut_before_open_event(data: bytes) -> int:
    """Where the last event of ``data`` begins, when it has no end there."""
    end = len(data)
    while (found := data.rfind(b"<Event", 0, end)) >= 0:
        end = data.rfind(b"\n", 0, found) + 1
        if _START_BYTES.match(data, end):
            break
    else:
        return len(data)
    is_open = data.find(b"</Event>", end) < 0 and data.count(b"\n", end) < MAX_EVENT_LINES
    return end if is_open else len(data)


class SysmonLinuxSource:
    """Reads the XML of Sysmon for Linux."""

    name = "sysmon_linux"
    title = "Sysmon for Linux as XML (within syslog it is read by syslog)"

    def sniff(self, head: bytes, filename: str) -> int:
        """95 when what begins the head is an event whose provider is Linux-Sysmon."""
        del filename
        lines = head_lines(head, 20)
        for number, line in enumerate(lines):
            if _START.match(line):
                return 95 if any(_PROVIDER in near for near in lines[number : number + 5]) else 0
            if not _FRAME.fullmatch(line):
                return 0
        return 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole events."""
        return frame_whole(stream, block_bytes=block_bytes, cut=cut_before_open_event)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per ``<Event>``; records are line numbers."""
        skips = SkipCounter(block.skipped)
        spans: dict[int, int] = {}
        groups: dict[tuple[str, ...], tuple[list[tuple[str | None, ...]], list[int]]] = {}
        for record, n_lines, text in _events(text_lines(block.data), block.first_record):
            fields = sysmon_event(text)
            if fields is None:
                skips.add("bad_record" if _START.match(text) else "unknown_line", record, text[:80])
                continue
            if n_lines > 1:
                spans[record] = n_lines
            names, values = fields
            group = groups.get(names)
            if group is None:
                group = groups[names] = ([], [])
            group[0].append(values)
            group[1].append(record)
        shapes = [Shape(names, list(zip(*rows, strict=True)), records) for names, (rows, records) in groups.items()]
        return EventBatch(self.name, shapes, options.zone, RawRows(block, spans), skips.skips(), options.year)


def _events(lines: Sequence[str], first_record: int) -> Iterator[tuple[int, int, str]]:
    """First line, count of lines and text of each event, and of each line that belongs to none and is not blank."""
    start, n_lines = 0, len(lines)
    while start < n_lines:
        line = lines[start]
        stop = start + 1
        if line[:6] == "<Event" and "</Event>" in line:
            yield first_record + start, 1, line
        elif _START.match(line):
            limit = min(n_lines, start + MAX_EVENT_LINES)
            while "</Event>" not in lines[stop - 1] and stop < limit and not _START.match(lines[stop]):
                stop += 1
            yield first_record + start, stop - start, "\n".join(lines[start:stop])
        elif not _FRAME.fullmatch(line):
            yield first_record + start, 1, line
        start = stop


SOURCE = SysmonLinuxSource()
