"""What the rest of the house knows of Sigma rules: compiled rules, correlations, faults, and their JSON form.

A compiled rule's condition is a small tree of JSON lists, so that it can be cached without any code in it:

====================================  =====================================================================
``["and", n, ...]  ["or", n, ...]``   all, any of the nodes
``["not", n]``                        the node does not hold
``["is", name, n]``                   node ``n``, which the rule calls ``name`` (for explanations only)
``["glob", field, tokens, cased]``    some value is the tokens: texts, 1 for ``*``, 2 for ``?``
``["re", field, pattern, flags]``     some value contains a match; flags of ``i m s``
``["cidr", field, network]``          some value is an address in the network
``["cmp", field, op, number]``        some value is a number that is ``lt lte gt gte`` the number (beyond 64 bits: its digits)
``["exists", field]``                 the field has a value, of its own or somewhere in its object
``["any", field]``                    the field has a value of its own
``["ref", field, other, mode]``       some value equals (``eq``), starts, ends with or contains some value of ``other``
``["part", field, part, number]``     some value is a time whose ``minute hour day week month year`` is the number
====================================  =====================================================================

The field of a keyword is ``""``: any value of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Any

from vonggac.errors import N_, RuleError
from vonggac.events.finding import RuleInfo

Node = list[Any]
"""A node of a condition: see the table above."""

_NOT_A_RULE = N_("not a valid Sigma rule: {reason}")


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log source that a rule names; empty where it names none."""

    product: str = ""
    category: str = ""
    service: str = ""

    def __str__(self) -> str:
        parts = (("product", self.product), ("category", self.category), ("service", self.service))
        return " ".join(f"{name}={value}" for name, value in parts if value)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to run: ``place`` is its file and line."""

    info: RuleInfo
    logsource: LogSource
    condition: Node
    place: str


def fault_of(error: BaseException, place: str, said: str = _NOT_A_RULE) -> RuleError:
    """Why the rule at ``place`` cannot be used: a RuleError keeps its template, ``said`` is filled with what others say."""
    ours = next((one for one in (error, error.__cause__) if isinstance(one, RuleError)), None)
    if ours is not None:
        return RuleError(ours.message, where=place, **ours.params)
    if isinstance(error, RecursionError):
        return RuleError(N_("nested too deep"), where=place)
    lines = str(error).splitlines()
    return RuleError(said, where=place, reason=lines[0][:300] if lines else type(error).__name__)


@dataclass(frozen=True, slots=True)
class Correlation:
    """A rule over the hits of other rules: what holds of those of one group within a timespan.

    ``kind`` is ``event_count value_count temporal temporal_ordered value_sum value_avg value_percentile`` or
    ``value_median``. ``rules`` are the ids of rules and of other correlations, in the order in which the rule names them.
    """

    info: RuleInfo
    kind: str
    rules: tuple[str, ...]
    timespan_us: int
    group_by: tuple[str, ...] = ()
    conditions: tuple[tuple[str, int | float], ...] = ()
    """``lt lte gt gte eq neq`` and a number: all hold. None where there is an ``expression``."""
    expression: Node = field(default_factory=list)
    """``["and", n, ...] ["or", n, ...] ["not", n] ["rule", id]`` over which rules were hit; empty for none."""
    fields: tuple[str, ...] = ()
    """Those whose values are counted or summed up."""
    percentile: int = 50
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name in ``group_by`` or ``fields`` to id of a rule to the field that carries it there."""
    generate: bool = False
    """Whether the rules that it names also give findings of their own."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules and correlations that can run, and faults of those that cannot.

    A correlation comes after those that it refers to, and all that it refers to is in the set. ``silent``: ids of rules and
    correlations that are there for correlations only and give no findings of their own.
    """

    rules: Sequence[Rule] = ()
    faults: Sequence[RuleError] = ()
    correlations: Sequence[Correlation] = ()
    silent: frozenset[str] = frozenset()

    def infos(self) -> list[RuleInfo]:
        """What readers know of all that can run: the rules, then the correlations."""
        return [*(rule.info for rule in self.rules), *(one.info for one in self.correlations)]

    def heard(self) -> list[RuleInfo]:
        """Those of :meth:`infos` that give findings."""
        return [info for info in self.infos() if info.id not in self.silent]

    def keeping(self, is_kept: Callable[[RuleInfo], bool]) -> RuleSet:
        """The rules and correlations wanted; those that these refer to stay too, silently.

        Rules have other numbers there, so a store of plans of the whole set does not fit it.
        """
        wanted = {info.id for info in self.infos() if is_kept(info)}
        needed: set[str] = set()
        for correlation in reversed(self.correlations):
            if correlation.info.id in wanted or correlation.info.id in needed:
                needed.update(correlation.rules)
        return RuleSet(
            [rule for rule in self.rules if rule.info.id in wanted or rule.info.id in needed],
            self.faults,
            [one for one in self.correlations if one.info.id in wanted or one.info.id in needed],
            (self.silent & (wanted | needed)) | (needed - wanted),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for the cache."""
        return {
            "rules": [_rule_to_json(rule) for rule in self.rules],
            "faults": [[fault.where, fault.message, fault.params] for fault in self.faults],
            "correlations": [_correlation_to_json(one) for one in self.correlations],
            "silent": sorted(self.silent),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RuleSet:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError on anything else."""
        return cls(
            [_rule_from_json(entry) for entry in value["rules"]],
            [RuleError(message, where=where, **params) for where, message, params in value["faults"]],
            [_correlation_from_json(entry) for entry in value["correlations"]],
            frozenset(value["silent"]),
        )


_CORRELATION = tuple(one.name for one in fields(Correlation))


def _rule_to_json(rule: Rule) -> list[Any]:
    source = rule.logsource
    return [astuple(rule.info), [source.product, source.category, source.service], rule.condition, rule.place]


def _rule_from_json(entry: Any) -> Rule:
    info, source, condition, place = entry
    return Rule(_info_from_json(info), LogSource(*source), condition, place)


def _info_from_json(entry: Any) -> RuleInfo:
    values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in entry]
    return RuleInfo(*values)


def _correlation_to_json(one: Correlation) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _CORRELATION if name != "info"} | {"info": astuple(one.info)}


def _correlation_from_json(entry: Any) -> Correlation:
    values = {name: entry[name] for name in _CORRELATION}
    for name in ("rules", "group_by", "fields"):
        values[name] = tuple(values[name])
    values["conditions"] = tuple((operator, number) for operator, number in values["conditions"])
    values["info"] = _info_from_json(values["info"])
    return Correlation(**values)


def leaves(node: Node) -> Iterator[Node]:
    """All leaves of a condition."""
    kind = node[0]
    if kind in ("and", "or", "not"):
        for child in node[1:]:
            yield from leaves(child)
    elif kind == "is":
        yield from leaves(node[2])
    else:
        yield node
