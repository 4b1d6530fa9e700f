"""Logs that mean harm, and the rule that finds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from vonggac import cli

HOSTILE = {
    "script": "<script>fetch('http://evil.example/1')</script>",
    "image": "\"><img src=http://evil.example/2 onerror=alert(1)>'><svg onload=alert(2)>",
    "address": "javascript:alert(3)",
    "link": 'http://evil.example/4?a=<b>&c="d"',
    "cdata": "]]></style></svg><!--",
    "turned": "exe\u202egnp.\u2066x\u2069\u200b",
    "nul": "a\x00b\x1b]0;owned\x07\x9b2J\r\nSet-Cookie: x",
    "surrogate": "\ud800 and \udfff",
    "formula": "=cmd|'/c calc'!A1",
    "at": "@SUM(1+9)*cmd",
    "tab": "\t=1+1",
    "long": "x" * 300_000,
    "arabic": "مرحبا بالعالم",
    "wide": 2**70,
    "real": 1e400,
    "none": None,
    "nested": {"<b>": [{"<i>": "<u>"}, ["deep", {"=a": "=b"}]]},
}
"""Name to value; each event also has it as its host, and its name as a field's name."""

RULE = """
title: '=needle <script>alert("t")</script> \u202e[red]'
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a55
level: high
tags: [attack.t1059.001, attack.execution]
author: '"><img src=x onerror=alert(1)>'
references: ['javascript:alert(1)', 'https://rules.example/a?b=<c>', 'https://rules.example/good', 'data:text/html,<script>x</script>']
description: '</p><script>alert(1)</script>'
falsepositives: ['<b>none</b>']
logsource: {product: windows}
detection: {selection: {CommandLine|contains: needle}, condition: selection}
"""


@dataclass(frozen=True)
class Scanned:
    """What a scan wrote and said."""

    status: int
    data: bytes
    err: str


def event(name: str, value: object) -> str:
    """A Windows event that holds ``value`` wherever an attacker can write."""
    text = value if isinstance(value, str) else "x"
    fields = {
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": text,
        "UtcTime": "2026-02-14 01:00:00.000", "CommandLine": f"{text} needle {text}", "Image": value, text[:200]: "a name",
        "SourceIp": text, "User": name,
    }  # fmt: skip
    return json.dumps(fields)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with the rule and a log whose own name is hostile."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "needle.yml").write_text(RULE, "utf-8")
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / '=a"><img src=x onerror=alert(1)>\u202e.json'
    log.write_text("".join(event(name, value) + "\n" for name, value in HOSTILE.items()), "utf-8")
    return tmp_path


@pytest.fixture
def scan(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Scanned]:
    """Scan with ``arguments`` into a file."""

    def run(*arguments: object) -> Scanned:
        target = tmp_path / "out"
        with pytest.raises(SystemExit) as ended:
            cli.main(["scan", *map(str, arguments), "--output", str(target), "--lang", "en"])
        _out, err = capfdbinary.readouterr()
        return Scanned(int(ended.value.code or 0), target.read_bytes() if target.exists() else b"", err.decode())

    return run
