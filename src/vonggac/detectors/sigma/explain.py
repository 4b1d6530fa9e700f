"""Why a rule matches an event, or why not: every part of its condition with the value that decided it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vonggac.detectors.sigma.costly import compare_fields, tester
from vonggac.detectors.sigma.routing import DISPLACED, ROUTING, aliases, route
from vonggac.detectors.sigma.ruleset import Node, Rule
from vonggac.events.batch import EventBatch, leaf_texts
from vonggac.events.folding import fold

_SHOWN_CHARACTERS = 200
_SHOWN_VALUES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a rule's condition: what it asks, whether the event fulfils it, and on which values.

    ``label``: ``and``, ``or``, ``not``, the rule's name of a selection, ``logsource``, or what a leaf asks of its ``field``
    (empty for keywords). ``values``: of a leaf that matched, the values that did; else those the event has, none if absent.
    """

    label: str
    matched: bool
    field: str = ""
    values: tuple[str, ...] = ()
    children: tuple[Part, ...] = ()


def explain(rule: Rule, batch: EventBatch, row: int) -> Part:
    """Explain ``rule`` on the event in ``row``; the first child says whether the log source fits."""
    reader = _Reader(batch, row)
    where = route(batch.source, rule.logsource)
    source = f"logsource {rule.logsource}" if str(rule.logsource) else "logsource"
    if where is None:
        fits = Part(source, matched=False, values=(batch.source,))
    else:
        routed = reader.part(where)
        fits = Part(source, routed.matched, values=(batch.source,), children=(routed,) if where != ["and"] else ())
    condition = reader.part(rule.condition)
    return Part(rule.info.title, fits.matched and condition.matched, children=(fits, condition))


def holds(condition: Node, batch: EventBatch, row: int) -> bool:
    """Whether the event in ``row`` satisfies ``condition``, with the names of fields that rules use."""
    return _Reader(batch, row).part(condition).matched


class _Reader:
    """The texts of one event, and the verdict on them."""

    def __init__(self, batch: EventBatch, row: int) -> None:
        self._batch = batch
        self._row = row
        self._aliases = aliases(batch.source)

    def texts(self, field: str) -> list[str]:
        if not field:
            return list(leaf_texts(self._batch.event(self._row)))
        if field.startswith(ROUTING):
            field = field.removeprefix(ROUTING)
            return self._batch.texts(self._row, DISPLACED + field) or self._batch.texts(self._row, field)
        found = list(self._batch.texts(self._row, field))
        for alias in self._aliases:
            if alias.name == field and self.part(alias.when).matched:
                found.extend(self._batch.texts(self._row, alias.field))
        return found

    def part(self, node: Node) -> Part:
        kind = node[0]
        if kind in ("and", "or"):
            children = tuple(self.part(child) for child in node[1:])
            matched = (all if kind == "and" else any)(child.matched for child in children)
            return Part(kind, matched, children=children)
        if kind == "not":
            child = self.part(node[1])
            return Part("not", not child.matched, children=(child,))
        if kind == "is":
            child = self.part(node[2])
            return Part(node[1], child.matched, children=(child,))
        return self._leaf(node)

    def _leaf(self, leaf: Node) -> Part:
        texts = self.texts(leaf[1])
        field = leaf[1].removeprefix(ROUTING)
        if leaf[0] == "any":
            return Part("= '*'", bool(texts), field, _shown(texts))
        if leaf[0] == "exists":
            inner = leaf_texts(self._batch.value(self._row, field)) if field else ()
            found = texts or list(inner)
            return Part("exists", bool(found), field, _shown(found))
        if leaf[0] == "ref":
            others = self.texts(leaf[2])
            return Part(
                f"{leaf[3]} {leaf[2]}", compare_fields(texts, others, leaf[3]), field, _shown([*texts, *others])
            )
        test = glob_tester(leaf[2], leaf[3]) if leaf[0] == "glob" else tester(leaf, self._batch)
        fitting = [text for text in texts if test(text)]
        return Part(describe(leaf), bool(fitting), field, _shown(fitting or texts))


def _shown(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…" for text in texts[:_SHOWN_VALUES]
    )


def glob_tester(tokens: Sequence[str | int], cased: int) -> Callable[[str], bool]:
    """A function that says whether one text is ``tokens``: texts, 1 for any characters, 2 for one.

    What stands between two ``*`` is taken where it first fits, for good (an atomic group): no other place could do better, and
    hostile texts cannot make the search long.
    """
    pieces = [""]
    for token in tokens:
        if token == 1:
            pieces.append("")
        else:
            pieces[-1] += "." if isinstance(token, int) else re.escape(token if cased else fold(token))
    first, *middle = pieces
    last = f".*{middle.pop()}" if middle else ""
    pattern = re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + last, re.DOTALL)
    return lambda text: pattern.fullmatch(text if cased else fold(text)) is not None


def describe(leaf: Node) -> str:
    r"""What a leaf asks, in Sigma's words: ``contains 'x'``, ``endswith '\cmd.exe'``, ``re '…'`` ..."""
    if leaf[0] == "glob":
        tokens = leaf[2]
        shape = tuple(token if isinstance(token, int) else 0 for token in tokens)
        words = {(0,): "=", (): "=", (0, 1): "startswith", (1, 0): "endswith", (1, 0, 1): "contains"}
        text = "".join(token for token in tokens if isinstance(token, str))
        if shape not in words:
            text = "".join({1: "*", 2: "?"}[token] if isinstance(token, int) else token for token in tokens)
        return f"{words.get(shape, 'like')} '{text}'" + (" (cased)" if leaf[3] else "")
    if leaf[0] == "re":
        return f"re '{leaf[2]}'" + (f" ({leaf[3]})" if leaf[3] else "")
    if leaf[0] == "cmp":
        return f"{leaf[2]} {leaf[3]}"
    return f"{leaf[0]} {' '.join(str(value) for value in leaf[2:])}"
