"""What a command costs: its processor time with that of all its children, its wall-clock time, its memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor (user and system, children included), seconds of wall clock, bytes of the largest process."""

    cpu_s: float
    wall_s: float
    rss: int
    output: bytes


class CommandFailed(Exception):
    """A command that is measured ended with another status than it should."""


def cost_of(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, statuses: Sequence[int] = (0,)
) -> Cost:
    """Run ``command`` once. ``environment`` is added to ours; CommandFailed unless it ends with one of ``statuses``."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=os.environ | dict(environment or {})
        )
        _, waited, usage = os.wait4(process.pid, 0)  # the usage of this child and of all that it waited for
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(waited)
        output.seek(0)
        if process.returncode not in statuses:
            errors.seek(0)
            raise CommandFailed(f"{' '.join(command)}: status {process.returncode}\n{errors.read()[-2000:].decode()}")
        return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * 1024, output.read())


def median_cost(
    command: Sequence[str],
    repeats: int,
    *,
    environment: Mapping[str, str] | None = None,
    statuses: Sequence[int] = (0,),
) -> Cost:
    """The medians of ``repeats`` runs, each figure for itself; the output of the last."""
    costs = [cost_of(command, environment=environment, statuses=statuses) for _ in range(repeats)]
    return Cost(
        statistics.median(cost.cpu_s for cost in costs),
        statistics.median(cost.wall_s for cost in costs),
        max(cost.rss for cost in costs),
        costs[-1].output,
    )
