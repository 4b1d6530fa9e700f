"""A slow judge of Sigma correlations and filters: every window looked at anew, straight from the specification.

Shares no code with the engine, nor with the library that parses rules for it. Where the specification is silent, what
``docs/sigma.md`` says holds: windows include both ends and are looked at when their group is hit; a burst is told once.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oracle import Event, Oracle, RuleFault, field_texts, number_of

COMPARE = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge, "eq": operator.eq, "neq": operator.ne,
}  # fmt: skip
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}


First = tuple[int, str, int] | tuple[int] | tuple[()]


@dataclass(frozen=True)
class Logged:
    """An event where it stands: time in microseconds, file and record."""

    time: int
    file: str
    record: int
    event: Event

    def place(self) -> tuple[int, str, int]:
        return self.time, self.file, self.record


@dataclass(frozen=True)
class Found:
    """A finding: of which rule, for which values, when, what was counted, and the time, file and record where that begins.

    ``first`` is empty where several ways begin at the same time, or at different ones.
    """

    title: str
    group: tuple[str, ...]
    time: int
    value: int | float
    first: First


@dataclass(frozen=True)
class _Hit:
    """One event, the rule that it is a hit of, and for a correlation those through which it came there."""

    logged: Logged
    rule: str
    through: tuple[str, ...] = ()


class Book:
    """Rules, filters and correlations, as what their YAML loads to; each rule has a ``name``."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self.correlations = {d["name"]: d for d in documents if "correlation" in d}
        filters = [d for d in documents if "filter" in d]
        self.rules = {
            d["name"]: [Oracle(d), *(_filter(f) for f in filters if _is_for(f, d))]
            for d in documents
            if "detection" in d
        }

    def matching(self, name: str, logged: Sequence[Logged]) -> list[Logged]:
        """The events that the rule ``name`` is hit by, filters considered."""
        return [one for one in logged if all(part.matches(one.event) for part in self.rules[name])]

    def silent(self) -> set[str]:
        """The rules that give no findings of their own."""
        return {rule for d in self.correlations.values() if not d["correlation"].get("generate") for rule in listed(d)}

    def findings(self, logged: Sequence[Logged]) -> list[Found]:
        """What all correlations find in ``logged``, but for those that are there for others only."""
        judged: dict[str, _Judged] = {}
        silent = self.silent()
        for name in self.correlations:
            self._judge(name, logged, judged)
        return [one for name, found in judged.items() if name not in silent for one in found.found]

    def _judge(self, name: str, logged: Sequence[Logged], judged: dict[str, _Judged]) -> _Judged:
        if name not in judged:
            document = self.correlations[name]
            kind = document["correlation"]["type"]
            hits = []
            for rule in dict.fromkeys(listed(document)):
                if rule in self.rules:
                    hits += [_Hit(one, rule) for one in self.matching(rule, logged)]
                else:
                    below = self._judge(rule, logged, judged)
                    mine = below.held if kind.startswith("temporal") else below.begun
                    hits += [_Hit(one.logged, rule, (one.rule, *one.through)) for one in mine]
            judged[name] = _Correlation(document).judge(hits)
        return judged[name]


@dataclass(frozen=True)
class _Judged:
    found: list[Found]
    held: list[_Hit]
    begun: list[_Hit]


def _filter(document: Mapping[str, Any]) -> Oracle:
    return Oracle({"detection": {key: value for key, value in document["filter"].items() if key != "rules"}})


def _is_for(document: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    """A filter is for the rules that it names, or any, of its log source."""
    if any(rule["logsource"].get(key) != value for key, value in document["logsource"].items()):
        return False
    names = document["filter"]["rules"]
    return names in ("any", []) or bool(
        {rule["name"], rule.get("id")} & set(names if isinstance(names, list) else [names])
    )


def listed(document: Mapping[str, Any]) -> list[str]:
    """The rules of a correlation, in order."""
    rules = document["correlation"].get("rules")
    if rules:
        return [rules] if isinstance(rules, str) else list(rules)
    words = document["correlation"]["condition"].replace("(", " ").replace(")", " ").split()
    return list(dict.fromkeys(word for word in words if word not in ("and", "or", "not")))


class _Correlation:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.title = document["title"]
        self.of = document["correlation"]
        self.kind = self.of["type"]
        self.rules = listed(document)
        self.span = int(self.of["timespan"][:-1]) * UNITS[self.of["timespan"][-1]] * 1_000_000
        by = self.of.get("group-by") or []
        self.group_by = [by] if isinstance(by, str) else by

    def judge(self, hits: Sequence[_Hit]) -> _Judged:
        """Every group, at every time at which it is hit."""
        groups: dict[tuple[str, ...], list[_Hit]] = {}
        for hit in hits:
            group = tuple(self.value(hit, name) or "" for name in self.group_by)
            if all(group) and self.counts(hit):
                groups.setdefault(group, []).append(hit)
        result = _Judged([], [], [])
        for group, mine in groups.items():
            mine.sort(key=lambda hit: (hit.logged.place(), self.rules.index(hit.rule)))
            held: list[int] = []
            for time, now in itertools.groupby(mine, key=lambda hit: hit.logged.time):
                at_once = list(now)
                window = [hit for hit in mine if time - self.span <= hit.logged.time <= time]
                value, first = self.measure(window)
                if value is None:
                    continue
                if all(time - before > self.span for before in held):
                    shown = int(value) if value == int(value) else float(value)
                    result.found.append(Found(self.title, group, time, shown, first))
                    result.begun.append(at_once[-1])
                held.append(time)
                result.held.extend(at_once)
        return result

    def value(self, hit: _Hit, name: str) -> str | None:
        """The first value of a field, under the name that the alias gives it for the rule."""
        mapping = self.of.get("aliases", {}).get(name, {})
        native = next((mapping[rule] for rule in (hit.rule, *hit.through) if rule in mapping), name)
        texts = field_texts(hit.logged.event, native)
        return texts[0] if texts and texts[0] not in ("", "-") else None

    def fields(self) -> list[str]:
        condition = self.of.get("condition")
        given = condition.get("field", []) if isinstance(condition, dict) else []
        return [given] if isinstance(given, str) else given

    def counts(self, hit: _Hit) -> bool:
        values = [self.value(hit, name) for name in self.fields()]
        if self.kind in ("value_sum", "value_avg", "value_median", "value_percentile"):
            return values[0] is not None and number_of(values[0]) is not None
        return None not in values

    def number(self, hit: _Hit) -> Fraction:
        found = number_of(self.value(hit, self.fields()[0]) or "")
        assert found is not None
        return Fraction(float(found))

    def measure(self, window: Sequence[_Hit]) -> tuple[Fraction | int | None, First]:
        """What the condition is about, if it holds, and where the hits that count begin."""
        chosen: Sequence[_Hit] = window
        value: Fraction | int
        if self.kind == "event_count":
            value = len(window)
        elif self.kind == "value_count":
            value = len({tuple(self.value(hit, name) for name in self.fields()) for hit in window})
        elif self.kind == "value_sum":
            value = sum((self.number(hit) for hit in window), Fraction(0))
        elif self.kind == "value_avg":
            value = sum((self.number(hit) for hit in window), Fraction(0)) / len(window)
        elif self.kind in ("value_median", "value_percentile"):
            per_cent = 50 if self.kind == "value_median" else self.of["condition"]["percentile"]
            value = percentile(sorted(self.number(hit) for hit in window), per_cent)
        else:
            return self.temporal(window)
        return (value if self.holds(value) else None), _first(chosen)

    def holds(self, value: Fraction | int) -> bool:
        condition = self.of.get("condition") or {"gte": len(self.rules)}
        return all(COMPARE[name](value, than) for name, than in condition.items() if name in COMPARE)

    def temporal(self, window: Sequence[_Hit]) -> tuple[Fraction | int | None, First]:
        present = {hit.rule for hit in window}
        condition = self.of.get("condition")
        last = [max((h for h in window if h.rule == rule), key=lambda h: h.logged.time) for rule in present]
        if self.kind == "temporal":
            if isinstance(condition, str):
                return (1 if _Expression(condition).holds(present, present) else None), _first(last)
            return (len(present) if self.holds(len(present)) else None), _first(last)
        if isinstance(condition, str):
            order = list(dict.fromkeys(self.rules))
            for size in range(1, len(order) + 1):
                for chosen in itertools.combinations(order, size):
                    if _Expression(condition).holds(set(chosen), present):
                        chains = list(_chains(chosen, window))
                        if chains:
                            return 1, ()
            return None, ()
        longest: list[tuple[_Hit, ...]] = [()]
        for size in range(len(self.rules), 0, -1):
            longest = [
                chain
                for places in itertools.combinations(range(len(self.rules)), size)
                for chain in _chains([self.rules[place] for place in places], window)
            ]
            if longest:
                break
        value = len(longest[0])
        begins = max(chain[0].logged.time for chain in longest)
        return (value if self.holds(value) else None), (begins,)


def _first(hits: Sequence[_Hit]) -> First:
    return min(hit.logged.place() for hit in hits)


def _chains(rules: Sequence[str], window: Sequence[_Hit]) -> Iterator[tuple[_Hit, ...]]:
    """Every way to have the rules hit one after the other, by different hits."""
    pools = [[hit for hit in window if hit.rule == rule] for rule in rules]
    for chain in itertools.product(*pools):
        if len({id(hit) for hit in chain}) == len(chain) and all(
            one.logged.time <= other.logged.time for one, other in itertools.pairwise(chain)
        ):
            yield chain


def percentile(ordered: Sequence[Fraction], per_cent: int) -> Fraction:
    """The value at ``per_cent`` of the way from the least to the greatest, between two neighbours in proportion."""
    way = Fraction(per_cent, 100) * (len(ordered) - 1)
    below = way.numerator // way.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (way - below)


class _Expression:
    """``or`` over ``and`` over ``not`` over names and parentheses."""

    def __init__(self, text: str) -> None:
        self.words = text.replace("(", " ( ").replace(")", " ) ").split()
        self.tree = self.either()
        if self.words:
            raise RuleFault(f"unexpected {self.words[0]}")

    def either(self) -> Any:
        parts = [self.both()]
        while self.words[:1] == ["or"]:
            self.words.pop(0)
            parts.append(self.both())
        return ("or", parts)

    def both(self) -> Any:
        parts = [self.one()]
        while self.words[:1] == ["and"]:
            self.words.pop(0)
            parts.append(self.one())
        return ("and", parts)

    def one(self) -> Any:
        word = self.words.pop(0)
        if word == "not":
            return ("not", self.one())
        if word == "(":
            inner = self.either()
            self.words.pop(0)
            return inner
        return ("rule", word)

    def holds(self, chosen: set[str], present: set[str]) -> bool:
        """Whether it holds with the rules ``chosen``, those that it wants absent being none of the ``present``."""
        return self._holds(self.tree, chosen, present, wanted=True)

    def _holds(self, node: Any, chosen: set[str], present: set[str], *, wanted: bool) -> bool:
        if node[0] == "rule":
            return node[1] in chosen if wanted else node[1] not in present
        if node[0] == "not":
            return self._holds(node[1], chosen, present, wanted=not wanted)
        linked = all if (node[0] == "and") == wanted else any
        return linked(self._holds(child, chosen, present, wanted=wanted) for child in node[1])
