"""Domains: which listed domain a name equals or lies below, for whole columns at once.

``evil.example`` covers itself and ``a.b.evil.example``, never ``notevil.example``. Names are compared as lower-case
A-labels (RFC 5890); a name with other letters is folded and turned into A-labels first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import idna
import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators import text_kernels
from vonggac.events.folding import fold

_DOTS = str.maketrans("。．｡", "...")  # label separators of IDNA2003 section 3.1
_MEMO = 100_000  # distinct names with non-ASCII letters that are remembered


def a_labels(name: str) -> str:
    """``name`` in lower-case A-labels without a trailing dot; empty when a label cannot be one.

    ASCII labels are kept as they are (``_dmarc`` is a name in logs), others follow UTS #46.
    """
    name = fold(name.strip()).translate(_DOTS).removesuffix(".")
    if name.isascii():
        return name
    labels = []
    for label in name.split("."):
        if label.isascii():
            labels.append(label)
            continue
        try:
            labels.append(idna.alabel(idna.uts46_remap(label, std3_rules=False)).decode("ascii"))
        except (idna.IDNAError, UnicodeError):
            return ""
    return ".".join(labels)


def _power(least: int) -> int:
    return 1 << max(6, (least - 1).bit_length())


@dataclass(slots=True)
class DomainIndex:
    """Finds the listed names that cover a name. Entry i is the i-th of the names that :meth:`of` was given."""

    entries: Sequence[str]
    _numbers: list[int]
    _tables: tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]
    _parent: NDArray[np.int32]
    _memo: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[str]) -> DomainIndex:
        """Index ``entries``; of equal ones the first counts, one that is no name covers nothing."""
        numbers: dict[str, int] = {}
        for number, entry in enumerate(entries):
            if name := a_labels(entry):
                numbers.setdefault(name, number)
        pieces = [name.encode("ascii") for name in numbers]
        names = np.frombuffer(b"".join(pieces), np.uint8)
        bounds = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=bounds[1:])
        bitmap = np.zeros(_power(16 * len(pieces)) // 64, np.uint64)
        slots = np.full(_power(2 * len(pieces) + 1), -1, np.int32)
        hashes = np.zeros(len(pieces), np.uint64)
        text_kernels.index_names(names, bounds, bitmap, slots, hashes)
        tables = (bitmap, slots, hashes, names, bounds)
        parent = np.empty(len(pieces), np.int32)
        text_kernels.find_names(names, bounds[:-1], bounds[1:], *tables, True, parent)
        return cls(entries, list(numbers.values()), tables, parent)

    @property
    def tables(
        self,
    ) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]:
        """What :func:`text_kernels.find_names` looks in."""
        return self._tables

    def find(self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int32]:
        """The *node* of the longest listed name that covers ``data[starts[i]:ends[i]]``, -1 for none.

        A port and a trailing dot are ignored. :meth:`covering` turns a node into entries.
        """
        out = np.empty(len(starts), np.int32)
        text_kernels.find_names(data, starts, ends, *self._tables, False, out)
        for i in np.flatnonzero(out == text_kernels.NOT_ASCII).tolist():
            out[i] = self._find_other(data[starts[i] : ends[i]].tobytes())
        return out

    def covering(self, node: int) -> list[int]:
        """The entries that cover what ``node`` was found for, the longest name first."""
        found = []
        while node >= 0:
            found.append(self._numbers[node])
            node = int(self._parent[node])
        return found

    def find_text(self, name: str) -> list[int]:
        """The entries that cover ``name``, the longest first."""
        data = np.frombuffer(name.encode("utf-8", "replace"), np.uint8)
        found = self.find(data, np.zeros(1, np.int64), np.array([len(data)], np.int64))
        return self.covering(int(found[0]))

    def _find_other(self, raw: bytes) -> int:
        known = self._memo.get(raw)
        if known is not None:
            return known
        head, colon, port = raw.rpartition(b":")
        text = (head if colon and port.isdigit() else raw).decode("utf-8", "replace")
        name = np.frombuffer(a_labels(text).encode("ascii"), np.uint8)
        out = np.empty(1, np.int32)
        bounds = np.array([0, len(name)], np.int64)
        text_kernels.find_names(name, bounds[:1], bounds[1:], *self._tables, False, out)
        if len(self._memo) < _MEMO:
            self._memo[raw] = int(out[0])
        return int(out[0])
