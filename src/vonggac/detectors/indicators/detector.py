"""The indicator detector: a hit for every event that holds a listed value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators.indicator import MISREAD, Indicator, Place
from vonggac.detectors.indicators.matching import (
    DESTINATIONS,
    DIGESTS,
    SOURCE_ADDRESSES,
    URLS,
    Entry,
    Match,
    Matcher,
    entries_of,
    is_doubtful,
)
from vonggac.detectors.indicators.sieve import Sieve
from vonggac.events.batch import EventBatch
from vonggac.events.concepts import time_us
from vonggac.events.finding import Hit, RuleInfo

CONCEPTS = (*SOURCE_ADDRESSES, *DESTINATIONS, URLS[2], *DIGESTS)
_MAX_PLACES = 20  # a value on more lists than this names the first and counts the rest
_MAX_TEXT = 500  # characters of the field's text that a hit repeats
_SLUG = re.compile(r"[^0-9a-z]+")


def place_text(place: Place) -> str:
    """``file:sheet:row``, of it what there is: not every form has sheets, and row 0 is the whole."""
    return ":".join(part for part in (place.file, place.sheet, str(place.row or "")) if part)


def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-")


def rule_of(entry: Entry) -> RuleInfo:
    """What a finding says of a listed value. Level ``high``; ``medium`` when a warninglist (not of sinkholes) holds it, or it may be misread."""
    malware = list(dict.fromkeys(one.malware for one in entry.indicators if one.malware))
    warnings = list(dict.fromkeys(name for one in entry.indicators for name in one.warnings))
    roles = sorted({one.role for one in entry.indicators})
    first = entry.indicators[0].place
    tags = [f"indicator.{entry.kind}", *(f"role.{role}" for role in roles)]
    tags += [f"malware.{slug}" for name in malware if (slug := _slug(name))]
    tags += [f"warninglist.{slug}" for name in warnings if not name.startswith(MISREAD) and (slug := _slug(name))]
    tags += ["recognised.doubtful"] if any(name.startswith(MISREAD) for name in warnings) else []
    title = f"{', '.join(malware)}: {entry.value}" if malware else entry.value
    return RuleInfo(
        id=f"indicator:{entry.kind}:{entry.value}",
        title=f"{title} ({place_text(first)})",
        level="medium" if any(map(is_doubtful, entry.indicators)) else "high",
        tags=tuple(tags),
        description="; ".join(dict.fromkeys(one.note for one in entry.indicators if one.note)),
        falsepositives=tuple(warnings),
    )


def _list_detail(entry: Entry) -> tuple[tuple[str, str], ...]:
    places = list(dict.fromkeys(place_text(one.place) for one in entry.indicators))
    detail = [("list", place) for place in places[:_MAX_PLACES]]
    if len(places) > _MAX_PLACES:
        detail.append(("lists", str(len(places))))
    warnings = dict.fromkeys(name for one in entry.indicators for name in one.warnings)
    detail += [("recognised" if name.startswith(MISREAD) else "warninglist", name) for name in warnings]
    return tuple(detail)


def _until(entries: Sequence[Entry]) -> dict[int, int]:
    """The entries that all lists let end, with the last of these ends."""
    ends = ((number, [one.valid_until for one in entry.indicators]) for number, entry in enumerate(entries))
    return {
        number: max(known) for number, times in ends if len(known := [t for t in times if t is not None]) == len(times)
    }


class IndicatorDetector:
    """Finds the values of indicator lists in batches; one hit per event and value, however many lists name it."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        self._matcher = Matcher.of(entries_of(indicators))
        self._until = _until(self._matcher.entries)
        self._sieve: Sieve | None = None
        self._is_sieve_made = False
        self._rules: dict[int, tuple[RuleInfo, tuple[tuple[str, str], ...]]] = {}

    def sift(
        self, source: str, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.bool_] | None:
        """Lines of text in which a listed value may be found; None when only the events can tell."""
        if not self._is_sieve_made:
            self._sieve, self._is_sieve_made = self._matcher.sieve(), True
        return None if self._sieve is None else self._sieve.lines(data, starts, ends)

    def __len__(self) -> int:
        return len(self._matcher.entries)

    def detect(self, batch: EventBatch) -> Sequence[Hit]:
        """All hits in ``batch``, in order of row, then of rule id."""
        grouped: dict[tuple[int, int], list[Match]] = {}
        for match in self._matcher.find(batch, CONCEPTS):
            grouped.setdefault((match.row, match.entry), []).append(match)
        if self._until:
            grouped = {key: matches for key, matches in grouped.items() if self._counts(batch, *key)}
        hits = [self._hit(row, number, matches) for (row, number), matches in grouped.items()]
        hits.sort(key=lambda hit: (hit.row, hit.rule.id))
        return hits

    def _counts(self, batch: EventBatch, row: int, number: int) -> bool:
        """Whether the value still counted when the event happened; a time that nobody knows is any time."""
        until = self._until.get(number)
        return until is None or (time := time_us(batch, row)) is None or time < until

    def _hit(self, row: int, number: int, matches: Sequence[Match]) -> Hit:
        entry = self._matcher.entries[number]
        known = self._rules.get(number)
        if known is None:
            known = self._rules[number] = (rule_of(entry), _list_detail(entry))
        rule, lists = known
        fields: list[tuple[str, str]] = []
        for name, text in dict.fromkeys((match.field, match.text) for match in matches):
            fields.append(("field", name))
            if text != entry.value:
                fields.append(("value", text[:_MAX_TEXT]))
        return Hit(rule, row, (("indicator", entry.value), *fields, *lists))
