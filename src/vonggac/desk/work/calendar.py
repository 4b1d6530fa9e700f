"""Hours of work: when a duration that counts them alone is over. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

SPANS = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
"""Hours of work of a day: 7.5 hours, as offices of the state keep them."""
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Calendar:
    """``days``: days that are not as their weekday says, True for work. ``zone``: where the hours are those of the clock."""

    zone: tzinfo
    days: Mapping[date, bool] = field(default_factory=dict)

    def is_work(self, day: date) -> bool:
        """Whether people work on ``day``: Monday to Friday unless ``days`` says otherwise."""
        return self.days.get(day, day.weekday() < 5)

    def after(self, start: datetime, seconds: float) -> datetime:
        """When ``seconds`` of working time after ``start`` (aware) are over."""
        left = timedelta(seconds=seconds)
        for begin, end in self._spans(start):
            begin = max(begin, start)
            if end <= begin:
                continue
            if left <= end - begin:
                return (begin + left).astimezone(start.tzinfo)
            left -= end - begin
        raise ValueError("a duration of more than ten years of work")

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = start.astimezone(self.zone).date()
        for n in range(_MOST_DAYS):
            one = day + timedelta(days=n)
            if self.is_work(one):
                for begin, end in SPANS:
                    yield datetime.combine(one, begin, self.zone), datetime.combine(one, end, self.zone)
