"""What is taken from an event for correlations: times, groups under all their names, values, places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.correlation.partials import Partials, digest, gather
from vonggac.detectors.correlation.sieve import Sieve
from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.events.batch import EventBatch
from vonggac.events.finding import RuleInfo

SECOND = 1_000_000


def correlation(**more: Any) -> Correlation:
    values = {
        "kind": "event_count",
        "rules": ("r",),
        "timespan_us": SECOND,
        "group_by": ("u",),
        "conditions": (("gte", 1),),
    } | more
    return Correlation(RuleInfo("c", "C"), **values)


def taken(one: Correlation, *events: dict[str, Any], source: str = "json", first: int = 1) -> Partials:
    dated = [(number, {"timestamp": "2026-02-01T08:00:00Z"} | event) for number, event in enumerate(events, first)]
    batch = EventBatch.from_dicts(source, dated)
    rows = np.arange(batch.n_rows, dtype=np.int32)
    return gather(Layout([one]), batch, {"r": rows})


def groups(found: Partials) -> list[tuple[bytes, ...]]:
    return [found.texts[name] for name in found.rows["group"].tolist()]


def test_the_other_names_of_fields_are_known_to_groups() -> None:
    started = {
        "Channel": "Security",
        "EventID": 4688,
        "NewProcessName": "C:\\a.exe",
        "SystemTime": "2026-02-01T08:00:00Z",
    }
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": "C:\\b.exe"}
    closed = {"Channel": "Security", "EventID": 4689, "NewProcessName": "C:\\c.exe"}
    found = taken(
        correlation(group_by=("Image",)),
        started,
        sysmon | {"SystemTime": "2026-02-01T08:00:00Z"},
        closed,
        source="windows",
    )
    assert groups(found) == [(b"C:\\a.exe",), (b"C:\\b.exe",)]
    assert sum(count for count, _ in found.left.values()) == 1


def test_no_group_at_all_is_one_group() -> None:
    found = taken(correlation(group_by=()), {"a": 1}, {"a": 2})
    assert groups(found) == [(), ()]


def test_a_record_number_beyond_64_bits_of_a_damaged_file_harms_nothing() -> None:
    found = taken(correlation(), {"u": "x"}, first=2**64 - 1)
    assert len(found.rows) == 1
    assert 0 <= found.rows["record"][0] < 2**63


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), (" 5.5 ", 5.5), ("1e3", 1000), ("٥", None), ("nan", None), ("9" * 5000, None), (True, None), ([7, 8], 7), (None, None), ("1_0", None)],
)  # fmt: skip
def test_what_counts_as_a_number(value: Any, number: float | None) -> None:
    found = taken(correlation(kind="value_sum", fields=("n",)), {"u": "x", "n": value})
    assert found.rows["value"].view(np.float64).tolist() == ([] if number is None else [number])
    assert {reason for _, reason in found.left} == (set() if number is not None else {"no_value"})


def test_digests_tell_values_apart_wherever_they_are_cut() -> None:
    assert digest((b"ab", b"c")) != digest((b"a", b"bc")) != digest((b"abc",))
    assert digest((b"",)) != digest(())
    assert digest((b"x",)) == digest((b"x",))


def test_what_the_sieve_drops_is_in_no_dense_window_whatever_the_steps() -> None:
    rng = np.random.default_rng(5)
    one = correlation(conditions=(("gte", 4),), timespan_us=10)
    layout = Layout([one])
    for _ in range(50):
        rows = np.zeros(60, layout.row)
        rows["time"] = np.sort(rng.integers(-200, 200, 60))
        rows["group"] = rng.integers(1, 6, 60)
        sieve = Sieve(layout)
        sieve.add(rows)
        kept = sieve.keep(rows)
        for group in range(1, 6):
            at = np.flatnonzero(rows["group"] == group)
            times = rows["time"][at]
            for n in range(len(at) - 3):
                if times[n + 3] - times[n] <= 10:
                    assert kept[at[n : n + 4]].all()
        assert not kept.all()
