"""Whose address it was, and what is said when that is not clear."""

from __future__ import annotations

import ipaddress
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.owners import Owners
from vonggac.errors import InputError
from vonggac.tables.table import Row, Table, Tables

ICT = timezone(timedelta(hours=7))
HEADER = ["organisation", "cidr", "system", "level", "valid_from", "valid_to"]


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


NOW = us("2026-11-24T08:00:00+07:00")


def owners(*rows: list[object], header: list[str] = HEADER) -> Owners:
    numbered = [Row(1, header), *(Row(n, row) for n, row in enumerate(rows, 2))]  # type: ignore[arg-type]
    return Owners.read(Tables([Table("networks.csv", "", numbered)]), "networks.csv")


def name(found: Owners, address: str, time: int = NOW) -> str | None:
    owner = found.at(address, time).owner
    return owner.organisation if owner else None


def test_the_smallest_network_wins() -> None:
    found = owners(
        ["Province", "198.51.100.0/24", "", "", "", ""],
        ["Health", "198.51.100.16/28", "HIS", "3", "", ""],
        ["Clinic", "198.51.100.20", "", "Cấp độ 2", "", ""],
        ["Six", "2001:db8::/48", "", 5.0, "", ""],
        ["Range", "203.0.113.10 - 203.0.113.20", "", "", "", ""],
    )
    assert not found.faults
    assert not found.conflicts
    answer = found.at("198.51.100.17", NOW).owner
    assert answer is not None
    assert (answer.organisation, answer.system, answer.level) == ("Health", "HIS", 3)
    assert name(found, "198.51.100.20") == "Clinic"
    assert name(found, "198.51.100.1") == "Province"
    assert name(found, "::ffff:198.51.100.1") == "Province"
    assert name(found, "2001:db8::9") == "Six"
    assert [name(found, f"203.0.113.{n}") for n in (9, 10, 20, 21)] == [None, "Range", "Range", None]
    assert name(found, "not an address") is None


@pytest.mark.parametrize("written", ["2026-07-01", "01/07/2026", datetime(2026, 7, 1, tzinfo=ICT), date(2026, 7, 1)])
def test_validity_begins_with_its_first_moment_and_ends_before_its_last(written: object) -> None:
    found = owners(["Old", "192.0.2.0/24", "", "", "", written], ["New", "192.0.2.0/24", "", "", written, ""])
    assert not found.conflicts
    border = us("2026-07-01T00:00:00+07:00")
    assert name(found, "192.0.2.1", border - 1) == "Old"
    assert name(found, "192.0.2.1", border) == "New"


def test_an_address_held_at_another_time_says_when() -> None:
    found = owners(["Old", "192.0.2.0/24", "", "", "2020-01-01", "2021-01-01"])
    answer = found.at("192.0.2.1", NOW)
    assert answer.owner is None
    assert not answer.rivals
    assert [one.organisation for one in answer.others] == ["Old"]


def test_two_claims_to_the_same_network_are_both_named() -> None:
    found = owners(["A", "192.0.2.0/24", "", "", "", ""], ["B", "192.0.2.0/24", "", "", "", ""])
    answer = found.at("192.0.2.1", NOW)
    assert answer.owner is None
    assert [one.organisation for one in answer.rivals] == ["A", "B"]
    assert [fault.place.row for fault in found.conflicts] == [3]


def test_ranges_that_overlap_in_part_are_claims_only_where_they_overlap() -> None:
    found = owners(["A", "192.0.2.10-192.0.2.20", "", "", "", ""], ["B", "192.0.2.15-192.0.2.40", "", "", "", ""])
    assert name(found, "192.0.2.12") == "A"
    assert name(found, "192.0.2.30") == "B"
    assert [one.organisation for one in found.at("192.0.2.18", NOW).rivals] == ["A", "B"]
    assert len(found.conflicts) == 1


def test_a_smaller_network_settles_what_larger_ones_dispute() -> None:
    found = owners(
        ["A", "192.0.2.0/24", "", "", "", ""], ["B", "192.0.2.0/24", "", "", "", ""], ["C", "192.0.2.7", "", "", "", ""]
    )
    assert name(found, "192.0.2.7") == "C"


def test_two_systems_of_one_organisation_are_no_dispute() -> None:
    found = owners(["A", "192.0.2.0/24", "Portal", "2", "", ""], ["a ", "192.0.2.0/24", "Mail", "4", "", ""])
    owner = found.at("192.0.2.1", NOW).owner
    assert owner is not None
    assert (owner.organisation, owner.system, owner.level) == ("A", "Portal; Mail", 4)
    assert not found.conflicts


def test_vietnamese_headers_below_a_title_and_several_networks_in_a_cell() -> None:
    rows = [
        Row(1, ["Danh sách dải IP"]),
        Row(3, ["STT", "Tên đơn vị", "Dải IP công cộng", "Hệ thống", "Cấp độ", "Hiệu lực từ", "Hiệu lực đến"]),
        Row(
            4, [1, "Sở Thử nghiệm", "192.0.2.0/28; 192.0.2.64/28\n2001:db8::/64", "Cổng", "Cấp độ 3", "01/01/2026", ""]
        ),
    ]
    found = Owners.read(Tables([Table("m.xlsx", "Tờ 1", rows)]), "m.xlsx")
    assert len(found.networks) == 3
    assert {name(found, a) for a in ("192.0.2.1", "192.0.2.70", "2001:db8::1")} == {"Sở Thử nghiệm"}
    assert found.networks[0].place.row == 4


def test_every_bad_row_is_a_fault_with_its_row() -> None:
    found = owners(
        ["", "192.0.2.0/24", "", "", "", ""],
        ["A", "", "", "", "", ""],
        ["A", "192.0.2.0/33", "", "", "", ""],
        ["A", "192.0.2.9-192.0.2.1", "", "", "", ""],
        ["A", "192.0.2.0/24", "", "7", "", ""],
        ["A", "192.0.2.0/24", "", "", "someday", ""],
        ["A", "192.0.2.0/24", "", "", "2026-02-01", "2026-02-01"],
        ["A"],
        ["", ""],
        ["A", "192.0.2.0/24", "", "", "", ""],
    )
    assert [fault.place.row for fault in found.faults] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert all(fault.message.format(**fault.params) for fault in found.faults)
    assert len(found.networks) == 1


def test_nothing_to_use_is_an_error() -> None:
    with pytest.raises(InputError, match="no row names a network"):
        owners(["A", "x", "", "", "", ""])
    with pytest.raises(InputError, match="no header row"):
        owners(["A", "192.0.2.0/24"], header=["a", "b"])


blocks = st.tuples(st.integers(0xC0000200, 0xC0000210), st.integers(26, 32))


@given(st.lists(st.tuples(blocks, st.sampled_from("ABC")), min_size=1, max_size=8), st.integers(0xC0000200, 0xC0000210))
def test_agrees_with_a_slow_search(rows: list[tuple[tuple[int, int], str]], address: int) -> None:
    nets = [(ipaddress.ip_network((start, prefix), strict=False), who) for (start, prefix), who in rows]
    rows_written: list[list[object]] = [[who, str(net), "", "", "", ""] for net, who in nets]
    found = owners(*rows_written)
    one = ipaddress.IPv4Address(address)
    covering = [(net, who) for net, who in nets if one in net]
    longest = max((net.prefixlen for net, _ in covering), default=None)
    expected = {who for net, who in covering if net.prefixlen == longest}
    answer = found.at(str(one), NOW)
    assert (
        {answer.owner.organisation} == expected if answer.owner else {r.organisation for r in answer.rivals} == expected
    )
