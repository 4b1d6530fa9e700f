"""``audit.log`` of the Linux audit daemon, raw or enriched, also with ``node=`` (name_format) before each record.

Every record is an event with the audit system's names; see :mod:`vonggac.sources.audit_records` for how a record is read and
:mod:`vonggac.sources.audit_events` for what it gets from the other records of its event. ``timestamp`` is the time in ``event_id``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.audit_events import column_of, frame_events, related
from vonggac.sources.audit_records import HEADER, record
from vonggac.sources.derived import Derived
from vonggac.sources.lines import RawLines, SkipCounter, head_lines, text_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader


def _time(event_id: str) -> str:
    return event_id.partition(":")[0]


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
        """Blocks of whole lines, with what stands beside them of the same events."""
        return frame_events(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per record; records are line numbers."""
        skips = SkipCounter(block.skipped)
        shapes = _shapes(text_lines(block.data), block.first_record, skips)
        beside = text_lines(block.around)
        around = _shapes(beside, -len(beside), SkipCounter())
        timed = [_with_time(shape) for shape in related(shapes, around)]
        return EventBatch(self.name, timed, options.zone, RawLines(block), skips.skips(), options.year)


def _shapes(lines: Sequence[str], first_record: int, skips: SkipCounter) -> list[Shape]:
    """The records among ``lines`` by type and names."""
    groups: dict[tuple[tuple[str, ...], str | None], tuple[list[tuple[str | None, ...]], list[int]]] = {}
    for number, line in enumerate(lines, first_record):
        fields = record(line)
        if fields is None:
            if line and not line.isspace():
                skips.add("unknown_line", number, line[:80])
            continue
        names, values = fields
        group = groups.get(key := (names, values[names.index("type")]))
        if group is None:
            group = groups[key] = ([], [])
        group[0].append(values)
        group[1].append(number)
    return [Shape(names, list(zip(*rows, strict=True)), records) for (names, _), (rows, records) in groups.items()]


def _with_time(shape: Shape) -> Shape:
    if "timestamp" in shape.keys:
        return shape
    times = Derived(_time, column_of(shape, "event_id"))
    return Shape(("timestamp", *shape.keys), [times, *shape.columns], shape.records)


SOURCE = AuditdSource()
