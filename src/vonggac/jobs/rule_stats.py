"""What the rules of a set cost on given logs, what they find, and which could match nothing of them.

The cost of a rule has two parts. Its costly leaves (regular expressions, addresses, numbers) are timed one by one; a leaf that
several rules share is divided among them. The rest of the time, which goes into finding the literals of all rules at once, is
divided among the rules whose log source had events, by their number of literals: a fair share, no measurement.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.detectors.sigma import LogSource, Rule, RuleSet, SigmaDetector
from vonggac.detectors.sigma.costly import ValuesOf, judge
from vonggac.detectors.sigma.coverage import could_match
from vonggac.detectors.sigma.routing import aliases, route
from vonggac.detectors.sigma.ruleset import Node, leaves
from vonggac.errors import N_
from vonggac.events.batch import EventBatch
from vonggac.events.finding import RuleInfo
from vonggac.jobs.scan import Inputs, Reading, Summary, batches

REASONS = {
    "no_source": N_("no format in these logs has the log source of the rule"),
    "no_events": N_("no event of the rule's log source"),
    "no_fields": N_("events of the log source, but none has the fields that the rule needs"),
}
"""Why a rule could match nothing, to a text for people."""


@dataclass(slots=True)
class RuleCost:
    """One rule: what it is made of, what it cost (seconds), what it found."""

    info: RuleInfo
    logsource: LogSource
    n_literals: int
    n_costly: int
    costly_s: float = 0.0
    share_s: float = 0.0
    n_values: int = 0
    """Values that its costly leaves were judged on; distinct per batch."""
    n_events: int = 0
    """Events of its log source."""
    n_findings: int = 0
    never: str = ""
    """Why it could match nothing of these logs (see REASONS); "" where it could."""

    @property
    def seconds(self) -> float:
        """Both parts."""
        return self.costly_s + self.share_s


@dataclass(slots=True)
class Costs:
    """All rules in the order of their set, what was read, and where the time went (seconds)."""

    rules: list[RuleCost]
    summary: Summary
    decoding_s: float = 0.0
    judging_s: float = 0.0


@dataclass(slots=True)
class _Meter:
    """Judges costly leaves as the engine does, and keeps for each leaf the time and the number of values."""

    spent: dict[bytes, tuple[float, int]] = field(default_factory=dict)

    def __call__(self, leaf: Node, values_of: ValuesOf, batch: EventBatch) -> tuple[NDArray[np.int32], int]:
        n_values = 0

        def counted(name: str) -> tuple[NDArray[np.int32], list[str]]:
            nonlocal n_values
            rows, texts = values_of(name)
            n_values += len(texts)
            return rows, texts

        begin = time.perf_counter()
        answer = judge(leaf, counted, batch)
        seconds, before = self.spent.get(key := _key(leaf), (0.0, 0))
        self.spent[key] = (seconds + time.perf_counter() - begin, before + n_values)
        return answer


def _key(leaf: Node) -> bytes:
    return orjson.dumps(leaf, default=str)


def measure(
    inputs: Inputs, ruleset: RuleSet, reading: Reading, progress: Callable[[Summary], object] | None = None
) -> Costs:
    """Run the rules of ``ruleset`` (correlations are left out) over ``inputs`` in this process and keep count."""
    summary = Summary()
    measuring = _Measuring(ruleset)
    costs = Costs(measuring.costs, summary)
    begin = time.perf_counter()
    for _name, batch in batches(inputs, reading, summary):
        costs.decoding_s += time.perf_counter() - begin
        costs.judging_s += measuring.add(batch)
        if progress is not None:
            progress(summary)
        begin = time.perf_counter()
    measuring.finish()
    summary.n_findings = sum(cost.n_findings for cost in costs.rules)
    return costs


class _Measuring:
    def __init__(self, ruleset: RuleSet) -> None:
        self._rules = ruleset.rules
        self._meter = _Meter()
        heard = replace(ruleset, silent=frozenset())  # rules behind correlations cost and find as any other
        self._detector = SigmaDetector(heard, judge_leaf=self._meter)
        self._sources: set[str] = set()
        self.costs = [_cost_of(rule) for rule in ruleset.rules]
        self._by_logsource: dict[LogSource, list[int]] = {}
        self._by_leaf: dict[bytes, list[int]] = {}
        for number, rule in enumerate(ruleset.rules):
            self._by_logsource.setdefault(rule.logsource, []).append(number)
            for key in {_key(leaf) for leaf in leaves(rule.condition)}:
                self._by_leaf.setdefault(key, []).append(number)
        self._numbers = {rule.info.id: number for number, rule in enumerate(ruleset.rules)}
        self._asked = {
            logsource: {
                name for number in numbers for leaf in leaves(self._rules[number].condition) for name in _fields(leaf)
            }
            for logsource, numbers in self._by_logsource.items()
        }
        self._present: dict[LogSource, set[str]] = {logsource: set() for logsource in self._by_logsource}
        self._n_events: Counter[LogSource] = Counter()
        self._routes = SigmaDetector(RuleSet([_everything(logsource) for logsource in self._by_logsource]))

    def add(self, batch: EventBatch) -> float:
        """Judge a batch; the seconds that it took."""
        if batch.source not in self._sources:
            self._sources.add(batch.source)
            self._detector.plan(batch.source)  # made once, which is no cost of a rule
        self._meter.spent.clear()
        begin = time.perf_counter()
        hits = self._detector.detect(batch)
        seconds = time.perf_counter() - begin
        rows = self._rows(batch)  # afterwards: what it reads of the batch is kept, and would make the rules look cheap
        for logsource, found in rows.items():
            self._n_events[logsource] += len(found)
            self._look_for_fields(batch, logsource, found)
        for hit in hits:
            self.costs[self._numbers[hit.rule.id]].n_findings += 1
        self._share(seconds, rows)
        return seconds

    def _rows(self, batch: EventBatch) -> dict[LogSource, NDArray[np.int32]]:
        """The rows of each log source that has some."""
        found: dict[str, list[int]] = {}
        for hit in self._routes.detect(batch):
            found.setdefault(hit.rule.id, []).append(hit.row)
        by_id = {str(logsource): logsource for logsource in self._by_logsource}
        return {by_id[name]: np.array(rows, np.int32) for name, rows in found.items()}

    def _look_for_fields(self, batch: EventBatch, logsource: LogSource, rows: NDArray[np.int32]) -> None:
        present = self._present[logsource]
        other_names: dict[str, list[str]] = {}
        for alias in aliases(batch.source):
            other_names.setdefault(alias.name, []).append(alias.field)
        for name in self._asked[logsource] - present:
            natives = [name, *other_names.get(name, ())]
            if not name or any(np.isin(batch.rows_with(native), rows).any() for native in natives):
                present.add(name)

    def _share(self, seconds: float, rows: Iterable[LogSource]) -> None:
        for key, (spent, n_values) in self._meter.spent.items():
            numbers = [n for n in self._by_leaf.get(key, ()) if self._rules[n].logsource in rows]
            for number in numbers:
                self.costs[number].costly_s += spent / len(numbers)
                self.costs[number].n_values += n_values
            seconds -= spent if numbers else 0
        live = [number for logsource in rows for number in self._by_logsource[logsource]]
        whole = sum(1 + self.costs[number].n_literals for number in live)
        for number in live:
            cost = self.costs[number]
            cost.share_s += max(seconds, 0) * (1 + cost.n_literals) / whole

    def finish(self) -> None:
        """Say of each rule whether it could match anything."""
        for number, cost in enumerate(self.costs):
            logsource = cost.logsource
            cost.n_events = self._n_events[logsource]
            if all(route(source, logsource) is None for source in self._sources):
                cost.never = "no_source"
            elif not cost.n_events:
                cost.never = "no_events"
            elif not could_match(self._rules[number].condition, self._present[logsource].__contains__):
                cost.never = "no_fields"


def _cost_of(rule: Rule) -> RuleCost:
    found = list(leaves(rule.condition))
    literals = sum(leaf[0] == "glob" for leaf in found)
    return RuleCost(
        rule.info, rule.logsource, literals, sum(leaf[0] in ("re", "cidr", "cmp", "ref", "part") for leaf in found)
    )


def _fields(leaf: Node) -> Sequence[str]:
    return leaf[1:3] if leaf[0] == "ref" else leaf[1:2]


def _everything(logsource: LogSource) -> Rule:
    """A rule that every event of ``logsource`` fits; its id is the log source in words."""
    name = str(logsource)
    return Rule(RuleInfo(id=name, title=name, level="informational"), logsource, ["and"], "")
