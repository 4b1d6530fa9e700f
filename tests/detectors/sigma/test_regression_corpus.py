"""SigmaHQ's own regression tests: the log that each rule must find something in, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from oracle import Oracle

from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.sources import evtx
from vonggac.sources.source import Options

pytestmark = pytest.mark.corpus

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FOLDERS = ("rules", "rules-emerging-threats", "rules-threat-hunting")

# Cases whose stated count is not what their log holds: rule id, what is true, why.
MISCOUNTED = {
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": (
        3,
        "three of its events create procdump.exe, procdump64.exe, procdump64a.exe",
    ),
}

# Cases that are not run, by the folder of their info.yml.
LEFT_OUT = {
    "cisco_cli_dot1x_disabled": "its only test, a .raw file of syslog lines, is commented out by its author",
}

# Rules that are no rules without more knowledge: file name and why.
NOT_COMPILED = {
    "win_security_adcs_certighost_cdc_chase_request.yml": "the placeholder %known_cdcs% needs a list of the site's own",
    "win_security_adcs_certighost_cert_issued_via_chase.yml": "the placeholder %known_cdcs% needs a list of the site's own",
}


@dataclass(frozen=True)
class Case:
    rule_id: str
    log: Path
    kind: str
    count: int | None
    name: str


@pytest.fixture(scope="module")
def sigma(corpora: Path) -> Path:
    return corpora / "sigma"


@cache
def rule_texts(sigma: Path) -> list[tuple[str, str]]:
    paths = sorted(path for folder in FOLDERS for path in (sigma / folder).rglob("*.yml"))
    return [(str(path.relative_to(sigma)), path.read_text("utf-8")) for path in paths]


@cache
def all_rules(sigma: Path) -> RuleSet:
    return compile_rules(rule_texts(sigma))


def cases(sigma: Path) -> tuple[list[Case], list[str]]:
    """The active cases, and the folders that have none."""
    found: list[Case] = []
    without: list[str] = []
    for info in sorted((sigma / "regression_data").rglob("info.yml")):
        document: dict[str, Any] = yaml.safe_load(info.read_text("utf-8"))
        tests = document.get("regression_tests_info") or []
        if not tests:
            without.append(info.parent.name)
        rule_id = document["rule_metadata"][0]["id"]
        found += [
            Case(rule_id, sigma / test["path"], test["type"], test.get("match_count"), info.parent.name)
            for test in tests
        ]
    return found, without


def count(detector: SigmaDetector, log: Path, rule_id: str) -> int:
    hits = 0
    with log.open("rb") as stream:
        for block in evtx.SOURCE.frame(stream):
            batch = evtx.SOURCE.decode(block, Options())
            assert list(batch.skipped) == []
            hits += sum(hit.rule.id == rule_id for hit in detector.detect(batch))
    return hits


def test_every_rule_compiles_or_is_listed_with_the_reason(sigma: Path) -> None:
    ruleset = all_rules(sigma)
    assert {Path(fault.where.rsplit(":", 1)[0]).name for fault in ruleset.faults} == set(NOT_COMPILED)
    assert len(ruleset.rules) + len(NOT_COMPILED) == len(rule_texts(sigma)) > 3000


def test_every_folder_has_a_case_or_is_listed_with_the_reason(sigma: Path) -> None:
    found, without = cases(sigma)
    assert set(without) == set(LEFT_OUT)
    assert {case.kind for case in found} == {"evtx"}, "another kind of log: read it, or list it in LEFT_OUT"
    assert len(found) >= 100


def test_every_case_gives_its_count_among_all_rules_and_with_routing(sigma: Path) -> None:
    detector = SigmaDetector(all_rules(sigma))
    wrong = []
    for case in cases(sigma)[0]:
        found = count(detector, case.log, case.rule_id)
        expected = MISCOUNTED[case.rule_id][0] if case.rule_id in MISCOUNTED else case.count
        if found != expected if expected is not None else found < 1:
            wrong.append((case.name, found, expected))
    assert wrong == []


def test_a_miscounted_case_is_one(sigma: Path) -> None:
    stated = {case.rule_id: case.count for case in cases(sigma)[0]}
    for rule_id, (found, _) in MISCOUNTED.items():
        assert stated[rule_id] not in (None, found), "the corpus was mended: remove the entry"


@pytest.mark.slow
def test_the_oracle_agrees_on_real_rules_and_real_events(sigma: Path) -> None:
    """Every rule on one event of every sixth log, whatever the log source."""
    judges = []
    for place, text in rule_texts(sigma):
        if Path(place).name not in NOT_COMPILED:
            judges += [(rule["id"], Oracle(rule)) for rule in yaml.load_all(text, Loader=LOADER)]
    detector = SigmaDetector(all_rules(sigma), route=False)
    for case in cases(sigma)[0][::6]:
        with case.log.open("rb") as stream:
            batch = evtx.SOURCE.decode(next(iter(evtx.SOURCE.frame(stream))), Options())
        event = batch.event(0)
        found = {hit.rule.id for hit in detector.detect(batch) if hit.row == 0}
        assert found == {rule_id for rule_id, judge in judges if judge.matches(event)}, case.name
