"""How times and numbers are told, at the boundaries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from vonggac.web.shell import times

AT = datetime(2026, 2, 28, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "vừa xong", "just now"),
        (-59.9, "vừa xong", "just now"),
        (-60, "1 phút trước", "1 minute ago"),
        (-3599, "59 phút trước", "59 minutes ago"),
        (-3600, "1 giờ trước", "1 hour ago"),
        (-86399, "23 giờ trước", "23 hours ago"),
        (-86400, "1 ngày trước", "1 day ago"),
        (1, "còn chưa đến một phút", "less than a minute left"),
        (60, "còn 1 phút", "1 minute left"),
        (3 * 3600, "còn 3 giờ", "3 hours left"),
        (86400 * 6.9, "còn 6 ngày", "6 days left"),
    ],
)
def test_told(seconds, vi, en):
    with translation.override("vi"):
        assert times.told(seconds) == vi
    with translation.override("en"):
        assert times.told(seconds) == en


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_week_is_the_edge_of_relative(sign):
    with translation.override("vi"):
        assert times.near_or_day(AT + sign * timedelta(days=7), AT) == times.to_the_minute(
            AT + sign * timedelta(days=7)
        )
        assert times.near_or_day(AT + sign * timedelta(days=7, seconds=-1), AT) != times.to_the_minute(AT)


def test_the_day_is_that_of_the_province():
    with translation.override("vi"):
        assert times.day(AT) == "01/03/2026"
        assert times.to_the_minute(AT) == "01/03/2026 00:30"
        assert times.long_day(AT) == "Chủ nhật, 01/03/2026"
    with translation.override("en"):
        assert times.to_the_minute(AT) == "01 Mar 2026, 00:30"


@pytest.mark.parametrize(
    ("value", "places", "vi", "en"),
    [
        (0, None, "0", "0"),
        (1234.5, None, "1.234,5", "1,234.5"),
        (-1234567, None, "-1.234.567", "-1,234,567"),
        (2.0, 2, "2,00", "2.00"),
    ],
)
def test_numbers(value, places, vi, en):
    with translation.override("vi"):
        assert times.number(value, places) == vi
    with translation.override("en"):
        assert times.number(value, places) == en


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_words_of_the_script_are_those_of_the_server(language):
    with translation.override(language):
        words = times.words()
        assert words["hour-left"].replace("{n}", "3") == times.told(3 * 3600)
        assert words["day-ago-one"].replace("{n}", "1") == times.told(-86400)
