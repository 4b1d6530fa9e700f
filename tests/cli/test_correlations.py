"""Correlations through the real commands: found, listed, explained, and what they leave out told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ACCESS, RULE

OFTEN = """---
title: A web shell answered often
title_vi: Webshell trả lời nhiều lần
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03
level: critical
correlation:
    type: event_count
    rules: [6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02]
    group-by: [cs-uri-stem]
    timespan: 2d
    condition: {gte: 2}
"""
QUIET = """title: Our own test
logsource: {category: webserver}
filter:
    rules: [6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02]
    selection: {c-ip: 192.0.2.9}
    condition: not selection
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "correlations"
    folder.mkdir()
    (folder / "shell.yml").write_text(RULE + OFTEN, "utf-8")
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "access.log"
    file.write_text(ACCESS)
    return file


def test_a_correlation_is_found_in_every_form_and_its_rule_is_silent(vonggac: Callable, rules: Path, log: Path) -> None:
    said = vonggac("scan", log, "--rules", rules, "--format", "jsonl")
    assert [(one["rule"]["title"], one["source"], one["event"]["count"]) for one in said.json()] == [
        ("A web shell answered often", "correlation", 2)
    ]
    for form in ("table", "csv", "html", "sarif", "ecs", "timesketch"):
        said = vonggac("scan", log, "--rules", rules, "--format", form)
        assert said.status == 0, said.err
        assert "A web shell answered often" in said.out, form
    assert vonggac("scan", log, "--rules", rules, "--fail-level", "critical").status == 10
    assert vonggac("scan", log, "--rules", rules, "--level", "critical", "--format", "jsonl").json()


def test_a_filter_in_another_file_takes_hits_away(vonggac: Callable, rules: Path, log: Path) -> None:
    (rules / "quiet.yml").write_text(QUIET)
    assert vonggac("scan", log, "--rules", rules, "--format", "jsonl").json() == []
    (rules / "quiet.yml").write_text(QUIET.replace("6a02]", "6aff]"))
    said = vonggac("rules", "check", rules)
    assert said.status == 1
    assert f"{rules / 'quiet.yml'}:1: names the rule" in said.out


def test_what_a_correlation_cannot_take_in_is_told_and_is_no_fault(vonggac: Callable, rules: Path, log: Path) -> None:
    text = (rules / "shell.yml").read_text("utf-8")
    (rules / "shell.yml").write_text(text.replace("group-by: [cs-uri-stem]", "group-by: [nothing]"), "utf-8")
    said = vonggac("scan", log, "--rules", rules)
    assert said.status == 0
    assert "2 hits of rules left out of correlations: without a value to group by" in said.out
    assert "A web shell answered often" in said.out


def test_correlations_are_listed_checked_and_explained(vonggac: Callable, rules: Path, log: Path) -> None:
    assert "correlation=event_count" in vonggac("rules", "list", rules).out
    assert "2 rules can be used" in vonggac("rules", "check", rules).out
    for name in (rules / "shell.yml", "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03"):
        said = vonggac("explain", name, log, "--rules", rules, "--record", "2")
        assert said.status == 0, said.err
        assert said.out.startswith("A web shell answered often: event_count by cs-uri-stem within 172800 s")
        assert "✔ A web shell answered" in said.out


def test_rules_that_are_only_counted_are_no_scan(vonggac: Callable, rules: Path, log: Path, tmp_path: Path) -> None:
    tuning = tmp_path / "tuning.yml"
    tuning.write_text("rules: [{rule: A web shell answered often, level: off}]", "utf-8")
    for options in (("--tuning", tuning), ("--include-rule", "A web shell answered")):
        said = vonggac("scan", log, "--rules", rules, *options)
        assert said.status == 2
        assert said.out == ""
