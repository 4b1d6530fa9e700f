"""``timesketch``: CSV as Timesketch imports it: ``message``, ``datetime`` and ``timestamp_desc`` first.

An event without a time has the time 0 and the description ``Not a time``, as Plaso, whose files Timesketch reads, writes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from vonggac.cli.findings import csv_line, json_bytes
from vonggac.cli.formats.format import Context, Format, Plain
from vonggac.events.batch import leaf_texts
from vonggac.events.finding import Finding
from vonggac.events.times import parse_time

COLUMNS = (
    "message", "datetime", "timestamp", "timestamp_desc", "rule_title", "rule_id", "level", "tactics_techniques", "host",
    "source_format", "file", "record", "finding_id", "reference", "event",
)  # fmt: skip
_MAX_MESSAGE = 500


def to_timesketch(findings: Sequence[Finding]) -> bytes:
    """One record for each finding of an event, harmless in a spreadsheet."""
    return b"".join(map(_record, findings))


def _record(finding: Finding) -> bytes:
    rule = finding.rule
    time_us = parse_time(finding.time) if finding.time else None
    return csv_line(
        (
            f"[{rule.level}] {rule.title}: {_sum(finding)}",
            (finding.time[:-1] if finding.time else "1970-01-01T00:00:00.000000") + "+00:00",
            time_us or 0,
            "Event Logged" if finding.time else "Not a time",
            rule.title,
            rule.id,
            rule.level,
            " ".join(rule.tags),
            finding.host,
            finding.source,
            finding.file,
            finding.record,
            finding.id,
            rule.references[0] if rule.references else "",
            json_bytes(finding.event).decode("utf-8", "replace"),
        )
    )


def _sum(finding: Finding) -> str:
    """The event's fields on one line, as much as a list of events can show."""
    parts: list[str] = [finding.host] if finding.host else []
    n = 0
    for name, value in finding.event.items():
        text = " ".join(" ".join(leaf_texts(value)).split())
        if text:
            parts.append(f"{name}={text[:100]}")
            n += len(parts[-1])
        if n > _MAX_MESSAGE:
            break
    return " ".join(parts)[:_MAX_MESSAGE]


def make(_context: Context) -> Format:
    """The format."""
    return Plain(to_timesketch, csv_line(COLUMNS))
