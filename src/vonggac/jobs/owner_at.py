"""Who owned each of many addresses at its time: the networks of the desk, asked by the hundred thousand.

The rule is that of a networks file (``detectors.indicators.owners``): the smallest network that held the address decides,
unless one of another organisation, which does not lie around it, held the address as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vonggac.desk.audit.chain import microseconds
from vonggac.desk.organisations.queries import NetworkRow, all_networks
from vonggac.desk.scope.asker import Asker
from vonggac.detectors.indicators.addresses import AddressIndex, Span

NOBODY = 0
"""In place of an organisation's id: no network held the address then."""
CONTESTED = -1
"""In place of an organisation's id: several organisations claim the address alike."""

_V4 = 0xFFFF
"""Above the 32 bits of an IPv4 address in a key of the desk (::ffff:a.b.c.d)."""
_EVER = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class OwnersAt:
    """The networks that somebody may see, ready to be asked for many addresses.

    Column i is of network i: ``organisation``; ``first`` and ``last`` as ranks, which compare as the addresses do; ``begin``
    and ``end`` in microseconds.
    """

    index: AddressIndex
    organisation: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def read(cls, asker: Asker, side: str = "public") -> OwnersAt:
        """From the desk's networks of one ``side``, past ones too."""
        return cls.of([row for row in all_networks(asker) if row.side == side])

    @classmethod
    def of(cls, rows: Sequence[NetworkRow]) -> OwnersAt:
        """From rows of networks."""
        keys = [row.first for row in rows] + [row.last for row in rows]
        ranks = np.unique(np.array(keys, "S32"), return_inverse=True)[1].astype(np.int64)
        return cls(
            index=AddressIndex.of([_span(row) for row in rows]),
            organisation=np.array([row.organisation_id for row in rows], np.int64),
            first=ranks[: len(rows)],
            last=ranks[len(rows) :],
            begin=_moments([row.valid_from for row in rows], _EVER.min),
            end=_moments([row.valid_until for row in rows], _EVER.max),
        )

    def ask(self, addresses: Sequence[str], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The organisation's id for each address at its time (microseconds since 1970, UTC), NOBODY or CONTESTED.

        What is no address is nobody's.
        """
        pieces = [address.encode("utf-8", "replace") for address in addresses]
        bounds = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=bounds[1:])
        segments = self.index.find_texts(np.frombuffer(b"".join(pieces), np.uint8), bounds[:-1], bounds[1:])
        found = np.full(len(pieces), NOBODY, np.int64)
        rows = np.flatnonzero(segments >= 0)
        if len(rows):
            unique, place = np.unique(segments[rows], return_inverse=True)
            found[rows] = self._judge(self._layers(unique.tolist()), place, times[rows])
        return found

    def _layers(self, segments: Sequence[int]) -> NDArray[np.int64]:
        """The networks that cover each of ``segments``, one row for the smallest, one for the next ...; -1 where there is none."""
        covering = [self.index.covering(segment) for segment in segments]
        layers = np.full((max(map(len, covering)), len(covering)), -1, np.int64)
        for column, networks in enumerate(covering):
            layers[: len(networks), column] = networks
        return layers

    def _judge(
        self, layers: NDArray[np.int64], place: NDArray[np.int64], times: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The owner for each (column of ``layers``, time)."""
        best = np.full(len(place), -1, np.int64)
        found = np.full(len(place), NOBODY, np.int64)
        for layer in layers:
            network = layer[place]
            holds = (network >= 0) & (self.begin[network] <= times) & (times < self.end[network])
            new = holds & (best < 0)
            best[new] = network[new]
            found[new] = self.organisation[network[new]]
            other = np.flatnonzero(holds & ~new)
            outer, inner = network[other], best[other]
            is_around = (self.first[outer] <= self.first[inner]) & (self.last[inner] <= self.last[outer])
            is_around &= (self.first[outer] != self.first[inner]) | (self.last[outer] != self.last[inner])
            rival = ~is_around & (self.organisation[outer] != self.organisation[inner])
            found[other[rival]] = CONTESTED
        return found


def owners_at(asker: Asker, addresses: Sequence[str], times: Sequence[datetime]) -> NDArray[np.int64]:
    """The id of the organisation that held each address at its time, NOBODY or CONTESTED, by what the asker may see."""
    moments = np.fromiter(map(microseconds, times), np.int64, len(times))
    return OwnersAt.read(asker).ask(addresses, moments)


def _span(row: NetworkRow) -> Span:
    first, last = int(row.first, 16), int(row.last, 16)
    return Span(4, first & 0xFFFFFFFF, last & 0xFFFFFFFF) if first >> 32 == _V4 else Span(6, first, last)


def _moments(times: Sequence[datetime | None], unset: int) -> NDArray[np.int64]:
    return np.array([unset if time is None else microseconds(time) for time in times], np.int64)
