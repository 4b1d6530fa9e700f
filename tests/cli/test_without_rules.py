"""``vonggac scan --no-rules``: lists alone, over raw text where that is enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., object]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("192.0.2.8\nevil.example\n", "utf-8")
    return path


def test_lists_alone_find_what_they_find_beside_rules(vonggac: Run, rule: Path, logs: Path, listed: Path) -> None:
    beside = vonggac("scan", logs, "--rules", rule, "--indicators", listed, "--format", "jsonl")
    alone = vonggac("scan", logs, "--no-rules", "--indicators", listed, "--format", "jsonl")
    assert alone.status == 0
    assert (
        alone.json() == [finding for finding in beside.json() if finding["rule"]["id"].startswith("indicator:")] != []
    )
    assert "3 events, 1 finding" in alone.err
    assert "files read: 1" in alone.err


def test_lines_that_no_source_reads_are_counted_all_the_same(vonggac: Run, logs: Path, listed: Path) -> None:
    log = logs / "access.log"
    log.write_text(log.read_text("utf-8") * 20 + "no request\n\n" + '192.0.2.8 - - [x] "GET /"\n', "utf-8")
    said = vonggac("scan", log, "--no-rules", "--indicators", listed, "--format", "jsonl", "--source", "web_access")
    assert said.status == 4
    assert "60 events, 20 findings" in said.err
    assert "2 records skipped: not a line of this format" in said.err


@pytest.mark.parametrize("options", [[], ["--rules", "RULE"], ["--include-rule", "x"], ["--exclude-rule", "x"]])
def test_what_contradicts_it_is_refused(vonggac: Run, rule: Path, logs: Path, listed: Path, options: list[str]) -> None:
    lists = ["--indicators", listed] if options else []
    said = vonggac("scan", logs, "--no-rules", *lists, *[rule if one == "RULE" else one for one in options])
    assert said.status == 2
    assert "--no-rules" in said.err
