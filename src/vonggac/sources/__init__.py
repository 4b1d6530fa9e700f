"""Log formats: bytes in, event batches out."""

from __future__ import annotations

from vonggac.errors import N_, FormatUnknown, UsageError
from vonggac.sources import (
    auditd,
    csv_table,
    evtx,
    json_lines,
    netflow,
    suricata,
    syslog,
    sysmon_linux,
    w3c,
    web_access,
    windows_firewall,
    windows_json,
    zeek,
)
from vonggac.sources.source import Source

SOURCES: tuple[Source, ...] = (
    evtx.SOURCE,
    netflow.SOURCE,
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
