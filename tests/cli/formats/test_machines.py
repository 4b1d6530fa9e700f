"""What other programs read: SARIF, the Elastic Common Schema, Timesketch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

RULE = """
title: DNS query
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01
level: {level}
tags: [attack.command_and_control, attack.t1071.004, attack.t1071.004, cve.2026-1234]
author: Tổ trực
references: ['https://rules.example/ế']
falsepositives: [Many]
logsource: {{product: windows}}
detection: {{selection: {{EventID: 3}}, condition: selection}}
"""
EVENT = {
    "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS-1", "UtcTime": "2026-02-14 01:00:00.5",
    "SourceIp": "::ffff:192.0.2.7", "SourcePort": "50123", "DestinationIp": "198.51.100.9", "DestinationPort": 443,
    "Image": "C:\\x\\a.exe", "ProcessId": "0x1f4", "User": "WS-1\\an", "Protocol": "tcp",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r.yml").write_text(RULE.format(level="medium"), "utf-8")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a b.json").write_text(json.dumps(EVENT) + "\n", "utf-8")
    return tmp_path


def ecs(scan: Callable, folder: Path, *more: object) -> list[dict]:
    said = scan(folder / "logs", "--rules", folder / "r.yml", "--format", "ecs", *more)
    return [json.loads(line) for line in said.data.splitlines()]


def test_ecs_says_what_the_fields_mean_in_the_kinds_that_it_wants(scan: Callable, folder: Path) -> None:
    (found,) = ecs(scan, folder)
    assert found["source"] == {"ip": "192.0.2.7", "port": 50123}
    assert found["destination"] == {"ip": "198.51.100.9", "port": 443}
    assert found["process"]["pid"] == 500
    assert found["user"]["name"] == "WS-1\\an"
    assert found["host"] == {"name": "WS-1"}
    assert found["event"]["severity"] == 47
    assert found["rule"]["author"] == ["Tổ trực"]
    assert found["threat"] == {
        "framework": "MITRE ATT&CK",
        "tactic": {"id": ["TA0011"], "name": ["command-and-control"]},
        "technique": {"id": ["T1071"], "subtechnique": {"id": ["T1071.004"]}},
    }
    assert found["vonggac"]["event"]["DestinationPort"] == "443"
    assert found["vonggac"]["has_time"] is True


def test_no_kind_of_value_breaks_an_ecs_document(scan: Callable, folder: Path) -> None:
    odd = {**EVENT, "SourceIp": "not an address", "SourcePort": "-1", "DestinationPort": "9" * 400, "ProcessId": "1_000",
           "DestinationIp": ["x", "198.51.100.9"]}  # fmt: skip
    (folder / "logs" / "a b.json").write_text(json.dumps(odd) + "\n", "utf-8")
    (found,) = ecs(scan, folder)
    assert "source" not in found
    assert found["destination"] == {"ip": "198.51.100.9"}
    assert "pid" not in found.get("process", {})


def test_an_event_without_a_time_is_still_a_document_and_a_row(scan: Callable, folder: Path) -> None:
    (folder / "logs" / "a b.json").write_text(
        json.dumps({key: value for key, value in EVENT.items() if key != "UtcTime"}) + "\n", "utf-8"
    )
    (found,) = ecs(scan, folder)
    assert found["@timestamp"].startswith("1970")
    assert found["vonggac"]["has_time"] is False
    said = scan(folder / "logs", "--rules", folder / "r.yml", "--format", "timesketch")
    (row,) = csv.DictReader(io.StringIO(said.data.decode(), newline=""))
    assert (row["datetime"], row["timestamp"], row["timestamp_desc"]) == (
        "1970-01-01T00:00:00.000000+00:00", "0", "Not a time",
    )  # fmt: skip


def test_an_indicator_is_a_threat_indicator(scan: Callable, folder: Path) -> None:
    (folder / "list.txt").write_text("198.51.100.9\n", "utf-8")
    found = ecs(scan, folder, "--indicators", folder / "list.txt")
    (one,) = [document for document in found if document["rule"]["ruleset"] == "indicators"]
    assert one["threat"]["indicator"] == {"description": "198.51.100.9", "type": "ipv4-addr"}
    assert one["vonggac"]["detail"]["field"] == ["DestinationIp"]


@pytest.mark.parametrize(
    ("level", "expected", "severity"),
    [("critical", "error", "9.5"), ("high", "error", "8.0"), ("medium", "warning", "5.5"), ("low", "note", "2.5"),
     ("informational", "note", "0.0")],
)  # fmt: skip
def test_sarif_has_rules_levels_places_and_what_was_unreadable(
    scan: Callable, folder: Path, level: str, expected: str, severity: str
) -> None:
    (folder / "r.yml").write_text(RULE.format(level=level), "utf-8")
    (folder / "logs" / "z.bin").write_bytes(b"\x00\x01\x02\x03 no log")
    said = scan(folder / "logs", "--rules", folder / "r.yml", "--format", "sarif")
    assert said.status == 4
    (run,) = json.loads(said.data)["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"] == {"level": expected}
    assert rule["properties"]["security-severity"] == severity
    assert rule["properties"]["tags"][0] == "security"
    assert len(rule["properties"]["tags"]) == len(set(rule["properties"]["tags"]))
    assert rule["helpUri"] == "https://rules.example/%E1%BA%BF"
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == (rule["id"], expected)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20b.json")
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "error"
    assert "not recognised" in note["message"]["text"]


def test_sarif_without_a_finding_is_a_whole_log(scan: Callable, folder: Path) -> None:
    (folder / "logs" / "a b.json").write_text(json.dumps({**EVENT, "EventID": 4}) + "\n", "utf-8")
    (run,) = json.loads(scan(folder / "logs", "--rules", folder / "r.yml", "--format", "sarif").data)["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
