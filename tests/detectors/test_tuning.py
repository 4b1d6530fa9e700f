"""Tuning files, and what they make of rules and hits."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.detectors.tuning import Tuning, glob, parse_tuning, selected
from vonggac.errors import RuleError
from vonggac.events.batch import EventBatch
from vonggac.events.finding import Hit, RuleInfo

RULES = """
title: Shell
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01
level: high
tags: [attack.t1059.001]
logsource: {product: windows}
detection: {selection: {CommandLine|contains: needle}, condition: selection}
---
title: Other [x]
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02
level: low
tags: [attack.t1105]
logsource: {product: windows, category: process_creation}
detection: {selection: {CommandLine|contains: needle}, condition: selection}
"""
CORRELATION = (
    RULES
    + """
---
title: Many
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03
level: high
correlation:
  type: event_count
  rules: [6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 3}
"""
)
FIRST, SECOND, THIRD = (f"6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a0{n}" for n in (1, 2, 3))


def ruleset(text: str = RULES):
    found = compile_rules([("r.yml", text)])
    assert not found.faults
    return found


def tuned(text: str, rules=None):
    tuning = parse_tuning(text, "t.yml")
    return tuning, tuning.ruleset(rules or ruleset())


def batch(**event: object) -> EventBatch:
    return EventBatch.from_dicts(
        "windows",
        [(1, {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "CommandLine": "needle", **event})],
    )


def levels(rules) -> dict[str, str]:
    return {rule.info.title: rule.info.level for rule in rules.rules}


@pytest.mark.parametrize(
    "selector",
    [f"rule: {FIRST}", "rule: Shell", "rule: s?el*", "tag: attack.t1059*", "tag: ATTACK.T1059.001"],
)
def test_a_rule_is_named_by_identifier_title_or_tag(selector: str) -> None:
    assert levels(tuned(f"rules: [{{{selector}, level: low}}]")[1]) == {"Shell": "low", "Other [x]": "low"}
    assert levels(tuned(f"rules: [{{{selector}, level: off}}]")[1]) == {"Other [x]": "low"}


def test_a_log_source_and_a_title_must_both_fit_and_the_last_level_counts() -> None:
    text = """
rules:
  - {rule: '*', level: medium}
  - {rule: 'Other [x]', logsource: {product: windows, category: process_creation}, level: critical}
"""
    assert levels(tuned(text)[1]) == {"Shell": "medium", "Other [x]": "critical"}


@pytest.mark.parametrize(
    ("exception", "event", "is_left_out"),
    [
        ("host: pc-*", {"Computer": "PC-7"}, True),
        ("host: [a, pc-?]", {"Computer": "pc-77"}, False),
        ("host: pc-*", {}, False),
        ("Image: '*\\ci\\agent.exe'", {"Image": "C:\\CI\\Agent.exe"}, True),
        ("Image: '*\\ci\\agent.exe'", {"Image": "C:\\CI\\Agent.exe.x"}, False),
        ("Image: '*\\ci\\agent.exe'\n        User: svc", {"Image": "C:\\CI\\Agent.exe", "User": "svc"}, True),
        ("Image: '*\\ci\\agent.exe'\n        User: svc", {"Image": "C:\\CI\\Agent.exe", "User": "me"}, False),
        ("User: [me, you]", {"User": "YOU"}, True),
        ("ProcessId: '7'", {"ProcessId": 7}, True),
    ],
)
def test_exceptions(exception: str, event: dict, is_left_out: bool) -> None:
    text = f"rules:\n  - rule: Shell\n    except:\n      - {exception}\n"
    tuning, rules = tuned(text)
    seen = batch(**event)
    hits, left_out = tuning.apply(seen, SigmaDetector(rules).detect(seen))
    assert {hit.rule.title for hit in hits} == {"Other [x]"} | (set() if is_left_out else {"Shell"})
    assert dict(left_out) == ({"Shell": 1} if is_left_out else {})


def test_another_name_of_a_field_works_in_an_exception() -> None:
    tuning, rules = tuned("rules:\n  - rule: Shell\n    except: [{Image: '*evil*'}]\n")
    seen = batch(
        Channel="Security",
        EventID=4688,
        NewProcessName="C:\\evil.exe",
        Provider_Name="Microsoft-Windows-Security-Auditing",
    )
    hits, left_out = tuning.apply(seen, SigmaDetector(rules).detect(seen))
    assert left_out["Shell"] == 1
    assert "Shell" not in {hit.rule.title for hit in hits}


def test_indicators_are_tuned_by_their_tags() -> None:
    tuning = parse_tuning(
        "rules: [{tag: 'warninglist.*', level: off}, {tag: malware.emotet, level: critical}]", "t.yml"
    )
    listed = RuleInfo("indicator:ipv4:192.0.2.1", "x", "medium", ("warninglist.public-dns",))
    emotet = RuleInfo("indicator:ipv4:192.0.2.2", "y", "high", ("malware.emotet",))
    hits, left_out = tuning.apply(batch(), [Hit(listed, 0), Hit(emotet, 0)])
    assert [(hit.rule.id, hit.rule.level) for hit in hits] == [(emotet.id, "critical")]
    assert left_out == {"x": 1}


def test_a_rule_that_is_off_still_serves_its_correlation() -> None:
    _tuning, rules = tuned(f"rules: [{{rule: {FIRST}, level: off}}]", ruleset(CORRELATION))
    assert [rule.info.id for rule in rules.rules] == [FIRST, SECOND]
    assert FIRST in rules.silent
    assert [one.info.id for one in rules.correlations] == [THIRD]
    _tuning, rules = tuned("rules: [{rule: Many, level: informational}]", ruleset(CORRELATION))
    assert rules.correlations[0].info.level == "informational"
    with pytest.raises(RuleError, match="exceptions belong to the rules"):
        tuned(f"rules: [{{rule: {THIRD}, except: [{{host: a}}]}}]", ruleset(CORRELATION))
    with pytest.raises(RuleError, match="exceptions belong to the rules"):
        tuned("rules: [{rule: 'ma*y', except: [{host: a}]}]", ruleset(CORRELATION))
    tuning, _rules = tuned("rules: [{rule: '*', except: [{host: a}]}]", ruleset(CORRELATION))
    assert tuning.effect(ruleset(CORRELATION)) == (0, 0, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("[]", "must be a map"),
        ("rules: []", "list of entries"),
        ("rules: x", "list of entries"),
        ("rule: []", "unknown key rule"),
        ("rules:\n  - {rule: a, level: hgih}", "t.yml:2: no level: hgih"),
        ("rules:\n  - {rule: a, level: off, levle: low}", "t.yml:2: unknown key levle"),
        ("rules:\n  - {level: low}", "t.yml:2: names no rule"),
        ("rules:\n  - {rule: a}", "t.yml:2: changes nothing"),
        ("rules:\n  - {rule: a, level: low, level: high}", "t.yml:2: level stands twice"),
        ("rules:\n  - rule: a\n    except: [{}]\n", "t.yml:3"),
        ("rules:\n  - rule: a\n    except: {host: b}\n", "t.yml:3: except must be a list"),
        ("rules:\n  - rule: a\n    except: [{host: []}]\n", "t.yml:3: host is empty"),
        ("rules:\n  - rule: a\n    except: [{host: }]\n", "t.yml:3: host must be a text"),
        ("rules:\n  - {rule: a, logsource: {produkt: windows}, level: low}", "t.yml:2: unknown key produkt"),
        ("rules:\n  - {rule: a, logsource: {}, level: low}", "logsource names none"),
        ("rules:\n\t- x", "not valid YAML"),
        ("rules: [{rule: a, level: low}]\n---\nrules: []", "not valid YAML"),
        ("rules: &a [*a]", "must be a map"),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(RuleError) as told:
        parse_tuning(text, "t.yml")
    assert message in str(told.value)
    assert "t.yml" in str(told.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(RuleError) as told:
        parse_tuning("rules:\n  - {rule: a, level: x}\n  - {rule: b}\n", "t.yml")
    assert "t.yml:2" in str(told.value)
    assert "t.yml:3" in str(told.value)


def test_an_entry_that_means_no_rule_is_a_fault() -> None:
    infos = [(rule.info, rule.logsource) for rule in ruleset().rules]
    tuning = parse_tuning("rules:\n  - {rule: Shell, level: low}\n  - {rule: Shel, level: low}\n", "t.yml")
    with pytest.raises(RuleError, match=r"t\.yml:3: Shel"):
        tuning.check(infos, with_indicators=False)
    tuning.check(infos, with_indicators=True)


def test_selection() -> None:
    rules = ruleset()
    assert [rule.info.id for rule in selected(rules, ["attack.t1059*"], []).rules] == [FIRST]
    assert [rule.info.id for rule in selected(rules, [], [SECOND]).rules] == [FIRST]
    assert [rule.info.id for rule in selected(rules, ["other*"], []).rules] == [SECOND]
    for include, exclude in ((["x"], []), ([], ["x"]), (["Shell"], ["attack.*"]), ([], ["*"])):
        with pytest.raises(RuleError):
            selected(rules, include, exclude)


def test_a_selection_of_silent_rules_alone_is_an_error() -> None:
    with pytest.raises(RuleError, match="only rules that correlations count"):
        selected(ruleset(CORRELATION), [FIRST], [])
    assert [info.title for info in selected(ruleset(CORRELATION), ["Many"], []).heard()] == ["Many"]


def test_an_empty_tuning_changes_nothing() -> None:
    seen = batch()
    hits = SigmaDetector(ruleset()).detect(seen)
    assert Tuning().apply(seen, hits) == (list(hits), {})


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern fits, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


@given(st.text("ab\n*?", max_size=8), st.text("ab\n", max_size=10))
def test_a_pattern_means_what_it_says(pattern: str, text: str) -> None:
    assert glob(pattern, text) == fits(pattern, text)


def test_no_value_of_a_log_makes_an_exception_slow() -> None:
    tuning, rules = tuned(f"rules: [{{rule: {FIRST}, except: [{{CommandLine: '*a*b*c*d*e*f*g'}}]}}]")
    hostile = batch(CommandLine="needle" + "abcdef" * 5000)
    begin = time.monotonic()
    assert len(tuning.apply(hostile, SigmaDetector(rules).detect(hostile))[0]) == 2
    assert time.monotonic() - begin < 5
