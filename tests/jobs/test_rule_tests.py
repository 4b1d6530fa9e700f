"""Trying rules on their cases: what passes, what fails, what is no case at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from vonggac.detectors.sigma import compile_rules
from vonggac.errors import RuleError, UsageError
from vonggac.jobs.rule_tests import Case, Outcome, cases_of_rules, info_cases, read_cases, try_cases

ID = "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01"
RULE = f"""\
title: Alarm
id: {ID}
regression_tests_path: regression_data/rules/alarm/info.yml
logsource: {{product: linux}}
detection: {{s: {{message|contains: alarm}}, condition: s}}
"""
LINE = "Nov 20 01:02:03 cong-01 app[1]: {}\n"
INFO = """\
rule_metadata:
    - id: {id}
      title: Alarm
regression_tests_info:
    - {{name: positive, type: log, path: regression_data/rules/alarm/a.log, match_count: {count}}}
    - {{name: any, type: log, path: regression_data/rules/alarm/a.log}}
"""


def tried(text: str, *cases: Case) -> list[Outcome]:
    return try_cases(compile_rules([("rules/alarm.yml", text)]), cases)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "sigma" / "regression_data" / "rules" / "alarm"
    folder.mkdir(parents=True)
    (folder / "info.yml").write_text(INFO.format(id=ID, count=2))
    (folder / "a.log").write_text((LINE.format("alarm") + LINE.format("calm")) * 2)
    rule = tmp_path / "sigma" / "rules" / "linux" / "alarm.yml"
    rule.parent.mkdir(parents=True)
    rule.write_text(RULE)
    return rule


def test_the_cases_that_a_rule_names_are_found_above_it(repository: Path) -> None:
    cases = list(cases_of_rules([repository]))
    assert [(case.rule, case.count) for case in cases] == [(ID, 2), (ID, None)]
    assert all(outcome.is_right for outcome in tried(RULE, *cases))


def test_another_count_fails_and_says_what_was_found(repository: Path) -> None:
    info = repository.parents[2] / "regression_data" / "rules" / "alarm" / "info.yml"
    info.write_text(INFO.format(id=ID, count=1))
    first, second = tried(RULE, *read_cases([info.parent]))
    assert (first.is_right, first.found, first.case.count) == (False, 2, 1)
    assert second.is_right


def test_cases_that_are_not_there_are_told_not_passed(repository: Path) -> None:
    (repository.parents[2] / "regression_data" / "rules" / "alarm" / "info.yml").unlink()
    [case] = cases_of_rules([repository])
    assert case.fault
    assert case.rule == ID


@pytest.mark.parametrize("path", ["../secret/info.yml", "/etc/info.yml", "a/../../../info.yml"])
def test_a_path_leads_nowhere_else(repository: Path, path: str) -> None:
    (repository.parents[3] / "secret").mkdir()
    (repository.parents[3] / "secret" / "info.yml").write_text(INFO.format(id=ID, count=2))
    repository.write_text(RULE.replace("regression_data/rules/alarm/info.yml", path))
    assert [case.fault != "" for case in cases_of_rules([repository])] == [True]
    info = repository.parent / "info.yml"
    info.write_text(f"rule_metadata: [{{id: {ID}}}]\nregression_tests_info: [{{path: '{path}'}}]\n")
    with pytest.raises(UsageError, match="leads out"):
        list(info_cases(info, info.parent))


@pytest.mark.parametrize("key", [ID, "Alarm", "alarm"])
def test_own_cases_name_a_rule_by_identifier_title_or_file(tmp_path: Path, key: str) -> None:
    (tmp_path / "x.log.gz").write_bytes(gzip.compress(LINE.format("alarm").encode()))
    file = tmp_path / "cases.yml"
    file.write_text(
        f"{key}:\n  hits:\n  - {{source: syslog, event: {{message: an alarm}}}}\n  - {{source: syslog, count: 12, lines:"
        " [{line: 'Nov 20 01:02:{n:02} a b[1]: alarm {n}', times: 12}, 'Nov 20 01:02:03 a b[1]: calm']}\n"
        "  - {file: x.log.gz, count: 1}\n  near_misses:\n  - {source: syslog, event: {message: calm}}\n"
    )
    outcomes = tried(RULE, *read_cases([file]))
    assert [outcome.is_right for outcome in outcomes] == [True] * 4
    assert [outcome.found for outcome in outcomes] == [1, 12, 1, 0]


def test_a_near_miss_that_hits_and_a_hit_that_misses_fail() -> None:
    outcomes = tried(
        RULE,
        Case("alarm", "a", 0, "syslog", {"message": "alarm"}),
        Case("alarm", "b", None, "syslog", {"message": "calm"}),
        Case("other", "c", None, "syslog", {"message": "alarm"}),
        Case("alarm", "d", 0, "", file=Path("/nowhere/a.log")),
        Case("alarm", "e", 0, "syslog", text=b""),
    )
    assert [outcome.is_right for outcome in outcomes] == [False] * 5
    assert [bool(outcome.fault) for outcome in outcomes] == [False, False, True, True, True]


def test_not_one_case_is_an_error() -> None:
    with pytest.raises(RuleError, match="not one case"):
        tried(RULE)


@pytest.mark.parametrize("count", [".inf", "many", "[]"])
def test_a_count_that_is_none_is_told(repository: Path, count: str) -> None:
    info = repository.parents[2] / "regression_data" / "rules" / "alarm" / "info.yml"
    info.write_text(INFO.format(id=ID, count=count))
    with pytest.raises(UsageError, match="as SigmaHQ writes"):
        list(cases_of_rules([repository]))


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "a: [", "alarm: {hits: [x]}", "alarm: {hits: [{source: syslog}]}", "alarm: {misses: []}", "alarm: {}",
        "alarm: {hits: [{source: syslog, event: {}, lines: []}]}", "alarm: {hits: [{event: {a: b}}]}",
        "alarm: {hits: [{source: syslog, event: []}]}", "alarm: {hits: [{source: syslog, lines: [3]}]}",
        "alarm: {hits: [{source: syslog, lines: [{line: x, times: many}]}]}", "alarm: {hits: [{source: nothing, lines: [x]}]}",
        "alarm: {hits: [{source: syslog, lines: [{line: x, times: 100000000}]}]}",
        "alarm: {hits: 5}", "alarm: {near_misses: [{source: nothing, event: {a: b}}]}",
        "alarm: {hits: [{source: syslog, lines: [{line: '{n}', from: 0x%s}]}]}" % ("F" * 5000),
        "alarm: {hits: [{source: syslog, lines: [{line: %s, times: 100000}]}]}" % ("x" * 1000),
        "alarm: {hits: [{source: syslog, event: {a: b}, count: few}]}", "alarm: {hits: [{source: syslog, event: {a: b}, cuont: 3}]}",
    ],
)  # fmt: skip
def test_a_file_that_holds_no_cases_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cases.yml"
    file.write_text(text)
    with pytest.raises(UsageError) as told:
        list(read_cases([file]))
    assert str(file) in told.value.where


def test_other_yaml_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "cases.yml").write_text("alarm: {hits: [{source: syslog, event: {message: alarm}}]}")
    assert [case.rule for case in read_cases([tmp_path])] == ["alarm"]
    with pytest.raises(UsageError, match="no such file"):
        list(read_cases([tmp_path / "absent"]))


def test_a_correlation_is_tried_with_what_it_refers_to(tmp_path: Path) -> None:
    text = (
        "title: Many\nid: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02\ncorrelation: {type: event_count, rules: [base], group-by: [hostname], timespan: 1m,"
        " condition: {gte: 3}}\n---\n" + RULE.replace("title: Alarm", "title: Alarm\nname: base")
    )
    lines = LINE.format("alarm").encode() * 3
    outcomes = tried(
        text,
        Case("Many", "a", 1, "syslog", text=lines),
        Case("alarm", "b", 1, "syslog", text=lines),
        Case(ID, "c", 3, "syslog", text=lines),
        Case("Many", "d", 0, "syslog", text=lines[: len(lines) // 3]),
        Case("Many", "e", 0, "syslog", {"message": "alarm"}),
    )
    assert [outcome.is_right for outcome in outcomes] == [True] * 4 + [False]
    assert "lines or a file" in str(outcomes[-1].fault)


@pytest.mark.corpus
def test_cases_of_sigmahq_pass_but_for_the_one_that_is_miscounted(corpora: Path) -> None:
    rules = sorted((corpora / "sigma" / "rules" / "windows" / "file").rglob("*.yml"))
    cases = [case for case in cases_of_rules(rules) if not case.fault]
    assert len(cases) >= 3
    ruleset = compile_rules([(str(rule), rule.read_text("utf-8")) for rule in rules])
    wrong = [outcome for outcome in try_cases(ruleset, cases) if not outcome.is_right]
    assert [(outcome.title, outcome.case.count, outcome.found) for outcome in wrong] == [
        ("Cred Dump Tools Dropped Files", 1, 3)
    ]
