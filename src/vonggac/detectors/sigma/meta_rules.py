"""Filters and correlations: what pySigma parsed of them, held against the rules that they name.

Rules are named by id, or by the ``name`` that they have in the same file, else in any file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionItem,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)

from vonggac.detectors.sigma.ruleset import Correlation, LogSource, Node, Rule, fault_of
from vonggac.errors import N_, RuleError
from vonggac.events.finding import RuleInfo

_MICROSECONDS = 1_000_000
_LONGEST_US = 2**60
"""A timespan beyond 36,000 years is as good as this one."""
_MAX_DEPTH = 50
_MAX_ORDERED = 12
"""How many rules may be put into an order: what is held of a group grows with their square."""
_MAX_CHAIN = 10
"""How many correlations may be over each other."""

NOT_A_NAME = N_("names a rule by something that is no text")
NOT_A_PERCENTILE = N_("a percentile must be a whole number from 0 to 100, not {value}")
UNKNOWN_PART = N_("the condition has a part of unknown kind: {kind}")

Known = Mapping[str, Mapping[str, frozenset[str]]]
"""Name of a rule to the files that have such a rule to its ids."""


@dataclass(frozen=True, slots=True)
class FilterDraft:
    """A filter as it is written: ``names`` of rules that it is for, none for any rule of its log source."""

    title: str
    logsource: LogSource
    names: tuple[str, ...]
    condition: Node
    place: str


@dataclass(frozen=True, slots=True)
class CorrelationDraft:
    """A correlation as it is written: ``parsed`` names its rules as the file does."""

    info: RuleInfo
    parsed: SigmaCorrelationRule
    conditions: tuple[tuple[str, int | float], ...]
    place: str

    def names(self) -> list[str]:
        """The rules that it refers to, in order."""
        if self.parsed.rules is not None:
            return [reference.reference for reference in self.parsed.rules]
        condition = self.parsed.condition
        return condition.get_referenced_rules() if isinstance(condition, SigmaExtendedCorrelationCondition) else []


class Names:
    """Ids of rules by what other rules call them."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._by_name: dict[str, dict[str, str]] = {}

    def add(self, identifier: str, name: str, place: str) -> None:
        """Know the rule ``identifier``, which the file of ``place`` may call ``name``."""
        self._ids.add(identifier)
        if name:
            self._by_name.setdefault(name, {}).setdefault(file_of(place), identifier)

    def find(self, name: object, place: str) -> str:
        """The id of the rule that the file of ``place`` calls ``name``; raises RuleError that says why there is none."""
        if not isinstance(name, str):
            raise RuleError(NOT_A_NAME)
        if name.lower() in self._ids:
            return name.lower()
        places = self._by_name.get(name, {})
        found = places.get(file_of(place))
        if found is not None:
            return found
        distinct = set(places.values())
        if len(distinct) == 1:
            return distinct.pop()
        if distinct:
            raise RuleError(
                N_("names the rule “{name}”, of which there are {n} in other files"), name=name, n=len(distinct)
            )
        raise RuleError(N_("names the rule “{name}”, which is not there or cannot be used"), name=name)


def file_of(place: str) -> str:
    """The file of a place ``file:line``."""
    file, _, line = place.rpartition(":")
    return file if line.isdigit() else place


def apply_filters(
    rules: Sequence[Rule], filters: Iterable[FilterDraft], names: Names
) -> tuple[list[Rule], list[RuleError]]:
    """``rules`` with the conditions of the filters for them, and faults of the filters that are for none."""
    at = {rule.info.id: number for number, rule in enumerate(rules)}
    kept = list(rules)
    faults: list[RuleError] = []
    for one in filters:
        found: list[int] = []
        unfit: list[RuleError] = []
        for name in one.names:
            try:
                found.append(_filtered(name, one, names, at, rules))
            except RuleError as error:
                unfit.append(fault_of(error, one.place))
        if not one.names:
            found = [number for number, rule in enumerate(rules) if covers(one.logsource, rule.logsource)]
        elif not found:
            faults.append(unfit[0])
        for number in dict.fromkeys(found):
            condition = ["and", kept[number].condition, ["is", f"filter {one.title}", one.condition]]
            kept[number] = replace(kept[number], condition=condition)
    return kept, faults


def _filtered(name: str, one: FilterDraft, names: Names, at: Mapping[str, int], rules: Sequence[Rule]) -> int:
    """The number of the rule that the filter ``one`` calls ``name``; raises RuleError where it is for no such rule."""
    number = at.get(names.find(name, one.place))
    if number is None:
        raise RuleError(N_("names “{name}”, which is a correlation: filters are for rules"), name=name)
    if not covers(one.logsource, rules[number].logsource):
        raise RuleError(N_("has another log source than the rule “{name}”, so that it is not for it"), name=name)
    return number


def covers(wide: LogSource, narrow: LogSource) -> bool:
    """Whether all that ``wide`` says of its log source ``narrow`` says too."""
    pairs = ((wide.product, narrow.product), (wide.category, narrow.category), (wide.service, narrow.service))
    return all(not mine or mine == other for mine, other in pairs)


def resolve_correlations(
    drafts: Iterable[CorrelationDraft], names: Names, rules: Iterable[Rule]
) -> tuple[list[Correlation], list[RuleError]]:
    """The correlations that can run, each after those that it refers to, and faults of the others."""
    usable = {rule.info.id: 0 for rule in rules}  # to how many correlations are below each other there
    done: list[Correlation] = []
    pending: list[Correlation] = []
    faults: list[RuleError] = []
    for draft in drafts:
        try:
            pending.append(_resolve(draft, names))
        except (RuleError, RecursionError) as error:
            faults.append(fault_of(error, draft.place))
    while pending:
        ready = [one for one in pending if usable.keys() >= set(one.rules)]
        if not ready:
            break
        for one in ready:
            pending.remove(one)
            depth = 1 + max(usable[rule] for rule in one.rules)
            if depth > _MAX_CHAIN:
                too_long = N_("refers to more than {limit} correlations in a row")
                faults.append(RuleError(too_long, where=one.place, limit=_MAX_CHAIN))
            else:
                usable[one.info.id] = depth
                done.append(one)
    stuck = N_("refers to itself or to a rule that cannot be used")
    faults.extend(RuleError(stuck, where=one.place) for one in pending)
    return done, faults


def _resolve(draft: CorrelationDraft, names: Names) -> Correlation:
    parsed, place = draft.parsed, draft.place
    rules = tuple(names.find(name, place) for name in draft.names())
    if not rules:
        raise RuleError(N_("names no rule"))
    aliases: dict[str, dict[str, str]] = {}
    for alias in parsed.aliases:
        if not all(isinstance(field, str) for field in alias.mapping.values()):
            raise RuleError(N_("the alias “{name}” must give the name of a field for each rule"), name=str(alias.alias))
        aliases[str(alias.alias)] = {
            names.find(reference.reference, place): field for reference, field in alias.mapping.items()
        }
    condition = parsed.condition
    expression: Node = []
    fields: tuple[Any, ...] = ()
    percentile = 50
    if isinstance(condition, SigmaCorrelationCondition):
        given: object = condition.fieldref if parsed.type.name.startswith("VALUE") else None  # others look at no value
        fields = tuple(given) if isinstance(given, list) else () if given is None else (given,)
        if not all(isinstance(name, str) for name in fields):
            raise RuleError(N_("the field of a condition must be a name or a list of names"))
        if parsed.type.name.startswith("VALUE") and parsed.type.name != "VALUE_COUNT" and len(fields) != 1:
            raise RuleError(N_("{kind} needs exactly one field"), kind=parsed.type.name.lower())
        if condition.percentile is not None:
            percentile = condition.percentile
        elif parsed.type.name == "VALUE_PERCENTILE":
            raise RuleError(N_("value_percentile needs a percentile"))
        if not 0 <= percentile <= 100:
            raise RuleError(NOT_A_PERCENTILE, value=str(percentile))
    else:
        expression = _expression(condition.parsed, names, place)
    if parsed.type.name == "TEMPORAL" and not expression and len(set(rules)) < len(rules):
        raise RuleError(N_("names a rule twice, so that they could never all be hit"))
    if parsed.type.name == "TEMPORAL_ORDERED" and max(len(rules), _n_leaves(expression)) > _MAX_ORDERED:
        raise RuleError(N_("puts more than {limit} rules into an order"), limit=_MAX_ORDERED)
    return Correlation(
        draft.info,
        parsed.type.name.lower(),
        rules,
        min(parsed.timespan.seconds * _MICROSECONDS, _LONGEST_US),
        tuple(parsed.group_by or ()),
        draft.conditions,
        expression,
        fields,
        percentile,
        aliases,
        parsed.generate,
        place,
    )


def _expression(node: CorrelationConditionItem | SigmaRuleReference, names: Names, place: str, depth: int = 0) -> Node:
    if depth > _MAX_DEPTH:
        raise RuleError(N_("nested too deep"))
    if isinstance(node, SigmaRuleReference):
        return ["rule", names.find(node.reference, place)]
    words = {CorrelationConditionAND: "and", CorrelationConditionOR: "or", CorrelationConditionNOT: "not"}
    word = words.get(type(node))
    if word is None:
        raise RuleError(UNKNOWN_PART, kind=type(node).__name__)
    return [word, *(_expression(one, names, place, depth + 1) for one in node.args)]


def _n_leaves(node: Node) -> int:
    return 1 if node[:1] == ["rule"] else sum(map(_n_leaves, node[1:]))


def silent_ids(correlations: Iterable[Correlation]) -> frozenset[str]:
    """The rules that give no findings of their own: those that a correlation without ``generate`` refers to."""
    return frozenset(rule for one in correlations if not one.generate for rule in one.rules)
