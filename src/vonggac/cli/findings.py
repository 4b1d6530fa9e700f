"""How findings are shown: JSON lines, CSV, and the tables that sum them up."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from vonggac.cli.language import _, current, number, tell
from vonggac.cli.safe import cell, visible, visible_json
from vonggac.cli.tables import Table
from vonggac.errors import N_
from vonggac.events.finding import LEVELS, Finding, RuleInfo
from vonggac.events.skips import REASONS

if TYPE_CHECKING:
    from vonggac.jobs.scan import Summary

LEVEL_WORDS: Mapping[str, str] = {
    "informational": N_("informational"),
    "low": N_("low"),
    "medium": N_("medium"),
    "high": N_("high"),
    "critical": N_("critical"),
}
LEVEL_STYLES: Mapping[str, str] = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}

CSV_COLUMNS = (
    "id",
    "time",
    "level",
    "rule_id",
    "rule_title",
    "tags",
    "source",
    "host",
    "file",
    "record",
    "event",
    "detail",
)

LEFT_WORDS: Mapping[str, str] = {
    "no_event_time": N_("without a time that could be read"),
    "no_group_value": N_("without a value to group by"),
    "no_value": N_("without a value to count or sum up"),
}

TOP = 20
"""Rows of a table that sums up; the rest is one row."""
_MAX_CELL = 200
"""Characters of a name in such a table: one that a log makes long must not push all else off the screen."""


def to_json(findings: Sequence[Finding]) -> bytes:
    """One line of JSON for each finding of an event, harmless on a terminal; what they share is written once."""
    first = findings[0]
    shared = visible_json(
        json_bytes(
            {
                "time": first.time,
                "source": first.source,
                "host": first.host,
                "file": first.file,
                "record": first.record,
                "event": first.event,
            }
        )
    )[1:-1]
    lines: list[bytes] = []
    for finding in findings:
        lines += (b'{"id":', json_bytes(finding.id), b',"rule":', _rule_json(finding.rule), b",", shared)
        if finding.detail:
            lines += (b',"detail":', visible_json(json_bytes(_detail(finding))))
        lines.append(b"}\n")
    return b"".join(lines)


@lru_cache(maxsize=8192)
def _rule_json(rule: RuleInfo) -> bytes:
    value = {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level,
        "tags": rule.tags,
        "author": rule.author,
        "references": rule.references,
    }
    return visible_json(json_bytes(value))


def _detail(finding: Finding) -> dict[str, list[str]]:
    """What was matched: name to texts, for a name may have several."""
    detail: dict[str, list[str]] = {}
    for name, text in finding.detail:
        detail.setdefault(name, []).append(text)
    return detail


def json_bytes(value: object) -> bytes:
    """``value`` as compact JSON, also with integers over 64 bits and lone surrogates."""
    for option in (0, orjson.OPT_NON_STR_KEYS):  # keys that are no texts are rare, and allowing for them is slow
        try:
            return orjson.dumps(value, option=option, default=str)
        except orjson.JSONEncodeError:
            continue
    return json.dumps(value, default=str, separators=(",", ":")).encode()


def to_csv(findings: Sequence[Finding]) -> bytes:
    """One record of CSV under :data:`CSV_COLUMNS` for each finding of an event, harmless in a spreadsheet."""
    return b"".join(map(_csv_record, findings))


def _csv_record(finding: Finding) -> bytes:
    rule = finding.rule
    return csv_line(
        (
            finding.id,
            finding.time,
            rule.level,
            rule.id,
            rule.title,
            " ".join(rule.tags),
            finding.source,
            finding.host,
            finding.file,
            finding.record,
            json_bytes(finding.event).decode("utf-8"),
            json_bytes(_detail(finding)).decode("utf-8") if finding.detail else "",
        )
    )


def csv_line(values: Sequence[object]) -> bytes:
    """One record of CSV (RFC 4180), every cell harmless in a spreadsheet."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([cell(value) for value in values])
    return buffer.getvalue().encode("utf-8", "replace")


def tables(summary: Summary, titles: Mapping[str, str]) -> list[Table]:
    """The findings by level, by rule and by host, the most severe first; ``titles``: rule id to its title for the reader."""
    if not summary.n_findings:
        return []
    order = {level: -rank for rank, level in enumerate(LEVELS)}
    levels = Table(_("Findings by severity"), (_("Severity"), _("Findings")), numeric=(1,))
    for level in reversed(LEVELS):
        if summary.by_level[level]:
            levels.add((_(LEVEL_WORDS[level]), number(summary.by_level[level])), LEVEL_STYLES.get(level, ""))
    rules = Table(_("Findings by rule"), (_("Severity"), _("Rule"), _("Findings")), numeric=(2,))
    ranked = sorted(summary.by_rule.items(), key=lambda item: (order[item[0][0]], -item[1], item[0]))
    for (level, title, rule_id), count in ranked[:TOP]:
        rules.add((_(LEVEL_WORDS[level]), _cut(titles.get(rule_id, title)), number(count)), LEVEL_STYLES.get(level, ""))
    if rest := ranked[TOP:]:
        rules.add(("", _("{n} other rules").format(n=number(len(rest))), number(sum(n for _key, n in rest))), "dim")
    hosts = Table(_("Findings by host"), (_("Host"), _("Most severe"), _("Findings")), numeric=(2,))
    worst = sorted(summary.by_host.items(), key=lambda item: (order[_worst(item[1])], -item[1].total(), item[0]))
    for host, counts in worst[:TOP]:
        level = _worst(counts)
        hosts.add(
            (_cut(host) or _("(host not named)"), _(LEVEL_WORDS[level]), number(counts.total())),
            LEVEL_STYLES.get(level, ""),
        )
    if others := worst[TOP:]:
        total = sum(counts.total() for _host, counts in others)
        hosts.add((_("{n} other hosts").format(n=number(len(others))), "", number(total)), "dim")
    return [levels, rules, hosts]


def _cut(name: str) -> str:
    return name if len(name) <= _MAX_CELL else name[:_MAX_CELL] + "…"


def _worst(counts: Counter[str]) -> str:
    return next(level for level in reversed(LEVELS) if counts[level])


def closing(summary: Summary) -> list[str]:
    """The last lines of a scan: what was read, found and left out."""
    lines = [
        _("files read: {files}, {size} in all").format(files=number(summary.n_files), size=size(summary.n_bytes)),
        _("{events} events, {findings} findings").format(
            events=number(summary.n_events), findings=number(summary.n_findings)
        ),
    ]
    return [*lines, *faults(summary)]


def faults(summary: Summary) -> list[str]:
    """What could not be read or was left out, with the first places of each reason."""
    lines: list[str] = []
    if summary.unreadable:
        lines.append(_("{n} inputs unreadable:").format(n=number(len(summary.unreadable))))
        for file, error in summary.unreadable[:TOP]:
            text = tell(error)
            lines.append("  " + (text if text.startswith(file) else f"{file}: {text}"))
        if len(summary.unreadable) > TOP:
            lines.append("  " + _("and {n} more").format(n=number(len(summary.unreadable) - TOP)))
    for reason, entry in sorted(summary.skipped.items(), key=lambda item: -item[1].count):
        lines.append(
            _("{n} records skipped: {reason}").format(n=number(entry.count), reason=_(REASONS.get(reason, reason)))
        )
        for file, record, detail in entry.places:
            lines.append("  " + file + (f":{record}" if record else "") + (f": {detail}" if detail else ""))
        if entry.count > sum(1 for _place in entry.places):
            lines.append("  …")
    if summary.timeouts:
        lines.append(_("regular expressions that took too long, so that values were left unjudged:"))
        lines.extend(f"  {rule}: {number(count)}" for rule, count in summary.timeouts.most_common(TOP))
    for reason, entry in sorted(summary.uncorrelated.items(), key=lambda item: -item[1].count):
        lines.append(
            _("{n} hits of rules left out of correlations: {reason}").format(
                n=number(entry.count), reason=_(LEFT_WORDS.get(reason, reason))
            )
        )
        lines.extend(f"  {title}" + (f": {file}:{record}" if file else "") for file, record, title in entry.places)
    if summary.forgotten:
        lines.append(
            _(
                "too much at once for correlations, so that some may have been missed: {groups} groups and {events} hits forgotten"
            ).format(groups=number(summary.forgotten["groups"]), events=number(summary.forgotten["events"]))
        )
    return [visible(line) for line in lines]


def size(n_bytes: int) -> str:
    """``n_bytes`` for a reader, in decimal units."""
    value = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    text = f"{value:,.1f}" if unit != "B" else f"{n_bytes}"
    return (text.translate(str.maketrans(",.", ".,")) if current() == "vi" else text) + f" {unit}"
