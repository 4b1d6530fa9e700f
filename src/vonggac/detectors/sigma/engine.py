"""Judging batches by Sigma rules: columns in, hits out.

Per batch: find the literals of the routing fields, settle which log sources occur, find the literals of the fields that
their rules ask for, then run each rule's program over sets of rows. Most rules end at their first empty set. Costly
leaves (regular expressions and the like) are judged last, on the few rows that everything else has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.sigma import gram_kernels, kernels
from vonggac.detectors.sigma.costly import JudgeLeaf, judge
from vonggac.detectors.sigma.layout import make_plan
from vonggac.detectors.sigma.plan import Plan
from vonggac.detectors.sigma.routing import DISPLACED, ROUTING
from vonggac.detectors.sigma.ruleset import RuleSet
from vonggac.events.batch import EMPTY_COLUMN, Column, EventBatch, Spans, Stream, leaf_texts, stream_of
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
        self._watches: dict[str, Watch] = {}
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
        capacity = 2 * plan.n_items + len(plan.entries) + 2
        if self._bits.shape[1] != n_words or self._bits.shape[0] < capacity:
            self._bits = np.empty((max(capacity, self._bits.shape[0]), n_words), np.uint64)
        watch = self._watches.get(batch.source)
        if watch is None:
            watch = self._watches[batch.source] = Watch.of(plan)
        run = _Run(plan, watch, self._ruleset, batch, self._bits, self.timeouts, self._judge_leaf)
        hits = run.hits()
        self.referenced = run.referenced
        return hits


@dataclass(frozen=True, slots=True)
class Watch:
    """Where the literals of a plan are looked for, by native field: those of ``names[i]`` in the targets from ``bounds[i]`` to
    ``bounds[i + 1]``; before them stands what is looked for in every value.

    ``targets`` int32[n, 3]: the number of a field of the rules, that of the target, the least bytes of a value that can matter. ``sought``: that field's name, and the base in
    whose events it is another name of the native field, -1 for its own name.
    """

    names: list[str]
    targets: NDArray[np.int32]
    bounds: NDArray[np.int32]
    n_for_all: int
    sought: list[tuple[str, int]]
    memory: gram_kernels.Memory

    @classmethod
    def of(cls, plan: Plan) -> Watch:
        """All targets of ``plan``."""
        by_name: dict[str, list[tuple[str, int]]] = {}
        for name in plan.field_bases:
            if name and name in plan.field_numbers:
                by_name.setdefault(name, []).append((name, -1))
                for base, native in plan.aliases.get(name, ()):
                    by_name.setdefault(native, []).append((name, base))
        for_all = [("", -1)] if "" in plan.field_bases and "" in plan.field_numbers else []
        if max(map(len, by_name.values()), default=0) + len(for_all) > gram_kernels.MOST_TARGETS:
            raise ValueError("a field has too many other names")
        sought = [*for_all, *(target for found in by_name.values() for target in found)]
        fields = [plan.field_numbers[name] for name, _ in sought]
        targets = [(field, number, plan.about[field, gram_kernels.LEAST]) for number, field in enumerate(fields)]
        bounds = np.cumsum([len(for_all), *map(len, by_name.values())])
        return cls(
            list(by_name),
            np.array(targets, np.int32).reshape(-1, 3),
            bounds.astype(np.int32),
            len(for_all),
            sought,
            gram_kernels.new_memory(gram_kernels.REMEMBERED),
        )


class _Run:
    """One batch being judged."""

    def __init__(
        self,
        plan: Plan,
        watch: Watch,
        ruleset: RuleSet,
        batch: EventBatch,
        bits: NDArray[np.uint64],
        timeouts: Counter[str],
        judge_leaf: JudgeLeaf,
    ) -> None:
        self.plan = plan
        self.watch = watch
        self.judge_leaf = judge_leaf
        self.rules = ruleset.rules
        self.silent = ruleset.silent
        self.is_referenced = {rule for one in ruleset.correlations for rule in one.rules}
        self.referenced: dict[str, NDArray[np.int32]] = {}
        self.batch = batch
        self.timeouts = timeouts
        self.n_words = bits.shape[1]
        n_entries = len(plan.entries)
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
        self.found: dict[str, list[Spans]] = {}
        self.texts: dict[tuple[str, int], dict[int, str]] = {}

    def hits(self) -> list[Hit]:
        plan = self.plan
        for name in plan.routing_fields:
            self._mark_presence(name)
            for part in self.spans(name):
                if name in plan.field_numbers:
                    target = np.array([[plan.field_numbers[name], 0, 0]], np.int32)
                    self._find(stream_of(part, 0), target, np.array([0, 1], np.int32), self.all_rows[np.newaxis], None)
        self._join()
        for base in range(len(self.base_bits)):
            self.base_live[base] = self._evaluate(plan.base_program, plan.base_starts, base, self.all_rows, exact=False)
            self.base_bits[base] = self.stack[0]
        live = np.flatnonzero(self.base_live[plan.bases]).astype(np.int32)
        if not len(live):
            return []
        self._search()
        self._join()
        return self._judge(live)

    def _union(self, bases: Sequence[int]) -> NDArray[np.uint64] | None:
        live = [base for base in bases if self.base_live[base]]
        if len(live) < 2:  # most fields are asked for by one log source
            return self.base_bits[live[0]] if live else None
        union: NDArray[np.uint64] = np.bitwise_or.reduce(self.base_bits[live], axis=0)
        return union

    def spans(self, name: str) -> list[Spans]:
        """The values of field ``name`` and of its other names; of every field for the keywords' name ""."""
        found = self.found.get(name)
        if found is None:
            found = self.found[name] = self._named(name)
        return found

    def _named(self, name: str) -> list[Spans]:
        if not name:
            wanted = self._union(self.plan.field_bases[""])
            is_wanted = np.zeros(self.batch.n_rows, np.bool_) if wanted is None else _flags(wanted, self.batch.n_rows)
            return [Spans.of(self.batch.all_values(is_wanted, with_numbers=self.plan.numeric_keywords))]
        if name.startswith(ROUTING):
            name = name.removeprefix(ROUTING)
            displaced, spans = self.batch.spans(DISPLACED + name), self.batch.spans(name)
            return [spans.take(~np.isin(spans.rows, displaced.rows)), displaced] if len(displaced) else [spans]
        parts = [self.batch.spans(name)]
        for base, native in self.plan.aliases.get(name, ()):
            if self.base_live[base]:
                other = self.batch.spans(native)
                parts.append(other.take(kernels.inside(other.rows, self.base_bits[base])))
        return [part for part in parts if len(part)]

    def _values(self, name: str, words: NDArray[np.uint64]) -> tuple[NDArray[np.int32], list[str]]:
        """The values of field ``name`` in the rows of a set: the row of each, and its text."""
        if not name:
            pairs = [
                (row, text) for row in kernels.rows_of(words).tolist() for text in leaf_texts(self.batch.event(row))
            ]
            return np.array([row for row, _ in pairs], np.int32), [text for _, text in pairs]
        rows: list[NDArray[np.int32]] = []
        texts: list[str] = []
        for number, part in enumerate(self.spans(name)):
            which = kernels.inside(part.rows, words)
            known = self.texts.setdefault((name, number), {})
            lacking = [index for index in which.tolist() if index not in known]
            if lacking:
                known.update(zip(lacking, part.take(np.array(lacking)).column().texts(), strict=True))
            rows.append(part.rows[which])
            texts += [known[index] for index in which.tolist()]
        return np.concatenate(rows) if rows else np.zeros(0, np.int32), texts

    def _search(self) -> None:
        """Find every literal in the events of the log sources whose rules ask for it, and what is present at all."""
        plan, watch = self.plan, self.watch
        unions = {name: self._union(bases) for name, bases in plan.field_bases.items()}
        for name, union in unions.items():
            if union is not None:
                self._mark_presence(name)
        wanted = np.zeros((len(watch.sought), self.n_words), np.uint64)
        for number, (name, base) in enumerate(watch.sought):
            union = unions[name]
            if union is not None and (base < 0 or self.base_live[base]):
                wanted[number] = union if base < 0 else union & self.base_bits[base]
        is_wanted = _flags(wanted[0], self.batch.n_rows) if watch.n_for_all and wanted[0].any() else None
        for stream in self.batch.streams(watch.names, is_wanted, with_numbers=plan.numeric_keywords):
            self._find(stream, watch.targets, watch.bounds, wanted, watch.memory)

    def _mark_presence(self, name: str) -> None:
        plan = self.plan
        if name in plan.anything:
            for part in self.spans(name):
                self._mark(plan.anything[name], part.rows)
        if name in plan.exists:
            self._mark(plan.exists[name], self.batch.rows_with(name))
            if name in plan.aliases:
                for part in self.spans(name):
                    self._mark(plan.exists[name], part.rows)

    def _find(
        self,
        stream: Stream,
        targets: NDArray[np.int32],
        bounds: NDArray[np.int32],
        wanted: NDArray[np.uint64],
        memory: gram_kernels.Memory | None,
    ) -> None:
        """Set the bits of the literals found in ``stream``."""
        if not len(targets):
            return
        memory = memory or gram_kernels.new_memory(0)
        beyond = self._look(stream, EMPTY_COLUMN, targets, bounds, wanted, memory)
        if len(beyond):
            column = stream.spans.take(beyond).column()
            odd = Stream(Spans.of(column), stream.names[beyond], stream.is_text[beyond], stream.has_all)
            self._look(odd, _folded(column), targets, bounds, wanted, memory)

    def _look(
        self,
        stream: Stream,
        folded: Column,
        targets: NDArray[np.int32],
        bounds: NDArray[np.int32],
        wanted: NDArray[np.uint64],
        memory: gram_kernels.Memory,
    ) -> NDArray[np.int32]:
        """Call the loop; which values have to be folded first."""
        plan, spans = self.plan, stream.spans
        beyond = np.empty(0 if len(folded) else len(spans), np.int32)
        self.n_active, n_beyond = gram_kernels.find(
            spans.data,
            spans.starts,
            spans.ends,
            spans.is_escaped,
            spans.rows,
            stream.is_text,
            stream.names,
            folded.data,
            folded.offsets[: 0 if not len(folded) else None],
            targets,
            bounds,
            stream.has_all,
            not plan.numeric_keywords,
            wanted,
            plan.about,
            plan.edges,
            plan.maps,
            plan.table,
            plan.entries,
            plan.literals,
            plan.tokens,
            *memory,
            self.slots,
            self.bits,
            self.active,
            self.n_active,
            beyond,
        )
        return beyond[:n_beyond]

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
            numbers = kernels.rows_of(rows)
            if info.id in self.is_referenced:
                self.referenced[info.id] = numbers
            if info.id not in self.silent:
                pairs.extend((row, info.id, Hit(info, row)) for row in numbers.tolist())
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


def _flags(words: NDArray[np.uint64], n_rows: int) -> NDArray[np.bool_]:
    """A set as one flag per row."""
    return np.unpackbits(words.view(np.uint8), count=n_rows, bitorder="little").astype(np.bool_)


def _folded(column: Column) -> Column:
    """``column`` folded."""
    cache: dict[str, bytes] = {}
    pieces: list[bytes] = []
    for text in column.texts():
        piece = cache.get(text)
        if piece is None:
            piece = cache[text] = fold(text).encode("utf-8", "replace")
        pieces.append(piece)
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return Column(column.rows, offsets, np.frombuffer(b"".join(pieces), np.uint8))
