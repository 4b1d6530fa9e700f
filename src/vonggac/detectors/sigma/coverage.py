"""Whether a rule could match anything of events that have some fields and lack others."""

from __future__ import annotations

from collections.abc import Callable

from vonggac.detectors.sigma.ruleset import Node

NEVER, ALWAYS, PERHAPS = -1, 1, 0


def could_match(condition: Node, has_field: Callable[[str], bool]) -> bool:
    """Whether ``condition`` may hold for some event of a log; ``has_field``: whether any of its events has a field (""  for any).

    What a leaf asks of a field that no event has is false, so that its negation is true; of others nothing is known.
    """
    return _verdict(condition, has_field) != NEVER


def _verdict(node: Node, has_field: Callable[[str], bool]) -> int:
    kind = node[0]
    if kind == "is":
        return _verdict(node[2], has_field)
    if kind == "not":
        return -_verdict(node[1], has_field)
    if kind == "and":
        return min((_verdict(child, has_field) for child in node[1:]), default=ALWAYS)
    if kind == "or":
        return max((_verdict(child, has_field) for child in node[1:]), default=NEVER)
    fields = node[1:3] if kind == "ref" else node[1:2]
    return PERHAPS if all(map(has_field, fields)) else NEVER
