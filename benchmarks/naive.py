"""The program that everybody would write first: every rule on every event, one after the other, in Python.

``naive.py RULES ROUTING EVENTS``; runs where pySigma 2 is installed. Rules become closures over one event (lower-cased
strings, compiled regular expressions), with the log source checked first. Prints the counts that ``peer_scan.py`` prints.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import yaml
from peer_rules import windows_rules
from sigma.collection import SigmaCollection
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.exceptions import SigmaError
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)
from windows_rows import Scalar, rows

Row = dict[str, Scalar]
Test = Callable[[Row], bool]


def test_of(node: object) -> Test:
    """A closure that judges one row by a parsed condition."""
    if isinstance(node, ConditionAND | ConditionOR):
        parts = [test_of(part) for part in node.args]
        quantifier = all if isinstance(node, ConditionAND) else any
        return lambda row: quantifier(part(row) for part in parts)
    if isinstance(node, ConditionNOT):
        inner = test_of(node.args[0])
        return lambda row: not inner(row)
    value_test = test_of_value(node.value)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        name = node.field
        return lambda row: value_test(row.get(name))
    anywhere = test_of_value(SigmaString("*") + node.value + "*") if isinstance(node.value, SigmaString) else value_test
    return lambda row: any(anywhere(value) for value in row.values())


def test_of_value(value: object) -> Callable[[Scalar], bool]:  # noqa: PLR0911  # one kind of value after the other
    """A closure that judges one value."""
    if isinstance(value, SigmaExpansion):
        parts = [test_of_value(part) for part in value.values]
        return lambda found: any(part(found) for part in parts)
    if isinstance(value, SigmaNull):
        return lambda found: found is None
    if isinstance(value, SigmaExists):
        wanted = bool(value)
        return lambda found: (found is not None) == wanted
    if isinstance(value, SigmaBool):
        text = str(value).lower()
        return lambda found: str(found).lower() == text
    if isinstance(value, SigmaCompareExpression):
        return _comparison(value)
    if isinstance(value, SigmaCIDRExpression):
        from ipaddress import ip_address, ip_network

        network = ip_network(value.cidr)
        return lambda found: (
            bool(re.fullmatch(r"[0-9a-fA-F.:]{2,45}", str(found))) and ip_address(str(found)) in network
        )
    if isinstance(value, SigmaRegularExpression):
        expression = re.compile(str(value.regexp))
        return lambda found: found is not None and expression.search(str(found)) is not None
    if isinstance(value, SigmaNumber):
        text = str(value)
        return lambda found: found is not None and str(found) == text
    if isinstance(value, SigmaString):
        return _string(value)
    raise NotImplementedError(type(value).__name__)


def _comparison(value: SigmaCompareExpression) -> Callable[[Scalar], bool]:
    number, operator = float(str(value.number)), value.op.name
    compare = {"LT": float.__lt__, "LTE": float.__le__, "GT": float.__gt__, "GTE": float.__ge__}[operator]
    return lambda found: bool(re.fullmatch(r"-?\d{1,300}", str(found))) and compare(float(str(found)), number)


def _string(value: SigmaString) -> Callable[[Scalar], bool]:
    parts = list(value.s)
    stars = SpecialChars.WILDCARD_MULTI
    inner = [part for part in parts if part is not stars]
    if len(inner) <= 1 and all(isinstance(part, str) for part in inner):
        text = "".join(inner).lower()  # type: ignore[arg-type]  # only strings are left
        before, after = parts[:1] == [stars], len(parts) > 1 and parts[-1] is stars
        if before and (after or not text):
            return lambda found: found is not None and text in str(found).lower()
        if before:
            return lambda found: found is not None and str(found).lower().endswith(text)
        if after:
            return lambda found: found is not None and str(found).lower().startswith(text)
        return lambda found: found is not None and str(found).lower() == text
    pattern = "".join(
        ".*" if part is stars else "." if isinstance(part, SpecialChars) else re.escape(str(part)) for part in parts
    )
    expression = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda found: found is not None and expression.fullmatch(str(found)) is not None


def route_of(rule: dict[str, object], routing: dict[str, dict[str, object]]) -> Test:
    """A closure that tells whether a row is of the rule's log source."""
    source = rule["logsource"]
    assert isinstance(source, dict)
    groups: list[list[dict[str, set[str]]]] = []
    for kind, table in (("category", "categories"), ("service", "services")):
        means = routing[table].get(str(source.get(kind, "")))
        if means:
            alternatives = means if isinstance(means, list) else [means]
            groups.append(
                [{k: {str(x) for x in (v if isinstance(v, list) else [v])} for k, v in a.items()} for a in alternatives]
            )
    return lambda row: all(
        any(all(str(row.get(k)) in v or (v == {"*"} and k in row) for k, v in a.items()) for a in group)
        for group in groups
    )


def main() -> None:
    """Read the rules, judge every event by every rule, count."""
    folder, routing_file, path = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    routing = yaml.load(routing_file.read_text("utf-8"), Loader=yaml.CSafeLoader)["windows"]
    rules: list[tuple[Test, list[Test]]] = []
    n_faults = 0
    for rule in windows_rules(folder):
        try:
            parsed = SigmaCollection.from_dicts([rule]).rules[0]
            rules.append((route_of(rule, routing), [test_of(c.parsed) for c in parsed.detection.parsed_condition]))
        except (SigmaError, NotImplementedError, re.error):
            n_faults += 1
    n_events = n_hits = 0
    hit = set()
    for row in rows(path):
        n_events += 1
        for number, (is_routed, tests) in enumerate(rules):
            if is_routed(row) and any(test(row) for test in tests):
                n_hits += 1
                hit.add(number)
    print(json.dumps({"events": n_events, "hits": n_hits, "rules_hit": len(hit), "refused": n_faults}))


if __name__ == "__main__":
    main()
