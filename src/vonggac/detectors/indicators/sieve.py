"""A sieve for lines of text: which of them may hold a listed value, told without reading them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators import sieve_kernels
from vonggac.detectors.indicators.addresses import AddressIndex, span
from vonggac.detectors.indicators.domains import DomainIndex, a_labels
from vonggac.detectors.indicators.hashes_urls import HashIndex, url_key

_TAIL = re.compile(r"[a-z0-9_.-]*$")  # what a word of raw text holds of a name that has other characters

_NEAR_WORDS = 1 << 13  # 64 KiB: the table of all /24 is too large for a processor's own cache


@dataclass(slots=True)
class Sieve:
    """Finds the lines that may hold one of the values that :meth:`of` was given."""

    _tables: tuple[Any, ...]
    _has_addresses: bool
    _has_digests: bool

    @classmethod
    def of(
        cls, addresses: Sequence[str], domains: Sequence[str], urls: Sequence[str], digests: Sequence[str]
    ) -> Sieve | None:
        """A sieve for these values; None when one of them has a form that cannot be told in raw text."""
        hosts = [*domains, *(key.host for url in urls if (key := url_key(url)) is not None)]
        numbers = [host for host in hosts if span(host) is not None]
        names = [name for host in hosts if span(host) is None and (name := a_labels(host))]
        names = [_TAIL.search(name)[0] for name in names]  # type: ignore[index]  # it finds at least nothing
        if any(not name or name.endswith(".") for name in names):
            return None
        listed = AddressIndex.of_texts([*addresses, *numbers])
        flags = 0
        for name in names:
            flags |= 0 if "." in name else sieve_kernels.UNDOTTED
            flags |= sieve_kernels.NUMERIC if name.rpartition(".")[2].isdigit() else 0
        return cls(
            (
                sieve_kernels.classes(),
                _first_groups(listed),
                sieve_kernels.near_blocks(listed.tables4[0], _NEAR_WORDS),
                flags,
                *listed.tables4,
                *listed.tables6,
                *DomainIndex.of(names).tables,
                *HashIndex.of(digests).tables,
            ),
            bool(addresses or numbers),
            bool(digests),
        )

    def lines(self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether line i, ``data[starts[i]:ends[i]]``, may hold a listed value."""
        marks = np.empty(len(data) // 8 + 1, np.uint64)
        sieve_kernels.mark(data, self._has_addresses, self._has_digests, marks.view(np.uint8))
        return sieve_kernels.sieve(data, starts, ends, marks, *self._tables).astype(np.bool_)


def _first_groups(listed: AddressIndex) -> NDArray[np.uint64]:
    """A bit for each first group of 16 bits that a listed IPv6 address has, or an IPv4 address written as IPv6."""
    has = np.zeros(1 << 16, np.bool_)
    for one in listed.entries:
        if one is not None and one.version == 6:
            has[one.first >> 112 : (one.last >> 112) + 1] = True
        elif one is not None:
            has[0] = True
    return np.packbits(has, bitorder="little").view(np.uint64)
