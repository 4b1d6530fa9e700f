"""Lists of 50,000 addresses and 50,000 domains over text logs: lines per CPU-second, beside what one would type instead.

``python benchmarks/bench_text.py [--lines 1000000] [--kinds firewall,web,syslog,zeek] [--repeats 3]``

The logs are those of ``make_corpora.py``; about one line in 100,000 holds a listed address. A rate is lines divided by
processor time, user and system, of the whole process tree, less what the same command takes for one line: reading the list
is told apart, for all of them. Peers that are not installed (Debian: grepcidr, ripgrep) are left out and named.

What they do is not the same. ``vonggac scan`` gives findings: it knows which field held the value, what time it was, whose
list named it, that ``192.0.2.1`` does not stand in ``192.0.2.10``, subdomains, IPv6 in any form, and counts what is no line
of the format. ``grep -F`` and ``rg -F`` give lines that hold the text anywhere; ``grepcidr`` knows addresses alone.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from measure import median_cost

HERE = Path(__file__).resolve().parent
VONGGAC = [sys.executable, "-m", "vonggac", "--lang", "en"]
SAMPLES = {"loop": 100_000, "whole": 200_000}
"""How many lines the slow ones get."""

SOURCES = {"firewall": "syslog", "syslog": "syslog", "web": "web_access", "zeek": "zeek"}
_ADDRESS = re.compile(rb"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_WORD = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|[\w-]+(?:\.[\w-]+)+")


def public_addresses(n: int, source: random.Random) -> Iterator[str]:
    """``n`` addresses that lists may hold."""
    while n:
        address = ipaddress.IPv4Address(source.getrandbits(32))
        if address.is_global and not address.is_multicast:
            yield str(address)
            n -= 1


def write_lists(folder: Path, log: Path) -> None:
    """``list.txt`` as we read it, ``addresses.txt`` and ``words.txt`` for the peers."""
    source = random.Random(20_261_124)
    with log.open("rb") as lines:
        planted = [
            word.decode()
            for line in islice(lines, 0, 1_000_000, 100_000)
            for word in _ADDRESS.findall(line)
            if ipaddress.IPv4Address(word.decode()).is_global and not word.endswith(b".0.0")  # no version of Chrome
        ]
    addresses = list(dict.fromkeys([*planted, *public_addresses(50_000 - len(planted), source)]))
    domains = [f"h{number}.evil{number % 977}.example" for number in range(50_000)]
    (folder / "list.csv").write_text("indicator\n" + "\n".join([*addresses, *domains]) + "\n")
    (folder / "addresses.txt").write_text("\n".join(addresses) + "\n")
    (folder / "words.txt").write_text("\n".join([*addresses, *domains]) + "\n")


def commands(folder: Path, kind: str) -> dict[str, list[str]]:
    """Name to the command that looks through the log that is added to it."""
    ours = [*VONGGAC, "scan", "--no-rules", "--indicators", str(folder / "list.csv"), "--format", "jsonl", "--no-progress",
            "--source", SOURCES[kind], "--output", str(folder / "findings.jsonl")]  # fmt: skip
    here = [sys.executable, __file__, "--folder", str(folder), "--kinds", kind, "--work"]
    found = {
        "vonggac scan --no-rules --jobs 1": [*ours, "--jobs", "1"],
        "vonggac scan --no-rules --jobs 2": [*ours, "--jobs", "2"],
        "the same, every line read (whole)": [*here, "whole"],
        "Python: every word, a set (loop)": [*here, "loop"],
    }
    for name, words in {
        "grep -F -f": ["grep", "-F", "-f", str(folder / "words.txt")],
        "rg -F -f": ["rg", "-j1", "--no-mmap", "-F", "-f", str(folder / "words.txt")],
        "grepcidr -f (addresses alone)": ["grepcidr", "-f", str(folder / "addresses.txt")],
    }.items():
        if shutil.which(words[0]):
            found[name] = words
        else:
            print(f"({words[0]} is not installed)")
    return found


def loop(folder: Path, log: Path) -> None:
    """The lines of which a word, or what a name lies below, is listed: plain Python."""
    wanted = set((folder / "words.txt").read_bytes().split())
    with log.open("rb") as lines:
        for line in lines:
            for word in _WORD.findall(line):
                name = word
                while name:
                    if name in wanted:
                        sys.stdout.buffer.write(line)
                        break
                    name = name.partition(b".")[2]


def whole(folder: Path, log: Path, kind: str) -> None:
    """The same scan without the door to raw text."""
    from vonggac.detectors.indicators.detector import IndicatorDetector
    from vonggac.detectors.indicators.lists import read_list
    from vonggac.jobs.scan import Plan, Reading, scan

    class Whole:
        def __init__(self, detector: IndicatorDetector) -> None:
            self.detect = detector.detect

    detector = Whole(IndicatorDetector(read_list((folder / "list.csv").read_bytes(), "list.csv").indicators))
    with log.open("rb") as stream:
        plan = Plan(
            detectors=[detector], reading=Reading(source=SOURCES[kind]), render=lambda found: b"x\n" * len(found)
        )
        scan([(log.name, stream)], plan, sys.stdout.buffer.write)


def first_lines(log: Path, n: int) -> Path:
    """The first ``n`` lines of ``log`` (headers of Zeek come on top) as a file of their own."""
    path = log.with_name(f"{log.stem}-{n}.log")
    with log.open("rb") as source, path.open("wb") as target:
        target.writelines(islice(source, n + 7 * log.stem.startswith("zeek")))
    return path


def measure(folder: Path, kind: str, n: int, repeats: int) -> None:
    """Print the table of one kind of log."""
    log = folder / f"{kind}.log"
    os.environ["PYTHONHASHSEED"] = "0"
    median_cost([sys.executable, str(HERE / "make_corpora.py"), kind, str(n), "--output", str(log)], 1)
    write_lists(folder, log)
    size = log.stat().st_size
    print(f"\n{kind}: {n:,} lines, {size / n:.0f} bytes on average\n")
    print("| | lines/CPU-s | lines/s | MB/CPU-s | we are | peak memory | found |")
    print("|---|---|---|---|---|---|---|")
    one = first_lines(log, 1)
    ours = 0.0
    for name, command in commands(folder, kind).items():
        sample = next((m for key, m in SAMPLES.items() if f"({key})" in name), n)
        path = log if sample >= n else first_lines(log, sample)
        statuses = (0, 1)  # grep: nothing found
        start = median_cost([*command, str(one)], repeats, statuses=statuses)
        cost = median_cost([*command, str(path)], repeats, statuses=statuses)
        n_lines = min(sample, n)
        cpu_s, wall_s = max(cost.cpu_s - start.cpu_s, 1e-3), max(cost.wall_s - start.wall_s, 1e-3)
        rate = n_lines / cpu_s
        ours = ours or rate
        output = (folder / "findings.jsonl").read_bytes() if "scan" in name else cost.output
        n_found = output.count(b"\n")
        print(
            f"| {name} | {rate:,.0f} | {n_lines / wall_s:,.0f} | {rate * size / n / 1e6:,.0f} | {ours / rate:.1f} x | "
            f"{cost.rss / 2**20:.0f} MiB | {n_found:,} |",
            flush=True,
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--kinds", default="firewall,web,syslog,zeek")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        how, log = asked.work
        whole(asked.folder, Path(log), asked.kinds) if how == "whole" else loop(asked.folder, Path(log))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VONGGAC_DATA_DIR"] = folder
        for kind in asked.kinds.split(","):
            measure(Path(folder), kind, asked.lines, asked.repeats)


if __name__ == "__main__":
    main()
