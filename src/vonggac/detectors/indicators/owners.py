"""Owners: whose address it was at a time, from a networks file.

The file has a header row with (Vietnamese or English) names for ``organisation, cidr, system, level, valid_from,
valid_to``; the first two are needed. A network may be an address, a CIDR or a range; a cell may hold several, parted by
``;``, ``,`` or line breaks. ``valid_from`` is the first moment that counts, ``valid_to`` the first that does not; a day
without a clock begins at midnight in the province's zone (+07:00); an empty cell is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from math import inf

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators.addresses import AddressIndex, Span, span
from vonggac.detectors.indicators.dates import VIETNAM, plain, time_us
from vonggac.detectors.indicators.indicator import Place
from vonggac.errors import N_, InputError
from vonggac.tables.table import Cell, Row, Table, Tables, cell_text, is_empty

HEADERS: dict[str, frozenset[str]] = {
    "organisation": frozenset(
        {"organisation", "organization", "org", "owner", "agency", "unit", "to chuc", "don vi", "co quan", "chu quan",
         "ten don vi", "ten to chuc", "ten co quan", "co quan don vi", "don vi chu quan", "don vi quan ly"}
    ),
    "cidr": frozenset(
        {"cidr", "network", "networks", "range", "ip", "ip range", "ip address", "address", "prefix", "subnet", "mang",
         "dai ip", "dai mang", "dia chi ip", "dai dia chi", "dai dia chi ip", "ip cong cong", "dia chi ip cong cong",
         "dai ip cong cong", "ip public", "dia chi mang", "vung mang", "public ip"}
    ),
    "system": frozenset(
        {"system", "system name", "information system", "he thong", "ten he thong", "he thong thong tin",
         "ten he thong thong tin", "httt"}
    ),
    "level": frozenset(
        {"level", "security level", "system level", "cap do", "cap do httt", "cap do he thong", "cap do an toan",
         "cap do an toan thong tin", "cap do attt"}
    ),
    "valid_from": frozenset(
        {"valid_from", "valid from", "from", "start", "start date", "hieu luc tu", "co hieu luc tu", "tu ngay",
         "ngay bat dau", "tu", "ngay hieu luc", "bat dau"}
    ),
    "valid_to": frozenset(
        {"valid_to", "valid to", "to", "until", "end", "end date", "hieu luc den", "het hieu luc", "den ngay",
         "ngay ket thuc", "den", "ngay het hieu luc", "ket thuc"}
    ),
}  # fmt: skip
"""Column to header words: lower case, without diacritics and punctuation."""

_HEADER_ROWS = 20  # how far down the header may stand, below titles
_NOT_WORD = re.compile(r"[^0-9a-z_]+")
_SEPARATOR = re.compile(r"[;,\n]+")
_LEVEL = re.compile(r"(?:cap do|cap|level|muc)? ?([1-5])")


@dataclass(frozen=True, slots=True)
class Network:
    """Addresses that an organisation held for a time. Times are microseconds since 1970, UTC, None for open."""

    organisation: str
    text: str
    span: Span
    system: str
    level: int | None
    valid_from: int | None
    valid_to: int | None
    place: Place

    def is_valid(self, time: int) -> bool:
        """Whether the network was held at ``time``."""
        return (self.valid_from is None or self.valid_from <= time) and (self.valid_to is None or time < self.valid_to)


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that could not be used, or that contradicts another. ``message`` is an English template for ``params``."""

    place: Place
    message: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who held an address: ``organisation`` with its ``system`` and ``level`` there; ``networks`` say so."""

    organisation: str
    system: str
    level: int | None
    networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Exactly one of: an ``owner``; several ``rivals`` that claim the address alike; neither.

    ``others``: networks that hold the address at another time only, when there is neither.
    """

    owner: Owner | None = None
    rivals: tuple[Network, ...] = ()
    others: tuple[Network, ...] = ()


class _BadRow(Exception):
    def __init__(self, message: str, **params: str) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


@dataclass(slots=True)
class Owners:
    """Networks with their owners, ready to be asked. ``faults``: rows left out; ``conflicts``: rows that contradict."""

    networks: Sequence[Network]
    faults: Sequence[RowFault]
    conflicts: Sequence[RowFault]
    _index: AddressIndex
    _covering: dict[int, list[Network]] = field(default_factory=dict)
    _recent: dict[int, tuple[float, float, Answer]] = field(default_factory=dict)

    @classmethod
    def of(cls, networks: Sequence[Network], faults: Sequence[RowFault] = ()) -> Owners:
        """Index ``networks``."""
        index = AddressIndex.of([network.span for network in networks])
        return cls(networks, faults, list(_conflicts(networks)), index)

    @classmethod
    def read(cls, tables: Tables, where: str, zone: tzinfo = VIETNAM) -> Owners:
        """Read a networks file, all its sheets; raises InputError when no row of it can be used.

        ``where`` names the file in that error; ``zone`` is the zone of times that name none.
        """
        networks: list[Network] = []
        faults: list[RowFault] = []
        has_header = False
        for table in tables.tables:
            columns, rows = _header(table)
            if columns is None:
                continue
            has_header = True
            for row in rows:
                try:
                    networks.extend(_network_row(table, row, columns, zone))
                except _BadRow as bad:
                    faults.append(RowFault(Place(table.file, table.sheet, row.number), bad.message, bad.params))
        if not has_header:
            raise InputError(
                N_("no header row with the columns “organisation” and “cidr” (or “Đơn vị” and “Dải IP”) was found"),
                where=where,
            )
        if not networks:
            raise InputError(
                N_("no row names a network with its owner; {n} rows could not be read"), where=where, n=len(faults)
            )
        return cls.of(networks, faults)

    def find_texts(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """For whole columns: a segment of addresses for :meth:`at_segment`, -1 where no network covers the text."""
        return self._index.find_texts(data, starts, ends)

    def segments(self, wanted: Sequence[Span]) -> list[int]:
        """The segment of the first address of each of ``wanted``, -1 where no network covers it."""
        found: list[int] = self._index.find_spans(wanted).tolist()
        return found

    def at(self, address: str, time: int) -> Answer:
        """Who held ``address`` at ``time`` (microseconds since 1970, UTC)."""
        found = span(address)
        return self.at_segment(self.segments([found])[0], time) if found else Answer()

    def at_segment(self, segment: int, time: int) -> Answer:
        """Who held the addresses of ``segment`` at ``time``: the smallest network, unless another contradicts it."""
        if segment < 0:
            return Answer()
        known = self._recent.get(segment)
        if known is None or not known[0] <= time < known[1]:
            known = self._recent[segment] = self._answer(segment, time)
        return known[2]

    def _answer(self, segment: int, time: int) -> tuple[float, float, Answer]:
        """The answer, and from when to when (exclusive) it is the same."""
        covering = self._covering.get(segment)
        if covering is None:
            covering = self._covering[segment] = [self.networks[number] for number in self._index.covering(segment)]
        borders = [border for one in covering for border in (one.valid_from, one.valid_to) if border is not None]
        low = max((border for border in borders if border <= time), default=-inf)
        high = min((border for border in borders if border > time), default=inf)
        valid = [network for network in covering if network.is_valid(time)]
        return low, high, _judge(valid) if valid else Answer(others=tuple(covering))


def _judge(valid: Sequence[Network]) -> Answer:
    """Who of ``valid``, the smallest first, holds what they all cover."""
    best = valid[0]
    alike = [best, *(other for other in valid[1:] if not _contains(other.span, best.span))]
    if len({_key(network.organisation) for network in alike}) > 1:
        return Answer(rivals=tuple(alike))
    systems = list(dict.fromkeys(network.system for network in alike if network.system))
    levels = [network.level for network in alike if network.level is not None]
    return Answer(Owner(best.organisation, "; ".join(systems), max(levels, default=None), tuple(alike)))


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _contains(outer: Span, inner: Span) -> bool:
    """Whether ``outer`` holds ``inner`` and more."""
    return (
        outer.first <= inner.first
        and inner.last <= outer.last
        and (outer.first, outer.last) != (inner.first, inner.last)
    )


def _words(cell: Cell) -> str:
    return _NOT_WORD.sub(" ", plain(cell_text(cell))).strip()


def _header(table: Table) -> tuple[dict[str, int] | None, Sequence[Row]]:
    """The position of each known column, and the rows below the header; None when there is no header."""
    for number, row in enumerate(table.rows[:_HEADER_ROWS]):
        words = [_words(cell) for cell in row.cells]
        columns: dict[str, int] = {}
        for name, known in HEADERS.items():
            position = next((i for i, word in enumerate(words) if word in known and i not in columns.values()), None)
            if position is not None:
                columns[name] = position
        if "organisation" in columns and "cidr" in columns:
            return columns, table.rows[number + 1 :]
    return None, ()


def _network_row(table: Table, row: Row, columns: dict[str, int], zone: tzinfo) -> Iterable[Network]:
    def cell(name: str) -> Cell:
        position = columns.get(name)
        return row.cells[position] if position is not None and position < len(row.cells) else ""

    if all(is_empty(one) for one in row.cells):
        return []
    organisation, text = cell_text(cell("organisation")), cell_text(cell("cidr"))
    if not organisation:
        raise _BadRow(N_("no organisation"))
    if not text:
        raise _BadRow(N_("no network"))
    valid_from, valid_to = _moment(cell("valid_from"), zone), _moment(cell("valid_to"), zone)
    if valid_from is not None and valid_to is not None and valid_from >= valid_to:
        raise _BadRow(N_("it ends before it begins"))
    level = _level(cell("level"))
    place = Place(table.file, table.sheet, row.number)
    system = cell_text(cell("system"))
    pieces = [piece for piece in map(str.strip, _SEPARATOR.split(text)) if piece]
    if not pieces:
        raise _BadRow(N_("no network"))
    return [Network(organisation, piece, _span(piece), system, level, valid_from, valid_to, place) for piece in pieces]


def _span(text: str) -> Span:
    found = span(text.replace("–", "-").replace("—", "-"))
    if found is None:
        raise _BadRow(N_("“{text}” is no address, CIDR or range"), text=text[:80])
    return found


def _moment(cell: Cell, zone: tzinfo) -> int | None:
    if is_empty(cell):
        return None
    found = time_us(cell, zone)
    if found is None:
        raise _BadRow(N_("“{text}” is no date"), text=cell_text(cell)[:80])
    return found


def _level(cell: Cell) -> int | None:
    if is_empty(cell):
        return None
    found = _LEVEL.fullmatch(_words(cell))
    if found is None:
        raise _BadRow(N_("“{text}” is no level: a number from 1 to 5 was expected"), text=cell_text(cell)[:80])
    return int(found.group(1))


def _conflicts(networks: Sequence[Network]) -> Iterable[RowFault]:
    """Rows that give addresses to an owner while another row gives them to another, neither inside the other."""
    order = sorted(networks, key=lambda one: (one.span.version, one.span.first, -one.span.last))
    around: list[Network] = []
    for network in order:
        version, first, last = network.span
        around = [one for one in around if one.span.version == version and one.span.last >= first]
        for other in around:
            is_nested = other.span.last >= last and (other.span.first, other.span.last) != (first, last)
            if not is_nested and _key(other.organisation) != _key(network.organisation) and _meet(other, network):
                yield RowFault(
                    network.place,
                    N_("“{text}” of {organisation} overlaps “{other_text}” of {other} (row {row}) at the same time"),
                    {
                        "text": network.text,
                        "organisation": network.organisation,
                        "other_text": other.text,
                        "other": other.organisation,
                        "row": str(other.place.row),
                    },
                )
                break
        around.append(network)


def _meet(a: Network, b: Network) -> bool:
    """Whether two networks are valid at some moment both."""
    return (a.valid_to is None or b.valid_from is None or b.valid_from < a.valid_to) and (
        b.valid_to is None or a.valid_from is None or a.valid_from < b.valid_to
    )
