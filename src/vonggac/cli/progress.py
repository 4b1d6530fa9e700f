"""The progress bar of a long job, on standard error when that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vonggac.cli.findings import size
from vonggac.cli.language import _, number

if TYPE_CHECKING:
    from vonggac.jobs.scan import Summary

Report = Callable[["Summary"], object]


@contextmanager
def progress(is_wanted: bool, n_bytes: int | None, position: Callable[[], int]) -> Iterator[Report | None]:
    """A function to call after each block; None when there is nobody to look.

    ``n_bytes``: size of all input as it lies on disk, None when unknown; ``position``: how much of it has been read. The bar, which is
    a thread, starts at the first call: after the workers were forked.
    """
    if not is_wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.percentage:>3.0f} %" if n_bytes else ""),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=n_bytes or None, rate="")
    begun = time.monotonic()

    def report(summary: Summary) -> None:
        if not bar.live.is_started:
            bar.start()
        elapsed = max(time.monotonic() - begun, 0.001)
        rate = _("{events} events/s, {size}/s, {findings} findings").format(
            events=number(int(summary.n_events / elapsed)),
            size=size(int(summary.n_bytes / elapsed)),
            findings=number(summary.n_findings),
        )
        bar.update(task, completed=position(), rate=rate)

    try:
        yield report
    finally:
        bar.stop()
