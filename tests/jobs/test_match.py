"""The worklist: who gets what, in which order, with which hosts."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from vonggac.detectors.indicators.indicator import Indicator, Place
from vonggac.detectors.indicators.owners import Owners
from vonggac.events.batch import EventBatch
from vonggac.jobs.match import Asked, match
from vonggac.jobs.worklist import Worklist, WorkRow
from vonggac.tables.table import Row, Table, Tables


def us(text: str) -> int:
    return round(datetime.fromisoformat(text + "+07:00").timestamp() * 1_000_000)


NOW = us("2026-11-24T08:00:00")
SEEN = us("2026-11-23T10:00:00")
NETWORKS: list[list[Any]] = [
    ["Health", "198.51.100.0/28", "HIS", 3, "", ""],
    ["Health", "10.1.0.0/16", "HIS", 3, "", ""],
    ["School", "198.51.100.16/28", "Web", 1, "", ""],
    ["Old office", "198.51.100.32/28", "Mail", 2, "", "2026-07-01"],
    ["New office", "198.51.100.32/28", "Mail", 2, "2026-07-01", ""],
    ["Twin A", "198.51.100.48/28", "", "", "", ""],
    ["Twin B", "198.51.100.48/28", "", "", "", ""],
]


def owners(rows: list[list[Any]] = NETWORKS) -> Owners:
    header = ["organisation", "cidr", "system", "level", "valid_from", "valid_to"]
    table = [Row(1, header), *(Row(n, row) for n, row in enumerate(rows, 2))]
    return Owners.read(Tables([Table("networks.csv", "", table)]), "networks.csv")


def listed(
    value: str, row: int = 2, kind: Any = "ipv4", role: Any = "victim", file: str = "list.csv", **more: Any
) -> Indicator:
    return Indicator(kind, value, value, role, Place(file, "", row), **more)


def batch(*events: dict[str, object]) -> EventBatch:
    return EventBatch.from_dicts("json", list(enumerate(events, 1)))


def work(indicators: list[Indicator], *events: dict[str, object], **asked: Any) -> Worklist:
    return match(indicators, owners(), [batch(*events)] if events else [], Asked(NOW, **asked))


def only(worklist: Worklist) -> WorkRow:
    (row,) = worklist.rows
    return row


def test_the_owner_when_last_seen_else_first_seen_else_today() -> None:
    old, new = us("2026-06-30T23:59:59"), us("2026-07-01T00:00:00")
    last = only(work([listed("198.51.100.33", first_seen=old - 1, last_seen=old)]))
    assert (last.organisation, last.reason(str)) == ("Old office", "owner when last seen")
    first = only(work([listed("198.51.100.33", first_seen=new)]))
    assert (first.organisation, first.reason(str)) == ("New office", "owner when first seen")
    today = only(work([listed("198.51.100.33")]))
    assert (today.organisation, today.reason(str)) == ("New office", "owner today: the list gives no time")


def test_what_nobody_gets_stands_last_and_says_why() -> None:
    rows = owners([*NETWORKS, ["Gone", "203.0.113.0/24", "", "", "2020-01-01", "2021-01-01"]])
    indicators = [
        listed("192.0.2.1", 2), listed("198.51.100.50", 3), listed("203.0.113.7", 4), listed("198.51.100.1", 5),
        listed("x.example", 6, kind="domain"),
    ]  # fmt: skip
    worklist = match(indicators, rows, [], Asked(NOW))
    assert [row.organisation for row in worklist.rows] == ["Health", "", "", "", ""]
    why = {row.indicator: row.reason(str) for row in worklist.rows}
    assert why["192.0.2.1"] == "in no network of the networks file"
    assert "Twin A" in why["198.51.100.50"]
    assert "Twin B" in why["198.51.100.50"]
    assert "Gone holds 203.0.113.0/24 from 2019-12-31T17:00 to 2020-12-31T17:00 (UTC)" in why["203.0.113.7"]
    assert "only addresses" in why["x.example"]
    assert worklist.n_unattributed == 4
    assert len(worklist.conflicts) == 1


def test_a_network_of_one_owner_is_his_and_of_several_is_nobody_s() -> None:
    one = only(work([listed("198.51.100.4/30", kind="cidr")]))
    assert one.organisation == "Health"
    two = only(work([listed("198.51.100.10-198.51.100.20", kind="range")]))
    assert two.organisation == ""
    assert "Health" in two.reason(str)
    assert "School" in two.reason(str)
    part = only(work([listed("198.51.100.20-198.51.100.255", kind="range")]))
    assert part.organisation == ""


def test_equal_rows_are_one_that_names_all_lists() -> None:
    row = only(
        work(
            [
                listed("198.51.100.1", 2, malware="Mirai", first_seen=SEEN - 50, last_seen=SEEN - 9),
                listed("198.51.100.1", 9, malware="mirai", last_seen=SEEN, file="b.csv"),
            ]
        )
    )
    assert (row.first_seen, row.last_seen, row.place) == (SEEN - 50, SEEN, Place("b.csv", "", 9))
    assert "also listed at list.csv:2" in row.reason(str)


def test_different_malware_is_different_work() -> None:
    assert (
        len(work([listed("198.51.100.1", 2, malware="Mirai"), listed("198.51.100.1", 3, malware="Emotet")]).rows) == 2
    )


def test_urgent_organisations_and_rows_come_first_whatever_the_order_of_the_list() -> None:
    indicators = [
        listed("198.51.100.1", 2, malware="LockBit", last_seen=SEEN),
        listed("198.51.100.2", 3, malware="Adware.X", last_seen=SEEN - 100 * 86_400_000_000),
        listed("198.51.100.17", 4, malware="Emotet", last_seen=SEEN),
        listed("198.51.100.18", 5, malware="Emotet", last_seen=SEEN - 10 * 86_400_000_000),
        listed("198.51.100.19", 6, malware="Emotet", last_seen=SEEN, warnings=("Public DNS",)),
        listed("192.0.2.9", 7, malware="LockBit", last_seen=SEEN),
    ]
    expected = ["198.51.100.1", "198.51.100.2", "198.51.100.17", "198.51.100.18", "198.51.100.19", "192.0.2.9"]
    for seed in range(5):
        random.Random(seed).shuffle(indicators)
        worklist = work(indicators)
        assert [row.indicator for row in worklist.rows] == expected
        assert [name for name, _ in worklist.organisations()] == ["Health", "School", ""]
        assert "on warninglist Public DNS: check before acting" in worklist.rows[4].reason(str)


def test_a_sinkhole_is_no_reason_to_doubt() -> None:
    sure = work([listed("203.0.113.9", role="hostile")], contact("10.1.0.5"))
    sink = work([listed("203.0.113.9", role="hostile", warnings=("List of known sinkholes",))], contact("10.1.0.5"))
    assert only(sink).priority == only(sure).priority


def test_recency_counts_from_the_newest_sighting_or_from_as_of() -> None:
    row = listed("198.51.100.1", last_seen=SEEN - 365 * 86_400_000_000)
    assert only(work([row])).priority > only(work([row], as_of=NOW)).priority


NAT: dict[str, object] = {"src_ip": "10.9.0.5", "nat_ip": "198.51.100.1", "nat_port": 4000, "dst_ip": "203.0.113.9"}


def test_nat_logs_name_the_inner_host_that_held_the_port_then() -> None:
    row = only(
        work(
            [listed("198.51.100.1", port=4000, last_seen=SEEN)],
            {**NAT, "timestamp": "2026-11-23T09:58:00+07:00"},
            {**NAT, "src_ip": "10.9.0.6", "timestamp": "2026-11-23T09:00:00+07:00"},
            {**NAT, "src_ip": "10.9.0.7", "timestamp": "2026-11-23T11:00:00+07:00"},
            {**NAT, "src_ip": "10.9.0.8", "nat_port": 4001, "timestamp": "2026-11-23T10:00:00+07:00"},
        )
    )
    assert [(host.address, host.found_by) for host in row.hosts] == [("10.9.0.5", "nat_port")]


def test_without_the_port_nat_logs_name_who_used_the_address_then() -> None:
    row = only(
        work(
            [listed("198.51.100.1", last_seen=SEEN)],
            {**NAT, "timestamp": "2026-11-23T09:58:00+07:00"},
            {**NAT, "src_ip": "10.9.0.7", "timestamp": "2026-11-23T11:00:00+07:00"},
        )
    )
    assert [(host.address, host.found_by) for host in row.hosts] == [("10.9.0.5", "nat_address")]


def contact(host: str, to: str = "203.0.113.9", minute: int = 0, **more: object) -> dict[str, object]:
    return {"src_ip": host, "dst_ip": to, "timestamp": f"2026-11-23T10:{minute:02d}:00+07:00", **more}


def test_hosts_that_talked_to_the_destination_of_a_row_belong_to_it() -> None:
    worklist = work(
        [listed("198.51.100.1", malware="Mirai", last_seen=SEEN, destination="203.0.113.9")],
        contact("10.1.0.5", minute=3),
        contact("10.1.0.5", minute=1),
        contact("10.1.0.6", minute=2),
        contact("198.51.100.20", minute=5),
        contact("10.1.0.7", to="203.0.113.10"),
    )
    health, school = worklist.rows
    assert [(h.address, h.n_contacts, h.found_by) for h in health.hosts] == [
        ("10.1.0.5", 2, "contact"),
        ("10.1.0.6", 1, "contact"),
    ]
    assert (health.hosts[0].first, health.hosts[0].last) == (us("2026-11-23T10:01:00"), us("2026-11-23T10:03:00"))
    assert (school.organisation, school.indicator, school.address) == ("School", "203.0.113.9", "198.51.100.20")
    assert school.malware == "Mirai"


def test_an_unowned_host_goes_to_the_only_organisation_named_and_else_to_nobody() -> None:
    one = [listed("198.51.100.1", 2, destination="sink.example", last_seen=SEEN)]
    asks: dict[str, object] = {
        "src_ip": "10.9.9.9",
        "query": "x.sink.example",
        "timestamp": "2026-11-23T10:00:00+07:00",
    }
    assert [host.address for host in only(work(one, asks)).hosts] == ["10.9.9.9"]
    two = [*one, listed("198.51.100.17", 3, destination="sink.example", last_seen=SEEN)]
    worklist = work(two, asks)
    assert [(row.organisation, len(row.hosts)) for row in worklist.rows] == [("Health", 0), ("School", 0), ("", 1)]
    assert "10.9.9.9 talked to it" in worklist.rows[2].reason(str)


def test_the_public_address_in_the_log_decides_between_organisations() -> None:
    two = [
        listed("198.51.100.1", 2, destination="203.0.113.9", last_seen=SEEN),
        listed("198.51.100.17", 3, destination="203.0.113.9", last_seen=SEEN),
    ]
    worklist = work(two, contact("10.9.9.9", nat_ip="198.51.100.17", nat_port=5))
    assert {row.organisation: {host.address for host in row.hosts} for row in worklist.rows} == {
        "School": {"10.9.9.9"},
        "Health": set(),
    }


def test_hostile_lists_make_rows_of_the_hosts_that_talked_to_them() -> None:
    worklist = work(
        [
            listed("203.0.113.9", 2, role="hostile", malware="Emotet"),
            listed("evil.example", 3, role="hostile", kind="domain"),
            listed("203.0.113.200", 4, role="hostile"),
            listed("198.51.100.3", 5, role="hostile", malware="C2 of ours"),
        ],
        contact("10.1.0.5"),
        contact("10.1.0.6"),
        contact("203.0.113.200", to="10.1.0.5"),
        {"src_ip": "198.51.100.20", "query": "a.evil.example"},
    )
    rows = {row.indicator: row for row in worklist.rows}
    assert set(rows) == {"203.0.113.9", "evil.example", "198.51.100.3"}
    assert [host.address for host in rows["203.0.113.9"].hosts] == ["10.1.0.5", "10.1.0.6"]
    assert rows["evil.example"].organisation == "School"
    assert rows["198.51.100.3"].organisation == "Health"
    assert "listed as hostile, and an address of ours" in rows["198.51.100.3"].reason(str)
    assert worklist.n_quiet == 1
    assert worklist.n_events == 4


def test_more_hosts_are_more_urgent() -> None:
    few = work([listed("203.0.113.9", role="hostile")], contact("10.1.0.5"))
    many = work([listed("203.0.113.9", role="hostile")], *(contact(f"10.1.0.{n}") for n in range(9)))
    assert only(many).priority > only(few).priority


@pytest.mark.parametrize("n", [1, 50])
def test_logs_in_many_batches_give_what_one_batch_gives(n: int) -> None:
    events = [contact(f"10.1.0.{i % 7}", minute=i % 60) for i in range(50)]
    parts = [batch(*events[i : i + n]) for i in range(0, 50, n)]
    row = only(match([listed("203.0.113.9", role="hostile")], owners(), parts, Asked(NOW)))
    assert sum(host.n_contacts for host in row.hosts) == 50
    assert len(row.hosts) == 7


def test_the_record_has_exactly_the_promised_fields() -> None:
    record = only(work([listed("198.51.100.1", malware="Mirai", last_seen=SEEN)])).record(str)
    assert list(record) == [
        "organisation", "indicator", "address", "malware", "first_seen", "last_seen", "system", "level", "priority",
        "hosts", "list", "reason",
    ]  # fmt: skip
    assert record["list"] == {"file": "list.csv", "sheet": "", "row": 2}
    assert record["last_seen"] == "2026-11-23T03:00:00.000000Z"
