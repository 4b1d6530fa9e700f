"""What the rest of the house knows of Sigma rules: compiled rules, faults, and their JSON form.

A compiled rule's condition is a small tree of JSON lists, so that it can be cached without any code in it:

====================================  =====================================================================
``["and", n, ...]  ["or", n, ...]``   all, any of the nodes
``["not", n]``                        the node does not hold
``["is", name, n]``                   node ``n``, which the rule calls ``name`` (for explanations only)
``["glob", field, tokens, cased]``    some value is the tokens: texts, 1 for ``*``, 2 for ``?``
``["re", field, pattern, flags]``     some value contains a match; flags of ``i m s``
``["cidr", field, network]``          some value is an address in the network
``["cmp", field, op, number]``        some value is a number that is ``lt lte gt gte`` the number
``["exists", field]``                 the field has a value, of its own or somewhere in its object
``["any", field]``                    the field has a value of its own
``["ref", field, other, mode]``       some value equals (``eq``), starts, ends with or contains some value of ``other``
``["part", field, part, number]``     some value is a time whose ``minute hour day week month year`` is the number
====================================  =====================================================================

The field of a keyword is ``""``: any value of the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from vonggac.events.finding import RuleInfo

Node = list[Any]
"""A node of a condition: see the table above."""


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


@dataclass(frozen=True, slots=True)
class RuleFault:
    """Why a rule cannot be used, and where it stands."""

    place: str
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that can run, faults of those that cannot, and those whose kind (correlation, filter) is not run yet."""

    rules: Sequence[Rule] = ()
    faults: Sequence[RuleFault] = ()
    postponed: Sequence[RuleFault] = field(default=())

    def at_least(self, level: str) -> RuleSet:
        """The set without the rules milder than ``level``."""
        from vonggac.events.finding import LEVELS

        floor = LEVELS.index(level)
        kept = [rule for rule in self.rules if LEVELS.index(rule.info.level) >= floor]
        return RuleSet(kept, self.faults, self.postponed)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the cache."""
        return {
            "rules": [_rule_to_json(rule) for rule in self.rules],
            "faults": [[f.place, f.message, f.title] for f in self.faults],
            "postponed": [[f.place, f.message, f.title] for f in self.postponed],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RuleSet:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError on anything else."""
        return cls(
            [_rule_from_json(entry) for entry in value["rules"]],
            [RuleFault(*entry) for entry in value["faults"]],
            [RuleFault(*entry) for entry in value["postponed"]],
        )


def _rule_to_json(rule: Rule) -> list[Any]:
    source = rule.logsource
    return [astuple(rule.info), [source.product, source.category, source.service], rule.condition, rule.place]


def _rule_from_json(entry: Any) -> Rule:
    info, source, condition, place = entry
    values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in info]
    return Rule(RuleInfo(*values), LogSource(*source), condition, place)


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
