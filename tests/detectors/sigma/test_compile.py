"""Rule texts to compiled rules: faults have a place, all of them are told, and one bad rule leaves the others usable."""

from __future__ import annotations

import pytest

from vonggac.detectors.sigma import RuleSet, compile_rules

GOOD = """title: Good
id: 11111111-2222-4333-8444-555555555555
level: high
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 1}
  condition: selection
"""


def compile_one(text: str) -> RuleSet:
    return compile_rules([("r.yml", text)])


def detection(body: str) -> str:
    return f"title: t\nlogsource: {{product: windows}}\ndetection:\n  s:\n    {body}\n  condition: s\n"


def test_a_good_rule_keeps_what_a_reader_needs() -> None:
    (rule,) = compile_one(GOOD).rules
    assert (rule.info.title, rule.info.level, rule.place) == ("Good", "high", "r.yml:1")
    assert str(rule.logsource) == "product=windows service=security"
    assert rule.condition == ["is", "selection", ["glob", "EventID", ["1"], 0]]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("title: [", "r.yml:2:1", "not valid YAML"),
        ("- a\n- b\n", "r.yml:1", "must be a YAML map"),
        ("", "r.yml", "holds no rule"),
        (GOOD.replace("condition: selection", "condition: nothing"), "r.yml:1", "nothing"),
        (GOOD.replace("condition: selection", "condition: 1 of other*"), "r.yml:1", "other"),
        (GOOD.replace("condition: selection", "condition: selection and"), "r.yml:1", ""),
        (GOOD.replace("EventID: 1", "EventID|nonsense: 1"), "r.yml:1", "nonsense"),
        (detection("f|re: '(['"), "r.yml:1", ""),
        (detection("f|expand: '%name%'"), "r.yml:1", "name"),
        (detection("f|cidr: '300.0.0.0/8'"), "r.yml:1", ""),
        (detection("f|gt: many"), "r.yml:1", ""),
        ("title: t\nlogsource: {product: windows}\n", "r.yml:1", "detection"),
        ("a: " + "[" * 5000 + "]" * 5000, "r.yml", ""),
        (("a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
         "e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n"), "r.yml", ""),
    ],
)  # fmt: skip
def test_a_bad_rule_is_named_with_its_place_and_the_rest_runs(text: str, place: str, words: str) -> None:
    ruleset = compile_rules([("r.yml", text), ("good.yml", GOOD)])
    assert [rule.info.title for rule in ruleset.rules] == ["Good"]
    assert ruleset.faults
    assert ruleset.faults[0].where.startswith(place)
    assert words in str(ruleset.faults[0])


@pytest.mark.parametrize(
    ("written", "title", "description", "others"),
    [
        ("title_vi: T\ndescription_vi: D\nfalsepositives_vi: [A, B]\n", "T", "D", ("A", "B")),
        ("title_vi:\ndescription_vi:\nfalsepositives_vi:\n", "", "", ()),
        ("title_vi: 5\ndescription_vi: []\nfalsepositives_vi: A\n", "5", "", ("A",)),
        ("falsepositives_vi: [null, A, 5]\n", "", "", ("A", "5")),
        ("", "", "", ()),
    ],
)
def test_texts_in_vietnamese_are_there_or_not(
    written: str, title: str, description: str, others: tuple[str, ...]
) -> None:
    ruleset = compile_one(GOOD + written)
    [rule] = RuleSet.from_json(ruleset.to_json()).rules
    assert rule.info == ruleset.rules[0].info
    assert (rule.info.title_vi, rule.info.description_vi, rule.info.falsepositives_vi) == (title, description, others)


def test_python_objects_in_yaml_are_refused() -> None:
    ruleset = compile_one("title: !!python/object/apply:os.system ['true']\n")
    assert not ruleset.rules
    assert "YAML" in str(ruleset.faults[0])


def test_all_faults_of_all_files_are_told_at_once() -> None:
    ruleset = compile_rules([("a.yml", "title: ["), ("b.yml", "- x"), ("c.yml", detection("f|nonsense: 1"))])
    assert {fault.where.split(":")[0] for fault in ruleset.faults} == {"a.yml", "b.yml", "c.yml"}


def test_documents_of_a_collection_share_what_is_global() -> None:
    text = (
        "action: global\ntitle: Shared\nlogsource: {product: windows}\n---\n"
        "detection: {s: {a: 1}, condition: s}\n---\n"
        "detection: {s: {b: 2}, condition: s}\n"
    )
    ruleset = compile_one(text)
    assert not ruleset.faults
    assert [rule.info.title for rule in ruleset.rules] == ["Shared", "Shared"]
    assert [rule.place for rule in ruleset.rules] == ["r.yml:5", "r.yml:7"]


@pytest.mark.parametrize(
    "broken",
    [
        "title: X\nlogsource: {product: windows}\ndetection: {s: {a|nonsense: 1}, condition: s}\n",
        "title: X\nlogsource: {product: windows}\nfilter: {rules: any, s: {a|contains: 1}, condition: s}\n",
        "title: X\ncorrelation: {type: nonsense, rules: [x], timespan: 5m, condition: {gte: 1}}\n",
        "title: X\ncorrelation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: true}}\n",
        "title: X\nlogsource: 5\n",
        "5\n",
    ],
)
def test_a_fault_in_one_document_leaves_those_beside_it_usable(broken: str) -> None:
    ruleset = compile_one(f"{broken}---\n{GOOD}---\n{broken}")
    assert [rule.info.id for rule in ruleset.rules] == ["11111111-2222-4333-8444-555555555555"]
    line = 2 + broken.count("\n") + GOOD.count("\n") + 1
    assert {fault.where.partition(":")[2] for fault in ruleset.faults} == {"1", str(line)}


def test_repeat_repeats_the_rule_and_no_correlation_between() -> None:
    first = GOOD.replace("id: 11111111-2222-4333-8444-555555555555\n", "name: first\n")
    ruleset = compile_one(
        f"{first}---\ntitle: Many\ncorrelation: {{type: event_count, rules: [first], timespan: 5m, condition: {{gte: 2}}}}\n"
        "---\naction: repeat\ntitle: Second\nname: second\ndetection: {selection: {EventID: 2}}\n"
        "---\naction: repeat\ntitle: Third\nname: third\n"
    )
    assert not ruleset.faults
    assert [(rule.info.title, rule.condition[2][2]) for rule in ruleset.rules][1:] == [
        ("Second", ["2"]),
        ("Third", ["2"]),
    ]


def test_repeat_changes_the_rule_before_it() -> None:
    text = GOOD.replace("id: 11111111-2222-4333-8444-555555555555\n", "") + (
        "---\naction: repeat\ntitle: Second\ndetection: {selection: {EventID: 2}}\n"
    )
    ruleset = compile_one(text)
    assert not ruleset.faults
    assert [rule.condition[2][2] for rule in ruleset.rules] == [["1"], ["2"]]


ID = "11111111-2222-4333-8444-555555555555"
MANY = """title: Many
name: many
level: high
correlation:
  type: event_count
  rules: [{rules}]
  group-by: [host]
  timespan: 5m
  condition: {{gte: 10}}
"""
QUIET = """title: Quiet
logsource: {{product: windows}}
filter:
  rules: {rules}
  selection: {{User: svc}}
  condition: not selection
"""


def test_a_correlation_refers_by_id_or_by_a_name_of_its_file() -> None:
    named = GOOD.replace("title: Good", "title: Good\nname: good")
    for text in (GOOD + "---\n" + MANY.format(rules=ID), named + "---\n" + MANY.format(rules="good")):
        ruleset = compile_one(text)
        assert not ruleset.faults
        (many,) = ruleset.correlations
        assert (many.info.title, many.info.level, many.kind, many.rules) == ("Many", "high", "event_count", (ID,))
        assert (many.group_by, many.timespan_us, many.conditions) == (("host",), 300_000_000, (("gte", 10),))
        assert ruleset.silent == {ID}


def test_the_same_rule_twice_runs_once_and_another_with_its_id_is_a_fault() -> None:
    ruleset = compile_rules([("a.yml", GOOD), ("b.yml", GOOD), ("c.yml", GOOD.replace("EventID: 1", "EventID: 2"))])
    assert len(ruleset.rules) == 1
    assert [fault.where for fault in ruleset.faults] == ["c.yml:1"]


def test_compiled_rules_survive_the_cache_format() -> None:
    import orjson

    ruleset = compile_rules([("a.yml", GOOD), ("b.yml", "title: ["), ("c.yml", detection("f|re: '('")), ("d.yml", "")])
    kept = RuleSet.from_json(orjson.loads(orjson.dumps(ruleset.to_json())))
    assert kept.to_json() == ruleset.to_json()
    assert [(one.where, one.message, one.params) for one in kept.faults] == [
        (one.where, one.message, one.params) for one in ruleset.faults
    ]
    assert [str(one) for one in kept.faults] == [
        "b.yml:2:1: not valid YAML: did not find expected node content",
        "c.yml:1: the regular expression “(” is not valid: missing ) at position 1",
        "d.yml: holds no rule",
    ]


@pytest.mark.parametrize("condition", ["{a: b}", "[{a: b}]", "[[s]]", "1.5"])
def test_a_condition_that_is_no_text_is_a_fault(condition: str) -> None:
    ruleset = compile_one(
        "title: a\nlogsource: {product: windows}\ndetection: {s: {a: 1}, condition: " + condition + "}\n"
    )
    assert not ruleset.rules
    assert len(ruleset.faults) == 1


def test_aliases_that_make_much_out_of_little_are_a_fault() -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    for more in ("\n".join(laughs), "m: &m {k: &k [*k]}", "m0: &m0 {<<: *m0}"):
        ruleset = compile_one(
            f"title: a\n{more}\nlogsource: {{product: windows}}\ndetection: {{s: {{a: 1}}, condition: s}}\n"
        )
        assert not ruleset.rules
        assert len(ruleset.faults) == 1
        assert "YAML" in ruleset.faults[0].message


def test_aliases_are_followed() -> None:
    ruleset = compile_one(
        "title: a\nlogsource: {product: windows}\n"
        "detection: {s: {a: &values [x, y]}, t: {b: *values}, condition: s and t}\n"
    )
    assert list(ruleset.faults) == []
