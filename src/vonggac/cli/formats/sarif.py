"""``sarif``: the Static Analysis Results Interchange Format, version 2.1.0 (OASIS), one run with one result per finding.

``startLine`` is given where records are lines; elsewhere the record's number is among the properties. Rules come after the results,
since only then it is known which had any; the order of a JSON object's members means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vonggac.cli.findings import json_bytes
from vonggac.cli.formats.format import Context, Format
from vonggac.cli.safe import visible, visible_json
from vonggac.events.finding import Finding, RuleInfo
from vonggac.events.skips import REASONS

if TYPE_CHECKING:
    from vonggac.jobs.scan import Summary

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Mapping[str, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "informational": "note",
}
SECURITY_SEVERITY: Mapping[str, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.5",
    "informational": "0.0",
}
"""What readers of SARIF (GitHub) show: critical over 9.0, high over 7.0, medium over 4.0."""
_NO_LINES = ("netflow", "nfcapd", "correlation")
"""Sources whose records are no lines; EVTX, whose events are of the source ``windows``, is known by the file's name."""


def to_sarif(findings: Sequence[Finding]) -> bytes:
    """A result for each finding of an event, each followed by a comma and a line feed."""
    return b"".join(visible_json(json_bytes(_result(finding))) + b",\n" for finding in findings)


def _result(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    where: dict[str, Any] = {}
    if finding.file:
        where["physicalLocation"] = {"artifactLocation": {"uri": _uri(finding.file)}}
        if finding.record >= 1 and ".evtx" not in finding.file.lower() and finding.source not in _NO_LINES:
            where["physicalLocation"]["region"] = {"startLine": finding.record}
    if finding.host:
        where["logicalLocations"] = [{"name": finding.host, "kind": "resource"}]
    properties: dict[str, Any] = {
        "time": finding.time, "source": finding.source, "record": finding.record, "host": finding.host, "event": finding.event,
    }  # fmt: skip
    if finding.detail:
        properties["detail"] = [list(pair) for pair in finding.detail]
    return {
        "ruleId": rule.id,
        "level": LEVELS[rule.level],
        "message": {"text": rule.title + (f" ({finding.host})" if finding.host else "")},
        "locations": [where] if where else [],
        "partialFingerprints": {"vonggacFindingId/v1": finding.id},
        "properties": properties,
    }


def _uri(name: str) -> str:
    """A file's name as a URI reference; nothing of it is taken for a scheme."""
    path = quote(name.replace("\\", "/").encode("utf-8", "replace"), safe="/!~*'().-_+,@")
    return f"file://{path}" if path.startswith("/") and not path.startswith("//") else path


def _rule(level: str, title: str, rule: str, info: RuleInfo | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": LEVELS[level]},
        "properties": {"security-severity": SECURITY_SEVERITY[level], "precision": "medium", "level": level},
    }
    if info is None:
        return described
    if info.description:
        described["fullDescription"] = {"text": info.description}
    if info.falsepositives:
        described["help"] = {"text": "; ".join(info.falsepositives)}
    if info.references and info.references[0].startswith(("https://", "http://")):
        described["helpUri"] = quote(info.references[0].encode("utf-8", "replace"), safe=":/?#[]@!$&'()*+,;=%-._~")
    described["properties"]["tags"] = list(dict.fromkeys(("security", *info.tags)))
    return described


class Sarif:
    """The format; see the module."""

    render = staticmethod(to_sarif)

    def __init__(self, context: Context) -> None:
        self._context = context
        self._is_begun = False

    def begin(self) -> bytes:
        """The head of the log and of its one run."""
        return b'{"$schema":' + json_bytes(SCHEMA) + b',"version":"2.1.0","runs":[{"results":['

    def add(self, part: bytes) -> bytes:
        """The results, with the comma that ends them put before the next ones."""
        if not part:
            return b""
        before = b",\n" if self._is_begun else b"\n"
        self._is_begun = True
        return before + part[:-2]

    def end(self, summary: Summary) -> Iterable[bytes]:
        """The rules that had results, and how the run went."""
        infos = self._context.infos
        rules = {key[2]: _rule(*key, infos.get(key[2])) for key in sorted(summary.by_rule)}
        driver = {
            "name": "Vọng Gác",
            "version": metadata.version("vonggac"),
            "rules": list(rules.values()),
        }
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [
                {
                    "executionSuccessful": not summary.is_nothing_read(),
                    "toolExecutionNotifications": _notifications(summary),
                }
            ],
        }
        yield b"\n]," + visible_json(json_bytes(run))[1:] + b"]}\n"


def _notifications(summary: Summary) -> list[dict[str, Any]]:
    """What could not be read or was left out."""
    found = [
        {
            "level": "error",
            "message": {"text": visible(str(error))},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(file)}}}],
        }
        for file, error in summary.unreadable
    ]
    found += [
        {"level": "warning", "message": {"text": f"{entry.count} records skipped: {REASONS.get(reason, reason)}"}}
        for reason, entry in summary.skipped.items()
    ]
    found += [
        {"level": "warning", "message": {"text": f"regular expressions of rule {rule} took too long on {count} values"}}
        for rule, count in summary.timeouts.items()
    ]
    return found


def make(context: Context) -> Format:
    """The format."""
    return Sarif(context)
