"""How fast batches that are decoded already are judged: ``python benchmarks/judging.py FILE RULES...``.

Prints JSON: events, seconds of processor time spent in ``SigmaDetector.detect`` alone, hits. Run by ``bench_sigma.py``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from vonggac.detectors.sigma import SigmaDetector
from vonggac.jobs.rules import load_rules
from vonggac.jobs.scan import decode
from vonggac.sources import detect
from vonggac.sources.source import SNIFF_BYTES, Options


def main() -> None:
    """Judge every block of the file, the first twice: what is made once is not counted."""
    path, *rules = sys.argv[1:]
    with tempfile.TemporaryDirectory() as cache:
        detector = SigmaDetector(load_rules([Path(rule) for rule in rules], Path(cache)).ruleset)
    n_events = n_hits = 0
    spent_s = 0.0
    with Path(path).open("rb") as file:
        source = detect(file.read(SNIFF_BYTES), path)
        file.seek(0)
        for number, block in enumerate(source.frame(file)):
            if number == 0:
                detector.detect(decode(source, block, Options()))
            batch = decode(source, block, Options())
            begun = time.process_time()
            hits = detector.detect(batch)
            spent_s += time.process_time() - begun
            n_events += batch.n_rows
            n_hits += len(hits)
    print(json.dumps({"events": n_events, "cpu_s": spent_s, "hits": n_hits}))


if __name__ == "__main__":
    main()
