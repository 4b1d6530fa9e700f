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
_MAX_TEXT = 8_000
_MAX_EVENT = 100_000
"""Characters of the event as JSON: Python's reader of CSV, which Timesketch uses, takes no cell over 131,072."""


def to_timesketch(findings: Sequence[Finding]) -> bytes:
    """One record for each finding of an event, harmless in a spreadsheet."""
    return b"".join(map(_record, findings))


def _record(finding: Finding) -> bytes:
    rule = finding.rule
    time_us = parse_time(finding.time) if finding.time else None
    return csv_line(
        (
            f"[{rule.level}] {' '.join(rule.title.split())}: {_sum(finding)}",
            (finding.time[:-1] if finding.time else "1970-01-01T00:00:00.000000") + "+00:00",
            time_us or 0,
            "Event Logged" if finding.time else "Not a time",
            rule.title,
            rule.id,
            rule.level,
            " ".join(rule.tags),
            finding.host[:_MAX_TEXT],
            finding.source,
            finding.file,
            finding.record,
            finding.id,
            rule.references[0] if rule.references else "",
            _event(finding),
        )
    )


def _event(finding: Finding) -> str:
    """The event as JSON, its longest texts cut where it is too long."""
    limit = _MAX_EVENT
    text = json_bytes(finding.event).decode("utf-8", "replace")
    while len(text) > _MAX_EVENT and limit > 10:
        limit //= 4
        text = json_bytes(_cut(finding.event, limit)).decode("utf-8", "replace")
    return text[:_MAX_EVENT]


def _cut(value: object, limit: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= limit else value[:limit] + "…"
    if isinstance(value, dict):
        return {str(name)[:limit]: _cut(one, limit) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(one, limit) for one in value]
    return value


def _sum(finding: Finding) -> str:
    """The event's fields on one line, as much as a list of events can show."""
    parts: list[str] = [" ".join(finding.host[:100].split())] if finding.host else []
    n = 0
    for name, value in finding.event.items():
        text = " ".join(" ".join(leaf_texts(value)).split())
        if text:
            parts.append(f"{' '.join(name[:100].split())}={text[:100]}")
            n += len(parts[-1])
        if n > _MAX_MESSAGE:
            break
    return " ".join(parts)[:_MAX_MESSAGE]


def make(_context: Context) -> Format:
    """The format."""
    return Plain(to_timesketch, csv_line(COLUMNS))
