"""Which fields of which hits the correlations of a rule set need, laid out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.errors import N_, RuleError

NUMERIC = frozenset({"value_sum", "value_avg", "value_percentile", "value_median"})
"""Kinds whose values are numbers; those of a ``value_count`` are digests of texts."""


MAX_WAYS = 100
"""In how many ways an event may reach correlations over correlations at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What correlation number ``correlation`` takes from an event: its group and its value, each of native field names.

    ``way``: the numbers of the correlations over the one that the event is a hit of, up to this one; aliases differ by it.
    """

    correlation: int
    way: tuple[int, ...]
    group: tuple[str, ...]
    value: tuple[str, ...]
    is_numeric: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for hits of rule ``rule`` in a correlation.

    ``above`` is what the correlations that refer to this one, and so on, would take from the same event, should it be the
    one by which this correlation holds; one entry for each way up.
    """

    number: int
    rule: str
    own: Wanted
    above: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All slots. ``positions``: per correlation, id of a rule to its places in the list of rules."""

    correlations: Sequence[Correlation]
    slots: Sequence[Slot] = field(init=False)
    by_rule: dict[str, list[Slot]] = field(init=False)
    positions: Sequence[dict[str, tuple[int, ...]]] = field(init=False)
    parents: Sequence[tuple[int, ...]] = field(init=False)
    """Per correlation, the numbers of those that refer to it, ascending."""
    n_above: int = field(init=False)
    """How many correlations a hit may be given on to at most."""
    row: np.dtype[np.void] = field(init=False)
    """A partial hit: ``time`` in microseconds, numbers of ``file`` and ``record``, ``slot``, digests of ``group``, ``host``
    and ``value`` (the bits of a float64 for numbers), and digest and value for each of ``above``. No digest is 0."""

    def __post_init__(self) -> None:
        numbers = {one.info.id: number for number, one in enumerate(self.correlations)}
        parents: list[list[int]] = [[] for _ in self.correlations]
        for number, one in enumerate(self.correlations):
            for rule in dict.fromkeys(one.rules):
                if rule in numbers:
                    parents[numbers[rule]].append(number)
        slots: list[Slot] = []
        for number, one in enumerate(self.correlations):
            for rule in dict.fromkeys(one.rules):
                if rule not in numbers:
                    above = self._above(number, (one.info.id, rule), (), parents)
                    slots.append(Slot(len(slots), rule, self._wanted(number, (rule,), ()), tuple(above)))
        by_rule: dict[str, list[Slot]] = {}
        for slot in slots:
            by_rule.setdefault(slot.rule, []).append(slot)
        n_above = max((len(slot.above) for slot in slots), default=0)
        names = [("time", "<i8"), ("file", "<i4"), ("slot", "<i4"), ("record", "<i8"), ("group", "<u8")]
        names += [("host", "<u8"), ("value", "<u8"), *((f"above_{n}", "<u8") for n in range(2 * n_above))]
        for name, value in (
            ("slots", slots),
            ("by_rule", by_rule),
            ("positions", [_positions(one.rules) for one in self.correlations]),
            ("parents", [tuple(sorted(found)) for found in parents]),
            ("n_above", n_above),
            ("row", np.dtype(names)),
        ):
            object.__setattr__(self, name, value)

    def _wanted(self, number: int, chain: Sequence[str], way: tuple[int, ...]) -> Wanted:
        """What correlation ``number`` takes from an event of the rule, and of the correlations over it, in ``chain``."""
        one = self.correlations[number]

        def native(name: str) -> str:
            mapping = one.aliases.get(name, {})
            return next((mapping[rule] for rule in chain if rule in mapping), name)

        group, value = tuple(map(native, one.group_by)), tuple(map(native, one.fields))
        return Wanted(number, way, group, value, one.kind in NUMERIC)

    def _above(
        self, number: int, chain: tuple[str, ...], way: tuple[int, ...], parents: Sequence[Sequence[int]]
    ) -> list[Wanted]:
        found: list[Wanted] = []
        for parent in parents[number]:
            further = (*way, parent)
            found.append(self._wanted(parent, chain, further))
            found += self._above(parent, (self.correlations[parent].info.id, *chain), further, parents)
            if len(found) > MAX_WAYS:
                raise RuleError(N_("correlations refer to each other in too many ways"))
        return found


def _positions(rules: Sequence[str]) -> dict[str, tuple[int, ...]]:
    return {rule: tuple(at for at, other in enumerate(rules) if other == rule) for rule in rules}
