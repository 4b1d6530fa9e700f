"""All Windows rules on Windows events: events per CPU-second, speed-up by a second worker, memory, start-up, peers.

``python benchmarks/bench_sigma.py [--events 200000] [--repeats 3] [--peers sqlite,duckdb,zargunlite,naive]``

The rules are those of ``$VONGGAC_CORPORA/sigma`` (default ``../shared/data``), the events those that ``make_corpora.py``
makes, or ``--file``. A rate is events divided by processor time, user and system, of the whole process tree, less what the
same command takes for one event: reading rules and starting is told apart, for us and for the peers. Peers are too slow
for the whole file: each gets as many of its first events as its sample says.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from measure import Cost, cost_of, median_cost
from peers import peer_python

HERE = Path(__file__).resolve().parent
ROUTING = HERE.parent / "src" / "vonggac" / "detectors" / "sigma" / "routing.yml"
SAMPLES = {"sqlite": 5_000, "duckdb": 20_000, "zargunlite": 5_000, "naive": 500}
"""How many events each peer gets: enough that its own start is a small part."""

DONE = (0, 4)
"""Statuses of a scan that ran: 4 tells of a damaged file or a rule that cannot be used."""

VONGGAC = [sys.executable, "-m", "vonggac", "--lang", "en"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of rates."""

    name: str
    n_events: int
    start_cpu_s: float
    rate: float
    wall_rate: float
    rss: int
    n_hits: int


class Bench:
    """One run of the benchmark: where its files are and how often each command is repeated."""

    def __init__(self, folder: Path, rules: Path, events: Path, repeats: int) -> None:
        self.folder = folder
        self.rules = rules
        self.events = events
        self.repeats = repeats
        self.findings = folder / "findings.jsonl"
        self.environment = {"VONGGAC_CACHE_DIR": str(folder / "cache")}
        self.one = self.sample(1)

    def sample(self, n: int) -> Path:
        """The first ``n`` events as a file of their own."""
        path = self.folder / f"first-{n}.jsonl"
        if not path.exists():
            with self.events.open("rb") as source, path.open("wb") as target:
                target.writelines(islice(source, n))
        return path

    def scan(self, path: Path, jobs: int) -> list[str]:
        """The command that scans ``path`` with all rules."""
        rules = [word for folder in self.rule_folders() for word in ("--rules", str(folder))]
        return [*VONGGAC, "scan", str(path), *rules, "--jobs", str(jobs), "--format", "jsonl", "--no-progress",
                "--output", str(self.findings)]  # fmt: skip

    def ours(self, name: str, path: Path, n_events: int, jobs: int) -> Row:
        """Our rate on ``path``. The first scan, not counted, fills the caches."""
        start = self._scan(self.scan(self.one, jobs))
        whole = self._scan(self.scan(path, jobs))
        with self.findings.open("rb") as file:
            n_hits = sum(1 for _ in file)
        return rate_of(name, n_events, start, whole, n_hits)

    def _scan(self, command: list[str]) -> Cost:
        cost_of(command, environment=self.environment, statuses=DONE)
        return median_cost(command, self.repeats, environment=self.environment, statuses=DONE)

    def judging(self, name: str, path: Path) -> Row:
        """Our rate on batches of ``path`` that are decoded already."""
        command = [sys.executable, str(HERE / "judging.py"), str(path), *map(str, self.rule_folders())]
        runs = sorted(
            (cost_of(command, environment=self.environment) for _ in range(self.repeats)),
            key=lambda cost: json.loads(cost.output)["cpu_s"],
        )
        median = runs[len(runs) // 2]
        counts = json.loads(median.output)
        rate = counts["events"] / counts["cpu_s"]
        return Row(name, counts["events"], math.nan, rate, math.nan, median.rss, counts["hits"])

    def rule_folders(self) -> list[Path]:
        """Where the rules are."""
        return sorted(self.rules.glob("rules*")) or [self.rules]

    def peer(self, name: str) -> Row:
        """The rate of peer ``name`` on its sample."""
        command = self._peer_command(name)
        path = self.sample(SAMPLES[name])
        start = median_cost([*command, str(self.one)], self.repeats)
        whole = median_cost([*command, str(path)], self.repeats)
        counts = json.loads(whole.output)
        if counts["refused"]:
            print(f"{name}: {counts['refused']} queries or rules refused", file=sys.stderr)
        return rate_of(name, counts["events"], start, whole, counts["hits"])

    def _peer_command(self, name: str) -> list[str]:
        if name == "naive":
            return [sys.executable, str(HERE / "naive.py"), str(self.rules), str(ROUTING)]
        backend = "duckdb" if name == "duckdb" else "sqlite"
        queries = self.folder / f"queries-{backend}.json"
        if not queries.exists():
            converter = [str(peer_python(backend)), str(HERE / "peer_rules.py"), backend]
            cost_of([*converter, str(self.rules), str(ROUTING), str(queries)])
        return [str(peer_python(name)), str(HERE / "peer_scan.py"), name, str(queries)]

    def start_up(self) -> dict[str, float]:
        """Wall-clock seconds of a scan of one event: with everything cached, without our rules, without compiled loops."""
        warm = self._scan(self.scan(self.one, 1)).wall_s
        cold, coldest = [], []
        for number in range(self.repeats):
            cache = {"VONGGAC_CACHE_DIR": str(self.folder / f"cold-{number}")}
            cold.append(cost_of(self.scan(self.one, 1), environment=cache, statuses=DONE).wall_s)
        fresh = {"VONGGAC_CACHE_DIR": str(self.folder / "coldest"), "NUMBA_CACHE_DIR": str(self.folder / "numba")}
        coldest.append(cost_of(self.scan(self.one, 1), environment=fresh, statuses=DONE).wall_s)
        return {
            "warm": warm,
            "cold: rules not compiled yet": sorted(cold)[len(cold) // 2],
            "coldest: loops not compiled yet either (once per installation)": coldest[0],
        }


def rate_of(name: str, n_events: int, start: Cost, whole: Cost, n_hits: int) -> Row:
    """Events per second, the start taken off."""

    def rate(whole_s: float, start_s: float) -> float:
        return n_events / (whole_s - start_s) if whole_s > start_s else math.nan  # too few events to tell

    return Row(
        name, n_events, start.cpu_s, rate(whole.cpu_s, start.cpu_s), rate(whole.wall_s, start.wall_s), whole.rss, n_hits
    )


def table(rows: list[Row], best_peer: float) -> None:
    """Print the rates, and by how much they exceed the best peer's."""
    print(
        f"\n{'':28}{'events':>9}{'start s':>9}{'events/CPU-s':>14}{'events/s':>11}{'RSS MiB':>9}{'findings':>10}{'ratio':>8}"
    )
    for row in rows:
        ratio = f"{row.rate / best_peer:.1f}" if best_peer else ""
        print(
            f"{row.name:28}{row.n_events:>9,}{row.start_cpu_s:>9.2f}{row.rate:>14,.0f}{row.wall_rate:>11,.0f}"
            f"{row.rss / 2**20:>9,.0f}{row.n_hits:>10,}{ratio:>8}"
        )


def make_events(form: str, n: int, path: Path, *options: str) -> Path:
    """Windows events in ``form``, by ``make_corpora.py``."""
    maker = [sys.executable, str(HERE / "make_corpora.py"), form, str(n), "--output", str(path), *options]
    subprocess.run(maker, check=True)
    return path


def count_evtx(place: Path) -> int:
    """How many events an EVTX file, or those in a folder, hold, by the library that we read them with."""
    from evtx import PyEvtxParser

    n_events = 0
    for path in sorted(place.rglob("*.evtx")) if place.is_dir() else [place]:
        try:
            n_events += sum(1 for _ in PyEvtxParser(str(path)).records_json())
        except (RuntimeError, OSError) as error:
            print(f"{path.name}: {error}", file=sys.stderr)
    return n_events


def corpora() -> Path:
    """Where the real data is."""
    return Path(os.environ.get("VONGGAC_CORPORA", HERE.parent.parent / "shared" / "data"))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="how many events to make")
    parser.add_argument("--file", type=Path, help="events that are there already, instead of making them")
    parser.add_argument("--rules", type=Path, default=corpora() / "sigma")
    parser.add_argument(
        "--evtx", type=Path, help="EVTX that is there already, a file or a folder, instead of making it"
    )
    parser.add_argument("--peers", default=",".join(SAMPLES), help="which peers; empty for none")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    """Run everything and print the tables."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="vonggac-bench-") as name:
        folder = Path(name)
        events = asked.file or make_events("windows-jsonl", asked.events, folder / "windows.jsonl")
        with events.open("rb") as file:
            n_events = sum(1 for _ in file)
        print(f"{n_events:,} events of {events.stat().st_size / n_events:,.0f} bytes, {os.cpu_count()} processors")
        bench = Bench(folder, asked.rules, events, asked.repeats)
        rows = [
            bench.ours("vonggac --jobs 1", events, n_events, 1),
            bench.ours("vonggac --jobs 2", events, n_events, 2),
        ]
        speed_up = rows[1].wall_rate / rows[0].wall_rate
        rows.append(bench.judging("decoded already", events))
        if not asked.file:
            calm = make_events("windows-jsonl", asked.events, folder / "calm.jsonl", "--attack-share", "0")
            rows.append(bench.ours("no attacks, --jobs 1", calm, asked.events, 1))
            rows.append(bench.judging("no attacks, decoded", calm))
        if asked.evtx or (corpora() / "evtx").is_dir():  # the makers repeat real chunks: nobody writes EVTX
            evtx = asked.evtx or make_events("evtx", asked.events, folder / "windows.evtx")
            rows.append(bench.ours("vonggac EVTX --jobs 1", evtx, count_evtx(evtx), 1))
        peers = [bench.peer(peer) for peer in asked.peers.split(",") if peer]
        table([*rows, *peers], max((peer.rate for peer in peers), default=0.0))
        print(f"\n--jobs 2 is {speed_up:.2f} times as fast as --jobs 1, by the wall clock without the start")
        for name, seconds in bench.start_up().items():
            print(f"start to finish on one event, {name}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
