"""NAT logs: which inner host held a public address and port at a time.

A NAT or firewall log writes a record when it gives an inner host a public address and port, or when the session ends. The
same port serves another host minutes later, so an answer needs the time: the host of the latest record at or before the
moment holds the port, and only records within a tolerance count, which covers sessions that last and clocks that differ.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

TOLERANCE_US = 10 * 60 * 1_000_000
"""How far a record may be from the moment asked for: ten minutes."""

MAX_HOSTS = 50
"""How many hosts an answer names when only the address is known; an egress may serve thousands."""

_HOLD = 1_000_000 * 60
_MAX_RECORDS = 2_000_000  # of ports that were asked for; further ones are counted in ``n_dropped``


class Confidence(IntEnum):
    """How an inner host was found; the higher the surer."""

    NONE = 0
    ADDRESS = 1
    """It used the public address at that time; others may have too."""
    PORT = 2
    """It held the public address and port at that time."""


class Record(NamedTuple):
    """One line of a NAT log: ``inner`` used ``public`` and ``port`` at ``time`` (microseconds since 1970, UTC)."""

    public: str
    port: int | None
    inner: str
    time: int


@dataclass(frozen=True, slots=True)
class Holder:
    """An inner host that may have been behind a public address. Times are of its records, ``count`` of them."""

    inner: str
    confidence: Confidence
    first: int
    last: int
    count: int


@dataclass(slots=True)
class _Use:
    """Runs of one inner host on one public address, as [first, last, count] in order of time."""

    runs: list[list[int]] = field(default_factory=list)

    def add(self, time: int) -> None:
        """Join ``time`` to a run that is at most a minute away, else begin one."""
        runs = self.runs
        place = bisect_right(runs, time, key=lambda run: run[0])
        before = runs[place - 1] if place else None
        if before is not None and time <= before[1] + _HOLD:
            before[1] = max(before[1], time)
            before[2] += 1
            if place < len(runs) and runs[place][0] <= before[1] + _HOLD:
                before[1] = max(before[1], runs[place][1])
                before[2] += runs.pop(place)[2]
        elif place < len(runs) and runs[place][0] <= time + _HOLD:
            runs[place][0] = time
            runs[place][2] += 1
        else:
            runs.insert(place, [time, time, 1])


class NatIndex:
    """NAT records of the public addresses and ports that somebody will ask for; the rest is not kept.

    ``wanted``: public address to the ports that matter. Per address and inner host, runs of use are kept (records at most
    a minute apart are one run); per wanted port, every record.
    """

    def __init__(self, wanted: Mapping[str, Iterable[int]], tolerance_us: int = TOLERANCE_US) -> None:
        self._ports: dict[tuple[str, int], list[tuple[int, str]]] = {
            (address, port): [] for address, ports in wanted.items() for port in ports
        }
        self._uses: dict[str, dict[str, _Use]] = {address: {} for address in wanted}
        self._tolerance = tolerance_us
        self._n_records = 0
        self.n_dropped = 0

    def __contains__(self, address: str) -> bool:
        return address in self._uses

    def add(self, records: Iterable[Record]) -> None:
        """Learn ``records``, in any order of time."""
        for public, port, inner, time in records:
            uses = self._uses.get(public)
            if uses is None:
                continue
            uses.setdefault(inner, _Use()).add(time)
            held = self._ports.get((public, port)) if port is not None else None
            if held is None:
                continue
            if self._n_records >= _MAX_RECORDS:
                self.n_dropped += 1
                continue
            self._n_records += 1
            insort(held, (time, inner))

    def who(self, public: str, port: int | None, time: int) -> list[Holder]:
        """Inner hosts behind ``public`` at ``time``, the surest first; empty when no record is near enough.

        With ``port``: those that held it, the one that held it at that very moment first, then by distance in time. When
        nobody is known to have held it, or without ``port``: those that used the address, at most :data:`MAX_HOSTS`.
        """
        if port is not None and (found := self._who_held(self._ports.get((public, port), ()), time)):
            return found
        found = []
        for inner, use in self._uses.get(public, {}).items():
            near = [r for r in use.runs if r[0] - self._tolerance <= time <= r[1] + self._tolerance]
            if near:
                count = sum(run[2] for run in near)
                found.append(Holder(inner, Confidence.ADDRESS, near[0][0], near[-1][1], count))
        found.sort(key=lambda one: (max(one.first - time, time - one.last, 0), -one.count, one.inner))
        return found[:MAX_HOSTS]

    def _who_held(self, held: Sequence[tuple[int, str]], time: int) -> list[Holder]:
        low = bisect_right(held, time - self._tolerance - 1, key=lambda one: one[0])
        high = bisect_right(held, time + self._tolerance, key=lambda one: one[0])
        near = held[low:high]
        if not near:
            return []
        now = bisect_right(held, time, key=lambda one: one[0])
        latest = held[now - 1][1] if now > low else ""
        times: dict[str, list[int]] = {}
        for moment, inner in near:
            times.setdefault(inner, []).append(moment)
        order = sorted(times, key=lambda inner: (inner != latest, min(abs(t - time) for t in times[inner]), inner))
        return [Holder(i, Confidence.PORT, min(times[i]), max(times[i]), len(times[i])) for i in order]
