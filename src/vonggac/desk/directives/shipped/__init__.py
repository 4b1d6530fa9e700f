"""What is shipped for letters: groups of recipients, proposed where there are none, and whole letters to begin from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from vonggac.desk.directives.models import RecipientGroup

_TEMPLATES = ("holiday",)
_DUE = re.compile(r"(first|last|deadline)([+-]\d{1,2}) (\d{2}):(\d{2})")
_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A letter to begin from; ``said``: as its file has it, in the office's language."""

    code: str
    name: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dates:
    """What a new letter is about: the days of the holiday, both counted, and by when all is to be answered."""

    first: date | None = None
    last: date | None = None
    deadline: datetime | None = None


def propose_groups(**_kwargs: Any) -> None:
    """The groups that are shipped, where there is none at all."""
    if not RecipientGroup.objects.exists():
        RecipientGroup.objects.bulk_create(RecipientGroup(**row) for row in _read("groups"))


@lru_cache(maxsize=1)
def templates() -> tuple[Template, ...]:
    """The letters to begin from."""
    found: list[Mapping[str, Any]] = [_read(name) for name in _TEMPLATES]
    return tuple(Template(one["code"], one["name"], one) for one in found)


def template(code: str) -> Template | None:
    """The one of this code, None where there is none."""
    return next((one for one in templates() if one.code == code), None)


def due_of(text: str, dates: Dates, zone: tzinfo) -> datetime | None:
    """The moment that ``first-1 16:00`` stands for; None where there is no such text or day."""
    found = _DUE.fullmatch(text)
    if found is None:
        return None
    begins = {
        "first": dates.first,
        "last": dates.last,
        "deadline": dates.deadline.astimezone(zone).date() if dates.deadline else None,
    }[found[1]]
    if begins is None:
        return None
    hour = time(int(found[3]), int(found[4]))
    return datetime.combine(begins + timedelta(days=int(found[2])), hour, zone).astimezone(UTC)


def fill(text: str, words: Mapping[str, str]) -> str:
    """``text`` with each ``{name}`` of ``words`` in its place, once: what is filled in is never read again."""
    return _BLANK.sub(lambda found: words.get(found[1], found[0]), text).strip()


def words_of(dates: Dates, zone: tzinfo, *, occasion: str, office: str) -> dict[str, str]:
    """What stands for the blanks of a template; a day that is not known stays a row of dots to be filled in."""
    due = dates.deadline.astimezone(zone) if dates.deadline else None
    return {
        "occasion": occasion or "dịp nghỉ lễ",
        "office": office,
        "first": _day(dates.first),
        "last": _day(dates.last),
        "deadline": f"{due:%H} giờ {due:%M} ngày {due:%d/%m/%Y}" if due else "ngày …/…/…",
    }


def _day(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else "…/…/…"


def _read(name: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath(f"{name}.yml").read_text("utf-8"))


__all__: Sequence[str] = (
    "Dates", "Template", "due_of", "fill", "propose_groups", "template", "templates", "words_of",
)  # fmt: skip
