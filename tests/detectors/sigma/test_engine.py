"""What the engine owes its users beyond the oracle's properties: routing, other names, plans, order, time limits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.detectors.sigma.explain import Part, explain
from vonggac.detectors.sigma.plan import Plan
from vonggac.detectors.sigma.routing import aliases, route, routed_sources
from vonggac.detectors.sigma.ruleset import LogSource, leaves
from vonggac.events.batch import EventBatch

SYSMON = "Microsoft-Windows-Sysmon/Operational"


def rules(detection: str, logsource: str = "{product: windows}", condition: str = "s") -> RuleSet:
    text = f"title: t\nlogsource: {logsource}\ndetection:\n  s:\n    {detection}\n  condition: {condition}\n"
    ruleset = compile_rules([("r.yml", text)])
    assert not ruleset.faults, ruleset.faults
    return ruleset


def rows(ruleset: RuleSet, events: Sequence[dict[str, object]], source: str = "windows") -> list[int]:
    batch = EventBatch.from_dicts(source, enumerate(events, 1))
    return [batch.record(hit.row) for hit in SigmaDetector(ruleset).detect(batch)]


def test_process_creation_is_sysmon_1_and_security_4688_under_sysmons_names() -> None:
    ruleset = rules("Image|endswith: '\\cmd.exe'", "{product: windows, category: process_creation}")
    events: list[dict[str, object]] = [
        {"Channel": SYSMON, "EventID": 1, "Image": "C:\\Windows\\CMD.EXE"},
        {"Channel": "Security", "EventID": 4688, "NewProcessName": "C:\\Windows\\cmd.exe"},
        {"Channel": "Security", "EventID": 4624, "NewProcessName": "C:\\Windows\\cmd.exe"},
        {"Channel": SYSMON, "EventID": 5, "Image": "C:\\Windows\\cmd.exe"},
    ]
    assert rows(ruleset, events) == [1, 2]


def test_a_cleared_log_is_routed_by_the_log_it_is_in_and_matched_by_the_log_it_names() -> None:
    ruleset = rules("{EventID: 104, Channel: Security}", "{product: windows, service: system}")
    event: dict[str, object] = {"EventID": 104, "Channel": "Security", "System_Channel": "System"}
    assert rows(ruleset, [event, {"EventID": 104, "Channel": "System"}]) == [1]
    batch = EventBatch.from_dicts("windows", [(1, event)])
    assert explain(ruleset.rules[0], batch, 0).matched


@pytest.mark.parametrize(
    ("source", "logsource", "event", "fits"),
    [
        ("zeek", "{category: dns}", {"_path": "dns", "query": "x"}, True),
        ("zeek", "{category: dns}", {"_path": "http", "query": "x"}, False),
        ("zeek", "{product: zeek, service: dns}", {"_path": "dns", "query": "x"}, True),
        ("zeek", "{product: windows, category: dns_query}", {"_path": "dns", "query": "x"}, False),
        ("syslog", "{product: linux, service: sshd}", {"program": "sshd", "query": "x"}, True),
        ("syslog", "{product: linux, service: sshd}", {"program": "sudo", "query": "x"}, False),
        ("web_access", "{category: webserver}", {"query": "x"}, True),
        ("csv", "{product: windows, service: security}", {"Channel": "Security", "query": "x"}, False),
    ],
)
def test_rules_see_only_events_of_their_log_source(
    source: str, logsource: str, event: dict[str, object], fits: bool
) -> None:
    assert bool(rows(rules("query: x", logsource), [event], source)) is fits


def test_the_routes_are_all_well_formed() -> None:
    assert {"windows", "syslog", "zeek", "web_access"} <= set(routed_sources())
    for source in routed_sources():
        for alias in aliases(source):
            assert not any(leaf[1] == alias.name for leaf in leaves(alias.when))
    assert route("nothing", LogSource("windows")) is None


def test_keywords_look_at_every_value_of_the_event_but_not_at_names() -> None:
    ruleset = rules("- needle\n    - 'ng*p'")
    events: list[dict[str, object]] = [
        {"a": "a NEEDLE here"}, {"b": ["x", "needle"]}, {"c": {"d": "needles"}}, {"needle": "no"}, {"a": "xx ng123p yy"}, {"a": 1},
    ]  # fmt: skip
    assert sorted(rows(ruleset, events)) == [1, 2, 3, 5]


def test_a_number_is_found_as_a_keyword() -> None:
    assert rows(rules("- 4711"), [{"a": 4711}, {"a": "x4711x"}, {"a": 4712}]) == [1, 2]


def test_findings_come_in_order_of_row_then_rule() -> None:
    texts = [
        (f"{n}.yml", (f"title: t{n}\nid: {n}0000000-0000-4000-8000-000000000000\nlogsource: {{product: windows}}\n"
         "detection: {s: {a: x}, condition: s}\n"))
        for n in (3, 1, 2)
    ]  # fmt: skip
    batch = EventBatch.from_dicts("windows", enumerate([{"a": "x"}, {"b": 1}, {"a": "x", "b": 1}], 1))
    hits = SigmaDetector(compile_rules(texts)).detect(batch)
    assert [(hit.row, hit.rule.title) for hit in hits] == sorted((hit.row, hit.rule.title) for hit in hits)
    assert len(hits) == 6


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load(self, source: str) -> bytes | None:
        return self.kept.get(source)

    def save(self, source: str, data: bytes) -> None:
        self.kept[source] = data


def test_a_plan_from_the_store_judges_alike_and_a_damaged_one_is_made_anew() -> None:
    ruleset = rules(
        "a|contains: [x, 'y?z']\n    b|re: '^q+$'", condition="s and not 1 of t*\n  t1:\n    c|exists: true"
    )
    batch = EventBatch.from_dicts("windows", enumerate([{"a": "_Y1Z_", "b": "qq"}, {"a": "x", "b": "q", "c": 1}], 1))
    store = Memory()
    first = SigmaDetector(ruleset, store=store).detect(batch)
    assert [hit.row for hit in first] == [0]
    assert SigmaDetector(ruleset, store=store).detect(batch) == first
    for damage in (b"", b"PK\x03\x04 nonsense", store.kept["windows"][:1000]):
        store.kept["windows"] = damage
        assert SigmaDetector(ruleset, store=store).detect(batch) == first
    assert Plan.from_bytes(store.kept["windows"]).rules == [0]


def test_a_catastrophic_expression_ends_in_time_and_is_counted() -> None:
    # The look-ahead keeps the linear engine out; (a+)+$ is the classic of exponential backtracking.
    ruleset = rules("a|re: '(?=a)(a|aa)+$'")
    detector = SigmaDetector(ruleset)
    batch = EventBatch.from_dicts("windows", [(1, {"a": "a" * 60 + "!"}), (2, {"a": "aaa"})])
    assert [hit.row for hit in detector.detect(batch)] == [1]
    assert sum(detector.timeouts.values()) == 1


def test_a_linear_expression_takes_any_value() -> None:
    assert rows(rules("a|re: '(a+)+$'"), [{"a": "a" * 100_000 + "!"}, {"a": "aa"}]) == [2]


def test_case_is_folded_beyond_ascii_and_kept_when_cased() -> None:
    events: list[dict[str, object]] = [{"a": "ĐƯỜNG"}, {"a": "đường"}, {"a": "duong"}]
    assert rows(rules("a: đường"), events) == [1, 2]
    assert rows(rules("a|cased: đường"), events) == [2]


def test_explain_names_the_part_that_failed_and_the_value_it_failed_on() -> None:
    ruleset = rules(
        "Image|endswith: '\\cmd.exe'\n    CommandLine|contains: whoami",
        "{product: windows, category: process_creation}",
    )
    event: dict[str, object] = {"Channel": SYSMON, "EventID": 1, "Image": "C:\\cmd.exe", "CommandLine": "dir"}
    tree = explain(ruleset.rules[0], EventBatch.from_dicts("windows", [(1, event)]), 0)
    assert not tree.matched
    found: list[Part] = []

    def walk(part: Part) -> None:
        if part.field in ("Image", "CommandLine"):
            found.append(part)
        for child in part.children:
            walk(child)

    walk(tree)
    assert [(p.field, p.matched, p.label, p.values) for p in found] == [
        ("Image", True, "endswith '\\cmd.exe'", ("C:\\cmd.exe",)),
        ("CommandLine", False, "contains 'whoami'", ("dir",)),
    ]


def test_more_rows_than_a_word_and_more_shapes_than_one() -> None:
    events: list[dict[str, object]] = [
        {"a": "x" if n % 3 == 0 else "y", **({"z": n} if n % 2 else {})} for n in range(1, 400)
    ]
    expected = [n for n in range(1, 400) if n % 3 == 0]
    assert sorted(rows(rules("a: x"), events)) == expected
    negated = sorted(rows(rules("a: x", condition="not s"), events))
    assert negated == [n for n in range(1, 400) if n % 3]


def test_firewall_lines_go_by_the_categorys_names() -> None:
    ruleset = rules("dst_port: 4444", "{category: firewall}")
    assert rows(
        ruleset, [{"program": "kernel", "PROTO": "TCP", "DPT": "4444"}, {"program": "sshd", "DPT": "4444"}], "syslog"
    ) == [1]
