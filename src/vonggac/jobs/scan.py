"""The job of scanning: inputs through sources and detectors to findings, counted, in the order of the input.

The parent opens and frames, workers (``pool.py``) decode, detect and write findings as bytes; what they answer is the same
however many there are. Nothing is left out without being counted in the :class:`Summary`.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice

import numpy as np
from numpy.typing import NDArray

from vonggac import sources
from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.correlation.partials import gather
from vonggac.detectors.detector import Detector
from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.detectors.tuning import Tuning
from vonggac.errors import N_, InputError, VonggacError
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.finding import LEVELS, Finding, Hit, event_id, finding_id
from vonggac.events.skips import Skip
from vonggac.events.times import iso
from vonggac.jobs.correlate import Collector, pack
from vonggac.jobs.pool import Head, Pool, Task
from vonggac.jobs.sifting import sift
from vonggac.jobs.since import Since
from vonggac.sources.source import BLOCK_BYTES, SNIFF_BYTES, Block, Options, Reader, Rewound, Source

PLACES = 5
"""How many places of each reason are kept to be shown."""

COLLECT_EVERY = 32
"""Blocks between two collections of garbage: decoding makes no cycles, and looking for them costs a third of its time."""

PERIOD_REASONS = frozenset({"outside_period", "no_time"})
"""Reasons that are the user's wish, not a fault of the input."""

Inputs = Iterable[tuple[str, Reader | VonggacError]]
"""Display name and stream of each input, or why there is none."""

Period = tuple[int | None, int | None]
"""Microseconds since 1970 in UTC: from (inclusive) and to (exclusive); None for open."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read inputs: ``source`` overrides what the content says, empty for none."""

    options: Options = field(default_factory=Options)
    source: str = ""
    block_bytes: int = BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a worker needs: what to read, what to look for, what to keep, how to write it.

    ``tuning``: how levels differ here and which events are exceptions. ``since``: what earlier runs read.
    ``render`` turns the findings of one event, which share everything but the rule, into bytes; None when only the counts
    are wanted. ``correlations`` and ``silent`` are those of the rule set of ``detectors``.
    """

    detectors: Sequence[Detector]
    correlations: Sequence[Correlation] = ()
    silent: frozenset[str] = frozenset()
    tuning: Tuning | None = None
    since: Since | None = None
    reading: Reading = field(default_factory=Reading)
    period: Period = (None, None)
    level: str = LEVELS[0]
    render: Callable[[Sequence[Finding]], bytes] | None = None
    jobs: int = 1


@dataclass(slots=True)
class Skipped:
    """Records left out for one reason: how many, and the first places as (file, record, detail)."""

    count: int = 0
    places: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """What was read, found and left out."""

    n_files: int = 0
    n_bytes: int = 0
    n_events: int = 0
    n_findings: int = 0
    unreadable: list[tuple[str, VonggacError]] = field(default_factory=list)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    by_level: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Keys are level, title, id."""
    by_host: dict[str, Counter[str]] = field(default_factory=dict)
    """Host to level to number."""

    timeouts: Counter[str] = field(default_factory=Counter)
    """Rule id to the values that its regular expressions gave up on."""
    excepted: Counter[str] = field(default_factory=Counter)
    """Title of a rule to its findings that are exceptions of the tuning."""

    uncorrelated: dict[str, Skipped] = field(default_factory=dict)
    """Reason to the hits that a correlation could not take in; a place's detail is the title of the correlation."""
    forgotten: Counter[str] = field(default_factory=Counter)
    """``groups`` and ``events`` that correlations had to forget, since too many were held at once."""

    def skip(self, file: str, skips: Iterable[Skip]) -> None:
        """Count records of ``file`` that were left out."""
        for skip in skips:
            entry = self.skipped.setdefault(skip.reason, Skipped())
            entry.count += skip.count
            if len(entry.places) < PLACES:
                entry.places.append((file, skip.record, skip.detail))

    def leave(self, reason: str, correlation: str, count: int, file: str = "", record: int = 0) -> None:
        """Count hits that ``correlation`` could not take in, the first of them at a place."""
        entry = self.uncorrelated.setdefault(reason, Skipped())
        entry.count += count
        if len(entry.places) < PLACES:
            entry.places.append((file, record, correlation))

    def found(self, level: str, title: str, rule: str, host: str, count: int) -> None:
        """Count findings."""
        self.n_findings += count
        self.by_level[level] += count
        self.by_rule[level, title, rule] += count
        self.by_host.setdefault(host, Counter())[level] += count

    def has_faults(self) -> bool:
        """Whether anything could not be read."""
        return bool(self.unreadable or self.timeouts or self.forgotten) or not PERIOD_REASONS.issuperset(self.skipped)

    def is_nothing_read(self) -> bool:
        """Whether there was something to read and none of it could be."""
        return self.n_events == 0 and self.has_faults()

    def reaches(self, level: str) -> bool:
        """Whether there is a finding at ``level`` or above."""
        return any(self.by_level[name] for name in LEVELS[LEVELS.index(level) :])


def blocks(
    inputs: Inputs, reading: Reading, summary: Summary, since: Since | None = None
) -> Iterator[tuple[str, Source, Block]]:
    """The blocks of all ``inputs``, in order, each with its file's name and source; what cannot be read is counted.

    ``since``: what earlier runs read, which is left out.
    """
    chosen = sources.by_name(reading.source) if reading.source else None
    for name, stream in inputs:
        try:
            if isinstance(stream, VonggacError):
                raise stream
            head = _head(stream)
            if head:
                source = chosen or sources.detect(head, name)
                framed = source.frame(Rewound(head, stream), block_bytes=reading.block_bytes)
                for block in since.new(source.name, framed) if since else framed:
                    summary.n_bytes += len(block.data)
                    yield name, source, block
            summary.n_files += 1
        except VonggacError as error:
            summary.unreadable.append((name, error))
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            fault = InputError(N_("could not be read to its end: {reason}"), where=name, reason=reason)
            summary.unreadable.append((name, fault))


def _head(stream: Reader) -> bytes:
    head = b""
    while len(head) < SNIFF_BYTES and (part := stream.read(SNIFF_BYTES - len(head))):
        head += part
    return head


def decode(source: Source, block: Block, options: Options) -> EventBatch:
    """The block as a batch; where the source itself fails, a batch without events that says so."""
    try:
        batch = source.decode(block, options)
    except Exception as error:  # noqa: BLE001  # bad input must never end the job; the failure is counted and shown
        detail = f"{type(error).__name__}: {error}"[:200]
        skip = Skip("decoder_failed", block.first_record, max(block.n_records, 1), detail)
        batch = EventBatch(source.name, (), skipped=(skip,))
    return batch


def batches(inputs: Inputs, reading: Reading, summary: Summary) -> Iterator[tuple[str, EventBatch]]:
    """All ``inputs`` as batches with their file's name, decoded here, for jobs that keep what they learn."""
    for name, source, block in blocks(inputs, reading, summary):
        batch = decode(source, replace(block, skipped=()), reading.options)  # some sources repeat what framing skipped
        summary.n_events += batch.n_rows
        summary.skip(name, [*block.skipped, *batch.skipped])
        yield name, batch


class Judge:
    """What a worker does with one block: decode, detect, write the findings, count."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._sources = {source.name: source for source in sources.SOURCES}
        self._levels = frozenset(LEVELS[LEVELS.index(plan.level) :])
        self._layout = Layout(plan.correlations)
        self._n_blocks = 0

    def __call__(self, head: Head, data: bytes) -> tuple[Head, bytes]:
        """The counts of the block and its findings as bytes."""
        gc.disable()
        self._n_blocks += 1
        if self._n_blocks % COLLECT_EVERY == 0:
            gc.collect()
        block = Block(
            data,
            head["first_record"],
            head["n_records"],
            head["context"].encode("latin-1"),
            around=head["around"].encode("latin-1"),
        )
        batch, n_others = self._read(self._sources[head["source"]], block, is_whole=head["old"] > 0)
        hits = [hit for detector in self._plan.detectors for hit in detector.detect(batch)]
        referenced = {rule: rows for detector in self._plan.detectors for rule, rows in _referenced(detector).items()}
        if (old := head["old"]) and (last := _last_of(batch, old, block.n_records)) is not None:
            hits = [hit for hit in hits if batch.record(hit.row) > last]
            referenced = {
                rule: rows[[batch.record(row) > last for row in rows.tolist()]] for rule, rows in referenced.items()
            }
            n_others -= old
        excepted: Counter[str] = Counter()
        if tuning := self._plan.tuning:
            hits, excepted = tuning.apply(batch, hits)
            referenced = tuning.narrow(batch, referenced)
        skips = list(batch.skipped)
        hits = [hit for hit in hits if hit.rule.level in self._levels]
        if self._plan.period != (None, None):
            hits = self._within_period(batch, hits, skips)
        hits.sort(key=lambda hit: (batch.record(hit.row), hit.rule.id))
        tally, lines = self._findings(batch, hits, head["file"])
        answer = {
            "file": head["file"],
            "n_events": batch.n_rows + n_others,
            "tally": [[*key, count] for key, count in tally.items()],
            "skipped": [*head["skipped"], *([s.reason, s.record, s.count, s.detail] for s in skips)],
            "timeouts": self._timeouts(),
            "excepted": excepted,
        }
        body = b"".join(lines)
        if self._layout.correlations and referenced:
            answer["partials"], data = pack(gather(self._layout, batch, referenced, self._plan.period))
            answer["n_line_bytes"] = len(body)
            body += data
        return answer, body

    def _read(self, source: Source, block: Block, *, is_whole: bool = False) -> tuple[EventBatch, int]:
        """The events that detectors have to see (all of them where ``is_whole``), and how many more the block holds."""
        plan = self._plan
        may_sift = plan.period == (None, None) and not is_whole  # a period is asked of every event
        found = sift(source, block, plan.detectors, plan.reading.options) if may_sift else None
        return found or (decode(source, block, plan.reading.options), 0)

    def warm(self, source: str) -> None:
        """Make what the detectors make once per kind of event, so that workers forked later share it."""
        batch, _ = self._read(self._sources[source], Block(b""))
        for detector in self._plan.detectors:
            detector.detect(batch)

    def _timeouts(self) -> dict[str, int]:
        """Values left unjudged since the last block, by rule."""
        counts: Counter[str] = Counter()
        for detector in self._plan.detectors:
            given_up = getattr(detector, "timeouts", None)  # only detectors with a time limit have it
            if given_up:
                counts.update({rule: count for rule, count in given_up.items() if count})
                given_up.clear()
        return counts

    def _within_period(self, batch: EventBatch, hits: list[Hit], skips: list[Skip]) -> list[Hit]:
        start, end = self._plan.period
        times = concepts.times_us(batch)
        outside: dict[int, str] = {}
        for row, time in enumerate(times):
            if time is None:
                outside[row] = "no_time"
            elif (start is not None and time < start) or (end is not None and time >= end):
                outside[row] = "outside_period"
        counts = Counter(outside.values())
        first = {reason: row for row, reason in reversed(outside.items())}
        skips.extend(Skip(reason, batch.record(first[reason]), count) for reason, count in counts.items())
        return [hit for hit in hits if hit.row not in outside]

    def _findings(
        self, batch: EventBatch, hits: Iterable[Hit], file: str
    ) -> tuple[Counter[tuple[str, ...]], list[bytes]]:
        """Counts by level, title, rule and host, and the findings written out."""
        tally: Counter[tuple[str, ...]] = Counter()
        lines: list[bytes] = []
        render = self._plan.render
        for row, group in groupby(hits, key=lambda hit: hit.row):
            rules = list(group)
            host = concepts.text(batch, row, "host.name")
            tally.update((hit.rule.level, hit.rule.title, hit.rule.id, host) for hit in rules)
            if render is not None:
                record, event = batch.record(row), batch.event(row)
                name = event_id(batch.source, record, event)
                time = iso(concepts.time_us(batch, row))
                found = [
                    Finding(
                        finding_id(hit.rule.id, name),
                        hit.rule,
                        time,
                        batch.source,
                        host,
                        file,
                        record,
                        event,
                        hit.detail,
                    )
                    for hit in rules
                ]
                lines.append(render(found))
        return tally, lines


def _last_of(batch: EventBatch, n: int, n_records: int) -> int | None:
    """The number of the n-th event; None when some of the ``n_records`` could not be read, so that it is not known which it is."""
    if batch.n_rows != n_records:
        return None
    return sorted(map(batch.record, range(batch.n_rows)))[n - 1]


def _referenced(detector: Detector) -> Mapping[str, NDArray[np.int32]]:
    """The rows of the batch judged last that correlations ask for; only detectors of rules have them."""
    found: Mapping[str, NDArray[np.int32]] = getattr(detector, "referenced", {})
    return found


def _tasks(inputs: Inputs, plan: Plan, summary: Summary) -> Iterator[Task]:
    for number, (name, source, block) in enumerate(blocks(inputs, plan.reading, summary, plan.since), 1):
        head = {
            "file": name,
            "source": source.name,
            "first_record": block.first_record,
            "n_records": block.n_records,
            "context": block.context.decode("latin-1"),  # JSON holds no bytes; this way each is one character
            "around": block.around.decode("latin-1"),
            "skipped": [[s.reason, s.record, s.count, s.detail] for s in block.skipped],
            "old": block.old,
        }
        yield Task(f"{name} (block {number}, from record {block.first_record})", head, block.data)


def scan(
    inputs: Inputs, plan: Plan, write: Callable[[bytes], object], progress: Callable[[Summary], object] | None = None
) -> Summary:
    """Run ``plan`` over ``inputs``; ``write`` receives the findings in order, ``progress`` the counts after each block.

    Those of correlations come last, in order of time.

    Workers are forked once the first block is there (its source is known then) and before ``progress`` is first called.
    Raises WorkFailed when one dies.
    """
    summary = Summary()
    plan = replace(plan, correlations=_wanted(plan))
    tasks = _tasks(inputs, plan, summary)
    judge = Judge(plan)
    try:
        first = list(islice(tasks, 1))
        for task in first:
            judge.warm(task.head["source"])
        with Collector(plan.correlations) as collector:
            with Pool(judge, plan.jobs if first else 1) as pool:
                for answer, lines in pool.map(chain(first, tasks)):
                    _count(summary, answer)
                    lines = _collect(answer, lines, collector, summary)
                    if lines:
                        write(lines)
                    if progress is not None:
                        progress(summary)
            _correlate(collector, plan, write, summary)
    finally:
        gc.enable()
    return summary


def _collect(answer: Head, lines: bytes, collector: Collector, summary: Summary) -> bytes:
    """Keep the partial hits of an answer; what is left are its findings."""
    if "partials" not in answer:
        return lines
    head, file = answer["partials"], answer["file"]
    for number, reason, count, record in head["left"]:
        summary.leave(reason, collector.layout.correlations[number].info.title, count, file, record)
    collector.add(file, head, lines[answer["n_line_bytes"] :])
    return lines[: answer["n_line_bytes"]]


def _wanted(plan: Plan) -> list[Correlation]:
    """The correlations that may give a finding that is asked for, and those that these refer to."""
    levels = LEVELS[LEVELS.index(plan.level) :]
    kept: list[Correlation] = []
    needed: set[str] = set()
    for one in reversed(plan.correlations):
        if one.info.id in needed or (one.info.level in levels and one.info.id not in plan.silent):
            needed.update(one.rules)
            kept.append(one)
    return kept[::-1]


def _correlate(collector: Collector, plan: Plan, write: Callable[[bytes], object], summary: Summary) -> None:
    """Judge what was collected and write the findings that are wanted."""
    levels = LEVELS[LEVELS.index(plan.level) :]
    for finding in collector.findings():
        rule = finding.rule
        if rule.level in levels and rule.id not in plan.silent:
            summary.found(rule.level, rule.title, rule.id, finding.host, 1)
            if plan.render is not None:
                write(plan.render([finding]))
    counts = collector.counts
    for (number, reason), count in sorted(counts.left.items()):
        summary.leave(reason, collector.layout.correlations[number].info.title, count)
    summary.forgotten.update({"groups": counts.evicted_groups, "events": counts.evicted_events})
    summary.forgotten += Counter()  # without those that are none


def _count(summary: Summary, answer: Head) -> None:
    summary.n_events += answer["n_events"]
    summary.skip(answer["file"], (Skip(*entry) for entry in answer["skipped"]))
    for entry in answer["tally"]:
        summary.found(*entry)
    summary.timeouts.update(answer["timeouts"])
    summary.excepted.update(answer["excepted"])
