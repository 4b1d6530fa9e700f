"""The portal at size: the server's time for every page and every list of its API, and the other figures of the desk.

    python benchmarks/desk.py --quick                                          # a small province, half a minute
    python benchmarks/desk.py --seconds 300                                    # the whole, SQLite
    tools/postgres run -- python benchmarks/desk.py --database postgresql      # the whole, PostgreSQL
    python benchmarks/desk.py --work --only pages --seconds 300                # 60 organisations, 500,000 Tasks
    python benchmarks/desk.py --folder DIR --only pages                        # once more, on what DIR holds already

A portal as ``vonggac up`` starts it, 20 sessions of all roles with 2 s of thinking and a live stream each, somebody who edits. The times
are the server's own, from the portal's log; beside them stand the milliseconds of processor of one such request, asked for alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from desk_load import Load, by_label, environment_of, running

GOAL_MS = 100.0
QUICK_SHARE = 0.02
PHASES = ("verify", "owners", "lists", "writes", "import", "pages")
N_WRITERS = 4


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least ``part`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-part * len(ordered) // 1) - 1))]


def say(text: str = "") -> None:
    """One line, at once."""
    print(text, flush=True)


def prepare(options: argparse.Namespace, folder: Path) -> Any:
    """A database that is filled; returns how much it holds."""
    os.environ.update(environment_of(folder / "data", options.address))
    import django

    django.setup()
    from desk_fill import WORK, Province, Size, quickly
    from django.core.management import call_command
    from django.db import connection

    from vonggac.desk.organisations.models import Organisation

    size = (WORK if options.work else Size()).share(options.share)
    call_command("migrate", verbosity=0)
    if Organisation.objects.exists():
        say(f"{folder} is filled already")
    else:
        begun = time.perf_counter()
        quickly()
        Province(size).fill(lambda name: say(f"  {time.perf_counter() - begun:6.1f} s  {name}"))
        connection.close()
    return size


def cast(n_sessions: int) -> dict[str, Any]:
    """Sessions and what each may ask for, made by a process of its own: signing in belongs to no measured process."""
    code = (
        "import django, json, sys; django.setup()\n"
        "from desk_sessions import walkers, writer_token\n"
        "from vonggac.desk.organisations.models import Organisation\n"
        f"rows = [one._asdict() for one in walkers({n_sessions})]\n"
        "places = list(Organisation.objects.filter(valid_until=None).values_list('pk', flat=True)[:500])\n"
        "json.dump({'walkers': rows, 'token': writer_token(), 'places': places}, sys.stdout)\n"
    )
    made = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent)
    return json.loads(made.stdout)  # type: ignore[no-any-return]


def pages(options: argparse.Namespace, folder: Path) -> None:
    """Every page under load."""
    people = cast(options.sessions)
    with running(folder / "data", options.address) as portal:
        load = Load(portal, people["walkers"], people["token"], people["places"])
        load.warm_up()
        costs = load.costs(options.repeats)
        begun, cpu = time.perf_counter(), portal.cpu_s()
        walked = load.run(options.seconds, options.think)
        lasted, used = time.perf_counter() - begun, portal.cpu_s() - cpu
        memory = [(process.part, process.rss) for process in portal.processes()]
        answers = portal.answers()
        alone = {label: [answers[one][1] for one in ids if one in answers] for label, (_cpu, ids) in costs.items()}
        table(
            by_label(walked, answers), alone, {label: cpu_ms for label, (cpu_ms, _ids) in costs.items()}, options.rows
        )
        n = len(walked.labels)
        say(f"{n} requests in {lasted:.0f} s, {used / max(n, 1) * 1000:.0f} ms of processor each; "
            f"{walked.n_streams} live streams, told {walked.n_told} changes; until the whole answer was there: "
            f"p95 {quantile(list(walked.waited.values()) or [0], 0.95):.0f} ms")  # fmt: skip
        say("resident: " + ", ".join(f"{part} {rss >> 20} MiB" for part, rss in sorted(memory)))
        for problem, times in walked.problems.most_common(20):
            say(f"  not answered: {problem} ({times} times)")


def table(
    loaded: Mapping[str, Sequence[float]], alone: Mapping[str, Sequence[float]], cpu: Mapping[str, float], n_rows: int
) -> None:
    """Each page, the slowest first."""
    say(f"{'ms of the server':<66} {'n':>5} {'p50':>6} {'p95':>6} {'max':>6} | {'alone':>6} {'CPU':>6}")
    ordered = sorted(loaded, key=lambda label: -quantile(loaded[label], 0.95))
    for label in ordered[:n_rows] if n_rows else ordered:
        values, by_itself = loaded[label], alone.get(label) or [float("nan")]
        say(f"{label[:66]:<66} {len(values):>5} {statistics.median(values):>6.0f} {quantile(values, 0.95):>6.0f} "
            f"{max(values):>6.0f} | {statistics.median(by_itself):>6.0f} {cpu.get(label, float('nan')):>6.0f}")  # fmt: skip
    everything = [value for values in loaded.values() for value in values]
    if not everything:
        return
    over = [label for label in loaded if quantile(loaded[label], 0.95) > GOAL_MS]
    slow = [label for label, values in alone.items() if values and statistics.median(values) > GOAL_MS]
    say(f"{'all':<66} {len(everything):>5} {statistics.median(everything):>6.0f} {quantile(everything, 0.95):>6.0f} "
        f"{max(everything):>6.0f}")  # fmt: skip
    say(
        f"{len(loaded)} pages and lists; p95 over {GOAL_MS:.0f} ms: {len(over)}; alone, median over it: {len(slow)} {slow}"
    )


def phase(name: str, options: argparse.Namespace, folder: Path, size: Any) -> None:
    """One of the others."""
    import desk_measures as measures

    if name == "verify":
        cost, verdict = measures.verify()
        say(f"audit verify: {cost.wall_s:.1f} s, {cost.cpu_s:.1f} s of processor, {cost.rss >> 20} MiB: "
            f"{json.dumps(verdict)[:300]}")  # fmt: skip
    elif name == "owners":
        n = 2000 if options.quick else 100_000
        found = measures.owners(n, size.networks, options.repeats)
        ours = next(iter(found.values()))
        for label, (asked, timing) in found.items():
            scaled = timing.cpu_s * n / asked
            say(f"{label:<48} {asked:>7} asked: {timing.wall_s:.3f} s, {timing.cpu_s:.3f} s of processor; "
                f"for {n}: {scaled:.2f} s, {scaled / max(ours[1].cpu_s, 1e-9):.1f} x ours")  # fmt: skip
    elif name == "lists":
        for label, timing in measures.lists(options.repeats).items():
            say(f"{label:<48} {timing.wall_s * 1000:.1f} ms, {timing.cpu_s * 1000:.1f} ms of processor")
    elif name == "writes":
        seconds = min(options.seconds, 5.0)
        for n in (1, N_WRITERS):
            with_chain, plain = (measures.writers(n, seconds, with_chain=one) for one in (True, False))
            say(f"{n} writers: {with_chain:.0f} transactions/s with the chain, {plain:.0f} with a plain row: "
                f"{with_chain / max(plain, 1e-9):.2f} of it")  # fmt: skip
    elif name == "import":
        done = measures.import_everything(folder)
        say(f"import of {done.n_rows} rows ({done.size / 1e6:.1f} MB): written {done.export.wall_s:.1f} s, "
            f"checked {done.checking.wall_s:.1f} s, checked and applied {done.applying.wall_s:.1f} s "
            f"({done.applying.cpu_s:.1f} s of processor, {done.applying.rss >> 20} MiB); "
            f"another writer waited {done.longest_wait_s * 1000:.0f} ms at most")  # fmt: skip
    else:
        pages(options, folder)


def main(words: Sequence[str] | None = None) -> None:
    """Fill, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of everything, a few seconds")
    parser.add_argument(
        "--work", action="store_true", help="60 organisations with 500,000 Tasks in the place of 2,000 without"
    )
    parser.add_argument("--share", type=float, help=f"how much of the whole (1; quick: {QUICK_SHARE})")
    parser.add_argument("--seconds", type=float, default=0, help="how long the sessions walk (300; quick: 5)")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two pages of one session, on average")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=40, help="rows of the table, the slowest first; 0: all")
    parser.add_argument("--folder", type=Path, help="keep the data there, and use what it holds")
    parser.add_argument("--only", nargs="+", choices=PHASES, default=PHASES)
    options = parser.parse_args(words)
    options.seconds = options.seconds or (5.0 if options.quick else 300.0)
    options.share = options.share or (QUICK_SHARE if options.quick else 1.0)
    options.address = os.environ.get("DESK_TEST_DATABASE", "") if options.database == "postgresql" else ""
    if options.database == "postgresql" and not options.address:
        parser.error("PostgreSQL is named by DESK_TEST_DATABASE: tools/postgres run -- python benchmarks/desk.py ...")
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vonggac-desk-")))
        folder.mkdir(parents=True, exist_ok=True)
        size = prepare(options, folder)
        say(f"{options.database}, {size}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for name in PHASES:
            if name in options.only:
                phase(name, options, folder, size)


if __name__ == "__main__":
    main()
