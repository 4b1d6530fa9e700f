"""Lays the rules of a set that fit one source out as a :class:`~vonggac.detectors.sigma.plan.Plan`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vonggac.detectors.sigma import gram_kernels as g
from vonggac.detectors.sigma import grams
from vonggac.detectors.sigma import kernels as k
from vonggac.detectors.sigma.glob_kernels import TOKEN_MULTI, TOKEN_SINGLE
from vonggac.detectors.sigma.plan import Plan
from vonggac.detectors.sigma.regex import required_literals
from vonggac.detectors.sigma.routing import Alias, aliases, route
from vonggac.detectors.sigma.ruleset import LogSource, Node, Rule, leaves
from vonggac.events.folding import fold

MULTI, SINGLE = 1, 2
_NUMBER_CHARACTERS = frozenset("0123456789.-+einfatrusl")
"""Those of which the texts of numbers and booleans consist."""

_DEFERRED = ("re", "cidr", "cmp", "ref", "part")


@dataclass(slots=True)
class _Layout:
    """What grows while rules are laid out."""

    field_numbers: dict[str, int] = field(default_factory=dict)
    entries: dict[tuple[int, int, str, tuple[str | int, ...], int], int] = field(default_factory=dict)
    entry_items: list[list[int]] = field(default_factory=list)
    items: dict[object, int] = field(default_factory=dict)
    exists: dict[str, int] = field(default_factory=dict)
    anything: dict[str, int] = field(default_factory=dict)
    deferred: list[int] = field(default_factory=list)
    deferred_leaves: dict[int, Node] = field(default_factory=dict)

    def new_item(self, deferred: int = 0) -> int:
        self.deferred.append(deferred)
        return len(self.deferred) - 1

    def entry(
        self, field_name: str, mode: int, literal: str, verify: tuple[str | int, ...], cased: int, item: int
    ) -> None:
        number = self.field_numbers.setdefault(field_name, len(self.field_numbers))
        key = (number, mode, literal, verify, cased)
        found = self.entries.get(key)
        if found is None:
            found = self.entries[key] = len(self.entry_items)
            self.entry_items.append([])
        if not self.entry_items[found] or self.entry_items[found][-1] != item:
            self.entry_items[found].append(item)


def _fold_tokens(tokens: Sequence[str | int]) -> tuple[str | int, ...]:
    return tuple(fold(token) if isinstance(token, str) else token for token in tokens)


def _split(tokens: Sequence[str | int], cased: int) -> tuple[int, str, tuple[str | int, ...]] | None:
    """Mode, literal to find and tokens to verify (none when finding is enough); None when there is no literal."""
    folded = _fold_tokens(tokens)
    verify = tuple(tokens) if cased else ()
    if not folded:
        return g.EXACT, "", ()
    literals = [token for token in folded if isinstance(token, str)]
    if not literals:
        return None
    shape = tuple(0 if isinstance(token, str) else token for token in folded)
    simple = {(0,): g.EXACT, (0, MULTI): g.PREFIX, (MULTI, 0): g.SUFFIX, (MULTI, 0, MULTI): g.CONTAINS}
    if shape in simple:
        return simple[shape], literals[0], verify
    return g.CONTAINS, max(literals, key=len), tuple(tokens) if cased else folded


def _item_of(layout: _Layout, leaves_: Sequence[Node]) -> int:
    """The item that is the union of ``leaves_``: several globs of one field, or one leaf of any other kind."""
    kind, name = leaves_[0][0], leaves_[0][1]
    key = repr(leaves_[0]) if len(leaves_) == 1 else repr(sorted(map(repr, leaves_)))
    known = layout.items.get(key)
    if known is not None:
        return known
    if kind == "exists":
        item = layout.exists[name] = layout.new_item()
    elif kind == "any":
        item = layout.anything[name] = layout.new_item()
    elif kind in _DEFERRED:
        literals = required_literals(leaves_[0][2]) if kind == "re" else None
        item = layout.new_item(1 if literals else 2)
        layout.deferred_leaves[item] = leaves_[0]
        for literal in literals or ():
            layout.entry(name, g.CONTAINS, fold(literal), (), 0, item)
    else:
        item = layout.new_item()
        for _, _, tokens, cased in leaves_:
            split = _split(tokens, cased)
            if split is None:  # wildcards alone: as good as a costly one
                layout.deferred[item] = 2
                layout.deferred_leaves[item] = leaves_[0]
            else:
                layout.entry(name, split[0], split[1], split[2], cased, item)
    layout.items[key] = item
    return item


def _has_literal(leaf: Node) -> bool:
    return not leaf[2] or any(isinstance(token, str) for token in leaf[2])


def _normal(node: Node, negated: bool, layout: _Layout) -> Node:
    """The condition in negation normal form over items: ["and"|"or", ...] or ["item", number, negated]."""
    kind = node[0]
    if kind == "is":
        return _normal(node[2], negated, layout)
    if kind == "not":
        return _normal(node[1], not negated, layout)
    if kind not in ("and", "or"):
        return ["item", _item_of(layout, [node]), negated]
    children: list[Node] = []
    globs: dict[str, list[Node]] = {}
    for child in _flat(node, kind):
        if kind == "or" and child[0] == "glob" and _has_literal(child):
            globs.setdefault(child[1], []).append(child)
        else:
            children.append(_normal(child, negated, layout))
    children.extend(["item", _item_of(layout, group), negated] for group in globs.values())
    word = kind if not negated else ("or" if kind == "and" else "and")
    return children[0] if len(children) == 1 else [word, *children]


def _flat(node: Node, kind: str) -> list[Node]:
    found: list[Node] = []
    for child in node[1:]:
        while child[0] == "is":
            child = child[2]
        if child[0] == kind:
            found.extend(_flat(child, kind))
        else:
            found.append(child)
    return found


def _cost(node: Node, layout: _Layout) -> int:
    if node[0] != "item":
        return 2
    return (0 if not node[2] else 3) + (2 if layout.deferred[node[1]] else 0)


class _Assembler:
    """Turns conditions in normal form into programs."""

    def __init__(self, layout: _Layout) -> None:
        self.code: list[int] = []
        self.starts = [0]
        self.depth = 1
        self._layout = layout

    def rule(self, node: Node) -> None:
        """Append the program of a whole condition, which starts from the base on the stack."""
        self._combine("and", [node] if node[0] != "and" else node[1:], 1)
        self.starts.append(len(self.code))

    def _combine(self, word: str, children: list[Node], depth: int) -> None:
        """Combine ``children`` onto the top of a stack of ``depth``."""
        self.depth = max(self.depth, depth)
        jumps: list[int] = []
        for child in sorted(children, key=lambda child: _cost(child, self._layout)):
            if child[0] == "item":
                base = k.AND_ITEM if word == "and" else k.OR_ITEM
                self.code += [base + int(child[2]), child[1]]
            elif child[0] == word:
                self._combine(word, child[1:], depth)
            else:
                first, *rest = sorted(child[1:], key=lambda c: _cost(c, self._layout))
                self._push(first, depth + 1)
                self._combine(child[0], rest, depth + 1)
                self.code += [k.AND if word == "and" else k.OR, 0]
            if word == "and":
                self.code += [k.JUMP_IF_EMPTY, -1]
                jumps.append(len(self.code) - 1)
        for at in jumps:
            self.code[at] = len(self.code)

    def _push(self, node: Node, depth: int) -> None:
        self.depth = max(self.depth, depth)
        if node[0] == "item":
            self.code += [k.PUSH_NOT if node[2] else k.PUSH, node[1]]
            return
        first, *rest = sorted(node[1:], key=lambda c: _cost(c, self._layout))
        self._push(first, depth)
        self._combine(node[0], rest, depth)


class _Planner:
    """What is known of the plan while rules are added, one by one."""

    def __init__(self) -> None:
        self.layout = _Layout()
        self.programs = _Assembler(self.layout)
        self.base_programs = _Assembler(self.layout)
        self.base_numbers: dict[str, int] = {}
        self.routing_fields: dict[str, None] = {}
        self.kept: list[int] = []
        self.bases: list[int] = []
        self.rule_deferred: dict[int, tuple[int, ...]] = {}
        self.field_bases: dict[str, set[int]] = {}
        self.aliases: dict[str, list[tuple[int, str]]] = {}
        self.base_of(["and"])

    def base_of(self, node: Node) -> int:
        """The number of the base that ``node`` describes: events of one log source, or those with other names."""
        number = self.base_numbers.get(key := repr(node))
        if number is None:
            number = self.base_numbers[key] = len(self.base_numbers)
            self.routing_fields.update((leaf[1], None) for leaf in leaves(node))
            self.base_programs.rule(_normal(node, False, self.layout))
        return number

    def add(self, number: int, rule: Rule, base: int) -> None:
        """Add rule ``number`` of the set over the events of ``base``."""
        normal = _normal(rule.condition, False, self.layout)
        self.programs.rule(normal)
        costly = tuple(sorted({item for item in _items(normal) if self.layout.deferred[item]}))
        if costly:
            self.rule_deferred[len(self.kept)] = costly
        for leaf in leaves(rule.condition):
            fields = (leaf[1], leaf[2]) if leaf[0] == "ref" else (leaf[1],)
            for name in fields:
                self.field_bases.setdefault(name, set()).add(base)
        self.kept.append(number)
        self.bases.append(base)

    def name(self, found: Iterable[Alias]) -> None:
        """Add those of the other names that some rule asks for."""
        for alias in found:
            if alias.name in self.field_bases:
                self.aliases.setdefault(alias.name, []).append((self.base_of(alias.when), alias.field))


def make_plan(source: str, rules: Sequence[Rule], *, routed: bool = True) -> Plan:
    """Lay out those of ``rules`` whose log source ``source`` can have; all of them, over all events, unless ``routed``."""
    planner = _Planner()
    bases: dict[LogSource, int | None] = {}
    for number, rule in enumerate(rules):
        if rule.logsource not in bases:
            node = route(source, rule.logsource) if routed else ["and"]
            bases[rule.logsource] = None if node is None else planner.base_of(node)
        if (base := bases[rule.logsource]) is not None:
            planner.add(number, rule, base)
    if routed:
        planner.name(aliases(source))
    return _pack(planner)


def _items(node: Node) -> list[int]:
    return [node[1]] if node[0] == "item" else [item for child in node[1:] for item in _items(child)]


def _pack(planner: _Planner) -> Plan:
    layout = planner.layout
    entries = list(layout.entries)
    whole = [literal.encode("utf-8", "replace") for _, _, literal, _, _ in entries]
    tokens: list[int] = []
    wanted: list[grams.Entry] = []
    for (number, mode, _, verify, cased), literal in zip(entries, whole, strict=True):
        first = len(tokens)
        tokens += _token_codes(verify)
        wanted.append(grams.Entry(number, mode, literal, first, len(tokens), bool(cased)))
    index = grams.make_index(len(layout.field_numbers), wanted)
    item_starts = np.zeros(len(entries) + 1, np.int32)
    item_starts[1:] = np.cumsum([len(items) for items in layout.entry_items])
    return Plan(
        rules=planner.kept,
        field_numbers=layout.field_numbers,
        aliases=planner.aliases,
        about=index.about,
        edges=index.edges,
        maps=index.maps,
        table=index.table,
        entries=index.entries,
        literals=np.frombuffer(b"".join(whole), np.uint8),
        tokens=np.array(tokens, np.int32),
        item_starts=item_starts,
        items_of=np.array([item for items in layout.entry_items for item in items], np.int32),
        exists=layout.exists,
        anything=layout.anything,
        deferred=np.array(layout.deferred, np.int8),
        deferred_leaves=layout.deferred_leaves,
        program=np.array(planner.programs.code, np.int32),
        starts=np.array(planner.programs.starts, np.int32),
        bases=np.array(planner.bases, np.int32),
        rule_deferred=planner.rule_deferred,
        base_program=np.array(planner.base_programs.code, np.int32),
        base_starts=np.array(planner.base_programs.starts, np.int32),
        routing_fields=list(planner.routing_fields),
        field_bases={name: tuple(sorted(found)) for name, found in planner.field_bases.items()},
        n_items=len(layout.deferred),
        depth=max(planner.programs.depth, planner.base_programs.depth) + 1,
        numeric_keywords="" in layout.anything  # a keyword of wildcards alone
        or any(
            number == layout.field_numbers.get("") and _NUMBER_CHARACTERS.issuperset(literal)
            for number, _, literal, *_ in entries
        ),
    )


def _token_codes(tokens: Sequence[str | int]) -> list[int]:
    codes: list[int] = []
    for token in tokens:
        if token == MULTI:
            codes.append(TOKEN_MULTI)
        elif token == SINGLE:
            codes.append(TOKEN_SINGLE)
        else:
            raw = str(token).encode("utf-8", "replace")
            codes += [len(raw), *raw]
    return codes
