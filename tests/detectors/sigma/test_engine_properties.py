"""The engine against the oracle: whatever the rules and events, both say the same."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
import strategies
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import Oracle, RuleFault

from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.events.batch import EventBatch
from vonggac.sources import json_lines, windows_json
from vonggac.sources.source import Block, Options

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=3000)

NOT_RULES: list[Any] = [
    {"a|nosuch": "x"},
    {"a|i": "x"},
    {"a|contains": 5},
    {"a|lt": "5"},
    {"a|exists": "true"},
    {"a|cidr": "x"},
    {"a|re": "("},
    {"a|contains|re": "x"},
    {"a|base64": "a*"},
    {"a|expand": "%x%"},
    {"a|cased": 5},
    {"a|hour": "3"},
    {"a": {"b": 1}},
    {"|exists": True},
    {},
    [],
    None,
]

Hits = set[tuple[int, int]]
"""Numbers of rules and of events, both from 0."""


def rule_of(number: int, detection: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": f"rule {number}",
        "id": str(uuid.UUID(int=number, version=4)),
        "logsource": {"category": "test"},
        "detection": detection,
    }


def ruleset_of(detections: Sequence[dict[str, Any]]) -> RuleSet:
    texts = [
        (f"{number}.yml", yaml.safe_dump(rule_of(number, detection), allow_unicode=True))
        for number, detection in enumerate(detections)
    ]
    ruleset = compile_rules(texts)
    assert ruleset.faults == []
    return ruleset


def number_of(rule_id: str) -> int:
    return uuid.UUID(rule_id).int & 0xFFFF


def hits_of(detector: SigmaDetector, batch: EventBatch) -> Hits:
    hits = detector.detect(batch)
    keys = [(hit.row, hit.rule.id) for hit in hits]
    assert keys == sorted(set(keys)), "one hit per rule and row, in order of row, then of rule"
    return {(number_of(hit.rule.id), hit.row) for hit in hits}


def engine_hits(detector: SigmaDetector, events: Sequence[dict[str, Any]]) -> Hits:
    batch = EventBatch.from_dicts("json", enumerate(events))
    return {(rule, batch.record(row)) for rule, row in hits_of(detector, batch)}


def oracle_hits(detections: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> Hits:
    judges = [Oracle({"detection": detection}) for detection in detections]
    return {(r, e) for e, event in enumerate(events) for r, judge in enumerate(judges) if judge.matches(event)}


def agree(case: strategies.Case) -> None:
    detector = SigmaDetector(ruleset_of(case.rules), route=False)
    assert engine_hits(detector, case.events) == oracle_hits(case.rules, case.events)


@st.composite
def one_line_cases(draw: st.DrawFn) -> strategies.Case:
    pool = draw(strategies.pools())
    chosen = draw(st.lists(strategies.lines(pool), min_size=1, max_size=12))
    detections = [{"s": dict([line]), "condition": draw(st.sampled_from(["s", "s", "not s"]))} for line in chosen]
    return strategies.Case(detections, draw(st.lists(strategies.events(pool), min_size=1, max_size=8)))


@FEW
@given(strategies.cases())
def test_the_engine_says_what_the_oracle_says(case: strategies.Case) -> None:
    agree(case)


@FEW
@given(one_line_cases())
def test_single_lines(case: strategies.Case) -> None:
    agree(case)


@pytest.mark.slow
@MANY
@given(strategies.cases())
def test_the_engine_says_what_the_oracle_says_many_times(case: strategies.Case) -> None:
    agree(case)


@pytest.mark.slow
@MANY
@given(one_line_cases())
def test_single_lines_many_times(case: strategies.Case) -> None:
    agree(case)


@settings(FEW, max_examples=25)
@given(strategies.cases(most_rules=3, most_events=6), st.randoms(use_true_random=False), st.integers(65, 300))
def test_long_batches_with_repeated_events(case: strategies.Case, random: Any, size: int) -> None:
    expected = oracle_hits(case.rules, case.events)
    chosen = [random.randrange(len(case.events)) for _ in range(size)]
    detector = SigmaDetector(ruleset_of(case.rules), route=False)
    found = engine_hits(detector, [case.events[n] for n in chosen])
    assert found == {(rule, row) for row, n in enumerate(chosen) for rule, event in expected if event == n}


@settings(FEW, max_examples=15)
@given(strategies.cases(most_rules=3, most_events=6))
def test_a_detector_keeps_nothing_between_batches(case: strategies.Case) -> None:
    detector = SigmaDetector(ruleset_of(case.rules), route=False)
    first = engine_hits(detector, case.events)
    assert engine_hits(detector, []) == set()
    apart = {(rule, n) for n, event in enumerate(case.events) for rule, _ in engine_hits(detector, [event])}
    assert first == apart == engine_hits(detector, case.events)


@settings(FEW, max_examples=6)
@given(
    strategies.pools().flatmap(
        lambda pool: st.tuples(
            st.lists(strategies.lines(pool), min_size=70, max_size=140),
            st.lists(strategies.events(pool), min_size=1, max_size=5),
        )
    )
)
def test_more_rules_than_a_machine_word_has_bits(drawn: tuple[list[tuple[str, Any]], list[dict[str, Any]]]) -> None:
    lines, events = drawn
    agree(strategies.Case([{"s": dict([line]), "condition": "s"} for line in lines], events))


@settings(FEW, max_examples=25)
@given(strategies.cases(most_rules=4, most_events=6))
def test_events_read_from_json_lines(case: strategies.Case) -> None:
    """The bytes of a log, not values: what a source makes of them is judged as the events that it shows."""
    data = "".join(json.dumps(event) + "\n" for event in case.events).encode()
    batch = json_lines.SOURCE.decode(Block(data), Options())
    shown = [batch.event(row) for row in range(batch.n_rows)]
    detector = SigmaDetector(ruleset_of(case.rules), route=False)
    assert hits_of(detector, batch) == oracle_hits(case.rules, shown)


@settings(FEW, max_examples=40)
@given(strategies.cases(most_rules=4, most_events=6))
def test_windows_events_read_from_json_lines(case: strategies.Case) -> None:
    nested = [
        {"Event": {"System": {"Channel": "Security", "EventID": n}, "EventData": e}} for n, e in enumerate(case.events)
    ]
    data = "".join(json.dumps(event) + "\n" for event in nested).encode()
    batch = windows_json.SOURCE.decode(Block(data), Options())
    assert batch.n_rows == len(nested)
    shown = [batch.event(row) for row in range(batch.n_rows)]
    detector = SigmaDetector(ruleset_of(case.rules), route=False)
    assert hits_of(detector, batch) == oracle_hits(case.rules, shown)


def verdict(detection: Any, event: dict[str, Any]) -> tuple[bool, bool]:
    """What the engine and the oracle say of one detection."""
    rule = {"s": detection, "condition": "s"}
    detector = SigmaDetector(ruleset_of([rule]), route=False)
    return bool(engine_hits(detector, [event])), bool(oracle_hits([rule], [event]))


# Found by the properties above, or made so rarely by them that it is better to ask.
PINNED: list[tuple[Any, dict[str, Any], bool]] = [
    ("", {"a": 0}, True),
    ({"|cased": ["*"]}, {"o": 1}, True),
    ({"a|utf16le|base64": "cmd"}, {"a": "YwBtAGQA"}, True),
    ({"n|gt": 1}, {"n": "٥"}, False),
    ({"n|gt": 1}, {"n": "1_0"}, False),
    ({"n|gt": 1}, {"n": "inf"}, False),
    ({"n|gt": 1}, {"n": " 5 "}, True),
    ({"n|gt": 2**53}, {"n": 2**53 + 1}, True),
    ({"n|gte": 2**63}, {"n": 2**63 - 1}, False),
    ({"ip|cidr": "10.0.0.0/8"}, {"ip": "::ffff:10.0.0.1"}, True),
    ({"a|re": "b$"}, {"a": "ab\n"}, True),
    ({"a|re": "^[^a]$"}, {"a": "\n"}, True),
    ({"a|contains": "\\"}, {"a": "\\"}, True),
    ({"a": "a*"}, {"a": "A" + "x" * 100_000}, True),
    ({"a|contains": "yz"}, {"a": "x" * 100_000 + "yz"}, True),
    ({"a": "*a*b?c*"}, {"a": "\0a\nb\U0001f600c"}, True),
    ({"a|cased": "đ"}, {"a": ["Đ", "đ"]}, True),
    ({"a|re|i": "k"}, {"a": "\u212a"}, True),
    ({"o|exists": True}, {"o": {"x": 1}}, True),
    ({"o|exists": True}, {"o": {"x": None}}, False),
    ({"o": None}, {"o": {"x": 1}}, False),
    ({"n": 2**53 + 1}, {"n": 2**53 + 1}, True),
    ({"n": 2**53 + 1}, {"n": 2**53}, False),
    ({"a|cased|windash": "-A"}, {"a": "/a"}, False),
    ({"a|cased|windash": "-A"}, {"a": "/A"}, True),
    ({"n|gte": 2**53 + 1}, {"n": 2**53}, False),
    ({"n|gte": 2**53 + 1}, {"n": 2**53 + 1}, True),
    ({"n|lt": -(2**70)}, {"n": -(2**70) - 1}, True),
    ({"n|lt": -(2**70)}, {"n": -(2**70)}, False),
    ({"n|neq": 2**53 + 1}, {"n": 2**53}, True),
    ({"n|neq": [1, 2]}, {"n": 2}, False),
    ({"n|neq": 1}, {}, True),
    ({"n|lt|neq": 5}, {"n": 4}, False),
    ({"a|fieldref|neq": "b"}, {"a": "x", "b": "X"}, False),
    ({"a|wide|base64": "ế"}, {"a": "vx4="}, True),
    (
        {"a|utf16le|base64offset|contains": "cảnh"},
        {"a": base64.b64encode(b"x" + "cảnh".encode("utf-16-le") + b"y").decode()},
        True,
    ),
    ({"a|utf16be|base64": "ế"}, {"a": "Hr8="}, True),
    ({"a|utf16|base64": "ế"}, {"a": "//6/Hg=="}, True),
    ({"a|wide|base64": "\U0001f600"}, {"a": "PdgA3g=="}, True),
    *(
        ({f"a|{part}": number}, {"a": "2024-12-30T23:59:01+07:00"}, True)  # as it is written: no zone is converted
        for part, number in (("minute", 59), ("hour", 23), ("day", 30), ("week", 1), ("month", 12), ("year", 2024))
    ),
    ({"a|hour": 23}, {"a": "2024-12-30 23:59:01,123Z"}, True),
    ({"a|hour": 23}, {"a": "2024-13-30T23:59:01Z"}, False),
]


@pytest.mark.parametrize(("detection", "event", "expected"), PINNED, ids=lambda v: ascii(v)[:40])
def test_pinned(detection: Any, event: dict[str, Any], expected: bool) -> None:
    assert verdict(detection, event) == (expected, expected)


@pytest.mark.parametrize("detection", NOT_RULES, ids=ascii)
def test_a_rule_that_the_specification_forbids_is_a_fault_and_the_others_run(detection: Any) -> None:
    with pytest.raises(RuleFault):
        Oracle({"detection": {"s": detection, "condition": "s"}})
    texts = [
        (f"{n}.yml", yaml.safe_dump(rule_of(n, {"s": given_, "condition": "s"})))
        for n, given_ in enumerate([{"a": "x"}, detection, {"b": "y"}])
    ]
    ruleset = compile_rules(texts)
    assert [fault.where.split(":")[0] for fault in ruleset.faults] == ["1.yml"]
    assert engine_hits(SigmaDetector(ruleset, route=False), [{"a": "x", "b": "y"}]) == {(0, 0), (2, 0)}
