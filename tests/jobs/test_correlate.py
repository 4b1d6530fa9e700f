"""Correlations in a scan, through its one door: the same findings whatever the workers, blocks and order of files."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from vonggac.cli.findings import to_csv, to_json
from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.errors import InputError
from vonggac.events.times import iso, parse_time
from vonggac.jobs import correlate
from vonggac.jobs.scan import Plan, Reading, Summary, scan

FAILED = """title: Failed
name: failed
level: low
logsource: {product: any}
detection: {selection: {what: failed}, condition: selection}
"""
OPENED = """---
title: Opened
name: opened
level: low
logsource: {product: any}
detection: {selection: {what: opened}, condition: selection}
"""
GUESSING = """---
title: Guessing
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02
name: guessing
level: medium
correlation:
  type: event_count
  rules: [failed]
  group-by: [user]
  timespan: 1m
  condition: {gte: 5}
"""
GUESSED = """---
title: Guessed
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03
level: critical
correlation:
  type: temporal_ordered
  rules: [guessing, opened]
  group-by: [user]
  timespan: 5m
"""
MINUTE = 60_000_000
START = 1_770_000_000_000_000


def ruleset(text: str = FAILED + OPENED + GUESSING + GUESSED) -> RuleSet:
    found = compile_rules([("rules.yml", text)])
    assert not found.faults
    return found


def line(time_us: int, what: str, user: Any = "an", **more: Any) -> bytes:
    return orjson.dumps({"timestamp": iso(time_us), "host": "may-1", "what": what, "user": user, **more}) + b"\n"


def run(
    inputs: Sequence[tuple[str, bytes]], rules: RuleSet, *, block_bytes: int = 1000, **more: Any
) -> tuple[Summary, list[dict[str, Any]]]:
    written: list[bytes] = []
    plan = Plan(
        **{
            "detectors": [SigmaDetector(rules, route=False)],
            "correlations": rules.correlations,
            "silent": rules.silent,
            "reading": Reading(source="json", block_bytes=block_bytes),
            "render": to_json,
        }
        | more
    )
    summary = scan([(name, io.BytesIO(data)) for name, data in inputs], plan, written.append)
    return summary, [orjson.loads(one) for one in b"".join(written).splitlines()]


def burst(n: int, start: int = START, user: Any = "an", step: int = 1_000_000) -> bytes:
    return b"".join(line(start + step * number, "failed", user) for number in range(n))


def test_a_burst_is_one_finding_that_says_where_it_began_and_what_counted() -> None:
    summary, (found,) = run([("a.json", burst(30))], ruleset(FAILED + GUESSING))
    assert (found["rule"]["title"], found["source"], found["host"]) == ("Guessing", "correlation", "may-1")
    assert (found["file"], found["record"], found["time"]) == ("a.json", 1, iso(START + 4_000_000))
    event = found["event"]
    assert (event["user"], event["count"]) == ("an", 5)
    assert (event["first_time"], event["last_time"]) == (iso(START), iso(START + 4_000_000))
    assert [(one["file"], one["record"]) for one in event["events"]] == [("a.json", number) for number in range(1, 6)]
    assert len({one["id"] for one in event["events"]}) == 5
    assert dict(summary.by_level) == {"medium": 1}
    assert summary.by_host == {"may-1": {"medium": 1}}


def test_a_burst_is_told_again_only_after_a_whole_timespan_without() -> None:
    def n_found(gap: int) -> int:
        later = START + 9_000_000 + gap
        return len(run([("a.json", burst(10) + burst(10, later))], ruleset(FAILED + GUESSING))[1])

    assert n_found(MINUTE - 5_000_000) == 1
    assert n_found(MINUTE) == 2  # the first of the new burst that counts five is later than a minute after the last


def test_the_same_findings_whatever_the_workers_the_blocks_and_the_order_of_files() -> None:
    order = random.Random(4)
    inputs = []
    for name in ("b.json", "a.json", "c.json"):
        time, lines = START, []
        for _ in range(900):
            time += order.choice((0, 100_000, 1_000_000))
            what = "opened" if order.random() < 0.05 else "failed"
            lines.append(line(time, what, order.choice(("an", "bình", "chi", "dung", None, "-", 5, "5"))))
        inputs.append((name, b"".join(lines)))
    first = run(inputs, ruleset())
    assert {one["rule"]["title"] for one in first[1]} == {"Guessed"}
    for jobs, block_bytes in ((1, 100), (3, 700), (3, 1 << 20)):
        order.shuffle(inputs)
        again = run(inputs, ruleset(), jobs=jobs, block_bytes=block_bytes)
        assert again[1] == first[1]
        assert again[0].by_rule == first[0].by_rule
        assert {reason: one.count for reason, one in again[0].uncorrelated.items()} == {
            reason: one.count for reason, one in first[0].uncorrelated.items()
        }


def test_names_of_findings_are_the_same_wherever_the_file_lies() -> None:
    _, here = run([("a.json", burst(9))], ruleset(FAILED + GUESSING))
    _, there = run([("x/y.json", b"{}\n" * 0 + burst(9))], ruleset(FAILED + GUESSING))
    _, other = run([("a.json", burst(9, user="bình"))], ruleset(FAILED + GUESSING))
    assert here[0]["id"] == there[0]["id"] != other[0]["id"]


def test_rules_that_are_referred_to_are_silent_unless_the_correlation_generates() -> None:
    data = burst(7) + line(START + 8_000_000, "opened")
    assert [one["rule"]["title"] for one in run([("a", data)], ruleset())[1]] == ["Guessed"]
    generating = GUESSING.replace("condition:", "generate: true\n  condition:")
    titles = [one["rule"]["title"] for one in run([("a", data)], ruleset(FAILED + generating))[1]]
    assert titles == [*["Failed"] * 7, "Guessing"]


@pytest.mark.parametrize(("level", "titles"), [("critical", ["Guessed"]), ("medium", ["Guessed"])])
def test_a_level_leaves_the_rules_that_a_correlation_needs(level: str, titles: list[str]) -> None:
    data = burst(7) + line(START + 8_000_000, "opened")
    _, found = run([("a", data)], ruleset(), level=level)
    assert [one["rule"]["title"] for one in found] == titles
    milder = ruleset(FAILED + GUESSING)
    assert run([("a", data)], milder, level="high")[1] == []


def test_a_narrowed_set_keeps_what_correlations_need_silently() -> None:
    whole = ruleset(FAILED + OPENED + GUESSING.replace("condition:", "generate: true\n  condition:") + GUESSED)
    narrow = whole.keeping(lambda info: info.title == "Guessed")
    assert [rule.info.title for rule in narrow.rules] == ["Failed", "Opened"]
    assert [one.info.title for one in narrow.correlations] == ["Guessing", "Guessed"]
    _, found = run([("a", burst(7) + line(START + 8_000_000, "opened"))], narrow)
    assert [one["rule"]["title"] for one in found] == ["Guessed"]


def test_events_out_of_the_period_do_not_count() -> None:
    data = burst(10)
    rules = ruleset(FAILED + GUESSING)
    assert len(run([("a", data)], rules, period=(START + 5_000_000, None))[1]) == 1
    assert run([("a", data)], rules, period=(START + 6_000_000, None))[1] == []
    assert run([("a", data)], rules, period=(None, START + 4_000_000))[1] == []


def test_hits_without_time_or_group_are_counted_with_a_place() -> None:
    data = (
        line(START, "failed", None)
        + line(START, "failed", "-")
        + orjson.dumps({"what": "failed", "user": "an"})
        + b"\n"
    )
    summary, found = run([("a", data)], ruleset(FAILED + GUESSING))
    assert found == []
    assert {reason: (one.count, one.places) for reason, one in summary.uncorrelated.items()} == {
        "no_event_time": (1, [("a", 3, "Guessing")]),
        "no_group_value": (2, [("a", 1, "Guessing")]),
    }
    assert not summary.has_faults()


def test_what_is_forgotten_for_want_of_room_is_a_fault_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(line(START + number, "failed", f"u{number % 50}") for number in range(400))
    rules = ruleset(FAILED + GUESSING.replace("gte: 5", "lte: 5"))  # nothing can be left out beforehand
    assert not run([("a", data)], rules)[0].forgotten
    monkeypatch.setattr(
        correlate.Collector.__init__, "__kwdefaults__", {"run_rows": 100, "max_groups": 10, "max_events": 90}
    )
    summary, _ = run([("a", data)], rules)
    assert summary.forgotten["groups"] > 40
    assert summary.has_faults()
    monkeypatch.setattr(
        correlate.Collector.__init__, "__kwdefaults__", {"run_rows": 100, "max_groups": 10, "max_events": 30}
    )
    summary, found = run([("a", burst(100, user="an", step=1))], rules)
    assert summary.forgotten["events"] == 70
    assert len(found) == 1


def test_no_room_for_hits_ends_the_scan_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(correlate.tempfile, "TemporaryFile", Full)
    monkeypatch.setattr(
        correlate.Collector.__init__, "__kwdefaults__", {"run_rows": 5, "max_groups": 10, "max_events": 90}
    )
    with pytest.raises(InputError, match="No space left"):
        run([("a", burst(20))], ruleset(FAILED + GUESSING))


def test_hostile_groups_come_out_harmless_in_every_form() -> None:
    users = ["\x1b[31mđỏ\x07", "=cmd|' /C calc'!A0", "z" * 100_000, "\ud800", "a\nb", "\u202eevil"]
    data = b"".join(
        orjson.dumps({"timestamp": iso(START + n), "what": "failed", "user": "X"}).replace(b'"X"', _raw(user)) + b"\n"
        for user in users
        for n in range(6)
    )
    summary, found = run([("a", data)], ruleset(FAILED + GUESSING))
    assert len(found) == len(users)
    assert summary.n_findings == len(users)
    written: list[bytes] = []
    rules = ruleset(FAILED + GUESSING)
    plan = Plan(
        [SigmaDetector(rules, route=False)],
        rules.correlations,
        rules.silent,
        reading=Reading(source="json"),
        render=to_csv,
    )
    scan([("a", io.BytesIO(data))], plan, written.append)
    assert b"\x1b" not in b"".join(written)


def test_a_field_of_the_group_is_not_lost_beside_what_a_finding_says_itself() -> None:
    rules = ruleset((FAILED + GUESSING).replace("[user]", "[user, count, events]"))
    data = b"".join(line(START + n, "failed", count="many", events="e") for n in range(5))
    _, (found,) = run([("a", data)], rules)
    event = found["event"]
    assert (event["user"], event["group.count"], event["group.events"]) == ("an", "many", "e")
    assert (event["count"], len(event["events"])) == (5, 5)


def _raw(text: str) -> bytes:
    import json

    return json.dumps(text).encode()


def test_integers_and_their_digits_are_one_group_and_a_list_counts_as_its_first() -> None:
    data = b"".join(line(START + n, "failed", [5, "5", [5, 6], ["5"], 5.0][n]) for n in range(5))
    _, (found,) = run([("a", data)], ruleset(FAILED + GUESSING))
    assert found["event"]["user"] == "5"


def test_years_and_zones_do_not_matter_to_the_window() -> None:
    data = b"".join(
        orjson.dumps({"timestamp": f"2026-02-01T0{8 - n}:00:{10 * n:02d}-0{n}:00", "what": "failed", "user": "an"})
        + b"\n"
        for n in range(5)
    )
    _, (found,) = run([("a", data)], ruleset(FAILED + GUESSING))
    assert parse_time(found["event"]["last_time"]) - parse_time(found["event"]["first_time"]) == 40_000_000
