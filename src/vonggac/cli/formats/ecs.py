"""``ecs``: one document of the Elastic Common Schema (version 8.11) for each finding, ready for a bulk request or Filebeat.

The finding is ``rule``, ``threat`` and ``event``; what the event's fields mean (``concepts.yml``) is in ECS's own fields, and all
of them, as texts, in ``vonggac.event``, a field that is mapped as ``flattened``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Any

from vonggac.cli.findings import json_bytes
from vonggac.cli.formats.format import Context, Format, Plain
from vonggac.cli.safe import visible_json
from vonggac.events.batch import leaf_texts, own_texts, resolve
from vonggac.events.concepts import fields_of, table
from vonggac.events.finding import LEVELS, Finding

VERSION = "8.11.0"
_SEVERITY = dict(zip(LEVELS, (1, 21, 47, 73, 99), strict=True))
"""What Elastic's detection rules give as risk score of a severity."""
_TACTICS = {
    "reconnaissance": "TA0043", "resource-development": "TA0042", "initial-access": "TA0001", "execution": "TA0002",
    "persistence": "TA0003", "privilege-escalation": "TA0004", "defense-evasion": "TA0005", "credential-access": "TA0006",
    "discovery": "TA0007", "lateral-movement": "TA0008", "collection": "TA0009", "command-and-control": "TA0011",
    "exfiltration": "TA0010", "impact": "TA0040",
}  # fmt: skip
_KINDS = {
    "ipv4": "ipv4-addr", "ipv6": "ipv6-addr", "cidr": "ipv4-addr", "range": "ipv4-addr", "domain": "domain-name", "url": "url",
    "md5": "file", "sha1": "file", "sha256": "file",
}  # fmt: skip
"""Kind of an indicator to what ECS expects as its type."""
_NO_TIME = "1970-01-01T00:00:00.000000Z"
"""Where an event has no time: ECS wants one in every document. ``vonggac.has_time`` tells."""
_TECHNIQUE = re.compile(r"attack\.(t\d{4})(\.\d{3})?")
_ADDRESSES = frozenset({"source.ip", "destination.ip", "source.nat.ip"})
_NUMBERS = frozenset({"source.port", "destination.port", "source.nat.port", "process.pid", "process.parent.pid",
                      "http.response.status_code"})  # fmt: skip
_LISTS = frozenset({"dns.answers.data"})
_OURS = frozenset({"@timestamp", "host.name", "winlog.channel"})
"""Concepts that are no field of ECS, or that the finding itself says."""


def to_ecs(findings: Sequence[Finding]) -> bytes:
    """One line of JSON for each finding of an event."""
    if not findings:
        return b""
    shared = _of_event(findings[0])
    return b"".join(visible_json(json_bytes(_document(finding, shared))) + b"\n" for finding in findings)


def _document(finding: Finding, shared: Mapping[str, Any]) -> dict[str, Any]:
    rule = finding.rule
    document: dict[str, Any] = {"@timestamp": finding.time or _NO_TIME}
    document |= {name: dict(value) if isinstance(value, dict) else value for name, value in shared.items()}
    document["ecs"] = {"version": VERSION}
    event = {"kind": "alert", "id": finding.id, "severity": _SEVERITY[rule.level], "risk_score": _SEVERITY[rule.level]}
    document["event"] = {
        **document.get("event", {}),
        **event,
        "dataset": f"vonggac.{finding.source}",
        "module": "vonggac",
    }
    document["rule"] = {
        "id": rule.id,
        "name": rule.title,
        "ruleset": "sigma" if not rule.id.startswith("indicator:") else "indicators",
        **({"author": [rule.author]} if rule.author else {}),
        **({"reference": rule.references[0]} if rule.references else {}),
        **({"description": rule.description} if rule.description else {}),
    }
    document["log"] = {"level": rule.level, "file": {"path": finding.file}}
    document["message"] = rule.title
    document["tags"] = list(rule.tags)
    if threat := _threat(finding):
        document["threat"] = threat
    ours = dict(document["vonggac"])
    ours["record"] = finding.record
    ours["has_time"] = bool(finding.time)
    if finding.detail:
        detail: dict[str, list[str]] = {}
        for name, value in finding.detail:
            detail.setdefault(name, []).append(value)
        ours["detail"] = detail
    document["vonggac"] = ours
    return document


def _of_event(finding: Finding) -> dict[str, Any]:
    """What all findings of one event share: the meanings of its fields."""
    document: dict[str, Any] = {}
    for concept, path, fields in _meanings(finding.source):
        if values := _meant(finding.event, concept, fields):
            _put(document, path, values if concept in _LISTS else values[0])
    if finding.host:
        _put(document, ["host", "name"], finding.host)
    document["vonggac"] = {"event": _flat(finding.event)}
    return document


@cache
def _meanings(source: str) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """The concepts that events of ``source`` may have: name, path in the document, native fields."""
    return tuple(
        (concept, tuple(concept.split(".")), fields)
        for concept in table()
        if concept not in _OURS and (fields := fields_of(concept, source))
    )


def _meant(event: Mapping[str, object], concept: str, fields: Sequence[str]) -> list[object]:
    """The values of ``concept`` in the event, of the kind that ECS gives it."""
    for name in fields:
        value = event.get(name)
        if value is None and "." in name:
            value = resolve(event, name.split("."))
        if value is None:
            continue
        kept = [fit for text in own_texts(value) if text not in ("", "-") and (fit := _fit(concept, text)) is not None]
        if kept:
            return kept
    return []


def _fit(concept: str, text: str) -> object:
    """``text`` as ECS wants ``concept``; None where it is none: a wrong kind would make Elasticsearch refuse the document."""
    try:
        if concept in _ADDRESSES:
            address = ip_address(text.strip())
            return str(getattr(address, "ipv4_mapped", None) or address)
        if concept in _NUMBERS:
            number = int(text, 0) if text.isascii() and "_" not in text else -1
            return number if 0 <= number < 2**53 else None
    except ValueError:
        return None
    return text


def _put(document: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document.setdefault(path[-1], value)


def _flat(event: Mapping[str, object]) -> dict[str, object]:
    """The fields as texts: of objects their leaves, of a list of objects each as JSON."""
    flat: dict[str, object] = {}
    for name, value in event.items():
        if isinstance(value, list | tuple) and value and all(isinstance(one, dict) for one in value):
            flat[name] = [json_bytes(one).decode("utf-8", "replace") for one in value]
            continue
        texts = list(leaf_texts(value))
        if texts:
            flat[name] = texts[0] if len(texts) == 1 else texts
    return flat


def _threat(finding: Finding) -> dict[str, Any]:
    """``threat`` of the ATT&CK tags, and of what an indicator says."""
    tactics, techniques, smaller = [], [], []
    for tag in finding.rule.tags:
        if found := _TECHNIQUE.fullmatch(tag):
            techniques.append(found[1].upper())
            if found[2]:
                smaller.append(found[1].upper() + found[2])
        elif tag.startswith("attack.") and (tactic := _TACTICS.get(tag.removeprefix("attack.").replace("_", "-"))):
            tactics.append((tactic, tag.removeprefix("attack.").replace("_", "-")))
    threat: dict[str, Any] = {}
    if tactics or techniques:
        threat["framework"] = "MITRE ATT&CK"
    if tactics:
        threat["tactic"] = {"id": [found[0] for found in tactics], "name": [found[1] for found in tactics]}
    if techniques:
        threat["technique"] = {"id": list(dict.fromkeys(techniques))}
        if smaller:
            threat["technique"]["subtechnique"] = {"id": list(dict.fromkeys(smaller))}
    values = [value for name, value in finding.detail if name == "indicator"]
    if values:
        kind = _KINDS.get(finding.rule.id.split(":")[1], "") if finding.rule.id.startswith("indicator:") else ""
        threat["indicator"] = {"description": values[0], **({"type": kind} if kind else {})}
    return threat


def make(_context: Context) -> Format:
    """The format."""
    return Plain(to_ecs)
