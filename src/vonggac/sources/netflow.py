"""Flows: files of NetFlow 5, NetFlow 9 and IPFIX export packets (RFC 3954, 7011, 5655), as collectors write them.

Fields have the names of IPFIX's information elements (``sourceIPv4Address``), those of enterprises
``enterprise_<number>_<element>``, unknown ones ``element_<number>``. Times are milliseconds (microseconds for the finer
elements) since 1970; what an exporter says in milliseconds since its start is said as ``flowStartMilliseconds`` and
``flowEndMilliseconds`` too. ``exportTime`` and ``observationDomainId`` are the packet's. ``blocked`` says whether the exporter
refused the traffic, where it tells. Numbers are as exported: with sampling, ``samplingInterval`` says one packet in how many.

Records are numbered by flow. Records of options templates (samplers, names of interfaces) are read for sampling alone and are
no events. Flows whose template has not come yet cannot be read and are counted by set.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import Shape
from vonggac.events.skips import Skip
from vonggac.sources.lines import READ_BYTES, SkipCounter
from vonggac.sources.netflow_columns import FlowBatch, Numbers, Read, cells, element, reader
from vonggac.sources.netflow_packets import (
    MAX_PACKET_BYTES,
    VARIABLE,
    Known,
    Part,
    Template,
    is_cut_set,
    is_start,
    next_start,
    packet_end,
    parts_of,
    records_of,
)
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader

MAX_FLOWS = 200_000
"""Flows of one block: records may be of a few bytes."""

MAX_LAYOUTS = 1000
"""Layouts of the flows of one block that are read; an exporter has a few dozen."""

_FIRST, _LAST = "flowStartSysUpTime", "flowEndSysUpTime"


def _forwarding(status: int) -> str | None:
    """forwardingStatus, its upper two bits: unknown, forwarded, dropped, consumed."""
    return (None, "false", "true", "false")[status >> 6 & 3]


def _firewall(event: int) -> str | None:
    """firewallEvent: 0 is to be ignored, 3 a flow that was denied."""
    return None if event == 0 else "true" if event == 3 else "false"


class NetflowSource:
    """Reads files of export packets."""

    name = "netflow"
    title = "NetFlow 5, NetFlow 9 and IPFIX export packets"

    def sniff(self, head: bytes, filename: str) -> int:
        """95 when packet follows packet, 80 when only one is seen that is not whole."""
        del filename
        if not is_start(head, 0):
            return 0
        place, count = 0, 0
        while count < 10 and (end := packet_end(head, place, is_whole=False)) > place:
            if len(head) >= end + 24 and not is_start(head, end):
                return 0
            place, count = end, count + 1
        return 95 if count > 1 or place == len(head) else 80

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole packets; the context has the templates in force where the block begins."""
        return _Framer(block_bytes).blocks(stream)

    def decode(self, block: Block, options: Options) -> FlowBatch:
        """One event per flow."""
        known = Known.of(block.context)
        skips = SkipCounter(block.skipped)
        groups: dict[tuple[Template, tuple[bool, bool]], list[tuple[int, Part]]] = {}
        by_identity: dict[tuple[int, tuple[bool, bool]], list[tuple[int, Part]]] = {}
        record, data, place = block.first_record, block.data, 0
        kept: list[Template] = []  # so that no identity is used twice
        while place < len(data):
            end = packet_end(data, place, is_whole=True)
            if end <= place:  # pragma: no cover - frame cuts whole packets
                break
            for part in parts_of(data, place, end, known, skips, record):
                said = (part.header.sampling > 1, part.header.uptime_ms >= 0)  # it says which fields there are
                group = by_identity.get((id(part.template), said))
                if group is None and len(groups) >= MAX_LAYOUTS and (part.template, said) not in groups:
                    skips.add("bad_record", record, f"more than {MAX_LAYOUTS} layouts in one block")
                    record += part.count
                    continue
                if group is None:
                    kept.append(part.template)
                    group = groups.setdefault((part.template, said), [])
                    by_identity[id(part.template), said] = group
                group.append((record, part))
                record += part.count
            place = end
        shapes = [_shape(data, template, parts) for (template, _), parts in groups.items()]
        return FlowBatch(
            self.name,
            shapes,
            zone=options.zone,
            raw_of=_RawFlows(data, [one for parts in groups.values() for one in parts]),
            skipped=skips.skips(),
            year=options.year,
        )


class _Framer:
    """Cuts a stream into blocks of whole packets and follows its templates."""

    def __init__(self, block_bytes: int) -> None:
        self._block_bytes = max(1, block_bytes)
        self._known = Known()
        self._next_record = 1
        self._skipped: list[Skip] = []

    def blocks(self, stream: Reader) -> Iterator[Block]:
        """The blocks of ``stream``, in order."""
        data = b""
        is_whole = False
        while not is_whole:
            pieces, n_bytes = [data], len(data)
            least = max(self._block_bytes, n_bytes + 1)
            while n_bytes < least and not is_whole:
                chunk = stream.read(READ_BYTES)
                is_whole = not chunk
                pieces.append(chunk)
                n_bytes += len(chunk)
            data = b"".join(pieces)
            place = 0
            while place < len(data):
                start, end, n_records, context = place, place, 0, self._known.context()
                while end - start < self._block_bytes and n_records < MAX_FLOWS:
                    stop = packet_end(data, end, is_whole=is_whole)
                    if stop < 0:
                        break
                    n_records += sum(part.count for part in parts_of(data, end, stop, self._known, None, 0))
                    end = stop
                if end > start:
                    yield self._block(data[start:end], n_records, context)
                    place = end
                    continue
                rest = self._without_packet(data, place, is_whole=is_whole)
                if rest == place:
                    break
                place = rest
            data = data[place:]
        if data:
            self._skipped.append(Skip("truncated", self._next_record, detail=f"{len(data)} bytes"))
        if self._skipped:
            yield self._block(b"", 0, self._known.context())

    def _without_packet(self, data: bytes, place: int, *, is_whole: bool) -> int:
        """Where to go on after ``place``, at which no whole packet is: there again when more bytes may tell."""
        may_be_cut = packet_end(data, place, is_whole=is_whole) == -1
        if may_be_cut and len(data) - place <= MAX_PACKET_BYTES:
            return place
        found = next_start(data, place + 1)
        if found < 0 and is_whole and is_cut_set(data, place):
            return place
        stop = found if found >= 0 else len(data) if is_whole else max(place + 1, len(data) - 24)
        self._skipped.append(
            Skip("bad_record", self._next_record, detail=f"{stop - place} bytes that are no export packet")
        )
        return stop

    def _block(self, data: bytes, n_records: int, context: bytes) -> Block:
        block = Block(data, self._next_record, n_records, context, _merged(self._skipped))
        self._next_record += n_records
        self._skipped = []
        return block


def _merged(skipped: Sequence[Skip]) -> tuple[Skip, ...]:
    """One skip for each reason, so that broken bytes in small pieces do not fill memory."""
    counter = SkipCounter()
    for skip in skipped:
        counter.add(skip.reason, skip.record, skip.detail)
    return counter.skips()


class _RawFlows:
    """Record number to the bytes of its flow."""

    def __init__(self, data: bytes, parts: list[tuple[int, Part]]) -> None:
        self._data = data
        self._parts = sorted(parts, key=lambda one: one[0])

    def __call__(self, record: int) -> bytes:
        """The bytes of flow ``record``."""
        place = bisect_right(self._parts, record, key=lambda one: one[0]) - 1
        first, part = self._parts[place] if place >= 0 else (0, None)
        if part is None or record - first >= part.count:
            raise KeyError(record)
        if size := part.template.record_bytes:
            start = part.start + (record - first) * size
            return self._data[start : start + size]
        start = part.start
        for number, (_, end) in enumerate(records_of(self._data, part.start, part.stop, part.template), first):
            if number == record:
                return self._data[start:end]
            start = end
        raise KeyError(record)


def _shape(data: bytes, template: Template, parts: Sequence[tuple[int, Part]]) -> Shape:
    counts = np.array([part.count for _, part in parts])
    columns = _fixed(data, template, parts) if template.record_bytes else _variable(data, template, parts)
    _add_times(columns, parts, counts)
    add_verdict(columns)
    records = np.concatenate([np.arange(first, first + part.count) for first, part in parts])
    return Shape(tuple(columns), list(columns.values()), records.tolist())


def _names(template: Template) -> Iterator[tuple[str, str, int]]:
    """Name, type and length of each field in order; an empty name for padding; names that occur again are numbered."""
    seen: dict[str, int] = {}
    for number, length, enterprise in template.fields:
        name, kind = element(number, enterprise)
        if name == "paddingOctets":
            yield "", kind, length
            continue
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}_{seen[name]}"), kind, length


def _fixed(data: bytes, template: Template, parts: Sequence[tuple[int, Part]]) -> dict[str, Sequence[object]]:
    blob = b"".join([data[part.start : part.stop] for _, part in parts])
    table = np.frombuffer(blob, np.uint8).reshape(-1, template.record_bytes)
    columns: dict[str, Sequence[object]] = {}
    place = 0
    for name, kind, length in _names(template):
        if name and length:
            columns[name] = cells(table[:, place : place + length], kind)
        place += length
    return columns


def _variable(data: bytes, template: Template, parts: Sequence[tuple[int, Part]]) -> dict[str, Sequence[object]]:
    rows = [values for _, part in parts for values, _ in records_of(data, part.start, part.stop, template)]
    columns: dict[str, Sequence[object]] = {}
    for position, (name, kind, length) in enumerate(_names(template)):
        if not name:
            continue
        pieces = [row[position] for row in rows]
        if length == VARIABLE:
            columns[name] = [reader(kind, len(piece))(piece) if piece else None for piece in pieces]
        else:
            columns[name] = Read(pieces, reader(kind, length))
    return columns


def _each(values: Sequence[int], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(np.array(values, np.int64), counts)


def _counter(values: Sequence[object] | None) -> NDArray[np.int64] | None:
    """A column of 32-bit counters; None when it is none, as where a template gives the field another length."""
    if isinstance(values, Numbers):
        return (values.values & np.uint64(0xFFFFFFFF)).astype(np.int64)
    numbers = [value & 0xFFFFFFFF for value in values or () if isinstance(value, int)]
    return np.array(numbers, np.int64) if numbers and len(numbers) == len(values or ()) else None


def _add_times(
    columns: dict[str, Sequence[object]], parts: Sequence[tuple[int, Part]], counts: NDArray[np.int64]
) -> None:
    """What the packets' headers say: times that count from the exporter's start, the domain, the sampling.

    All headers say the same kinds of things, so that an event has the same fields whatever block it stands in.
    """
    headers = [part.header for _, part in parts]
    export = _each([header.export_ms for header in headers], counts)
    if headers[0].uptime_ms >= 0:  # as of all of them
        uptime = _each([header.uptime_ms for header in headers], counts)
        for native, name in ((_FIRST, "flowStartMilliseconds"), (_LAST, "flowEndMilliseconds")):
            since = _counter(columns.get(native))
            if since is not None and name not in columns:
                ago = ((uptime - since) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)  # the counter wraps in 50 days
                columns[name] = Numbers(np.maximum(export - ago, 0).astype(np.uint64))
    columns["exportTime"] = Numbers(export.astype(np.uint64))
    columns.setdefault("observationDomainId", Numbers(_each([h.domain for h in headers], counts).astype(np.uint64)))
    if headers[0].sampling > 1:
        sampling = Numbers(_each([header.sampling for header in headers], counts).astype(np.uint64))
        columns.setdefault("samplingInterval", sampling)


def add_verdict(columns: dict[str, Sequence[object]]) -> None:
    """Add ``blocked`` where the exporter says what became of the traffic."""
    said = [
        [verdict(value) for value in found.values.tolist()]
        for name, verdict in (("firewallEvent", _firewall), ("forwardingStatus", _forwarding))
        if isinstance(found := columns.get(name), Numbers)
    ]
    if said:
        columns["blocked"] = [next((one for one in verdicts if one), None) for verdicts in zip(*said, strict=True)]


SOURCE = NetflowSource()
