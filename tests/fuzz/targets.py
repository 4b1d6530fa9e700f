"""What is fuzzed, and what must hold of any bytes: one target per source, list reader and container.

A target's ``check`` raises on anything but what the input deserves. It is called with instrumented code by ``run`` and with
plain code, over the seeds and broken copies of them, by the tests.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import seeds
import sifted

from vonggac import sources
from vonggac.detectors.indicators.faults import FAULTS, PASSED_OVER
from vonggac.detectors.indicators.forms import FORMS, Form, Left, as_utf8
from vonggac.detectors.indicators.lists import read_list
from vonggac.detectors.sigma.compile import compile_rules
from vonggac.errors import FormatUnknown, VonggacError
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.finding import event_id
from vonggac.events.skips import REASONS
from vonggac.sources.containers import Limits, members
from vonggac.sources.evtx import CHUNK_BYTES, file_header
from vonggac.sources.source import SNIFF_BYTES, Options

WHOLE = 1 << 20
"""A block size that no input of fuzzing reaches."""

MAX_BYTES = 8192
LIMITS = Limits(floor=1 << 20, most=8 << 20)
HEADED = frozenset({"zeek", "w3c", "windows_firewall"})
LINES = frozenset({"syslog", "web_access", *HEADED})
"""Sources in which every line that is not blank (nor, where they are headed, begins with #) is an event or counted."""

UNFRAMED = frozenset({"netflow"})
"""Sources in which what is no record has no number: a stretch of it counts as often as it is met."""


@dataclass(frozen=True, slots=True)
class Target:
    """``check`` of any bytes of at most ``max_bytes``; ``seeds`` to begin with."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    max_bytes: int = MAX_BYTES


def _columns(batch: EventBatch) -> None:
    """Columns hold what the events hold, in order of row."""
    for name in sorted(batch.fields())[:60]:
        column = batch.column(name)
        rows = column.rows.tolist()
        assert rows == sorted(rows)
        texts: dict[int, list[str]] = {}
        for row, text in zip(rows, column.texts(), strict=True):
            texts.setdefault(row, []).append(text)
        for row in range(min(batch.n_rows, 20)):
            assert texts.get(row, []) == [_shown(text) for text in batch.texts(row, name)], name
        batch.rows_with(name)


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _read(name: str, data: bytes, block_bytes: int) -> tuple[list[str], Counter[str]]:
    """The identities of all events, sorted, and how many records were left out for each reason."""
    source = sources.by_name(name)
    names: list[str] = []
    skips: Counter[str] = Counter()
    for block in source.frame(io.BytesIO(data), block_bytes=block_bytes):
        batch = source.decode(block, Options())
        skips.update({skip.reason: 0 for skip in batch.skipped})
        for skip in batch.skipped:
            assert skip.reason in REASONS
            assert skip.count > 0
            assert len(skip.detail) <= 200
            skips[skip.reason] += skip.count
        times = concepts.times_us(batch)
        for row in range(batch.n_rows):
            names.append(event_id(batch.source, batch.record(row), batch.event(row)))
            assert isinstance(batch.raw(row), bytes)
            assert concepts.time_us(batch, row) == times[row]
            for concept in ("host.name", "source.ip", "user.name"):
                concepts.text(batch, row, concept)
        if block_bytes == WHOLE:
            _columns(batch)
    return sorted(names), skips


def read_source(name: str, data: bytes) -> None:
    """Nothing is raised, every record is read or counted, and where a block ends changes nothing."""
    source = sources.by_name(name)
    assert 0 <= source.sniff(data[:SNIFF_BYTES], "x.log") <= 100
    with suppress(FormatUnknown):
        sources.detect(data[:SNIFF_BYTES], "x.log")
    events, skips = _read(name, data, WHOLE)
    at = 1 + (zlib.crc32(data) % (len(data) + 1))
    other_events, other_skips = _read(name, data, at)
    assert other_events == events, f"blocks of {at} bytes"
    assert other_skips == skips or name in UNFRAMED, f"blocks of {at} bytes"
    if name in LINES and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        lines = data.decode("utf-8", "replace").split("\n")
        is_headed = name in HEADED and not (name == "zeek" and data.lstrip().startswith(b"{"))
        n_records = sum(1 for line in lines if line and not line.isspace() and not (is_headed and line.startswith("#")))
        assert len(events) + skips.total() == n_records


def sift_lines(data: bytes) -> None:
    """Listed values that stand in the text are found in raw text as in its events; the first byte says whose text it is."""
    if not data:
        return
    source = sifted.LINE_SOURCES[data[0] % len(sifted.LINE_SOURCES)]
    text = data[1:]
    values = sorted(sifted.values_in(source, text))[:200]
    indicators = [one for value in values if (one := sifted.listed(value)) is not None]
    # Of each half of the list alone too: a line that one value finds hides what another does not.
    for some in (indicators, indicators[::2], indicators[1::2], indicators[:1]):
        sifted.assert_same(source, text, some)


def _sifting_seeds() -> Iterator[bytes]:
    for number, source in enumerate(sifted.LINE_SOURCES):
        for seed in (*seeds.of_source(source.name), *seeds.of_sifting(source.name)):
            yield bytes([number]) + seed


def read_evtx_records(data: bytes) -> None:
    """Records in a chunk whose header and checksums fit them, so that the parser goes on to read them."""
    body = data[: CHUNK_BYTES - 512]
    at = 512 + len(body)
    head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", 1, 3, 1, 3, 128, 512, at, zlib.crc32(body)).ljust(124, b"\0")
    head += struct.pack("<I", zlib.crc32(head[:120] + bytes(384)))
    chunk = (head.ljust(512, b"\0") + body).ljust(CHUNK_BYTES, b"\0")
    source = sources.by_name("evtx")
    for block in source.frame(io.BytesIO(file_header(1) + chunk)):
        batch = source.decode(block, Options())
        _columns(batch)
        for row in range(batch.n_rows):
            event_id(batch.source, batch.record(row), batch.event(row))
            batch.raw(row)


def read_indicators(data: bytes, name: str = "list.csv") -> None:
    """Indicators with values and places, or an error of ours."""
    try:
        found = read_list(data, name)
    except VonggacError:
        return
    for one in found.indicators:
        assert one.value
        assert one.place.row > 0
    for fault in found.faults:
        assert str(fault)


def read_form(form: Form, data: bytes) -> None:
    """Values and pieces left out with a reason, or an error of ours, whether the form would be recognised or not."""
    assert form.recognises(data[:512], data) in (True, False)
    with suppress(VonggacError):
        for told in form.read(as_utf8(data), "list"):
            if isinstance(told, Left):
                assert told.reason in FAULTS or told.reason in PASSED_OVER
                assert len(told.what) <= 400
            else:
                assert told.value
    read_indicators(data)


def read_office(data: bytes) -> None:
    """XML as any part of a workbook or a document; the first byte says which."""
    if not data:
        return
    parts: Sequence[str] = sorted(seeds.PARTS)
    part = parts[data[0] % len(parts)]
    out = io.BytesIO()
    whole = seeds.document() if part.startswith("word/") else seeds.workbook()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, data[1:] if info.filename == part else old.read(info.filename))
    read_indicators(out.getvalue(), "list.xlsx")


def unpack(data: bytes) -> None:
    """Every member is read to its end or refused."""
    for _, stream in members(io.BytesIO(data), "x", limits=LIMITS):
        if isinstance(stream, VonggacError):
            continue
        n_bytes = 0
        try:
            while piece := stream.read(1 << 16):
                n_bytes += len(piece)
                assert n_bytes <= LIMITS.most + (1 << 20)
        except VonggacError:
            continue


def read_rules(data: bytes) -> None:
    """Rules that can be used, and faults."""
    compile_rules([("a.yml", data.decode("utf-8", "replace"))])


def _source_target(name: str) -> Target:
    return Target(partial(read_source, name), lambda: (*seeds.of_source(name), *seeds.of_other_sources(name)))


def _office_seeds() -> Iterator[bytes]:
    parts = sorted(seeds.PARTS)
    for name, xml in seeds.office_parts():
        yield bytes([parts.index(name)]) + xml


TARGETS: dict[str, Target] = {
    **{source.name: _source_target(source.name) for source in sources.SOURCES},
    "sifting": Target(sift_lines, _sifting_seeds),
    "evtx_records": Target(read_evtx_records, seeds.evtx_records),
    "lists": Target(read_indicators, seeds.lists),
    **{f"list_{form.name}": Target(partial(read_form, form), seeds.lists) for form in FORMS},
    "lists_office": Target(read_office, _office_seeds, 32 << 10),
    "lists_pdf": Target(partial(read_indicators, name="list.pdf"), seeds.pdfs, 32 << 10),
    "containers": Target(unpack, seeds.containers),
    "rules": Target(read_rules, seeds.rules),
}
