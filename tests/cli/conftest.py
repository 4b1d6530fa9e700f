"""The real command, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from vonggac import cli

RULE = """
title: A web shell answered
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02
status: test
level: high
tags: [attack.t1505.003]
author: Tổ trực
references: [https://rules.example/1]
logsource:
    category: webserver
detection:
    selection:
        cs-uri-stem|endswith: /shell.php
    condition: selection
"""

ACCESS = (
    '192.0.2.7 - - [14/Feb/2026:08:00:00 +0700] "GET /index.html HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
    '192.0.2.8 - - [14/Feb/2026:08:00:01 +0700] "GET /upload/shell.php HTTP/1.1" 200 17 "-" "curl/8"\n'
    '192.0.2.9 - - [15/Feb/2026:08:00:02 +0700] "GET /upload/shell.php HTTP/1.1" 200 17 "-" "curl/8"\n'
)


@dataclass(frozen=True)
class Said:
    """What a command did."""

    status: int
    out: str
    err: str

    def json(self) -> list[dict]:
        return [orjson.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests: their home, settings and language."""
    for name in [*os.environ]:
        if name.startswith(("VONGGAC_", "XDG_", "LC_", "LANG")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def vonggac(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Said]:
    """Run the command in this process."""

    def run(*arguments: object) -> Said:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Said(int(ended.value.code or 0), out.decode(), err.decode())

    return run


@pytest.fixture
def process() -> Callable[..., Said]:
    """Run the command in a process of its own."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "vonggac", *map(str, arguments)],
            input=stdin, capture_output=True, timeout=120, check=False, env={**os.environ, **environment},
        )  # fmt: skip
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rules" / "shell.yml"
    path.parent.mkdir()
    path.write_text(RULE, "utf-8")
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(ACCESS, "utf-8")
    return folder
