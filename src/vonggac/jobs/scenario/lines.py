"""Lines of the scenario's logs: when, what, and what was planted in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random

LOCAL = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log; ``rules`` are the names of the pack's rules that it was planted for."""

    time: datetime
    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleHit:
    """Line ``record`` of the log called ``file`` was planted for ``rule`` (a file name of the pack without ``.yml``)."""

    rule: str
    file: str
    record: int


def in_order(lines: Iterable[Line]) -> list[Line]:
    """``lines`` by time; lines of the same time stay as they were."""
    return sorted(lines, key=lambda line: line.time)


def planted(file: str, lines: Sequence[Line], first_record: int = 1) -> list[RuleHit]:
    """What was planted in ``lines``, the first of which is line ``first_record`` of ``file``."""
    return [RuleHit(rule, file, number) for number, line in enumerate(lines, first_record) for rule in line.rules]


def joined(lines: Iterable[Line]) -> bytes:
    """The bytes of ``lines``, each ended by a line feed."""
    return "".join(f"{line.text}\n" for line in lines).encode()


def iso_local(time: datetime) -> str:
    """The form that rsyslog writes, with microseconds, in the province's zone."""
    return time.astimezone(LOCAL).isoformat(timespec="microseconds")


def iso_utc(time: datetime) -> str:
    """The form that event log exports have: 100 nanoseconds, Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def working_time(random: Random, end: datetime, days: int) -> datetime:
    """A moment in the last ``days`` days, mostly in office hours."""
    day = end.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
        days=random.randint(1, days)
    )
    hour = random.gauss(11.5, 3.0) if random.random() < 0.85 else random.uniform(0, 24)
    moment = day + timedelta(hours=min(max(hour, 0.0), 23.99), microseconds=random.randrange(1_000_000))
    return moment.astimezone(UTC)
