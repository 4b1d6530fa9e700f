"""Random rules and events: what a correlation finds is what the slow judge of the specification finds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_correlation import Book, Found, Logged

from vonggac.detectors.correlation.partials import gather
from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events.batch import EventBatch
from vonggac.events.finding import Finding
from vonggac.events.times import iso, parse_time
from vonggac.jobs.correlate import Collector, pack

START = 1_790_000_000_000_000
SECOND = 1_000_000
RULES = ("ra", "rb", "rc")
GROUPS: Sequence[Any] = ("x", "y", "đ", "", "-", None, 5, "5", ["x", "y"], [], "\0\x1b[2J", "z" * 5000, True)
VALUES: Sequence[Any] = (1, 2, "2", 2.5, -3, "x", None, "", "1e3", 10**20, ["7", "8"], "nan", 0.1, 0.2)

KINDS = ("event_count", "value_count", "value_sum", "value_avg", "value_median", "value_percentile", "temporal", "temporal_ordered")  # fmt: skip
EXPRESSIONS = (
    "ra and rb",
    "ra and not rb",
    "(ra or rb) and rc",
    "ra or rb",
    "not (ra and rb) and rc",
    "ra and (rb or not rc)",
)


def base(name: str, letter: str) -> dict[str, Any]:
    return {
        "title": name, "name": name, "logsource": {"product": "any"},
        "detection": {"selection": {"k|contains": letter}, "condition": "selection"},
    }  # fmt: skip


@st.composite
def correlation(draw: st.DrawFn, name: str, known: Sequence[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    by = draw(st.sampled_from((["u"], ["u", "v"], ["who"], [])))
    of: dict[str, Any] = {"type": kind, "timespan": draw(st.sampled_from(("1s", "3s", "10s")))}
    if by:
        of["group-by"] = by
    if draw(st.booleans()):
        of["generate"] = True
    of["rules"] = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=kind != "temporal_ordered"))
    if "who" in by:
        of["aliases"] = {
            "who": {rule: draw(st.sampled_from("uv")) for rule in dict.fromkeys(of["rules"]) if draw(st.booleans())}
        }
    condition: dict[str, Any] = {
        draw(st.sampled_from(("gte", "gt", "lt", "lte", "eq", "neq"))): draw(st.integers(0, 4))
    }
    if draw(st.integers(0, 4)) == 0:
        condition |= {"lte": draw(st.integers(1, 6))}
    if kind.startswith("value"):
        condition["field"] = draw(st.sampled_from(("n", ["n", "v"]))) if kind == "value_count" else "n"
    if kind == "value_percentile":
        condition["percentile"] = draw(st.sampled_from((0, 25, 50, 90, 99, 100)))
    if not kind.startswith("temporal"):
        of["condition"] = condition
    elif draw(st.booleans()):
        of["rules"] = list(RULES)
        of["condition"] = draw(st.sampled_from(EXPRESSIONS))
        named = [rule for rule in RULES if rule in of["condition"].replace("(", " ").replace(")", " ").split()]
        of["rules"] = named
    elif draw(st.booleans()):
        of["condition"] = condition
    return {"title": name, "name": name, "correlation": of}


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    documents = [base(name, letter) for name, letter in zip(RULES, "abc", strict=True)]
    known = list(RULES)
    for number in range(draw(st.integers(1, 3))):
        documents.append(draw(correlation(f"k{number}", tuple(known))))
        known.append(f"k{number}")
    if draw(st.integers(0, 3)) == 0:
        names = draw(st.sampled_from((["ra"], "any", ["rb", "nobody"])))
        documents.append({
            "title": "quiet", "logsource": {"product": "any"},
            "filter": {"rules": names, "selection": {"u": "x"}, "condition": "not selection"},
        })  # fmt: skip
    return documents


@st.composite
def events(draw: st.DrawFn) -> list[Logged]:
    found = []
    time = START
    records = {"a.json": 0, "b.json": 0}
    for _ in range(draw(st.integers(0, 40))):
        time += draw(st.sampled_from((0, 0, SECOND // 2, SECOND, 2 * SECOND, 11 * SECOND)))
        file = draw(st.sampled_from(sorted(records)))
        records[file] += 1
        event = {
            "timestamp": iso(time), "k": draw(st.sampled_from(("a", "b", "c", "ab", "abc", "d"))),
            "u": draw(st.sampled_from(GROUPS)), "v": draw(st.sampled_from(("p", "q", None))), "n": draw(st.sampled_from(VALUES)),
        }  # fmt: skip
        found.append(Logged(time, file, records[file], event))
    return found


def scanned(documents: Sequence[dict[str, Any]], logged: Sequence[Logged], seed: int, **caps: int) -> list[Finding]:
    """What the engine finds, the events in blocks of some size, files and blocks in some order."""
    order = random.Random(seed)
    ruleset = compile_rules([("r.yml", yaml.safe_dump_all(documents, allow_unicode=True))])
    assert not ruleset.faults, ruleset.faults
    detector = SigmaDetector(ruleset, route=False)
    silent = ruleset.silent
    size = order.randint(1, 12)
    blocks = []
    for file in ("a.json", "b.json"):
        mine = [one for one in logged if one.file == file]
        blocks += [(file, mine[at : at + size]) for at in range(0, len(mine), size)]
    order.shuffle(blocks)
    with Collector(ruleset.correlations, run_rows=order.choice((3, 10, 1000)), **caps) as collector:
        for file, block in blocks:
            batch = EventBatch.from_dicts("json", [(one.record, dict(one.event)) for one in block])
            detector.detect(batch)
            head, data = pack(gather(collector.layout, batch, detector.referenced))
            collector.add(file, head, data)
        return [one for one in collector.findings() if one.rule.id not in silent]


def as_found(finding: Finding, documents: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    document = next(d for d in documents if d["title"] == finding.rule.title)
    by = document["correlation"].get("group-by", [])
    value = finding.event.get("value", finding.event.get("count"))
    first = parse_time(finding.event["first_time"])
    return (
        finding.rule.title,
        tuple(str(finding.event[name]) for name in by),
        parse_time(finding.time),
        value,
        (first, finding.file, finding.record),
    )


def expected(found: Found, mine: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """What the oracle found, as much as it says of where it begins; the rest as the engine has it."""
    group = tuple(found.group)
    for one in mine:
        if one[:4] == (found.title, group, found.time, found.value) and one[4][: len(found.first)] == found.first:
            return one
    return found.title, group, found.time, found.value, found.first


@settings(max_examples=200, deadline=None)
@given(rules(), events(), st.integers(0, 1000))
def test_correlations_find_what_the_specification_says(
    documents: list[dict[str, Any]], logged: list[Logged], seed: int
) -> None:
    mine = [as_found(one, documents) for one in scanned(documents, logged, seed)]
    theirs = [expected(one, mine) for one in Book(documents).findings(logged)]
    assert sorted(mine, key=repr) == sorted(theirs, key=repr)


@settings(max_examples=60, deadline=None)
@given(rules(), events(), st.integers(0, 1000), st.integers(0, 1000))
def test_blocks_and_their_order_change_nothing(
    documents: list[dict[str, Any]], logged: list[Logged], one: int, other: int
) -> None:
    assert scanned(documents, logged, one) == scanned(documents, logged, other)


@settings(max_examples=60, deadline=None)
@given(rules(), events(), st.integers(0, 1000), st.integers(0, 1000))
def test_what_is_forgotten_for_want_of_room_is_the_same_whatever_the_blocks(
    documents: list[dict[str, Any]], logged: list[Logged], one: int, other: int
) -> None:
    caps = {"max_groups": 2, "max_events": 4}
    assert scanned(documents, logged, one, **caps) == scanned(documents, logged, other, **caps)
