"""Times in lists."""

# ruff: noqa: DTZ001  # cells of office files have no zone

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.dates import VIETNAM, is_month_first, time_us, times_us
from vonggac.events.times import iso

MORNING = "2026-11-24T01:15:00.000000Z"  # 08:15 at +07:00
MIDNIGHT = "2026-11-23T17:00:00.000000Z"
EVENING = "2026-11-24T13:15:00.000000Z"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("24/11/2026", MIDNIGHT), ("24-11-2026", MIDNIGHT), ("24.11.2026", MIDNIGHT), ("24/11/26", MIDNIGHT), ("2026-11-24", MIDNIGHT),
        ("2026/11/24 08:15", MORNING), ("24/11/2026 08:15", MORNING), ("24/11/2026 8:15:00", MORNING), ("08:15 24/11/2026", MORNING),
        ("08:15 ngày 24/11/2026", MORNING), ("24/11/2026 8h15", MORNING), ("8h15' ngày 24/11/2026", MORNING),
        ("24/11/2026 8 giờ 15 phút", MORNING), ("ngày 24 tháng 11 năm 2026", MIDNIGHT), ("Thứ Ba, 24/11/2026", MIDNIGHT),
        ("lúc 8 giờ 15 phút, ngày 24 tháng 11 năm 2026", MORNING), ("thứ ba ngày 24/11/2026 lúc 08:15", MORNING),
        ("24/11/2026 8:15 SA", MORNING), ("24/11/2026 8:15 CH", EVENING), ("24/11/2026 8:15 PM", EVENING), ("24/11/2026 8:15 am", MORNING),
        ("20h15 ngày 24/11/2026", EVENING), ("24 Nov 2026 08:15", MORNING), ("Nov 24, 2026 08:15", MORNING), ("24-Nov-26", MIDNIGHT),
        ("2026-11-24T01:15:00Z", MORNING), ("2026-11-24T08:15:00+07:00", MORNING), ("2026-11-24 01:15:00 UTC", MORNING),
        ("2026-11-24 01:15:00+00:00", MORNING), ("24/11/2026 08:15 (GMT+7)", MORNING), ("24/11/2026 01:15 UTC", MORNING),
        ("24/11/2026 09:15 UTC+8", MORNING), ("46350.34375", MORNING), (46350.34375, MORNING), (46350, MIDNIGHT), ("46350", MIDNIGHT),
        ("1795482900", MORNING), (1795482900, MORNING), ("1795482900000", MORNING), (1795482900.0, MORNING),
        ("20261124", MIDNIGHT), (20261124, MIDNIGHT), ("20261124081500", MORNING),
        (dt.datetime(2026, 11, 24, 8, 15), MORNING), (dt.date(2026, 11, 24), MIDNIGHT),
        (dt.datetime(2026, 11, 24, 1, 15, tzinfo=dt.UTC), MORNING), ("24/11/2026\n08:15", MORNING),
    ],
)  # fmt: skip
def test_usual_forms(cell, expected):
    assert iso(time_us(cell)) == expected


@pytest.mark.parametrize(
    "cell",
    ["", "abc", "31/02/2026", "24/13/2026", "24/11/2026 25:00", "192.0.2.1", "0", "15", 0, 443, True, "24/11/2026 - 25/11/2026",
     "Sở Y tế", "99999999999999999999", float("nan"), float("inf"), dt.time(8), "24/11/2026 tại phòng 5", "9" * 5000],
)  # fmt: skip
def test_what_is_no_time(cell):
    assert time_us(cell) is None


def test_a_zone_of_the_list_counts_where_none_is_written():
    assert iso(time_us("24/11/2026 08:15", dt.UTC)) == "2026-11-24T08:15:00.000000Z"
    assert iso(time_us("24/11/2026 08:15 (GMT+7)", dt.UTC)) == MORNING
    assert iso(times_us(["24/11/2026 08:15:00"] * 100, ZoneInfo("Asia/Ho_Chi_Minh"))[7]) == MORNING


def test_the_day_comes_first_unless_the_column_proves_otherwise():
    assert not is_month_first(["05/06/2026", "01/02/2026"])
    assert not is_month_first(["05/06/2026", "24/11/2026", "11/24/2026"])
    assert is_month_first(["05/06/2026", "11/24/2026"])
    assert [iso(moment)[:10] for moment in times_us(["05/06/2026 12:00", "11/24/2026 12:00"])] == [
        "2026-05-06",
        "2026-11-24",
    ]
    assert iso(times_us(["05/06/2026 12:00:00"] * 99 + ["11/24/2026 12:00:00"])[0])[:10] == "2026-05-06"


LAYOUTS = ["%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y", "%Y-%m-%d"]


@given(
    st.lists(
        st.tuples(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)), st.sampled_from(LAYOUTS)),
        min_size=64,
        max_size=90,
    )
)
def test_a_column_at_once_is_as_cell_by_cell(moments):
    cells = [moment.strftime(layout) for moment, layout in moments] + [
        "31/12/2026 00:00:00",
        "29/02/2023 00:00:00",
        "x",
        "1234567890123456789",
    ]
    assert times_us(cells) == [time_us(cell) for cell in cells]


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2068, 1, 1)))
def test_every_written_time_is_read_back(moment):
    moment = moment.replace(microsecond=0)
    expected = int(moment.replace(tzinfo=VIETNAM).timestamp()) * 1_000_000
    for layout in (
        *LAYOUTS[:1],
        "%H:%M:%S ngày %d/%m/%Y",
        "%d/%m/%Y %Hh%M'%S",
        "ngày %d tháng %m năm %Y %H:%M:%S",
        "%d/%m/%y %H:%M:%S",
    ):
        assert time_us(moment.strftime(layout)) == expected, layout


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_none(text):
    found = time_us(text)
    assert found is None or isinstance(found, int)


@given(st.floats(allow_nan=True) | st.integers())
def test_any_number_is_a_time_or_none(number):
    found = time_us(number)
    assert found is None or isinstance(found, int)
