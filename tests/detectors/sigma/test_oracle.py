"""The oracle itself, against cases written by hand from the Sigma specification and its appendix of modifiers."""

from __future__ import annotations

import base64
import sys
from typing import Any

import pytest
import regex as regex_library
from oracle import Oracle, RuleFault, matches
from oracle_text import fold, regex, tokens_of

from vonggac.events import folding

Case = tuple[str, dict[str, Any], dict[str, Any], bool]

# A line (or map) of a detection, an event, the verdict.
VALUES: list[tuple[str, Any, dict[str, Any], bool]] = [
    # Values are case-insensitive strings, held against the whole field.
    ("a", "x", {"a": "x"}, True),
    ("a", "X", {"a": "x"}, True),
    ("a", "x", {"a": "xy"}, False),
    ("a", "x", {"A": "x"}, False),
    ("a", "x", {}, False),
    ("a", "ĐƯỜNG", {"a": "đường"}, True),
    ("a", "ß", {"a": "ss"}, False),
    ("a", "ß", {"a": "ẞ"}, True),
    ("a", "k", {"a": "\u212a"}, True),
    ("a", "i", {"a": "İ"}, False),
    # Wildcards.
    ("a", "prog?.exe", {"a": "progA.exe"}, True),
    ("a", "prog?.exe", {"a": "prog.exe"}, False),
    ("a", "prog?.exe", {"a": "progAB.exe"}, False),
    ("a", "antivirus_V*.exe", {"a": "antivirus_V21.2.1.exe"}, True),
    ("a", "antivirus_V*.exe", {"a": "antivirus_V.exe"}, True),
    ("a", "a*b*c", {"a": "a\nb\0c"}, True),
    ("a", "*", {"a": ""}, True),
    ("a", "?", {"a": ""}, False),
    ("a", "?", {"a": "đ"}, True),
    ("a", "*", {"a": None}, False),
    # Escapes.
    ("a", r"C:\x", {"a": r"C:\x"}, True),
    ("a", r"C:\\x", {"a": r"C:\x"}, True),
    ("a", r"\*", {"a": "*"}, True),
    ("a", r"\*", {"a": "x"}, False),
    ("a", r"\?", {"a": "?"}, True),
    ("a", r"\\*", {"a": r"\anything"}, True),
    ("a", r"\\*", {"a": "*"}, False),
    ("a", r"\\\*", {"a": r"\*"}, True),
    ("a", r"\\\*", {"a": r"\x"}, False),
    ("a", r"\\\x", {"a": r"\\x"}, True),
    ("a", r"\\\\x", {"a": r"\\x"}, True),
    ("a", r"\\\\x", {"a": r"\x"}, False),
    ("a", "x\\", {"a": "x\\"}, True),
    ("a|contains", "x\\", {"a": "-x\\-"}, True),
    # Lists, numbers, booleans, null, the empty string.
    ("a", ["x", "y"], {"a": "y"}, True),
    ("a", ["x", "y"], {"a": "z"}, False),
    ("a", "y", {"a": ["x", "y"]}, True),
    ("a", "x", {"a": [["z", {"b": "y"}], "x"]}, True),
    ("a", "y", {"a": [{"b": "y"}]}, False),
    ("a", 517, {"a": 517}, True),
    ("a", 517, {"a": "517"}, True),
    ("a", 517, {"a": "0517"}, False),
    ("a", 517, {"a": 517.0}, True),
    ("a", 1.5, {"a": "1.5"}, True),
    ("a", "18446744073709551617", {"a": 2**64 + 1}, True),
    ("a", "5*", {"a": 517}, True),
    ("a", True, {"a": True}, True),
    ("a", True, {"a": "True"}, True),
    ("a", True, {"a": 1}, False),
    ("a", False, {"a": None}, False),
    ("a", None, {}, True),
    ("a", None, {"a": None}, True),
    ("a", None, {"a": []}, True),
    ("a", None, {"a": ""}, False),
    ("a", None, {"a": [None, 0]}, False),
    ("a", "", {"a": ""}, True),
    ("a", "", {}, False),
    ("a", "", {"a": "x"}, False),
    ("a", [None, "x"], {}, True),
    # Dotted names.
    ("a.b", "x", {"a": {"b": "x"}}, True),
    ("a.b", "x", {"a.b": "x"}, True),
    ("a.b.c", "x", {"a": [{"b": {"c": "w"}}, {"b": {"c": "x"}}]}, True),
    ("a.b", "x", {"a": {"B": "x"}}, False),
    ("a.b", None, {"a": "x"}, True),
    # contains, startswith, endswith, all.
    ("a|contains", "B", {"a": "abc"}, True),
    ("a|contains", "a?c", {"a": "-abc-"}, True),
    ("a|contains", "", {"a": ""}, True),
    ("a|startswith", "AB", {"a": "abc"}, True),
    ("a|startswith", "b", {"a": "abc"}, False),
    ("a|endswith", r"\cmd.exe", {"a": r"C:\Windows\CMD.exe"}, True),
    ("a|endswith", r"\cmd.exe", {"a": "cmd.exe"}, False),
    ("a|contains|all", ["a", "c"], {"a": "abc"}, True),
    ("a|contains|all", ["a", "d"], {"a": "abc"}, False),
    ("a|contains|all", ["a", "c"], {"a": ["a", "c"]}, True),
    ("a|all", ["*a", "b*"], {"a": "ba"}, True),
    # exists, cased, neq.
    ("a|exists", True, {"a": ""}, True),
    ("a|exists", True, {"a": None}, False),
    ("a|exists", True, {"a": {}}, False),
    ("a|exists", True, {"a": {"b": 0}}, True),
    ("a|exists", False, {"b": 1}, True),
    ("a|exists", False, {"a": [""]}, False),
    ("a|cased", "Ab", {"a": "Ab"}, True),
    ("a|cased", "Ab", {"a": "ab"}, False),
    ("a|contains|cased", "Đ", {"a": "xđ"}, False),
    ("a|cased|startswith", "Đ", {"a": "Đx"}, True),
    ("a|neq", "x", {"a": "y"}, True),
    ("a|neq", "x", {"a": "X"}, False),
    ("a|neq", 5, {"a": "5"}, False),
    ("a|neq", ["x", "y"], {"a": "y"}, False),
    ("a|neq", ["x", "y"], {"a": "z"}, True),
    ("a|neq", "x", {"a": ["x", "y"]}, False),
    ("a|neq", "x", {}, True),
    # windash: every permutation of the dashes that begin a flag.
    ("a|windash|contains", " -f", {"a": "x /F"}, True),
    ("a|windash|contains", " /f", {"a": "x \u2014f"}, True),
    ("a|windash|contains", " -f", {"a": "x \u2015f"}, True),
    ("a|windash|contains", " -f", {"a": "x +f"}, False),
    ("a|windash", "-a /b", {"a": "\u2013a \u2014b"}, True),
    ("a|windash", "-a /b x-y", {"a": "/a -b x/y"}, False),
    # Regular expressions: sought anywhere, case-sensitive.
    ("a|re", "b.d", {"a": "abcde"}, True),
    ("a|re", "B", {"a": "abc"}, False),
    ("a|re", "^b", {"a": "abc"}, False),
    ("a|re", "a{2,3}$", {"a": "caa"}, True),
    ("a|re", "a{2,3}$", {"a": "ca"}, False),
    ("a|re", "^(ab|[^a-y])+$", {"a": "abzab"}, True),
    ("a|re", r"\\\*", {"a": r"x\*"}, True),
    ("a|re", "b$", {"a": "ab\n"}, True),
    ("a|re", "b$", {"a": "ab\nc"}, False),
    ("a|re|m", "b$", {"a": "ab\nc"}, True),
    ("a|re|m", "^c", {"a": "ab\nc"}, True),
    ("a|re", "b.c", {"a": "b\nc"}, False),
    ("a|re|s", "b.c", {"a": "b\nc"}, True),
    ("a|re|i", "đ", {"a": "Đ"}, True),
    ("a|re|i|s", "A.B", {"a": "a\nb"}, True),
    ("a|re", ["x", "y"], {"a": "-y-"}, True),
    ("a|re|all", ["x", "y"], {"a": "-y-"}, False),
    # Encodings.
    ("a|base64", "foo", {"a": "Zm9v"}, True),
    ("a|base64", "foo", {"a": "xZm9v"}, False),
    ("a|base64|contains", "http://", {"a": "-aHR0cDovL-"}, False),
    ("a|base64|contains", "http://", {"a": "-aHR0cDovLw==-"}, True),
    ("a|utf16le|base64", "cmd", {"a": "YwBtAGQA"}, True),
    ("a|wide|base64", "cmd", {"a": "YwBtAGQA"}, True),
    ("a|utf16be|base64", "cmd", {"a": "AGMAbQBk"}, True),
    ("a|utf16|base64", "cmd", {"a": base64.b64encode(b"\xff\xfec\0m\0d\0").decode()}, True),
    ("a|wide|base64", "ế", {"a": base64.b64encode(b"\xbf\x1e").decode()}, True),
    # Numbers.
    ("a|lt", 5, {"a": 4}, True),
    ("a|lt", 5, {"a": 5}, False),
    ("a|lte", 5, {"a": "5"}, True),
    ("a|gt", 5, {"a": "10"}, True),
    ("a|gt", 5, {"a": "x"}, False),
    ("a|gt", 5, {"a": True}, False),
    ("a|gte", 1.5, {"a": [1, 1.5]}, True),
    ("a|gt", 2**53, {"a": 2**53 + 1}, True),
    ("a|lt", 0, {"a": "-0.5"}, True),
    # Networks.
    ("a|cidr", "10.0.0.0/8", {"a": "10.1.2.3"}, True),
    ("a|cidr", "10.0.0.0/8", {"a": "110.1.2.3"}, False),
    ("a|cidr", "10.0.0.0/8", {"a": "10.1.2"}, False),
    ("a|cidr", ["192.0.2.0/25", "2001:db8::/32"], {"a": "2001:DB8:1::1"}, True),
    ("a|cidr", "192.0.2.0/25", {"a": "192.0.2.128"}, False),
    # References.
    ("a|fieldref", "b", {"a": "X", "b": "x"}, True),
    ("a|fieldref", "b", {"a": "x"}, False),
    ("a|fieldref", "b", {}, False),
    ("a|fieldref", "b", {"a": 5, "b": ["4", "5"]}, True),
    ("a|fieldref|startswith", "b", {"a": "xyz", "b": "xy"}, True),
    ("a|fieldref|startswith", "b", {"a": "xyz", "b": "yz"}, False),
    ("a|fieldref|endswith", "b", {"a": "xyz", "b": "YZ"}, True),
    ("a|fieldref|contains", "b", {"a": "xyz", "b": "y"}, True),
    ("a|fieldref|neq", "b", {"a": "x", "b": "x"}, False),
    ("a|fieldref|neq", "b", {"a": "x", "b": "y"}, True),
    # Times, as written.
    ("a|hour", 3, {"a": "2024-02-29T03:04:05Z"}, True),
    ("a|hour", [1, 3], {"a": "2024-02-29 03:04:05.123"}, True),
    ("a|minute", 4, {"a": "2024-02-29T03:04:05Z"}, True),
    ("a|day", 29, {"a": "2024-02-29T03:04:05Z"}, True),
    ("a|week", 9, {"a": "2024-02-29T03:04:05Z"}, True),
    ("a|month", 3, {"a": "2024-02-29T03:04:05Z"}, False),
    ("a|year", 2024, {"a": "2024-02-29T03:04:05Z"}, True),
    ("a|year", 2024, {"a": "2024"}, False),
    ("a|hour|gte", 3, {"a": "2024-02-29T04:04:05Z"}, True),
    ("a|hour|neq", 3, {"a": "2024-02-29T03:04:05Z"}, False),
    # Keywords.
    ("|all", ["x", "y"], {"a": "-x-", "b": {"c": ["Y"]}}, True),
    ("|all", ["x", "y"], {"a": "-x-", "y": "z"}, False),
    ("|re", ["^x$"], {"a": {"b": "x"}}, True),
    ("|contains", ["x?z"], {"a": "-xyz-"}, True),
]


@pytest.mark.parametrize(("line", "value", "event", "verdict"), VALUES, ids=lambda v: ascii(v)[:40])
def test_a_line_of_a_detection(line: str, value: Any, event: dict[str, Any], verdict: bool) -> None:
    assert matches({"detection": {"s": {line: value}, "condition": "s"}}, event) is verdict


DETECTIONS: list[tuple[Any, dict[str, Any], bool]] = [
    ({"a": 1, "b": 2}, {"a": 1, "b": 2}, True),  # a map: and
    ({"a": 1, "b": 2}, {"a": 1, "b": 3}, False),
    ([{"a": 1}, {"b": 2}], {"a": 0, "b": 2}, True),  # a list of maps: or
    ([{"a": 1}, {"b": 2}], {"a": 2, "b": 1}, False),
    (["EVIL", "x"], {"a": "an evil thing"}, True),  # a list of strings: keywords, or
    (["evil"], {"evil": "nothing"}, False),  # names of fields are no values
    (["ev?l*g"], {"a": {"b": [1, "an evil thing"]}}, True),
    ([{"a": 1}, "evil"], {"c": "evil"}, True),
    (5, {"a": 157}, True),
    (["a b"], {"x": "a", "y": "b"}, False),
]


@pytest.mark.parametrize(("detection", "event", "verdict"), DETECTIONS)
def test_a_detection(detection: Any, event: dict[str, Any], verdict: bool) -> None:
    assert matches({"detection": {"s": detection, "condition": "s"}}, event) is verdict


# Identifiers s1, s2, t and _u hold when the event has them.
CONDITIONS: list[tuple[str | list[str], str, bool]] = [
    ("s1", "s1", True),
    ("s1 and s2", "s1", False),
    ("s1 or s2", "s2", True),
    ("not s1", "", True),
    ("not not s1", "s1", True),
    ("s1 or s2 and t", "s1", True),  # and binds closer than or
    ("(s1 or s2) and t", "s1", False),
    ("t and s1 or s2", "s2", True),
    ("not s1 and t", "t", True),  # not binds closer than and
    ("not (s1 and t)", "t", True),
    ("not s1 or s1", "s1", True),
    ("1 of s*", "s2", True),
    ("1 of s*", "t", False),
    ("all of s*", "s1", False),
    ("all of s*", "s1 s2", True),
    ("not 1 of s* and t", "t", True),
    ("1 of them", "t", True),
    ("1 of them", "_u", False),
    ("all of them", "s1 s2 t", True),
    ("all of them", "s1 s2 _u", False),
    ("_u and t", "_u t", True),
    ("1 of *2", "s2", True),
    ("all of *", "s1 s2 t", True),
    ("1 of s1", "s1", True),
    ("((s1))and(t)", "s1 t", True),
    (["s1", "t"], "t", True),  # a list of conditions: or
    (["s1", "t"], "s2", False),
]


@pytest.mark.parametrize(("condition", "present", "verdict"), CONDITIONS)
def test_a_condition(condition: str | list[str], present: str, verdict: bool) -> None:
    detection: dict[str, Any] = {name: {name: 1} for name in ("s1", "s2", "t", "_u")}
    rule = {"detection": {**detection, "condition": condition}}
    assert matches(rule, dict.fromkeys(present.split(), 1)) is verdict


@pytest.mark.parametrize("lead", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("text", ["foobar", "đường", "http://"])
def test_base64offset_finds_the_value_wherever_it_lies(lead: str, text: str) -> None:
    rule = {"detection": {"s": {"a|base64offset|contains": text}, "condition": "s"}}
    assert matches(rule, {"a": base64.b64encode(f"{lead}{text}-after".encode()).decode()})
    assert not matches(rule, {"a": base64.b64encode(f"{lead}{text[:-1]}".encode()).decode()})


def test_base64offset_has_the_values_of_the_first_implementation() -> None:
    # https://github.com/SigmaHQ/sigma, where the modifier comes from: /bin/bash
    for text in ("-L2Jpbi9iYXNo-", "-9iaW4vYmFza-", "-vYmluL2Jhc2-"):
        assert matches({"detection": {"s": {"a|base64offset|contains": "/bin/bash"}, "condition": "s"}}, {"a": text})


FAULTS: list[Any] = [
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
    {},
    [],
    None,
]


@pytest.mark.parametrize("detection", FAULTS, ids=repr)
def test_what_the_specification_forbids_is_a_fault(detection: Any) -> None:
    with pytest.raises(RuleFault):
        Oracle({"detection": {"s": detection, "condition": "s"}})


@pytest.mark.parametrize("condition", ["", "x", "(s", "s)", "s s", "s and", "not", "1 of x*", "s or or s", None])
def test_a_malformed_condition_is_a_fault(condition: str | None) -> None:
    with pytest.raises(RuleFault):
        Oracle({"detection": {"s": {"a": 1}, "condition": condition}})


def test_placeholders_are_values_or_patterns() -> None:
    rule = {"detection": {"s": {"a|expand": r"\%x%servers%-"}, "condition": "s"}}
    given = {"servers": ["srv*", "db1"]}
    assert matches(rule, {"a": "%xsrv77-"}, given)
    assert matches(rule, {"a": "%xDB1-"}, given)
    assert not matches(rule, {"a": "xdb1-"}, given)
    assert matches({"detection": {"s": {"a": "%servers%"}, "condition": "s"}}, {"a": "%servers%"}, given)


def test_a_rule_may_be_yaml_text() -> None:
    assert matches("detection: {s: {a|endswith: '\\cmd.exe'}, condition: s}", {"a": r"C:\cmd.exe"})


def test_two_ways_of_folding_agree_on_every_code_point() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert [c for c in every if fold(c) != folding.fold(c)] == []


@pytest.mark.parametrize("a", "aAkK\u212asSſßẞđĐµμςσΣ")
@pytest.mark.parametrize("b", "aAkK\u212asSſßẞđĐµμςσΣ")
def test_folding_agrees_with_a_third_opinion(a: str, b: str) -> None:
    assert (fold(a) == fold(b)) == bool(regex_library.fullmatch(regex_library.escape(a), b, regex_library.IGNORECASE))


def test_tokens_are_code_points_and_wildcards() -> None:
    assert len(tokens_of(r"a\\*\?b\c")) == 7


PATTERNS = [
    "a*",
    "a+b",
    "(a|b)*c",
    "[^b]a",
    "a{2}",
    "a{1,}b",
    "a{0,2}$",
    "^a?b",
    "a.c",
    "(a|)b",
    "^$",
    "[a-c]+?x",
    "(?:a(b)?)+$",
]
TEXTS = ["", "a", "b", "ab", "aab", "abc", "a\nc", "abab", "xaab", "ac\n", "x", "cbax"]


@pytest.mark.parametrize("flags", ["", "i", "s", "ms", "ims"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_plain_matcher_agrees_with_a_library(pattern: str, flags: str) -> None:
    options = sum({"i": regex_library.I, "m": regex_library.M, "s": regex_library.S}[flag] for flag in flags)
    library = regex_library.compile(pattern, options)
    plain = regex(pattern, flags)
    for text in TEXTS:
        if "m" in flags and text.endswith("\n"):  # in PCRE alone, ^ does not match after a newline that ends the text
            continue
        assert plain(text) == (library.search(text) is not None), (pattern, flags, text)
