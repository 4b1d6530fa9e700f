"""Where rules matched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma import LogSource, Rule
from vonggac.detectors.sigma.explain import glob_tester
from vonggac.detectors.sigma.marks import Mark, marks
from vonggac.events.finding import RuleInfo


def found(condition: list, event: dict, source: str = "json") -> list[tuple[str, list[str]]]:
    """Field and marked texts of each mark."""
    rule = Rule(RuleInfo("1", "x"), LogSource(), condition, "x:1")
    return [(m.field, [m.text[a:b] for a, b in m.spans]) for m in marks(rule, source, event)]


def test_each_form_of_a_text_is_marked_where_it_stands() -> None:
    event = {"Image": r"C:\Windows\System32\CMD.exe"}
    assert found(["glob", "Image", [1, r"\cmd.exe"], 0], event) == [("Image", [r"\CMD.exe"])]
    assert found(["glob", "Image", ["c:\\", 1], 0], event) == [("Image", ["C:\\"])]
    assert found(["glob", "Image", [1, "s", 1], 0], event) == [("Image", ["s", "S", "s"])]
    assert found(["glob", "Image", ["c", 2, "\\win", 1, "32", 1, "exe"], 0], event) == [
        ("Image", ["C", "\\Win", "32", "exe"])
    ]
    assert found(["glob", "Image", [event["Image"].lower()], 0], event) == [("Image", [event["Image"]])]
    assert found(["glob", "Image", [1, r"\cmd.exe"], 1], event) == []
    assert found(["re", "Image", r"S\w+\d", ""], event) == [("Image", ["System32"])]


def test_only_what_made_the_rule_hold_is_marked() -> None:
    condition = [
        "and",
        ["is", "a", ["or", ["glob", "x", ["1"], 0], ["glob", "x", ["2"], 0]]],
        ["not", ["is", "filter", ["glob", "y", [1, "good", 1], 0]]],
    ]
    assert found(condition, {"x": 2, "y": "bad"}) == [("x", ["2"])]


def test_lists_and_objects_are_reached() -> None:
    event = {"a": {"b": ["one", "two"]}}
    assert found(["glob", "a.b", ["two"], 0], event) == [("a.b", ["two"])]
    assert found(["glob", "", [1, "tw", 1], 0], event) == [("", ["tw"])]
    assert found(["exists", "a"], event) == [("a", ["one"]), ("a", ["two"])]


def test_other_names_of_a_field_lead_to_its_own() -> None:
    event = {"Channel": "Security", "EventID": 4688, "Provider_Name": "Microsoft-Windows-Security-Auditing",
             "NewProcessName": r"C:\x\evil.exe"}  # fmt: skip
    assert found(["glob", "Image", [1, "evil", 1], 0], event, "windows") == [("NewProcessName", ["evil"])]


def test_addresses_numbers_and_other_fields_are_marked_whole() -> None:
    event = {"ip": "192.0.2.7", "n": "12", "o": "192.0.2.7"}
    assert found(["cidr", "ip", "192.0.2.0/24"], event) == [("ip", ["192.0.2.7"])]
    assert found(["cmp", "n", "gt", 10], event) == [("n", ["12"])]
    assert found(["ref", "ip", "o", "eq"], event) == [("ip", ["192.0.2.7"]), ("o", ["192.0.2.7"])]


def test_a_lone_surrogate_is_no_fault() -> None:
    rule = Rule(RuleInfo("1", "x"), LogSource(), ["re", "a", "x.", ""], "x:1")
    assert marks(rule, "json", {"a": "\ud800xy"}) == [Mark("a", "?xy", ((1, 3),))]


tokens = st.lists(st.sampled_from(["a", "b", "ab", "Đ", 1, 2]), min_size=1, max_size=7)


@given(tokens, st.text("abđĐx", max_size=12))
def test_a_pattern_is_marked_exactly_where_it_fits(parts: list, text: str) -> None:
    pattern: list = []
    for part in parts:  # as the compiler makes them: no two texts and no two * side by side
        if pattern and isinstance(part, str) and isinstance(pattern[-1], str):
            pattern[-1] += part
        elif not (pattern and part == 1 and pattern[-1] == 1):
            pattern.append(part)
    got = found(["glob", "f", pattern, 0], {"f": text})
    assert bool(got) == glob_tester(pattern, 0)(text)
    literals = [part.lower() for part in pattern if isinstance(part, str)]
    if got and literals and text:
        assert re.sub(r"\W", "", "".join(got[0][1])).lower().startswith(literals[0][:1])


@pytest.mark.parametrize("size", [10, 100_000])
def test_the_marks_of_one_value_are_limited(size: int) -> None:
    assert len(found(["glob", "f", [1, "a", 1], 0], {"f": "ab" * size})[0][1]) <= 101
