"""The same logs and lists twice, with and without the door to raw text: for the tests of sifting, and for fuzzing it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

from vonggac import sources
from vonggac.detectors.detector import Detector
from vonggac.detectors.indicators.detector import CONCEPTS, IndicatorDetector
from vonggac.detectors.indicators.indicator import Indicator, Kind, Place
from vonggac.detectors.indicators.matching import kind_of
from vonggac.events.batch import EventBatch
from vonggac.events.concepts import fields_of
from vonggac.events.finding import Finding, Hit
from vonggac.jobs.scan import Plan, Reading, Summary, scan
from vonggac.sources.excerpts import LineSource
from vonggac.sources.source import Options, Source

LINE_SOURCES = [source for source in sources.SOURCES if isinstance(source, LineSource)]
_LABEL = re.compile(r"[A-Za-z][\w-]{0,62}")
_DIGITS = {32: "md5", 40: "sha1", 64: "sha256"}


def listed(value: str) -> Indicator | None:
    """``value`` as a list would have it; None when it is nothing to look for."""
    value = value.strip()
    is_digest = len(value) in _DIGITS and set(value.lower()) <= set("0123456789abcdef")
    kind: Kind | None = (
        _DIGITS[len(value)] if is_digest else kind_of(value) or ("domain" if _LABEL.fullmatch(value) else None)
    )  # type: ignore[assignment]  # its values are
    return Indicator(kind, value, value, "hostile", Place("list.txt", "", 1)) if kind else None


class WholeReader:
    """A detector without the door to raw text."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def detect(self, batch: EventBatch) -> Sequence[Hit]:
        return self._detector.detect(batch)


def written(findings: Sequence[Finding]) -> bytes:
    return b"".join(repr(one).encode("utf-8", "backslashreplace") + b"\n" for one in findings)


def told(source: Source, data: bytes, detector: Detector, block_bytes: int = 1 << 20) -> tuple[bytes, Summary]:
    out: list[bytes] = []
    plan = Plan([detector], reading=Reading(Options(year=2026), source.name, block_bytes), render=written)
    summary = scan([("x.log", io.BytesIO(data))], plan, out.append)
    return b"".join(out), summary


def values_in(source: Source, data: bytes) -> set[str]:
    """Every text that a detector of indicators would look at."""
    found: set[str] = set()
    for block in source.frame(io.BytesIO(data)):
        batch = source.decode(block, Options())
        for name in {name for concept in CONCEPTS for name in fields_of(concept, batch.source)}:
            found.update(batch.column(name).texts())
    return found


def assert_same(source: Source, data: bytes, indicators: Iterable[Indicator], block_bytes: int = 1 << 20) -> bytes:
    detector = IndicatorDetector(indicators)
    findings, summary = told(source, data, detector, block_bytes)
    slow_findings, slow_summary = told(source, data, WholeReader(detector), block_bytes)
    assert findings == slow_findings
    assert summary == slow_summary
    return findings
