"""``html``: one page that needs nothing else: no script, nothing loaded, nothing from a log that is more than text.

Counts are exact however many findings there are. Of the events, the first of each rule are shown, and of all rules so many
that a browser opens the page; workers write them, the parent keeps them in a temporary file until it knows which to show.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import orjson

from vonggac.cli.findings import json_bytes
from vonggac.cli.formats.format import Context, Format
from vonggac.cli.formats.html.event import finding_html
from vonggac.cli.formats.html.timeline import Timeline
from vonggac.cli.language import current
from vonggac.events.finding import LEVELS, Finding, RuleInfo
from vonggac.events.times import parse_time

if TYPE_CHECKING:
    from vonggac.jobs.scan import Summary

PER_RULE = 50
"""Events shown of one rule."""
IN_ALL = 2_000
"""Events shown."""
_KEPT = 20_000
"""Events kept until it is known which are shown."""
_MAX_PAIRS = 100_000
"""Hosts, and pairs of host and rule, of which is known when and how often; beyond, there are the counts alone."""
_SPOOL_MEMORY = 4 << 20


@dataclass(slots=True)
class Met:
    """When something was met first and last (microseconds since 1970; None for no time) and how often by what."""

    first: int | None = None
    last: int | None = None
    rules: Counter[str] = field(default_factory=Counter)

    def at(self, time_us: int | None) -> None:
        """Widen the stretch of time."""
        if time_us is not None:
            self.first = time_us if self.first is None else min(self.first, time_us)
            self.last = time_us if self.last is None else max(self.last, time_us)


@dataclass(slots=True)
class Collected:
    """What the parent learned from all findings. ``shown``: place in the spool of each event kept, by rule."""

    timeline: Timeline
    rules: dict[str, Met] = field(default_factory=dict)
    hosts: dict[str, Met] = field(default_factory=dict)
    infos: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    n_pairs: int = 0


class Page:
    """The format; see the module."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rendered: Counter[str] = Counter()
        self._n_rendered = 0
        self._collected = Collected(Timeline(context.zone))
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_MEMORY)  # noqa: SIM115  # closed in end()
        self._n_kept = 0

    def begin(self) -> bytes:
        """Nothing: the page begins with what is known last."""
        return b""

    def render(self, findings: Sequence[Finding]) -> bytes:
        """A line of JSON for each finding: rule, level, host, time, and of the first of a rule what is known of it and its HTML."""
        lines: list[bytes] = []
        for finding in findings:
            rule = finding.rule
            time_us = parse_time(finding.time) if finding.time else None
            line: list[object] = [_clean(rule.id), rule.level, _clean(finding.host), time_us]
            # A worker reads the blocks that it gets in order: what it has shown already stands before this finding.
            if self._rendered[rule.id] < PER_RULE and self._n_rendered < _KEPT:
                self._rendered[rule.id] += 1
                self._n_rendered += 1
                others = [other for other in findings if other.rule.id != rule.id]
                known = self._context.rules.get(rule.id)
                line += [_cleaned(_info(rule)), finding_html(finding, time_us, known, others, self._context)]
            lines.append(json_bytes(line) + b"\n")
        return b"".join(lines)

    def add(self, part: bytes) -> bytes:
        """Count what ``part`` holds and keep its events."""
        for line in part.split(b"\n"):
            if line:
                self._take(*orjson.loads(line))
        return b""

    def _take(
        self, rule: str, level: str, host: str, time_us: int | None, info: dict[str, Any] | None = None, body: str = ""
    ) -> None:
        found = self._collected
        found.timeline.add(time_us, level)
        found.rules.setdefault(rule, Met()).at(time_us)
        self._meet(host, rule, time_us)
        if info is None:
            return
        found.infos.setdefault(rule, info)
        kept = found.shown.setdefault(rule, [])
        if len(kept) < PER_RULE and self._n_kept < _KEPT:
            data = body.encode()
            kept.append((self._spool.tell(), len(data)))
            self._spool.write(data)
            self._n_kept += 1

    def _meet(self, host: str, rule: str, time_us: int | None) -> None:
        found = self._collected
        met = found.hosts.get(host)
        if met is None:
            if len(found.hosts) >= _MAX_PAIRS:
                return
            met = found.hosts[host] = Met()
        met.at(time_us)
        if rule in met.rules or found.n_pairs < _MAX_PAIRS:
            found.n_pairs += rule not in met.rules
            met.rules[rule] += 1

    def end(self, summary: Summary) -> Iterable[bytes]:
        """The whole page, in pieces."""
        from vonggac.cli.formats.html.page import page

        ranked = sorted(
            summary.by_rule.items(), key=lambda item: (-LEVELS.index(item[0][0]), -item[1], item[0][1], item[0][2])
        )
        numbers = _allot([len(self._collected.shown.get(_clean(key[2]), ())) for key, _count in ranked])
        try:
            yield from page(self._context, summary, self._collected, ranked, numbers, self._events)
        finally:
            self._spool.close()

    def _events(self, rule: str, n: int) -> Iterator[bytes]:
        """The HTML of the first ``n`` events of ``rule``."""
        for start, size in self._collected.shown.get(rule, [])[:n]:
            self._spool.seek(start)
            yield self._spool.read(size)


def _allot(kept: Sequence[int]) -> list[int]:
    """How many events of each rule are shown: the same limit for all that keeps the sum within :data:`IN_ALL`."""
    limit = PER_RULE
    while limit > 1 and sum(min(n, limit) for n in kept) > IN_ALL:
        limit -= 1
    numbers: list[int] = []
    left = IN_ALL
    for n in kept:
        numbers.append(min(n, limit, left))
        left -= numbers[-1]
    return numbers


def _clean(value: str) -> str:
    """``value`` as JSON can carry it."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _info(rule: RuleInfo) -> Mapping[str, object]:
    """What the page says of a rule, in the language of its reader where the rule brings it."""
    is_vi = current() == "vi"
    return {
        "title": rule.title, "tags": rule.tags, "author": rule.author, "references": rule.references,
        "description": (is_vi and rule.description_vi) or rule.description,
        "falsepositives": (is_vi and rule.falsepositives_vi) or rule.falsepositives,
    }  # fmt: skip


def _cleaned(info: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _clean(value) if isinstance(value, str) else [_clean(str(one)) for one in value]  # type: ignore[attr-defined]
        for name, value in info.items()
    }


def make(context: Context) -> Format:
    """The format."""
    return Page(context)
