"""How fast listed values are found, beside other ways to do it.

    python benchmarks/bench_lookups.py [--quick]

Prints medians of five runs and ratios. Uses the corpora in ``$VONGGAC_CORPORA`` where they are, else made-up values. Peers
that are not installed (pytricia from PyPI, the command grepcidr) are left out and named. One core is used throughout.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import ipaddress
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

CORPORA = Path(os.environ.get("VONGGAC_CORPORA", Path(__file__).parent.parent.parent / "shared" / "data")) / "ioc"
RNG = np.random.default_rng(20_261_124)
RUNS = 5


def median_s(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median duration of ``work`` in seconds, after one run to warm up."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def show(name: str, seconds: float, n: int, ours: float | None = None) -> float:
    """Print a line and return lookups per second."""
    rate = n / seconds
    ratio = f"   we are {ours / rate:8.1f} times as fast" if ours else ""
    print(f"  {name:<42}{rate / 1e6:10.2f} M/s{ratio}")
    return rate


def lines(path: Path, fallback: Callable[[], list[str]]) -> list[str]:
    """The lines of a corpus file that are no comments, or made-up ones."""
    if not path.exists():
        print(f"  ({path.name} is not there: made-up values)")
        return fallback()
    text = path.read_text("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] not in "#!"]


def packed(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts as a column: data, starts, ends."""
    pieces = [text.encode() for text in texts]
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return np.frombuffer(b"".join(pieces), np.uint8), offsets[:-1], offsets[1:]


def dotted(numbers: np.ndarray) -> list[str]:
    """Numbers as IPv4 addresses."""
    return [str(ipaddress.IPv4Address(number)) for number in numbers.tolist()]


def addresses(n: int) -> None:
    """IPv4 lookups against 100,000 addresses and 10,000 CIDRs."""
    from vonggac.detectors.indicators.addresses import AddressIndex

    print("IPv4: 100,000 addresses and 10,000 CIDRs, one lookup in ten a hit")
    made_up = lambda: dotted(RNG.integers(1 << 24, 224 << 24, 100_000, np.int64))  # noqa: E731  # two uses, one line
    singles = [line.split()[0] for line in lines(CORPORA / "ipsum" / "ipsum.txt", made_up)][:100_000]
    blocks = [
        f"{a}/{p}"
        for a, p in zip(dotted(RNG.integers(1 << 24, 224 << 24, 10_000)), RNG.integers(16, 30, 10_000), strict=True)
    ]
    blocks = [str(ipaddress.ip_network(block, strict=False)) for block in blocks]
    start = time.perf_counter()
    index = AddressIndex.of_texts([*singles, *blocks])
    print(f"  index of {len(singles) + len(blocks):,} entries made in {time.perf_counter() - start:.2f} s")
    asked = RNG.integers(0, 1 << 32, n, np.int64).astype(np.uint32)
    listed = np.array([int(ipaddress.IPv4Address(one)) for one in singles], np.uint32)
    asked[::10] = RNG.choice(listed, len(asked[::10]))
    ours = show("find4, numbers", median_s(lambda: index.find4(asked)), n)
    column = packed(dotted(asked[: n // 10]))
    show("find_texts, text column (parsing included)", median_s(lambda: index.find_texts(*column)), n // 10)
    few = dotted(asked[:2000])
    networks = [ipaddress.ip_network(one) for one in [*singles[:1000], *blocks[:100]]]
    loop = median_s(lambda: [next((x for x in networks if ipaddress.ip_address(a) in x), None) for a in few[:50]], 1)
    show("naive loop over ipaddress (1/100 of the list)", loop, 50, ours)
    _pytricia([*singles, *blocks], few, ours)
    _grepcidr([*singles, *blocks], dotted(asked[:200_000]), ours)


def _pytricia(entries: list[str], asked: list[str], ours: float) -> None:
    try:
        pytricia = importlib.import_module("pytricia")
    except ImportError:
        print("  (pytricia is not installed)")
        return
    tree = pytricia.PyTricia(32)
    for entry in entries:
        tree[entry] = entry
    many = asked * 50
    show("pytricia", median_s(lambda: [tree.get(one) for one in many]), len(many), ours)


def _grepcidr(entries: list[str], asked: list[str], ours: float) -> None:
    command = shutil.which("grepcidr")
    if command is None:
        print("  (grepcidr is not installed)")
        return
    with tempfile.TemporaryDirectory() as folder:
        patterns, log = Path(folder, "patterns"), Path(folder, "log")
        patterns.write_text("\n".join(entries))
        log.write_text("\n".join(asked))
        empty = Path(folder, "empty")
        empty.write_text("")

        def run(file: Path) -> None:
            subprocess.run(
                [command, "-f", str(patterns), str(file)], stdout=subprocess.DEVNULL, check=False
            )  # fixed words

        seconds = median_s(lambda: run(log)) - median_s(lambda: run(empty))  # without reading the patterns
    show("grepcidr (reading the list not counted)", max(seconds, 1e-9), len(asked), ours)


def domains(n: int) -> None:
    """Domain lookups with parent suffixes against 500,000 domains."""
    from vonggac.detectors.indicators.domains import DomainIndex

    print("Domains: 500,000 listed, one lookup in ten a hit")
    hosts = [line.split()[-1].lower() for line in lines(CORPORA / "hostsvn" / "hosts", list)]
    names = list(dict.fromkeys([*hosts, *(f"n{i * 7919 % 1_000_003}.site{i % 9973}.example" for i in range(500_000))]))[
        :500_000
    ]
    start = time.perf_counter()
    index = DomainIndex.of(names)
    print(f"  index made in {time.perf_counter() - start:.2f} s")
    picks = RNG.integers(0, len(names), n).tolist()
    asked = ["www." + names[i] if i % 10 == 0 else f"cdn{i % 100}.shop{i % 5003}.example.net" for i in picks]
    column = packed(asked)
    ours = show("find, text column", median_s(lambda: index.find(*column)), n)
    listed = set(names)

    def walk() -> int:
        hits = 0
        for name in asked:
            rest = name
            while rest:
                if rest in listed:
                    hits += 1
                    break
                rest = rest.partition(".")[2]
        return hits

    show("Python set, walk over suffixes", median_s(walk, 3), n, ours)


def end_to_end(n_rows: int) -> None:
    """A list of 100,000 rows against 5,000 networks, from bytes to the ordered worklist."""
    from vonggac.detectors.indicators.lists import read_list
    from vonggac.detectors.indicators.owners import Owners
    from vonggac.jobs.match import Asked, match
    from vonggac.tables import read_tables

    print(f"List of {n_rows:,} rows against 5,000 networks, to the ordered worklist")
    ranges = lines(CORPORA / "vn-networks" / "ipv4.cidr", lambda: ["203.0.112.0/20", "198.18.0.0/15", "192.0.2.0/24"])
    pieces = [
        sub
        for text in ranges
        for net in [ipaddress.ip_network(text)]
        for sub in net.subnets(new_prefix=max(24, net.prefixlen))
    ]
    chosen = [pieces[i] for i in RNG.choice(len(pieces), min(5000, len(pieces)), replace=False)]
    networks = "organisation,cidr,system,level,valid_from,valid_to\n" + "".join(
        f"Agency {i % 700},{net},System {i},{i % 5 + 1},2025-01-01,\n" for i, net in enumerate(chosen)
    )
    nets = RNG.integers(0, len(chosen), n_rows).tolist()
    rows = "".join(
        f"{i + 1},{chosen[n][int(k)]},23/11/2026 {i % 24:02d}:{i % 60:02d}:00,Mirai,{1024 + i % 60000}\n"
        for i, (n, k) in enumerate(zip(nets, RNG.integers(0, 255, n_rows), strict=True))
    )
    listing = "STT,Địa chỉ IP,Thời gian,Mã độc,Cổng nguồn\n" + rows
    times: dict[str, float] = {}

    def work() -> None:
        start = time.perf_counter()
        found = read_list(listing.encode(), "botnet.csv", role="victim")
        times["read the list"] = time.perf_counter() - start
        owners = Owners.read(read_tables(networks.encode(), "networks.csv"), "networks.csv")
        times["read the networks"] = time.perf_counter() - start - times["read the list"]
        worklist = match(found.indicators, owners, (), Asked(1_795_000_000_000_000))
        times["attribute and order"] = time.perf_counter() - start - times["read the list"] - times["read the networks"]
        times["rows"] = len(worklist.rows)

    gc.disable()  # as the command does: there are no cycles to find
    seconds = median_s(work, 3)
    gc.enable()
    print(f"  {seconds:.2f} s in all; last run: " + ", ".join(f"{name} {value:.2f}" for name, value in times.items()))


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the lookups")
    scale = 10 if parser.parse_args().quick else 1
    addresses(20_000_000 // scale)
    domains(1_000_000 // scale)
    end_to_end(100_000)


if __name__ == "__main__":
    main()
