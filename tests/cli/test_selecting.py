"""Which rules run, at which level, on which part of the logs, as users of ``vonggac scan`` meet it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

Run = Callable[..., object]

OTHER = """
title: Anything at all
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a09
level: low
tags: [attack.t1105]
logsource: {category: webserver}
detection: {selection: {cs-method: GET}, condition: selection}
"""


def access(at: datetime, path: str = "/upload/shell.php") -> str:
    return f'192.0.2.8 - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" 200 17 "-" "curl/8"\n'


@pytest.fixture
def two(rule: Path) -> Path:
    (rule.parent / "other.yml").write_text(OTHER, "utf-8")
    return rule.parent


@pytest.fixture
def tuning(tmp_path: Path) -> Path:
    path = tmp_path / "tuning.yml"
    path.write_text(
        "rules:\n  - {rule: Anything at all, level: off}\n"
        "  - rule: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02\n    level: critical\n    except: [{c-ip: 192.0.2.9}]\n",
        "utf-8",
    )
    return path


# Rules ---------------------------------------------------------------------------------------------------------------


def test_a_selection_runs_some_rules_and_says_so(vonggac: Run, two: Path, logs: Path) -> None:
    everything = vonggac("scan", logs, "--rules", two, "--format", "jsonl")
    assert len(everything.json()) == 5
    assert "rules run" not in everything.err
    for options in (
        ("--include-rule", "attack.t1505*"),
        ("--include-rule", "A web shell answered"),
        ("--include-rule", "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02"),
        ("--exclude-rule", "anything*"),
        ("--include-rule", "*", "--exclude-rule", "attack.t1105"),
    ):
        said = vonggac("scan", logs, "--rules", two, "--format", "jsonl", *options)
        assert said.status == 0
        assert {finding["rule"]["title"] for finding in said.json()} == {"A web shell answered"}
        assert "1 of 2 rules runs" in said.err


def test_plans_of_a_selection_are_not_those_of_the_whole(vonggac: Run, two: Path, logs: Path) -> None:
    for _ in range(2):  # the second reads what the first kept
        for options, n in ((("--include-rule", "anything*"), 3), ((), 5), (("--exclude-rule", "anything*"), 2)):
            said = vonggac("scan", logs, "--rules", two, "--format", "jsonl", *options)
            assert len(said.json()) == n


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--include-rule", "nothing like it"), "no rule is meant by “nothing like it”"),
        (("--exclude-rule", "nothing like it"), "no rule is meant by"),
        (("--exclude-rule", "*"), "the selection leaves no rule"),
        (("--tuning", "/nowhere.yml"), "could not be opened"),
    ],
)
def test_what_selects_nothing_is_an_error_and_never_a_clean_result(
    vonggac: Run, two: Path, logs: Path, options: tuple[str, ...], message: str
) -> None:
    said = vonggac("scan", logs, "--rules", two, *options)
    assert said.status == 2
    assert message in said.err
    assert said.out == ""


def test_a_tuning_changes_levels_turns_off_and_makes_exceptions(
    vonggac: Run, two: Path, logs: Path, tuning: Path
) -> None:
    said = vonggac("scan", logs, "--rules", two, "--tuning", tuning, "--format", "jsonl", "--fail-level", "critical")
    assert said.status == 10
    assert [(one["rule"]["title"], one["rule"]["level"], one["event"]["c-ip"]) for one in said.json()] == [
        ("A web shell answered", "critical", "192.0.2.8")
    ]
    assert "tuning: 1 rules off, 1 with another level, 1 with exceptions" in said.err
    assert "1 finding left out as an exception:\n  A web shell answered: 1" in said.err


def test_the_level_asked_for_is_that_of_the_tuning(vonggac: Run, two: Path, logs: Path, tuning: Path) -> None:
    said = vonggac("scan", logs, "--rules", two, "--tuning", tuning, "--level", "critical", "--format", "jsonl")
    assert len(said.json()) == 1


def test_faults_of_a_tuning_are_told_with_their_lines(vonggac: Run, two: Path, logs: Path, tuning: Path) -> None:
    for text, message in (
        ("rules:\n  - {rule: x, level: hgih}\n", "tuning.yml:2: no level: hgih"),
        ("rules:\n  - {rule: A web shel answered, level: low}\n", "tuning.yml:2: A web shel answered"),
        ("rules:\n  - {rule: '*', level: off}\n", "turns off every rule"),
    ):
        tuning.write_text(text, "utf-8")
        said = vonggac("scan", logs, "--rules", two, "--tuning", tuning)
        assert said.status == 2
        assert message in said.err
        assert "Nothing found" not in said.out + said.err
    tuning.write_text("rules:\n  - {rule: x, lvl: high}\n  - {rule: x}\n", "utf-8")
    said = vonggac("--lang", "vi", "scan", logs, "--rules", two, "--tuning", tuning)
    assert "2 lỗi: " in said.err
    assert "tuning.yml:2: khóa không rõ: lvl (các khóa: rule, tag" in said.err
    assert "tuning.yml:3: không đổi gì" in said.err
    tuning.write_bytes(b"rules: \xff")
    assert "not UTF-8" in vonggac("scan", logs, "--rules", two, "--tuning", tuning).err


# Since ---------------------------------------------------------------------------------------------------------------


def test_since_the_last_run(vonggac: Run, rule: Path, logs: Path) -> None:
    def run(*more: object):
        return vonggac("scan", logs, "--rules", rule, "--since", "last", "--format", "jsonl", *more)

    first = run()
    assert len(first.json()) == 2
    assert "no earlier run of this question is known" in first.err
    second = run()
    assert (second.status, second.json()) == (0, [])
    assert "1 files unchanged" in second.err
    with (logs / "access.log").open("a") as log:
        log.write(access(datetime(2019, 1, 1, tzinfo=UTC)))
    third = run()
    assert [one["record"] for one in third.json()] == [4]  # its time is older than all before, and it is new
    assert len(run("--level", "high").json()) == 3  # another question
    assert len(run("--zone", "+00:00").json()) == 3
    assert run().json() == []
    assert len(vonggac("scan", logs, "--rules", rule, "--format", "jsonl").json()) == 3


def test_an_output_that_could_not_be_written_is_repeated(vonggac: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    said = vonggac("scan", logs, "--rules", rule, "--since", "last", "--output", tmp_path / "nowhere" / "x")
    assert said.status == 1
    said = vonggac("scan", logs, "--rules", rule, "--since", "last", "--format", "jsonl")
    assert len(said.json()) == 2


def test_other_rules_or_lists_are_another_question(vonggac: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("192.0.2.7\n", "utf-8")

    def run():
        return vonggac(
            "scan", logs, "--rules", rule, "--indicators", listed, "--since", "last", "--format", "jsonl"
        ).json()

    assert len(run()) == 3
    assert run() == []
    listed.write_text("192.0.2.7\n192.0.2.8\n", "utf-8")
    assert len(run()) == 4
    rule.write_text(rule.read_text("utf-8").replace("level: high", "level: low"), "utf-8")
    assert len(run()) == 4


def test_since_a_stretch_or_a_time(vonggac: Run, rule: Path, tmp_path: Path) -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    log = tmp_path / "a.log"
    log.write_text("".join(access(now - timedelta(hours=hours)) for hours in (100, 30, 5, 0)), "utf-8")
    for since, n in (
        ("6h", 2),
        ("2d", 3),
        ("1w", 4),
        ("10m", 1),
        (f"{now - timedelta(hours=31):%Y-%m-%dT%H:%M:%SZ}", 3),
    ):
        said = vonggac("scan", log, "--rules", rule, "--since", since, "--format", "jsonl")
        assert len(said.json()) == n, since


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--since", "yesterdayish"), "is no time"),
        (("--since", "3x"), "is no time"),
        (("--since", "2h", "--from", "2026-01-01"), "both say when the period begins"),
        (("--since", "2h", "--to", "2020-01-01"), "ends before it begins"),
    ],
)
def test_what_is_no_time_is_an_error(
    vonggac: Run, rule: Path, logs: Path, options: tuple[str, ...], message: str
) -> None:
    said = vonggac("scan", logs, "--rules", rule, *options)
    assert said.status == 2
    assert message in said.err
