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
from vonggac.jobs.rule_tests import Case, read_cases, try_cases

PACK = resources.files("vonggac.detectors.sigma") / "pack"
FILES = sorted(entry.name for entry in PACK.iterdir() if entry.name.endswith(".yml"))
TEXTS = {name.removesuffix(".yml"): PACK.joinpath(name).read_text("utf-8") for name in FILES}
DOCUMENTS: dict[str, list[dict[str, Any]]] = {name: list(yaml.safe_load_all(text)) for name, text in TEXTS.items()}
RULES: dict[str, dict[str, Any]] = {name: documents[0] for name, documents in DOCUMENTS.items()}
"""The rule of each file that gives findings: what stands behind it is there for it alone."""
SINGLE = {name: rule for name, rule in RULES.items() if "detection" in rule}
HERE = Path(__file__).parent
CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml.safe_load((HERE / "pack_cases.yml").read_text("utf-8"))
LOG_CASES = list(read_cases([HERE / "pack_correlation_cases.yml"]))


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
    ids = {rule.info.id for rule in (*pack.rules, *pack.correlations)}
    assert ids == {document["id"] for documents in DOCUMENTS.values() for document in documents}
    assert ids - pack.silent == {rule["id"] for rule in RULES.values()}


def test_there_are_forty_rules_and_more_with_ids_and_titles_of_their_own() -> None:
    assert len(RULES) >= 40
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
    assert len(rule["falsepositives_vi"]) == len(rule["falsepositives"])
    assert not any(line.isascii() for line in rule["falsepositives_vi"])
    assert any(tag.startswith("attack.t1") for tag in rule["tags"])
    assert ("correlation" in rule) != ("logsource" in rule)
    assert rule.get("logsource", {}).keys() <= {"product", "category", "service"}
    assert rule["title"] != rule["title_vi"]
    assert not rule["title_vi"].isascii()


def test_every_rule_has_hits_and_near_misses() -> None:
    assert CASES.keys() == SINGLE.keys()
    assert all(by_kind["hits"] and by_kind["near_misses"] for by_kind in CASES.values())
    correlations = RULES.keys() - SINGLE.keys()
    assert {case.rule for case in LOG_CASES if case.count != 0} == correlations
    assert {case.rule for case in LOG_CASES if case.count == 0} == correlations


@pytest.mark.parametrize(("name", "case"), cases("hits"))
def test_hit(detector: SigmaDetector, name: str, case: dict[str, Any]) -> None:
    assert RULES[name]["id"] in ids_hit(detector, case)


@pytest.mark.parametrize(("name", "case"), cases("near_misses"))
def test_near_miss(detector: SigmaDetector, name: str, case: dict[str, Any]) -> None:
    assert RULES[name]["id"] not in ids_hit(detector, case)


@pytest.mark.parametrize("case", LOG_CASES, ids=lambda case: case.place.rpartition(": ")[2])
def test_correlation(pack: RuleSet, case: Case) -> None:
    [outcome] = try_cases(pack, [case])
    assert outcome.is_right, outcome


def test_what_correlations_count_is_no_finding_of_its_own(pack: RuleSet) -> None:
    behind = [document for documents in DOCUMENTS.values() for document in documents[1:]]
    assert {document["id"] for document in behind} == pack.silent
    assert all(document["level"] == "informational" and document["name"].startswith("vonggac_") for document in behind)


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
