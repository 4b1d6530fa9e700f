"""Which events a rule's log source means, per source, as data (``routing.yml``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from vonggac.detectors.sigma.ruleset import LogSource, Node

_EVERYTHING: Node = ["and"]

ROUTING = "@"
"""Prefix of a field in a route: the field as the log source has it, even where an event's data took its name
(``Channel`` of the event "log cleared" names the cleared log; the log it is in is then ``System_Channel``)."""

_MULTI = 1
"""The token of a glob that stands for any text, see :mod:`vonggac.detectors.sigma.ruleset`."""

DISPLACED = "System_"
"""Prefix of a field whose name an event's data took."""


@dataclass(frozen=True, slots=True)
class Alias:
    """In events that satisfy ``when``, the native field ``field`` also goes by ``name``."""

    when: Node
    name: str
    field: str


def _texts(value: Any) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _tokens(text: str) -> list[str | int]:
    """``text`` as the tokens of a glob; only ``*`` is special."""
    tokens: list[str | int] = []
    for number, part in enumerate(text.split("*")):
        if number:
            tokens.append(_MULTI)
        if part:
            tokens.append(part)
    return tokens


def _node(alternatives: Any) -> Node:
    """A condition of a list of maps (any of them) of native field to value or values (all of them, any value)."""
    nodes = []
    for alternative in alternatives if isinstance(alternatives, list) else [alternatives]:
        parts: list[Node] = []
        for field, value in alternative.items():
            texts = _texts(value)
            if texts == ["*"]:
                parts.append(["any", ROUTING + field])
            else:
                globs: list[Node] = [["glob", ROUTING + field, _tokens(text), 0] for text in texts]
                parts.append(globs[0] if len(globs) == 1 else ["or", *globs])
        nodes.append(["and", *parts])
    return nodes[0] if len(nodes) == 1 else ["or", *nodes]


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("routing.yml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    return loaded


def routed_sources() -> tuple[str, ...]:
    """The sources that have routes."""
    return tuple(_table())


def route(source: str, logsource: LogSource) -> Node | None:
    """Which events of ``source`` a log source means; None when none can be of it."""
    entry = _table().get(source)
    if entry is None:
        return None
    if logsource.product and logsource.product not in entry.get("products", ()):
        return None
    is_product_alone = logsource.product and not logsource.category and not logsource.service
    if is_product_alone and not entry.get("product_alone", True):
        return None
    parts: list[Node] = []
    for kind, name in (("categories", logsource.category), ("services", logsource.service)):
        if name:
            routes = entry.get(kind, {})
            key = f"{logsource.product}/{name}" if f"{logsource.product}/{name}" in routes else name
            if key not in routes:
                return None
            if routes[key]:
                parts.append(_node(routes[key]))
    if not logsource.category and not logsource.service and not logsource.product:
        return _EVERYTHING
    return ["and", *parts]


def aliases(source: str) -> list[Alias]:
    """The other names under which rules ask for native fields of ``source``."""
    found: list[Alias] = []
    for group in _table().get(source, {}).get("aliases", ()):
        when = _node(group["when"]) if group.get("when") else _EVERYTHING
        for name, fields in group["fields"].items():
            found.extend(Alias(when, name, field) for field in _texts(fields))
    return found
