"""An address that a telco gave out is not the telco's to clean: it is asked who held it, unless a smaller network says whose it was."""

from __future__ import annotations

from datetime import UTC, datetime

from province import admin

from vonggac.desk.audit.chain import microseconds
from vonggac.desk.organisations import actions as directory
from vonggac.detectors.indicators.indicator import Indicator, Place
from vonggac.jobs.list_rows import whose
from vonggac.jobs.owner_at import NOBODY

AT = datetime(2026, 3, 3, tzinfo=UTC)


def test_a_telcos_range_is_nobodys_but_what_lies_in_it_is_its_owners(province):
    directory.add_network(
        admin(), province.id("nhamang1"), text="198.51.100.0/24", valid_from=datetime(2024, 1, 1, tzinfo=UTC)
    )
    found = [
        Indicator("ipv4", address, address, "victim", Place("a.csv", "", 1))
        for address in ("198.51.100.5", "198.51.100.200")
    ]
    assert whose(found, [microseconds(AT)] * 2, admin(), AT) == [province.id("donghoa"), NOBODY]
