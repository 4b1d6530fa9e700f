"""Log formats: bytes in, event batches out. This is the public door; ``docs/library.md`` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vonggac.errors import N_, FormatUnknown, UsageError
from vonggac.events.batch import EventBatch
from vonggac.sources import (
    auditd,
    csv_table,
    evtx,
    json_lines,
    netflow,
    nfcapd,
    suricata,
    syslog,
    sysmon_linux,
    w3c,
    web_access,
    windows_firewall,
    windows_json,
    zeek,
)
from vonggac.sources.source import BLOCK_BYTES, SNIFF_BYTES, Block, Options, Reader, Rewound, Source, read_head

__all__ = ["SOURCES", "Block", "EventBatch", "Options", "Reader", "Source", "by_name", "detect", "read_events"]

SOURCES: tuple[Source, ...] = (
    evtx.SOURCE,
    netflow.SOURCE,
    nfcapd.SOURCE,
    windows_json.SOURCE,
    syslog.SOURCE,
    zeek.SOURCE,
    suricata.SOURCE,
    web_access.SOURCE,
    auditd.SOURCE,
    sysmon_linux.SOURCE,
    windows_firewall.SOURCE,
    w3c.SOURCE,
    csv_table.SOURCE,
    json_lines.SOURCE,
)
"""All sources; where two are equally sure of a stream, the earlier one gets it."""


def by_name(name: str) -> Source:
    """The source called ``name``; raises UsageError with the valid names."""
    for source in SOURCES:
        if source.name == name:
            return source
    valid = ", ".join(source.name for source in SOURCES)
    raise UsageError(N_("no source is called “{name}”; the sources are {valid}"), name=name, valid=valid)


def detect(head: bytes, filename: str = "") -> Source:
    """The source that is surest of a stream that begins with ``head``; raises FormatUnknown when none is."""
    sure, source = max(((source.sniff(head, filename), source) for source in SOURCES), key=lambda pair: pair[0])
    if sure <= 0:
        raise FormatUnknown(N_("format not recognised; the option --source names one"), where=filename)
    return source


def read_events(
    stream: Reader,
    filename: str = "",
    options: Options | None = None,
    *,
    source: str = "",
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[EventBatch]:
    """The events of a log that is not compressed, batch after batch; what cannot be read is in each batch's ``skipped``.

    ``source`` overrides what the content says. ``block_bytes``: about how much of the stream is held at once. Raises
    FormatUnknown where no source recognises the stream, UsageError for a name that no source has.
    """
    head = read_head(stream, SNIFF_BYTES)
    if not head:
        return
    chosen = by_name(source) if source else detect(head, filename)
    asked = options or Options()
    for block in chosen.frame(Rewound(head, stream), block_bytes=block_bytes):
        batch = chosen.decode(replace(block, skipped=()), asked)  # some sources repeat what framing skipped
        batch.skipped = (*block.skipped, *batch.skipped)
        yield batch
