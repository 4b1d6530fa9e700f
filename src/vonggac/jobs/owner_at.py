"""Who owned each of many addresses at its time: the networks of the desk, asked by the hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vonggac.desk.audit.chain import microseconds
from vonggac.desk.organisations.queries import NetworkRow, all_networks
from vonggac.desk.scope.asker import Asker
from vonggac.detectors.indicators.addresses import Span
from vonggac.detectors.indicators.indicator import Place
from vonggac.detectors.indicators.owners import Network, Owners

NOBODY = 0
"""In place of an organisation's id: no network held the address then."""
CONTESTED = -1
"""In place of an organisation's id: several organisations claim the address alike."""

_V4 = 0xFFFF
"""Above the 32 bits of an IPv4 address in a key of the desk (::ffff:a.b.c.d)."""


@dataclass(frozen=True, slots=True)
class OwnersAt:
    """The networks that somebody may see, ready to be asked for many addresses."""

    owners: Owners

    @classmethod
    def read(cls, asker: Asker, side: str = "public") -> OwnersAt:
        """From the desk's networks of one ``side``, past ones too."""
        return cls.of([row for row in all_networks(asker) if row.side == side])

    @classmethod
    def of(cls, rows: Sequence[NetworkRow]) -> OwnersAt:
        """From rows of networks."""
        return cls(Owners.of([_network(row) for row in rows]))

    def ask(self, addresses: Sequence[str], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The organisation's id for each address at its time (microseconds since 1970, UTC), NOBODY or CONTESTED.

        The smallest network decides, as for a networks file. What is no address is nobody's.
        """
        pieces = [address.encode("utf-8", "replace") for address in addresses]
        bounds = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=bounds[1:])
        segments = self.owners.find_texts(np.frombuffer(b"".join(pieces), np.uint8), bounds[:-1], bounds[1:])
        found = np.zeros(len(pieces), np.int64)
        # One segment after the other, each through time: then hardly any answer is worked out twice.
        order = np.lexsort((times, segments))
        order = order[segments[order] >= 0]
        columns = zip(order.tolist(), segments[order].tolist(), times[order].tolist(), strict=True)
        for number, segment, time in columns:
            answer = self.owners.at_segment(segment, time)
            if answer.owner is not None:
                found[number] = int(answer.owner.organisation)
            elif answer.rivals:
                found[number] = CONTESTED
        return found


def owners_at(asker: Asker, addresses: Sequence[str], times: Sequence[datetime]) -> NDArray[np.int64]:
    """The id of the organisation that held each address at its time, NOBODY or CONTESTED, by what the asker may see."""
    moments = np.fromiter(map(microseconds, times), np.int64, len(times))
    return OwnersAt.read(asker).ask(addresses, moments)


def _network(row: NetworkRow) -> Network:
    first, last = int(row.first, 16), int(row.last, 16)
    is_v4 = first >> 32 == _V4
    span = Span(4, first & 0xFFFFFFFF, last & 0xFFFFFFFF) if is_v4 else Span(6, first, last)
    return Network(
        organisation=str(row.organisation_id),
        text="",
        span=span,
        system="",
        level=None,
        valid_from=None if row.valid_from is None else microseconds(row.valid_from),
        valid_to=None if row.valid_until is None else microseconds(row.valid_until),
        place=_NOWHERE,
    )


_NOWHERE = Place("", "", 0)
