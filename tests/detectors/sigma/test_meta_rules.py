"""Filters and correlations as they are written: what they name, what is a fault and where."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Oracle

from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.events.batch import EventBatch

ID = "11111111-2222-4333-8444-555555555555"
OTHER = "11111111-2222-4333-8444-666666666666"


def rule(**more: Any) -> dict[str, Any]:
    return {
        "title": "Good", "id": ID, "name": "good", "logsource": {"product": "windows", "category": "process_creation"},
        "detection": {"selection": {"a": "x"}, "condition": "selection"},
    } | more  # fmt: skip


def many(**more: Any) -> dict[str, Any]:
    of = {"type": "event_count", "rules": ["good"], "group-by": ["u"], "timespan": "5m", "condition": {"gte": 3}} | more
    return {
        "title": "Many",
        "name": "many",
        "correlation": {key: value for key, value in of.items() if value is not None},
    }


def quiet(rules: Any, **more: Any) -> dict[str, Any]:
    return {
        "title": "Quiet", "logsource": {"product": "windows"},
        "filter": {"rules": rules, "selection": {"u": "svc"}, "condition": "not selection"} | more,
    }  # fmt: skip


def compiled(*files: list[dict[str, Any]]) -> RuleSet:
    texts = [(f"{number}.yml", yaml.safe_dump_all(documents)) for number, documents in enumerate(files)]
    ruleset = compile_rules(texts)
    assert RuleSet.from_json(orjson.loads(orjson.dumps(ruleset.to_json()))).to_json() == ruleset.to_json()
    return ruleset


def faults(*files: list[dict[str, Any]]) -> list[str]:
    return [str(fault) for fault in compiled(*files).faults]


def hits(ruleset: RuleSet, *users: str) -> list[str]:
    batch = EventBatch.from_dicts("json", [(n, {"a": "x", "u": user}) for n, user in enumerate(users, 1)])
    return [users[hit.row] for hit in SigmaDetector(ruleset, route=False).detect(batch)]


@pytest.mark.parametrize("names", [[ID], "good", "any", [], ["nobody", ID.upper()]])
def test_a_filter_changes_the_rules_that_it_names_whatever_file_it_is_in(names: Any) -> None:
    for files in (([rule()], [quiet(names)]), ([quiet(names)], [rule()]), ([rule(), quiet(names)],)):
        ruleset = compiled(*files)
        assert not ruleset.faults
        assert hits(ruleset, "svc", "an") == ["an"]
    assert hits(compiled([rule()]), "svc", "an") == ["svc", "an"]


def test_several_filters_add_up_and_the_same_one_twice_counts_once() -> None:
    second = quiet("any", selection={"u": "an"})
    ruleset = compiled([rule()], [quiet([ID])], [quiet([ID])], [second])
    assert hits(ruleset, "svc", "an", "chi") == ["chi"]
    assert str(ruleset.rules[0].condition).count("svc") == 1


def test_a_filter_of_a_whole_log_source_leaves_others_alone() -> None:
    other = rule(id=OTHER, name="other", logsource={"product": "linux"})
    ruleset = compiled([rule(), other], [quiet("any")])
    assert hits(ruleset, "svc") == ["svc"]


def test_a_filter_of_several_selections_means_what_the_specification_says() -> None:
    parts = {"selection_a": {"u": "svc"}, "selection_b": {"a": "x", "u|startswith": "s"}, "other": {"u": "an"}}
    for condition in ("1 of selection_*", "not 1 of them", "all of selection_* or other", "not (selection_a or other)"):
        users = ("svc", "an", "sa", "chi")
        body = {key: value for key, value in quiet([ID])["filter"].items() if key not in ("selection", "rules")} | parts
        wide = quiet([ID]) | {"filter": {"rules": [ID], **body, "condition": condition}}
        judge = Oracle({"detection": {**parts, "condition": condition}})
        expected = [user for user in users if judge.matches({"a": "x", "u": user})]
        assert hits(compiled([rule()], [wide]), *users) == expected


@pytest.mark.parametrize(
    ("names", "more", "message"),
    [
        ([OTHER], {}, f"names the rule “{OTHER}”, which is not there or cannot be used"),
        ("nobody", {}, "names the rule “nobody”, which is not there or cannot be used"),
        (["many"], {}, "names “many”, which is a correlation: filters are for rules"),
        ([ID], {"logsource": {"product": "linux"}}, f"has another log source than the rule “{ID}”, so that it is not for it"),
    ],
)  # fmt: skip
def test_a_filter_that_is_for_no_rule_is_a_fault_with_a_place(names: Any, more: dict[str, Any], message: str) -> None:
    assert faults([rule(), many()], [quiet(names) | more]) == [f"1.yml:1: {message}"]


def test_a_correlation_names_rules_of_other_files_too_and_its_own_file_first() -> None:
    twin = rule(id=OTHER, detection={"selection": {"a": "y"}, "condition": "selection"})
    ruleset = compiled([rule()], [twin, many()])
    assert [one.rules for one in ruleset.correlations] == [(OTHER,)]
    assert compiled([rule()], [many()]).correlations[0].rules == (ID,)
    assert faults([rule()], [twin], [many()]) == ["2.yml:1: names the rule “good”, of which there are 2 in other files"]


def test_correlations_come_after_those_that_they_refer_to() -> None:
    above = {**many(rules=["many", "good"], type="temporal", condition=None), "title": "Above", "name": "above"}
    ruleset = compiled([above], [many()], [rule()])
    assert [one.info.title for one in ruleset.correlations] == ["Many", "Above"]
    assert ruleset.correlations[1].conditions == (("gte", 2),)
    assert ruleset.silent == {ID, ruleset.correlations[0].info.id}


def test_generate_leaves_the_rules_their_findings() -> None:
    ruleset = compiled([rule(), many(generate=True)])
    assert ruleset.silent == frozenset()
    assert hits(ruleset, "an") == ["an"]
    assert hits(compiled([rule(), many()]), "an") == []


def test_a_range_is_both_of_its_ends() -> None:
    (one,) = compiled([rule(), many(condition={"gt": 3, "lte": 9})]).correlations
    assert one.conditions == (("gt", 3), ("lte", 9))


def test_numbers_of_a_condition_stay_what_they_are_and_only_kinds_of_values_look_at_a_field() -> None:
    (one,) = compiled([rule(), many(type="value_avg", condition={"gte": 0.5, "field": "size"})]).correlations
    assert (one.conditions, one.fields) == ((("gte", 0.5),), ("size",))
    (one,) = compiled([rule(), many(condition={"gte": 2.5, "field": "size"})]).correlations
    assert (one.conditions, one.fields) == ((("gte", 2.5),), ())


def test_an_extended_condition_names_its_rules() -> None:
    other = rule(id=OTHER, name="other")
    (one,) = compiled([rule(), other, many(type="temporal", rules=None, condition="good and not other")]).correlations
    assert one.rules == (ID, OTHER)
    assert one.expression == ["and", ["rule", ID], ["not", ["rule", OTHER]]]


def test_a_loop_of_correlations_is_a_fault_of_each_and_of_those_above() -> None:
    one = {**many(rules=["two"]), "title": "One", "name": "one"}
    two = {**many(rules=["one"]), "title": "Two", "name": "two"}
    above = {**many(rules=["one"]), "title": "Above", "name": "above"}
    message = "refers to itself or to a rule that cannot be used"
    assert faults([rule()], [one], [two], [above]) == [f"{n}.yml:1: {message}" for n in (1, 2, 3)]


def test_ten_correlations_over_each_other_are_enough() -> None:
    chain = [{**many(rules=[f"k{n - 1}" if n else "good"]), "title": f"K{n}", "name": f"k{n}"} for n in range(12)]
    ruleset = compiled([rule()], *([one] for one in chain))
    assert [one.info.title for one in ruleset.correlations] == [f"K{n}" for n in range(10)]
    assert [fault.where for fault in ruleset.faults] == ["11.yml:1", "12.yml:1"]


def test_a_correlation_over_a_rule_that_cannot_be_used_is_a_fault_and_silences_nothing() -> None:
    broken = rule(id=OTHER, name="broken", detection={"selection": {"a|re": "("}, "condition": "selection"})
    ruleset = compiled([rule()], [broken], [many(rules=["good", "broken"])])
    assert [fault.where for fault in ruleset.faults] == ["1.yml:1", "2.yml:1"]
    assert hits(ruleset, "an") == ["an"]


def test_a_timespan_beyond_all_times_is_one() -> None:
    (one,) = compiled([rule(), many(timespan="9" * 30 + "y")]).correlations
    assert one.timespan_us == 2**60


@pytest.mark.parametrize(
    "of",
    [
        {"type": "loudest"}, {"type": 5}, {"rules": None}, {"rules": []}, {"rules": [5]}, {"rules": [{"a": 1}]}, {"rules": {"a": 1}},
        {"timespan": None}, {"timespan": "0s"}, {"timespan": 5}, {"timespan": "5x"}, {"timespan": ["5m"]}, {"timespan": "-1m"},
        {"group-by": {"a": 1}}, {"group-by": 5}, {"condition": None}, {"condition": []}, {"condition": {}}, {"condition": {"gte": "x"}},
        {"condition": {"gte": [1]}}, {"condition": {"gte": 1, "about": 2}}, {"condition": {"gte": float("nan")}},
        {"condition": {"gte": 10**400}}, {"condition": {"gte": 1, "lte": {}}}, {"condition": "good"}, {"condition": {"gte": 2**63}},
        {"type": "value_count"}, {"type": "value_count", "condition": {"gte": 1}}, {"type": "value_sum", "condition": {"gte": 1, "field": ["a", "b"]}},
        {"type": "value_percentile", "condition": {"gte": 1, "field": "a"}}, {"aliases": 5}, {"aliases": {"x": 5}},
        {"type": "value_percentile", "condition": {"gte": 1, "field": "a", "percentile": 101}},
        {"type": "value_percentile", "condition": {"gte": 1, "field": "a", "percentile": "x"}},
        {"type": "value_percentile", "condition": {"gte": 1, "field": "a", "percentile": 99.9}}, {"condition": {"gte": True}},
        {"type": "value_percentile", "condition": {"gte": 1, "field": "a", "percentile": True}}, {"condition": {"gte": 1, "lt": True}},
        {"aliases": {"x": {"nobody": "u"}}}, {"aliases": {"x": {"good": 5}}}, {"generate": "yes"},
        {"type": "temporal_ordered", "rules": ["good"] * 13, "condition": None},
        {"type": "temporal_ordered", "rules": None, "condition": " or ".join(["good"] * 13)},
        {"type": "temporal", "rules": ["good", ID], "condition": None}, {"type": "temporal", "condition": "good and"}, {"type": "temporal", "condition": "good and (nobody)"},
        {"type": "temporal", "rules": None, "condition": "not " * 400 + "good"},
    ],
    ids=lambda of: str(of)[:60],
)  # fmt: skip
def test_what_cannot_be_a_correlation_is_a_fault_with_a_place_and_the_rule_runs(of: dict[str, Any]) -> None:
    ruleset = compiled([rule(), many(**of)])
    assert {fault.where for fault in ruleset.faults} == {"0.yml:12"}
    assert not ruleset.correlations
    assert hits(ruleset, "an") == ["an"]


@pytest.mark.parametrize(
    "more",
    [
        {"filter": 5}, {"filter": {}}, {"filter": {"rules": [ID], "condition": "x"}}, {"filter": {"rules": 5, "s": {"a": 1}, "condition": "s"}},
        {"filter": {"rules": [5], "s": {"a": 1}, "condition": "s"}}, {"filter": {"rules": [ID], "s": {"a": 1}, "condition": ["s"]}},
        {"filter": {"rules": [ID], "s": {"a": 1}, "condition": "t"}}, {"filter": {"rules": [ID], "s": {"a|re": "("}, "condition": "s"}},
        {"logsource": 5}, {"logsource": None},
    ],
    ids=lambda more: str(more)[:60],
)  # fmt: skip
def test_what_cannot_be_a_filter_is_a_fault_and_the_rule_runs(more: dict[str, Any]) -> None:
    ruleset = compiled([rule()], [quiet([ID]) | more])
    assert ruleset.faults
    assert all(fault.where.startswith("1.yml") for fault in ruleset.faults)
    assert hits(ruleset, "svc") == ["svc"]


JUNK: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, float("inf"), "", "x", "good", "many", "and", "(", [], ["good"], [None], [[]], {}, {"a": 1},
    {"good": "u"}, {1: 2}, "5m", "not good", ["good", 5],
]  # fmt: skip


def spoiled(value: Any, random: Random) -> Any:
    """``value`` with some of its parts replaced, renamed or gone."""
    if not isinstance(value, dict):
        return random.choice(JUNK) if random.random() < 0.03 else value
    found = {}
    for key, part in value.items():
        chance = random.random()
        if chance < 0.06:
            found[key] = random.choice(JUNK)
        elif chance < 0.08:
            found[random.choice(["x", 5, "type", "rules", "condition"])] = part
        elif chance > 0.03:
            found[key] = spoiled(part, random)
    return found


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_is_written_is_a_rule_or_a_fault(random: Random) -> None:
    kinds = (
        {}, {"type": "temporal", "condition": "good and not many"}, {"type": "value_sum", "condition": {"field": "n", "gt": 1}},
        {"type": "temporal_ordered", "condition": None}, {"aliases": {"u": {"good": "v"}}},
    )  # fmt: skip
    documents = [rule(), many(**random.choice(kinds)), quiet(random.choice((["good"], "any")))]
    ruleset = compiled([spoiled(document, random) for document in documents])
    Layout(ruleset.correlations)
    assert len(ruleset.rules) + len(ruleset.correlations) + len(ruleset.faults) > 0
