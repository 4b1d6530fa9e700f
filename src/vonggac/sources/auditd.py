"""``audit.log`` of the Linux audit daemon, raw or enriched, also with ``node=`` (name_format) before each record.

Every record is an event with the audit system's names; see :mod:`vonggac.sources.audit_records` for how a record is read and
:mod:`vonggac.sources.audit_events` for what it gets from the other records of its event. ``timestamp`` is the time in ``event_id``.

The records of one event may stand between those of others. A block ends where no event goes on over its end, as long as
the records of an event are within MAX_SPREAD lines; an event that is spread wider may lack what its other part says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.audit_events import column_of, related
from vonggac.sources.audit_records import HEADER, record
from vonggac.sources.derived import Derived
from vonggac.sources.lines import RawLines, SkipCounter, head_lines, text_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.whole_records import frame_whole

MAX_SPREAD = 500
"""Lines between two records of one event; ausearch waits for at most this many events (buf_size of its "lol")."""

_SEARCHED_LINES = 4 * MAX_SPREAD
_EVENT = re.compile(rb"audit\((\d{1,20}(?:\.\d{1,9})?:\d{1,20})\)")


def _time(event_id: str) -> str:
    return event_id.partition(":")[0]


def cut_between_events(data: bytes) -> int:
    """Where ``data`` can be cut so that no event of the last MAX_SPREAD lines has records before the cut."""
    lines: list[tuple[int, bytes | None]] = []  # from the last to the first: where it begins, its event
    end = len(data) - data.endswith(b"\n")
    while end >= 0 and len(lines) < _SEARCHED_LINES:
        start = data.rfind(b"\n", 0, end) + 1
        found = _EVENT.search(data, start, end)
        lines.append((start, found[1] if found else None))
        end = start - 1
    first = {event: number for number, (_, event) in enumerate(lines) if event is not None}
    limit = min(MAX_SPREAD, len(lines))
    number = 0
    while number < limit:
        event = lines[number][1]
        if event is not None and first[event] + 1 > limit:
            limit = first[event] + 1
        number += 1
    if limit == len(lines) and end >= 0:  # events are spread over all of it
        return lines[MAX_SPREAD - 1][0]
    return lines[limit - 1][0]


class AuditdSource:
    """Reads audit logs."""

    name = "auditd"
    title = "Linux audit logs (audit.log, raw and enriched)"

    def sniff(self, head: bytes, filename: str) -> int:
        """At most 95, by how many of the first lines are audit records."""
        del filename
        lines = head_lines(head)
        known = sum(1 for line in lines if line.startswith(("type=", "node=")) and HEADER.match(line))
        return 95 * known // len(lines) if known * 2 > len(lines) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole events."""
        return frame_whole(stream, block_bytes=block_bytes, cut=cut_between_events)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per record; records are line numbers."""
        skips = SkipCounter(block.skipped)
        groups: dict[tuple[tuple[str, ...], str | None], tuple[list[tuple[str | None, ...]], list[int]]] = {}
        for number, line in enumerate(text_lines(block.data), block.first_record):
            fields = record(line)
            if fields is None:
                if line and not line.isspace():
                    skips.add("unknown_line", number, line[:80])
                continue
            names, values = fields
            kind = values[names.index("type")]
            group = groups.get(key := (names, kind))
            if group is None:
                group = groups[key] = ([], [])
            group[0].append(values)
            group[1].append(number)
        shapes = [
            Shape(names, list(zip(*rows, strict=True)), records) for (names, _), (rows, records) in groups.items()
        ]
        timed = [_with_time(shape) for shape in related(shapes)]
        return EventBatch(self.name, timed, options.zone, RawLines(block), skips.skips(), options.year)


def _with_time(shape: Shape) -> Shape:
    if "timestamp" in shape.keys:
        return shape
    times = Derived(_time, column_of(shape, "event_id"))
    return Shape(("timestamp", *shape.keys), [times, *shape.columns], shape.records)


SOURCE = AuditdSource()
