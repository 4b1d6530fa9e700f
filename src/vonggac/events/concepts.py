"""Field concepts: what the native fields of each source mean, as data (``concepts.yml``).

A concept has an ECS name (``source.ip``) and, per source, the native fields that carry it, the first that an event has
being the one that counts. Indicators, worklists and findings speak in concepts; rules speak in native names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from functools import cache
from importlib import resources

import yaml

from vonggac.events.batch import EventBatch, own_texts
from vonggac.events.times import parse_time

ALWAYS_UTC = frozenset({"SystemTime", "UtcTime"})
"""Fields whose times are UTC even where they name no zone: Windows' own and Sysmon's."""


@cache
def table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Concept to source to native fields, in order of preference."""
    text = resources.files(__package__).joinpath("concepts.yml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    return {
        concept: {source: tuple(fields) for source, fields in per_source.items()} for concept, per_source in raw.items()
    }


def fields_of(concept: str, source: str) -> tuple[str, ...]:
    """The native fields of ``source`` that carry ``concept``; empty when it has none."""
    return table().get(concept, {}).get(source, ())


def value(batch: EventBatch, row: int, concept: str) -> object:
    """The first value of ``concept`` in ``row``; None when the event has none."""
    for name in fields_of(concept, batch.source):
        found = batch.value(row, name)
        if found is not None and found not in ("", "-"):
            return found
    return None


def text(batch: EventBatch, row: int, concept: str) -> str:
    """The first text of ``concept`` in ``row``; empty when the event has none."""
    return next(own_texts(value(batch, row, concept)), "")


def time_us(batch: EventBatch, row: int) -> int | None:
    """The time of the event in ``row``: microseconds since 1970 in UTC; None when it has none that can be read."""
    for name in fields_of("@timestamp", batch.source):
        found = parse_time(batch.value(row, name), UTC if name in ALWAYS_UTC else batch.zone, batch.year)
        if found is not None:
            return found
    return None


def times_us(batch: EventBatch) -> list[int | None]:
    """The time of every event of ``batch``, as :func:`time_us` gives it, all at once."""
    times: list[int | None] = [None] * batch.n_rows
    for name in fields_of("@timestamp", batch.source):
        zone = UTC if name in ALWAYS_UTC else batch.zone
        column = batch.column(name)
        texts = column.texts()
        known = {text: parse_time(text, zone, batch.year) for text in set(texts)}
        for row, text in zip(column.rows.tolist(), texts, strict=True):
            if times[row] is None:
                times[row] = known[text]
    return times
