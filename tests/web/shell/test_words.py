"""Faults are told in the reader's language, with days in the form and zone in which they read them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import translation

from vonggac.errors import Fault, InvalidValues
from vonggac.web.shell.words import tell, tell_fault

MIDNIGHT_IN_HANOI = datetime(2025, 6, 30, 17, tzinfo=UTC)
FAULT = Fault(
    "text",
    "“{text}” belongs to {organisation} since {day}",
    {"text": "192.0.2.7", "organisation": "Xã Đông", "day": MIDNIGHT_IN_HANOI},
)


def test_a_day_is_the_readers():
    with translation.override("vi"):
        assert tell_fault(FAULT) == "“192.0.2.7” thuộc Xã Đông từ ngày 01/07/2025"
        assert tell(InvalidValues([FAULT])) == "text: “192.0.2.7” thuộc Xã Đông từ ngày 01/07/2025"
    with translation.override("en"):
        assert tell_fault(FAULT) == "“192.0.2.7” belongs to Xã Đông since 01 Jul 2025"
