"""The starter pack on logs of ordinary days: nothing severe that a person would call false (docs/starter-pack.md lists what it gives)."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import ModuleType

import orjson
import pytest

from vonggac.cli.findings import to_json
from vonggac.detectors.sigma import SigmaDetector
from vonggac.jobs.inputs import Inputs
from vonggac.jobs.rules import load_rules
from vonggac.jobs.scan import Plan, Reading, Summary, scan

ROOT = Path(__file__).resolve().parents[3]
N_EVENTS = 20_000
SEVERE = ("high", "critical")


@pytest.fixture(scope="module")
def makers() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The generators of the benchmarks."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import corpora_windows  # type: ignore[import-not-found, unused-ignore]
        import make_corpora  # type: ignore[import-not-found, unused-ignore]

        yield make_corpora, corpora_windows
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def run(inputs: object, source: str = "") -> tuple[Summary, list[dict]]:
    """The summary of a scan with the pack, and its findings."""
    ruleset = load_rules([], None).ruleset
    written: list[bytes] = []
    plan = Plan(
        [SigmaDetector(ruleset)],
        correlations=ruleset.correlations,
        silent=ruleset.silent,
        reading=Reading(source=source),
        render=to_json,
    )
    summary = scan(inputs, plan, written.append)  # type: ignore[arg-type]
    assert summary.n_events > 0
    return summary, [orjson.loads(line) for line in b"".join(written).splitlines()]


@pytest.mark.parametrize("kind", ["windows", "syslog", "zeek", "web", "firewall"])
def test_generated_logs_of_an_ordinary_day_give_nothing(makers: tuple[ModuleType, ModuleType], kind: str) -> None:
    make, windows = makers
    random = Random(20261129)
    if kind == "windows":
        lines = windows.windows_lines(N_EVENTS, 0, random, Path("/nowhere"), datetime(2026, 11, 23, tzinfo=UTC))
    elif kind == "web":
        lines = make.web(N_EVENTS, random, is_benign=True)
    else:
        lines = make.KINDS[kind](N_EVENTS, random)
    log = io.BytesIO("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    summary, findings = run([(f"{kind}.log", log)])
    assert summary.n_events == N_EVENTS
    assert [finding["rule"]["title"] for finding in findings] == []


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["zeek", "apache"])
def test_logs_of_real_networks_give_nothing_severe(corpora: Path, folder: str) -> None:
    summary, findings = run(Inputs([str(corpora / "logs" / folder)]))
    assert summary.n_events >= 10_000
    assert [finding["rule"]["title"] for finding in findings if finding["rule"]["level"] in SEVERE] == []


@pytest.mark.corpus
def test_in_the_real_log_of_logins_the_one_severe_finding_is_true(corpora: Path) -> None:
    """It holds one address that guesses the password of an account for hours and then gets in; the others only guess."""
    log = corpora / "logs" / "auth" / "auth.log"
    _summary, findings = run(Inputs([str(log)]))
    titles = Counter(finding["rule"]["title"] for finding in findings if finding["rule"]["level"] in SEVERE)
    assert titles == {"SSH Login by Password After Many Wrong Ones": 1}
    [guessed] = [finding for finding in findings if finding["rule"]["level"] in SEVERE]
    lines = log.read_text("utf-8").splitlines()
    record = guessed["event"]["events"][-1]["record"]
    address = guessed["event"]["src_ip"]
    assert "Accepted password" in lines[record - 1]
    failed = [line for line in lines[record - 101 : record - 1] if "Failed password" in line and address in line]
    assert len(failed) >= 10
