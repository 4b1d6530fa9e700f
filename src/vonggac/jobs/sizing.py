"""How large a machine must be for so many events a second kept for so many days, by what was measured (docs/benchmarks.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass

EVENT_BYTES = 1207
"""A Windows event as JSON, on average: “Sigma over Windows events”."""
EVENTS_PER_CPU_S = 82_187
"""Judged by 3,752 rules, 6.5 % with findings: the same table, ``scan --jobs 1``."""
PACKED = 7.8
"""How many times smaller events are in zstd: “Events on the disk”."""
WORKER_BYTES = 296 * 1024**2
"""Peak memory of a worker that judges: the same table."""
DESK_PROCESS_BYTES = 160 * 1024**2
"""“The portal's processes”."""
BUSY = 0.5
"""The part of the processors that may be busy on average, so that rush hours fit."""
FILLED = 0.8
"""How full a disk may be."""
DESK_CORES = 2
"""Pages, live stream and background work: the goals of the portal were set, and are measured, with two."""
SYSTEM_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Size:
    """What is needed. ``n_judging``: cores of ``n_cores`` that judge events. Bytes of disk are for events alone, room included."""

    n_judging: int
    n_cores: int
    memory_bytes: int
    raw_bytes_a_day: int
    stored_bytes_a_day: int
    disk_bytes: int


def size(events_per_second: float, days: int) -> Size:
    """The machine for that load."""
    n_judging = max(1, math.ceil(events_per_second / (EVENTS_PER_CPU_S * BUSY)))
    raw = round(events_per_second * 86_400 * EVENT_BYTES)
    stored = round(raw / PACKED)
    return Size(
        n_judging=n_judging,
        n_cores=n_judging + DESK_CORES,
        memory_bytes=SYSTEM_BYTES + n_judging * WORKER_BYTES + (DESK_CORES + 4) * DESK_PROCESS_BYTES,
        raw_bytes_a_day=raw,
        stored_bytes_a_day=stored,
        disk_bytes=round(stored * days / FILLED),
    )
