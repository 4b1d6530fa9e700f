"""One scan of very many mixed logs: memory that does not grow, progress and counts that are exact.

``python benchmarks/bench_large.py [--sizes 1,10] [--folder DIR] [--jobs 2] [--no-rules]``

Sizes are gigabytes. Each is a folder of equal parts of what ``make_corpora.py`` makes, in files of some 100 MB; Windows events
are among them where ``$VONGGAC_CORPORA`` has samples. The folder needs as much room on the disk. The starter pack and a list
of 50,000 addresses and 50,000 domains look at all of it, unless ``--no-rules``.

Printed: peak of the resident memory of the largest process, of what all of them held together (the sum of proportional sets,
Linux only, asked twice a second), time, and whether the position of the progress ended at the size of all files, never went
back, and every event was counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_text import write_lists

HERE = Path(__file__).resolve().parent
CORPORA = Path(os.environ.get("VONGGAC_CORPORA") or HERE.parent.parent / "shared" / "data")
PARTS = {
    "firewall": 500_000,
    "web": 400_000,
    "syslog": 800_000,
    "zeek": 600_000,
    "windows-jsonl": 80_000,
    "evtx": 80_000,
}
"""Kind to the events of one file of about 100 MB."""


def fill(folder: Path, n_bytes: int) -> int:
    """Write mixed logs of at least ``n_bytes`` into ``folder``; how many events they hold."""
    made = folder.parent / "parts"
    made.mkdir(exist_ok=True)
    kinds = [kind for kind in PARTS if kind in ("firewall", "web", "syslog", "zeek") or (CORPORA / "evtx").exists()]
    events: dict[str, int] = {}
    for kind in kinds:
        path = made / f"{kind}.log"
        if not path.exists():
            command = [sys.executable, str(HERE / "make_corpora.py"), kind, str(PARTS[kind]), "--output", str(path)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
            path.with_suffix(".n").write_text(said.split(" events", 1)[0].rpartition("\n")[2].replace(",", ""))
        events[kind] = int(path.with_suffix(".n").read_text())
    folder.mkdir()
    size = number = n_events = 0
    while size < n_bytes:
        kind = kinds[number % len(kinds)]
        target = folder / f"{number:04}-{kind}.log"
        shutil.copyfile(made / f"{kind}.log", target)
        size += target.stat().st_size
        n_events += events[kind]
        number += 1
    return n_events


def work(folder: Path, lists: Path, jobs: int, *, with_rules: bool) -> None:
    """Scan ``folder`` as the command does; tell what the progress said as JSON."""
    from vonggac.detectors.indicators.detector import IndicatorDetector
    from vonggac.detectors.indicators.lists import read_list
    from vonggac.detectors.sigma import RuleSet, SigmaDetector
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.rules import load_rules
    from vonggac.jobs.scan import Plan, Summary, scan

    ruleset = load_rules((), None).ruleset if with_rules else RuleSet()
    inputs = Inputs([str(folder)])
    total = inputs.total_bytes()
    positions: list[int] = []
    plan = Plan(
        detectors=[
            *([SigmaDetector(ruleset)] if with_rules else []),
            IndicatorDetector(read_list(lists.read_bytes(), "list.csv").indicators),
        ],
        correlations=ruleset.correlations,
        silent=ruleset.silent,
        render=lambda found: b"x\n" * len(found),
        jobs=jobs,
    )
    n_written = 0

    def write(data: bytes) -> None:
        nonlocal n_written
        n_written += len(data)

    def progress(_: Summary) -> None:
        positions.append(inputs.position())

    summary = scan(inputs, plan, write, progress)
    told = {
        "n_events": summary.n_events,
        "n_findings": summary.n_findings,
        "n_files": summary.n_files,
        "n_skipped": sum(entry.count for entry in summary.skipped.values()),
        "is_progress_exact": positions[-1] == total and positions == sorted(positions),
    }
    print(json.dumps(told))


def held_bytes(pid: int) -> int:
    """The proportional sets of process ``pid`` and of all its children, together."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) << 10
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(map(held_bytes, map(int, (task / "children").read_text().split())))
    except OSError:  # it has ended
        return total
    return total


def measure(folder: Path, lists: Path, n_gigabytes: float, jobs: int, *, with_rules: bool) -> None:
    """Print the line of one size."""
    logs = folder / f"logs-{n_gigabytes:g}"
    n_expected = fill(logs, int(n_gigabytes * 1e9))
    n_bytes = sum(path.stat().st_size for path in logs.iterdir())
    command = [sys.executable, __file__, "--folder", str(logs), "--work", str(lists), "--jobs", str(jobs)]
    begun = time.perf_counter()
    with subprocess.Popen([*command, *([] if with_rules else ["--no-rules"])], stdout=subprocess.PIPE) as process:
        together = 0
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            together = max(together, held_bytes(process.pid))
            time.sleep(0.5)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
    seconds = time.perf_counter() - begun
    cpu_s = usage.ru_utime + usage.ru_stime
    is_counted = told["n_events"] == n_expected and not told["n_skipped"]
    print(
        f"| {n_bytes / 1e9:.2f} GB, {told['n_files']} files | {told['n_events']:,} | {told['n_findings']:,} | {seconds:,.0f} s | "
        f"{n_bytes / 1e6 / cpu_s:,.0f} MB/CPU-s | {usage.ru_maxrss / 2**10:,.0f} MiB | {together / 2**20:,.0f} MiB | "
        f"{'yes' if told['is_progress_exact'] else 'NO'} | {'yes' if is_counted else 'NO'} |",
        flush=True,
    )
    shutil.rmtree(logs)


def main() -> None:
    """Read the command line and measure each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1,10", help="in GB")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-rules", action="store_true")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.folder, asked.work, asked.jobs, with_rules=not asked.no_rules)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        print("| | events | findings | time | rate | largest process | all together | progress exact | all counted |")
        print("|---|---|---|---|---|---|---|---|---|")
        for size in asked.sizes.split(","):
            if not (folder / "list.csv").exists():
                subprocess.run([sys.executable, str(HERE / "make_corpora.py"), "firewall", "200000", "--output", str(folder / "x")],
                               check=True, capture_output=True)  # fmt: skip
                write_lists(folder, folder / "x")
            measure(folder, folder / "list.csv", float(size), asked.jobs, with_rules=not asked.no_rules)


if __name__ == "__main__":
    main()
