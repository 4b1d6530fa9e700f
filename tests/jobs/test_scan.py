"""The scan job through its one door, with real sources and rules."""

from __future__ import annotations

import io
import os
import re
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC

import orjson
import pytest

from vonggac import sources
from vonggac.cli.findings import to_json
from vonggac.detectors.detector import Detector
from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.errors import InputError, UsageError, VonggacError
from vonggac.events.batch import EventBatch
from vonggac.events.concepts import times_us
from vonggac.events.finding import Hit, RuleInfo
from vonggac.events.skips import Skip
from vonggac.jobs.pool import WorkFailed
from vonggac.jobs.scan import Plan, Reading, Summary, batches, scan
from vonggac.sources.source import Block, Options, Reader

RULES = """
title: A word in the message
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01
level: {level}
logsource:
    product: any
detection:
    selection:
        message|contains: alarm
    condition: selection
"""


def sigma(level: str = "high") -> Detector:
    return SigmaDetector(compile_rules([("rule.yml", RULES.format(level=level))]), route=False)


def lines(n: int, every: int = 3, day: int = 1) -> bytes:
    return b"".join(
        orjson.dumps({
            "timestamp": f"2026-02-{day + number // 1000:02d}T08:00:{number % 60:02d}Z",
            "host": f"may-{number % 4}",
            "message": "an alarm rang" if number % every == 0 else "all is well",
        }) + b"\n"
        for number in range(n)
    )  # fmt: skip


def run(inputs: Sequence[tuple[str, Reader | VonggacError]], plan: Plan) -> tuple[Summary, list[dict]]:
    written: list[bytes] = []
    summary = scan(inputs, plan, written.append)
    return summary, [orjson.loads(line) for line in b"".join(written).splitlines()]


def plan(**more: object) -> Plan:
    return Plan(
        **{"detectors": [sigma()], "reading": Reading(source="json", block_bytes=2000), "render": to_json} | more
    )


class Dripping(io.BytesIO):
    """A stream that gives little at a time, so that small blocks are made."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1000 if size is None or size < 0 else min(size, 1000))


class Breaking:
    """A stream that ends in an error of the system."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1, /) -> bytes:
        if not self._data:
            raise OSError(5, "Input/output error")
        data, self._data = self._data, b""
        return data


def test_findings_carry_their_rule_event_place_and_time() -> None:
    summary, found = run([("a.json", Dripping(lines(4)))], plan())
    assert [finding["record"] for finding in found] == [1, 4]
    first = found[0]
    assert first["rule"]["id"] == "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01"
    assert first["rule"]["level"] == "high"
    assert (first["time"], first["source"], first["host"], first["file"]) == (
        "2026-02-01T08:00:00.000000Z", "json", "may-0", "a.json")  # fmt: skip
    assert first["event"]["message"] == "an alarm rang"
    assert (summary.n_files, summary.n_bytes, summary.n_events, summary.n_findings) == (1, len(lines(4)), 4, 2)


def test_identifiers_are_the_same_wherever_the_file_lies_and_differ_between_events() -> None:
    _, here = run([("a.json", Dripping(lines(40)))], plan())
    _, there = run([("b/c.json", Dripping(lines(40)))], plan(reading=Reading(source="json")))
    assert [finding["id"] for finding in here] == [finding["id"] for finding in there]
    assert len({finding["id"] for finding in here}) == len(here)


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_jobs_gives_the_same_bytes_and_counts(jobs: int) -> None:
    def everything(n: int) -> tuple[bytes, Summary]:
        inputs = [(f"{i}.json", Dripping(lines(3000) + b"{broken\n" + lines(50, 2))) for i in range(3)]
        written: list[bytes] = []
        summary = scan(inputs, plan(jobs=n), written.append)
        return b"".join(written), summary

    one, many = everything(1), everything(jobs)
    assert one[0].count(b"\n") == 3 * 1025
    assert one == many


def test_findings_of_several_detectors_stand_in_the_order_of_the_records() -> None:
    class Every:
        def detect(self, batch: EventBatch) -> Sequence[Hit]:
            return [Hit(RuleInfo("0", "every event"), row) for row in range(batch.n_rows)]

    _, found = run([("a.json", Dripping(lines(7)))], plan(detectors=[sigma(), Every()]))
    assert [(finding["record"], finding["rule"]["id"][:1]) for finding in found] == [
        (1, "0"), (1, "6"), (2, "0"), (3, "0"), (4, "0"), (4, "6"), (5, "0"), (6, "0"), (7, "0"), (7, "6")]  # fmt: skip


def test_level_keeps_what_is_at_or_above_it() -> None:
    for level, kept in (("low", 2), ("high", 2), ("critical", 0)):
        summary, found = run([("a", Dripping(lines(4)))], plan(level=level))
        assert len(found) == summary.n_findings == kept
        assert summary.n_events == 4


def test_period_is_from_inclusive_to_exclusive_and_counts_what_it_leaves_out() -> None:
    second = 1_000_000
    begin = 1769932800 * second  # 2026-02-01T08:00:00Z, the time of the first event
    data = lines(7, 1) + b'{"message": "alarm without a time"}\n{"timestamp": "soon", "message": "alarm"}\n'
    summary, found = run([("a", Dripping(data))], plan(period=(begin + second, begin + 5 * second)))
    assert [finding["record"] for finding in found] == [2, 3, 4, 5]
    assert {reason: entry.count for reason, entry in summary.skipped.items()} == {"outside_period": 3, "no_time": 2}
    assert summary.skipped["outside_period"].places[0][:2] == ("a", 1)
    assert summary.skipped["no_time"].places[0][:2] == ("a", 8)
    assert summary.n_events == 9
    assert not summary.has_faults()


def test_times_fall_back_to_the_next_field_and_reach_into_objects() -> None:
    batch = EventBatch.from_dicts("json", [
        (1, {"timestamp": None, "time": "2026-02-01T08:00:00Z"}), (2, {"@timestamp": 1769932800}), (3, {"other": 1}),
    ])  # fmt: skip
    by_record = {batch.record(row): time for row, time in enumerate(times_us(batch))}
    assert by_record == {1: 1769932800000000, 2: 1769932800000000, 3: None}


def test_broken_records_are_counted_with_their_first_places() -> None:
    data = lines(2) + b"{broken\n" * 9 + lines(1)
    summary, found = run([("a.json", Dripping(data))], plan())
    assert len(found) == 2
    entry = summary.skipped["invalid_json"]
    assert entry.count == 9
    assert entry.places[0][:2] == ("a.json", 3)
    assert summary.has_faults()
    assert not summary.is_nothing_read()


def test_inputs_that_cannot_be_read_do_not_stop_the_others() -> None:
    inputs = [
        ("gone", InputError("could not be opened", where="gone")),
        ("breaks", Breaking(lines(4))),
        ("strange", Dripping(b"\x00\x01\x02 nothing that anybody writes \xff" * 10)),
        ("good", Dripping(lines(4))),
    ]
    reading = Reading()
    summary, found = run(inputs, plan(reading=reading))
    assert [name for name, _ in summary.unreadable] == ["gone", "breaks", "strange"]
    assert {finding["file"] for finding in found} >= {"good"}
    assert summary.n_files == 1
    assert summary.has_faults()


def test_an_empty_input_is_read_and_nothing_is_wrong() -> None:
    summary, found = run([("empty", Dripping(b""))], plan(reading=Reading()))
    assert (summary.n_files, summary.n_events, found) == (1, 0, [])
    assert not summary.has_faults()


def test_a_source_that_fails_is_counted_as_a_fault_of_that_part(monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(source for source in sources.SOURCES if source.name == "json")
    decode = type(source).decode

    def fragile(self: object, block: Block, options: Options) -> EventBatch:
        if block.first_record > 1:
            raise IndexError("beyond the end")
        return decode(source, block, options)  # type: ignore[arg-type]

    monkeypatch.setattr(type(source), "decode", fragile)
    summary, found = run([("a.json", Dripping(lines(3000)))], plan())
    entry = summary.skipped["decoder_failed"]
    assert entry.count + summary.n_events == 3000
    assert entry.places[0][2] == "IndexError: beyond the end"
    assert found


def test_unknown_source_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="json"):
        run([("a", Dripping(b"x"))], plan(reading=Reading(source="jsonl")))


def test_counts_by_level_rule_and_host() -> None:
    summary, _ = run([("a", Dripping(lines(12)))], plan(render=None))
    assert summary.by_level == Counter(high=4)
    assert list(summary.by_rule.values()) == [4]
    assert {host: counts.total() for host, counts in summary.by_host.items()} == {f"may-{n}": 1 for n in range(4)}
    assert summary.reaches("medium")
    assert not summary.reaches("critical")


def test_killed_worker_ends_the_scan_and_names_file_and_record() -> None:
    parent = os.getpid()

    class Deadly:
        def detect(self, batch: EventBatch) -> Sequence[Hit]:
            if os.getpid() != parent and batch.n_rows and batch.record(0) > 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return []

    with pytest.raises(WorkFailed) as caught:
        run([("a.json", Dripping(lines(3000)))], plan(detectors=[Deadly()], jobs=2))
    assert re.fullmatch(r"a\.json \(block [2-9]\d*, from record \d+\)", caught.value.where)
    assert caught.value.params["signal"] == "SIGKILL"


def test_values_left_unjudged_in_workers_are_counted() -> None:
    class Slow:
        def __init__(self) -> None:
            self.timeouts: Counter[str] = Counter()

        def detect(self, batch: EventBatch) -> Sequence[Hit]:
            self.timeouts["slow-rule"] += batch.n_rows
            return []

    for jobs in (1, 2):
        summary, _ = run([("a", Dripping(lines(3000)))], plan(detectors=[Slow()], jobs=jobs))
        assert summary.timeouts == Counter({"slow-rule": 3000})
        assert summary.has_faults()


def test_progress_hears_growing_counts() -> None:
    heard: list[int] = []
    scan(
        [("a", Dripping(lines(3000)))], plan(jobs=2), lambda data: None, lambda summary: heard.append(summary.n_events)
    )
    assert heard == sorted(heard)
    assert len(heard) > 3
    assert heard[-1] == 3000


def test_batches_give_all_events_with_their_files_and_count_the_rest() -> None:
    summary = Summary()
    inputs = [("a", Dripping(lines(100))), ("b", Dripping(b"{broken\n" + lines(10)))]
    rows: Counter[str] = Counter()
    for name, batch in batches(inputs, Reading(Options(UTC), "json", 2000), summary):
        rows[name] += batch.n_rows
    assert rows == Counter(a=100, b=10)
    assert summary.n_events == 110
    assert summary.skipped["invalid_json"].count == 1


def test_what_framing_skips_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources.by_name("json")
    block = Block(lines(3), 2, 3, skipped=(Skip("line_too_long", 1),))
    monkeypatch.setattr(type(source), "frame", lambda self, stream, block_bytes: iter([block]))
    scanned, _ = run([("a", Dripping(b"x"))], plan())
    read = Summary()
    assert [batch.n_rows for _, batch in batches([("a", Dripping(b"x"))], Reading(source="json"), read)] == [3]
    assert scanned.skipped["line_too_long"].count == read.skipped["line_too_long"].count == 1
