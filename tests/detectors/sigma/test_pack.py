"""The starter pack: every rule is complete, hits what it should and leaves alone what stands beside it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.events.batch import EventBatch
from vonggac.events.finding import LEVELS

PACK = resources.files("vonggac.detectors.sigma") / "pack"
FILES = sorted(entry.name for entry in PACK.iterdir() if entry.name.endswith(".yml"))
TEXTS = {name.removesuffix(".yml"): PACK.joinpath(name).read_text("utf-8") for name in FILES}
RULES: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml.safe_load(
    Path(__file__).with_name("pack_cases.yml").read_text("utf-8")
)


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return compile_rules((f"{name}.yml", text) for name, text in TEXTS.items())


@pytest.fixture(scope="module")
def detector(pack: RuleSet) -> SigmaDetector:
    return SigmaDetector(pack)


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}-{number}")
        for name, by_kind in CASES.items()
        for number, case in enumerate(by_kind[kind])
    ]


def ids_hit(detector: SigmaDetector, case: dict[str, Any]) -> set[str]:
    batch = EventBatch.from_dicts(case["source"], [(1, case["event"])])
    return {hit.rule.id for hit in detector.detect(batch)}


def test_the_whole_pack_compiles(pack: RuleSet) -> None:
    assert [str(fault) for fault in pack.faults] == []
    assert {rule.info.id for rule in pack.rules} == {rule["id"] for rule in RULES.values()}


def test_there_are_fifteen_rules_with_ids_and_titles_of_their_own() -> None:
    assert len(RULES) == 15
    for key in ("id", "title", "title_vi", "description", "description_vi"):
        assert len({rule[key] for rule in RULES.values()}) == len(RULES), key


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_all_that_a_reader_needs(name: str) -> None:
    rule = RULES[name]
    assert str(UUID(rule["id"])) == rule["id"]
    assert UUID(rule["id"]).version == 4
    assert rule["level"] in LEVELS
    assert rule["author"] == "Vọng Gác"
    assert rule["license"] == "Apache-2.0"
    assert rule["falsepositives"]
    assert all(isinstance(line, str) and line for line in rule["falsepositives"])
    assert any(tag.startswith("attack.t1") for tag in rule["tags"])
    assert rule["logsource"].keys() <= {"product", "category", "service"}
    assert rule["title"] != rule["title_vi"]
    assert not rule["title_vi"].isascii()


def test_every_rule_has_hits_and_near_misses() -> None:
    assert CASES.keys() == RULES.keys()
    assert all(by_kind["hits"] and by_kind["near_misses"] for by_kind in CASES.values())


@pytest.mark.parametrize(("name", "case"), cases("hits"))
def test_hit(detector: SigmaDetector, name: str, case: dict[str, Any]) -> None:
    assert RULES[name]["id"] in ids_hit(detector, case)


@pytest.mark.parametrize(("name", "case"), cases("near_misses"))
def test_near_miss(detector: SigmaDetector, name: str, case: dict[str, Any]) -> None:
    assert RULES[name]["id"] not in ids_hit(detector, case)


def test_a_batch_of_all_cases_gives_what_single_events_give(detector: SigmaDetector) -> None:
    by_source: dict[str, list[dict[str, Any]]] = {}
    for by_kind in CASES.values():
        for case in [*by_kind["hits"], *by_kind["near_misses"]]:
            by_source.setdefault(case["source"], []).append(case)
    for source, group in by_source.items():
        batch = EventBatch.from_dicts(source, enumerate((case["event"] for case in group), 1))
        together = {(batch.record(hit.row), hit.rule.id) for hit in detector.detect(batch)}
        alone = {(number, rule) for number, case in enumerate(group, 1) for rule in ids_hit(detector, case)}
        assert together == alone
