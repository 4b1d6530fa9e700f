"""Judging batches by Sigma rules: columns in, hits out.

Per batch: find the literals of the routing fields, settle which log sources occur, find the literals of the fields that
their rules ask for, then run each rule's program over sets of rows. Most rules end at their first empty set. Costly
leaves (regular expressions and the like) are judged last, on the few rows that everything else has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.sigma import kernels
from vonggac.detectors.sigma.costly import JudgeLeaf, judge
from vonggac.detectors.sigma.layout import make_plan
from vonggac.detectors.sigma.plan import Plan
from vonggac.detectors.sigma.routing import DISPLACED, ROUTING
from vonggac.detectors.sigma.ruleset import RuleSet
from vonggac.events.batch import Column, EventBatch, concatenate, leaf_texts
from vonggac.events.finding import Hit
from vonggac.events.folding import fold


class PlanStore(Protocol):
    """Keeps plans between runs; ``load`` gives None for what it does not have."""

    def load(self, source: str) -> bytes | None:
        """What ``save`` was given for ``source``."""
        ...

    def save(self, source: str, data: bytes) -> None:
        """Keep ``data`` for ``source``."""
        ...


class SigmaDetector:
    """Judges batches by the rules of ``ruleset`` that fit their source; by all of them unless ``route``.

    ``store``: where plans are kept between runs; it must know which rules they are of. ``timeouts`` counts, per rule id,
    the values on which a regular expression reached its time limit. Rules that are there for correlations only give no hits,
    but rows in ``referenced``.
    """

    def __init__(
        self,
        ruleset: RuleSet,
        *,
        route: bool = True,
        store: PlanStore | None = None,
        judge_leaf: JudgeLeaf = judge,
    ) -> None:
        self._ruleset = ruleset
        self._judge_leaf = judge_leaf
        self._route = route
        self._store = store
        self._plans: dict[str, Plan] = {}
        self._bits = np.zeros((0, 0), np.uint64)
        self.timeouts: Counter[str] = Counter()
        self.referenced: dict[str, NDArray[np.int32]] = {}
        """Of the batch judged last: the rows of the rules that correlations refer to, ascending, by id."""

    def plan(self, source: str) -> Plan:
        """The rules laid out for ``source``; made, or taken from the store, at first use."""
        found = self._plans.get(source)
        if found is None:
            found = self._plans[source] = self._stored_plan(source) or self._new_plan(source)
        return found

    def _stored_plan(self, source: str) -> Plan | None:
        data = self._store.load(source) if self._store else None
        if data is None:
            return None
        try:
            return Plan.from_bytes(data)
        except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile):
            return None  # damaged: made anew

    def _new_plan(self, source: str) -> Plan:
        plan = make_plan(source, self._ruleset.rules, routed=self._route)
        if self._store and plan.rules:
            self._store.save(source, plan.to_bytes())
        return plan

    def sift(
        self, source: str, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.bool_] | None:
        """No line where no rule fits events of ``source``; else only the events can tell."""
        return None if self.plan(source).rules else np.zeros(len(starts), np.bool_)

    def detect(self, batch: EventBatch) -> Sequence[Hit]:
        """All hits in ``batch``, in order of row, then of rule id."""
        plan = self.plan(batch.source)
        self.referenced = {}
        if not plan.rules or not batch.n_rows:
            return []
        n_words = (batch.n_rows + 63) >> 6
        capacity = 2 * plan.n_items + len(plan.modes) + 2
        if self._bits.shape[1] != n_words or self._bits.shape[0] < capacity:
            self._bits = np.empty((max(capacity, self._bits.shape[0]), n_words), np.uint64)
        run = _Run(plan, self._ruleset, batch, self._bits, self.timeouts, self._judge_leaf)
        hits = run.hits()
        self.referenced = run.referenced
        return hits


class _Run:
    """One batch being judged."""

    def __init__(
        self,
        plan: Plan,
        ruleset: RuleSet,
        batch: EventBatch,
        bits: NDArray[np.uint64],
        timeouts: Counter[str],
        judge_leaf: JudgeLeaf,
    ) -> None:
        self.plan = plan
        self.judge_leaf = judge_leaf
        self.rules = ruleset.rules
        self.silent = ruleset.silent
        self.is_referenced = {rule for one in ruleset.correlations for rule in one.rules}
        self.referenced: dict[str, NDArray[np.int32]] = {}
        self.batch = batch
        self.timeouts = timeouts
        self.n_words = bits.shape[1]
        n_entries = len(plan.modes)
        self.bits = bits
        self.all_rows = np.full(self.n_words, ~np.uint64(0), np.uint64)
        if batch.n_rows & 63:
            self.all_rows[-1] = np.uint64((1 << (batch.n_rows & 63)) - 1)
        self.slots = np.full(n_entries, -1, np.int32)
        self.active = np.empty(n_entries + 1, np.int32)
        self.n_active = 0
        self.joined = 0
        self.n_slots = n_entries
        self.item_slots = np.full(plan.n_items, -1, np.int32)
        self.exact_slots = np.full(plan.n_items, -1, np.int32)
        self.judged: dict[int, NDArray[np.uint64]] = {}
        self.shared = np.zeros(plan.n_items, np.bool_)
        self.stack = np.empty((plan.depth + 1, self.n_words), np.uint64)
        self.base_bits = np.zeros((len(plan.base_starts) - 1, self.n_words), np.uint64)
        self.base_live = np.zeros(len(self.base_bits), np.bool_)
        self.columns: dict[str, Column] = {}
        self.texts: dict[str, dict[int, str]] = {}

    def hits(self) -> list[Hit]:
        plan = self.plan
        for name in plan.routing_fields:
            self._search(name, self.column(name), self.all_rows)
        self._join()
        for base in range(len(self.base_bits)):
            self.base_live[base] = self._evaluate(plan.base_program, plan.base_starts, base, self.all_rows, exact=False)
            self.base_bits[base] = self.stack[0]
        live = np.flatnonzero(self.base_live[plan.bases]).astype(np.int32)
        if not len(live):
            return []
        for name, bases in plan.field_bases.items():
            wanted = self._union(bases)
            if wanted is not None:
                self._search(name, self.column(name), wanted)
        self._join()
        return self._judge(live)

    def _union(self, bases: Sequence[int]) -> NDArray[np.uint64] | None:
        live = [base for base in bases if self.base_live[base]]
        if not live:
            return None
        union: NDArray[np.uint64] = np.bitwise_or.reduce(self.base_bits[live], axis=0)
        return union

    def column(self, name: str) -> Column:
        """The values of field ``name`` and of its other names; of every field for the keywords' name ""."""
        found = self.columns.get(name)
        if found is None:
            found = self._keyword_column() if name == "" else self._named_column(name)
            self.columns[name] = found
        return found

    def _named_column(self, name: str) -> Column:
        if name.startswith(ROUTING):
            name = name.removeprefix(ROUTING)
            displaced, column = self.batch.column(DISPLACED + name), self.batch.column(name)
            if not len(displaced):
                return column
            kept = np.flatnonzero(~np.isin(column.rows, displaced.rows))
            return _sorted(concatenate([_take(column, kept), displaced]))
        parts = [self.batch.column(name)]
        for base, native in self.plan.aliases.get(name, ()):
            if self.base_live[base]:
                other = self.batch.column(native)
                parts.append(_take(other, _inside(other, self.base_bits[base])))
        return _sorted(concatenate([part for part in parts if len(part)]))

    def _keyword_column(self) -> Column:
        """Every value of the events of the log sources whose rules have keywords; not in order of row."""
        wanted = self._union(self.plan.field_bases[""])
        if wanted is None:
            return concatenate([])
        is_wanted = np.unpackbits(wanted.view(np.uint8), count=self.batch.n_rows, bitorder="little").astype(np.bool_)
        return self.batch.all_values(is_wanted, with_numbers=self.plan.numeric_keywords)

    def _values(self, name: str, words: NDArray[np.uint64]) -> tuple[NDArray[np.int32], list[str]]:
        """The values of field ``name`` in the rows of a set: the row of each, and its text."""
        if not name:
            pairs = [(row, text) for row in _rows(words).tolist() for text in leaf_texts(self.batch.event(row))]
            return np.array([row for row, _ in pairs], np.int32), [text for _, text in pairs]
        column = self.column(name)
        which = _inside(column, words)
        texts = self.texts.setdefault(name, {})
        found = []
        for index in which.tolist():
            text = texts.get(index)
            if text is None:
                text = texts[index] = column.text(index)
            found.append(text)
        return column.rows[which], found

    def _search(self, name: str, column: Column, wanted: NDArray[np.uint64]) -> None:
        plan = self.plan
        if name in plan.anything:
            self._mark(plan.anything[name], column.rows)
        if name in plan.exists:
            self._mark(plan.exists[name], self.batch.rows_with(name))
            if name in plan.aliases:
                self._mark(plan.exists[name], column.rows)
        if name not in plan.field_numbers or not len(column):
            return
        folded = _folded(column)
        self.n_active = kernels.scan(
            folded.data,
            folded.offsets,
            column.data,
            column.offsets,
            column.rows,
            wanted,
            plan.roots[plan.field_numbers[name]],
            plan.nxt,
            plan.n_classes,
            plan.class_of,
            plan.head,
            plan.next_entry,
            plan.outlink,
            plan.modes,
            plan.literals,
            plan.bounds,
            plan.token_starts,
            plan.cased,
            plan.tokens,
            self.slots,
            self.bits,
            self.active,
            self.n_active,
        )

    def _mark(self, item: int, rows: NDArray[np.int32]) -> None:
        """Set the bits of ``rows`` for ``item``."""
        if self.item_slots[item] < 0:
            self.item_slots[item] = self._new_slot()
        kernels.mark_rows(rows, self.bits[self.item_slots[item]])

    def _new_slot(self) -> int:
        self.bits[self.n_slots] = 0
        self.n_slots += 1
        return self.n_slots - 1

    def _join(self) -> None:
        self.n_slots = kernels.join_entries(
            self.active,
            self.joined,
            self.n_active,
            self.plan.item_starts,
            self.plan.items_of,
            self.item_slots,
            self.shared,
            self.bits,
            self.n_slots,
        )
        self.joined = self.n_active

    def _evaluate(
        self,
        program: NDArray[np.int32],
        starts: NDArray[np.int32],
        number: int,
        base: NDArray[np.uint64],
        *,
        exact: bool,
    ) -> bool:
        return bool(
            kernels.evaluate(
                program,
                starts[number],
                starts[number + 1],
                base,
                self.stack,
                self.item_slots,
                self.plan.deferred,
                self.exact_slots,
                exact,
                self.bits,
            )
        )

    def _judge(self, rules: NDArray[np.int32]) -> list[Hit]:
        plan = self.plan
        found = np.empty(len(rules), np.int32)
        found_bits = np.empty((len(rules), self.n_words), np.uint64)
        n_found = kernels.run_rules(
            rules,
            plan.program,
            plan.starts,
            plan.bases,
            self.base_bits,
            self.base_live,
            self.stack,
            self.item_slots,
            plan.deferred,
            self.exact_slots,
            self.bits,
            found,
            found_bits,
        )
        pairs: list[tuple[int, str, Hit]] = []
        for position in range(n_found):
            number = int(found[position])
            rows = found_bits[position]
            if number in plan.rule_deferred:
                for item in plan.rule_deferred[number]:
                    self._judge_costly(item, rows, self.rules[plan.rules[number]].info.id)
                if not self._evaluate(plan.program, plan.starts, number, rows, exact=True):
                    continue
                rows = self.stack[0]
            info = self.rules[plan.rules[number]].info
            if info.id in self.is_referenced:
                self.referenced[info.id] = _rows(rows)
            if info.id not in self.silent:
                pairs.extend((row, info.id, Hit(info, row)) for row in _rows(rows).tolist())
        pairs.sort(key=lambda pair: pair[:2])
        return [hit for _, _, hit in pairs]

    def _judge_costly(self, item: int, rows: NDArray[np.uint64], rule_id: str) -> None:
        """Judge the costly leaf of ``item`` on those of ``rows`` where it was not judged yet."""
        done = self.judged.get(item)
        if done is None:
            done = self.judged[item] = np.zeros(self.n_words, np.uint64)
            self.exact_slots[item] = self._new_slot()
        due = rows & ~done
        if self.plan.deferred[item] == 1:
            slot = self.item_slots[item]
            due = due & self.bits[slot] if slot >= 0 else due & np.uint64(0)
        done |= rows
        if due.any():
            leaf = self.plan.deferred_leaves[item]
            true_rows, n_timeouts = self.judge_leaf(leaf, lambda name: self._values(name, due), self.batch)
            self.timeouts[rule_id] += n_timeouts
            kernels.mark_rows(true_rows, self.bits[self.exact_slots[item]])


def _rows(words: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The rows of a set, ascending."""
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little")).astype(np.int32)


def _inside(column: Column, words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Which values of ``column`` are in the rows of a set."""
    return np.flatnonzero((words[column.rows >> 6] >> (column.rows & 63).astype(np.uint64)) & np.uint64(1))


def _take(column: Column, which: NDArray[np.int64]) -> Column:
    starts = column.offsets[:-1][which]
    lengths = column.offsets[1:][which] - starts
    offsets = np.zeros(len(which) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    index = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(starts, lengths)
    return Column(column.rows[which], offsets, column.data[index])


def _sorted(column: Column) -> Column:
    rows = column.rows
    if len(rows) < 2 or bool(np.all(rows[1:] >= rows[:-1])):
        return column
    return _take(column, np.argsort(rows, kind="stable"))


def _folded(column: Column) -> Column:
    """``column`` with the values that are not ASCII folded; ASCII is folded by the tries themselves."""
    blob = column.data.tobytes()
    if blob.isascii():
        return column
    which = kernels.beyond_ascii(column.data, column.offsets)
    pieces: list[bytes] = []
    lengths = np.diff(column.offsets)
    cache: dict[bytes, bytes] = {}
    last = 0
    for value in which.tolist():
        a, b = int(column.offsets[value]), int(column.offsets[value + 1])
        plain = blob[a:b]
        folded = cache.get(plain)
        if folded is None:
            folded = cache[plain] = fold(plain.decode("utf-8", "replace")).encode("utf-8", "replace")
        pieces += (blob[last:a], folded)
        lengths[value] = len(folded)
        last = b
    pieces.append(blob[last : column.offsets[-1]])
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Column(column.rows, offsets, np.frombuffer(b"".join(pieces), np.uint8))
