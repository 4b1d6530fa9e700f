"""Rules of a set that fit one source, laid out as flat arrays for the inner loops of ``kernels``.

An *entry* is a literal to find in a field (a whole value, prefix, suffix or substring; of a value with wildcards inside,
its longest literal, verified by the whole pattern). An *item* is the union of some entries of one field, or the presence
of a field, or *deferred*: something costly (regular expression, address, number, other field) that is judged only on the
rows that everything else of the rule has left. A *program* is a rule's condition over items, with negation at its leaves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.detectors.sigma.ruleset import Node


@dataclass(slots=True)
class Plan:
    """Everything that judging batches of one source needs; see the module's own words for the terms."""

    rules: list[int]
    """Numbers of the rules in their set."""
    field_numbers: dict[str, int]
    aliases: dict[str, list[tuple[int, str]]]
    """Other names of fields: name to (number of the base in which it holds, native field)."""
    about: NDArray[np.int64]
    """This and the following are the ``literals.Index`` of the entries."""
    edges: NDArray[np.int32]
    maps: NDArray[np.uint64]
    table: NDArray[np.uint64]
    entries: NDArray[np.int32]
    literals: NDArray[np.uint8]
    tokens: NDArray[np.int32]
    item_starts: NDArray[np.int32]
    items_of: NDArray[np.int32]
    exists: dict[str, int]
    """Fields whose presence some rule asks for, to item."""
    anything: dict[str, int]
    """Fields of which some rule asks for any value of their own, to item."""
    deferred: NDArray[np.int8]
    """Per item: 0 known from entries, 1 deferred with entries as upper bound, 2 deferred without."""
    deferred_leaves: dict[int, Node]
    program: NDArray[np.int32]
    starts: NDArray[np.int32]
    bases: NDArray[np.int32]
    rule_deferred: dict[int, tuple[int, ...]]
    base_program: NDArray[np.int32]
    base_starts: NDArray[np.int32]
    routing_fields: list[str]
    field_bases: dict[str, tuple[int, ...]]
    n_items: int
    depth: int
    numeric_keywords: bool
    """Whether some keyword could be found in the text of a number or boolean."""

    def to_bytes(self) -> bytes:
        """The plan as bytes that :meth:`from_bytes` reads back."""
        arrays = {}
        values = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                arrays[entry.name] = value
            else:
                values[entry.name] = list(value.items()) if isinstance(value, dict) else value
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, _values=np.frombuffer(orjson.dumps(values), np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Plan:
        """The inverse of :meth:`to_bytes`; raises ValueError, KeyError or TypeError on anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            values = orjson.loads(archive["_values"].tobytes())
            arrays = {name: archive[name] for name in archive.files if name != "_values"}
        for name in ("field_numbers", "exists", "anything", "deferred_leaves"):
            values[name] = dict(values[name])
        values["aliases"] = {name: [(base, field) for base, field in found] for name, found in values["aliases"]}
        for name in ("rule_deferred", "field_bases"):
            values[name] = {key: tuple(found) for key, found in values[name]}
        return cls(**values, **arrays)
