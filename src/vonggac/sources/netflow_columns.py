"""Flows as columns: what records say stays bytes until somebody asks, and then becomes text all at once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import overload

import numpy as np
import yaml
from numpy.typing import NDArray

from vonggac.events.batch import Column, EventBatch, concatenate, encode
from vonggac.sources import netflow_kernels as kernels

_NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970, RFC 5905
_REVERSE_PEN = 29_305  # RFC 5103: the reverse direction of an element of IANA's


class Cells(Sequence[object]):
    """The values of one field of one kind of record, one for each row."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> object: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...

    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return [self.at(i) for i in range(*index.indices(len(self)))]
        return self.at(index)

    def at(self, index: int) -> object:
        """The value of row ``index``."""
        raise NotImplementedError

    def column(self, rows: NDArray[np.int32]) -> Column:
        """All values as text, value i being of ``rows[i]``."""
        return encode(list(self), rows)


class Numbers(Cells):
    """Whole numbers that are not negative."""

    __slots__ = ("values",)

    def __init__(self, values: NDArray[np.uint64]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[object]:
        return iter(self.values.tolist())

    def at(self, index: int) -> object:
        """The value of row ``index``."""
        return int(self.values[index])

    def column(self, rows: NDArray[np.int32]) -> Column:
        """All values as decimal digits."""
        offsets = np.zeros(len(self.values) + 1, np.int64)
        data = np.empty(20 * len(self.values), np.uint8)
        size = kernels.write_numbers(self.values.astype(np.uint64, copy=False), offsets, data)
        return Column(rows, offsets, data[:size])


class Addresses(Cells):
    """IPv4 addresses."""

    __slots__ = ("_values",)

    def __init__(self, values: NDArray[np.uint32]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def at(self, index: int) -> object:
        """The value of row ``index``."""
        return str(ipaddress.IPv4Address(int(self._values[index])))

    def column(self, rows: NDArray[np.int32]) -> Column:
        """All values in dotted form."""
        offsets = np.zeros(len(self._values) + 1, np.int64)
        data = np.empty(15 * len(self._values), np.uint8)
        size = kernels.write_ipv4(self._values.astype(np.uint32, copy=False), offsets, data)
        return Column(rows, offsets, data[:size])


class Read(Cells):
    """Values that ``read`` makes of bytes; each distinct one once."""

    __slots__ = ("_pieces", "_read")

    def __init__(self, pieces: Sequence[bytes], read: Callable[[bytes], object]) -> None:
        self._pieces = pieces
        self._read = read

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[object]:
        known = {piece: self._read(piece) for piece in set(self._pieces)}
        return iter([known[piece] for piece in self._pieces])

    def at(self, index: int) -> object:
        """The value of row ``index``."""
        return self._read(self._pieces[index])


class Pieces(Sequence[bytes]):
    """The rows of a table of bytes."""

    __slots__ = ("_table",)

    def __init__(self, table: NDArray[np.uint8]) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        return (
            [row.tobytes() for row in self._table[index]] if isinstance(index, slice) else self._table[index].tobytes()
        )

    def __iter__(self) -> Iterator[bytes]:
        width = self._table.shape[1]
        blob = self._table.tobytes()
        return (
            (blob[at : at + width] for at in range(0, width * len(self._table), width))
            if width
            else iter([b""] * len(self))
        )


class FlowBatch(EventBatch):
    """A batch whose columns may be :class:`Cells`."""

    __slots__ = ()

    def _column(self, name: str) -> Column:
        parts = []
        for number, position in sorted(self._by_key.get(name, ())):
            values = self.shapes[number].columns[position]
            first = self.first_rows[number]
            rows = np.arange(first, first + len(values), dtype=np.int32)
            parts.append(values.column(rows) if isinstance(values, Cells) else encode(values, rows))
        return concatenate(parts)

    def rows_with(self, name: str) -> NDArray[np.int32]:
        """The rows in which field ``name`` has a value; flows hold no objects."""
        return self.column(name).rows


@cache
def _elements() -> Mapping[int, tuple[str, str]]:
    """Number of an element to its name and type."""
    text = resources.files(__package__).joinpath("netflow_elements.yml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    return {number: (name, kind) for kind, elements in table.items() for number, name in elements.items()}


def element(number: int, enterprise: int) -> tuple[str, str]:
    """Name and type of an element; those of enterprises are called by their numbers."""
    if enterprise == _REVERSE_PEN:
        name, kind = element(number, 0)
        return f"reverse{name[:1].upper()}{name[1:]}", kind
    if enterprise:
        return f"enterprise_{enterprise}_{number}", "octets"
    return _elements().get(number, (f"element_{number}", "unknown"))


def cells(table: NDArray[np.uint8], kind: str) -> Cells:
    """The values of a field of fixed length: ``table`` is uint8[rows, bytes]."""
    width = table.shape[1]
    if kind == "ipv4" and width == 4:
        return Addresses(_numbers(table, 4).astype(np.uint32))
    if 0 < width <= 8 and kind in ("unsigned", "milliseconds", "seconds", "unknown"):
        return Numbers(_numbers(table, width))
    if kind == "ntp" and width == 8:
        return Numbers(_microseconds(_numbers(table, 8)))
    return Read(Pieces(table), reader(kind, width))


def _numbers(table: NDArray[np.uint8], width: int) -> NDArray[np.uint64]:
    if width in (1, 2, 4, 8):
        return np.ascontiguousarray(table).view(f">u{width}").ravel().astype(np.uint64)
    padded = np.zeros((len(table), 8), np.uint8)
    padded[:, 8 - width :] = table
    return padded.view(">u8").ravel().astype(np.uint64)


def _microseconds(ntp: NDArray[np.uint64]) -> NDArray[np.uint64]:
    seconds = np.maximum((ntp >> np.uint64(32)).astype(np.int64) - _NTP_EPOCH_S, 0)
    fraction = ((ntp & np.uint64(0xFFFFFFFF)) * np.uint64(1_000_000)) >> np.uint64(32)
    return (seconds * 1_000_000).astype(np.uint64) + fraction


def _hexadecimal(piece: bytes) -> object:
    return piece.hex()


def _text(piece: bytes) -> object:
    return piece.rstrip(b"\0").decode("utf-8", "replace")


def _boolean(piece: bytes) -> object:
    return {b"\1": True, b"\2": False}.get(piece)  # RFC 7011, 6.1.5


def _float(piece: bytes) -> object:
    value = float(np.frombuffer(piece, f">f{len(piece)}")[0])
    return value if np.isfinite(value) else None


def _mac(piece: bytes) -> object:
    return piece.hex(":")


def _address(piece: bytes) -> object:
    return str(ipaddress.ip_address(piece))


def reader(kind: str, width: int) -> Callable[[bytes], object]:
    """What makes a value of ``width`` bytes; hexadecimal digits where the bytes do not fit the type."""
    fixed = _READERS.get((kind, width))
    if fixed is not None:
        return fixed
    if kind == "string":
        return _text
    if 0 < width <= 8:
        return _OF_NUMBERS.get(kind, _hexadecimal)
    return _hexadecimal


def _whole(piece: bytes) -> object:
    return int.from_bytes(piece, "big")


def _signed(piece: bytes) -> object:
    return int.from_bytes(piece, "big", signed=True)


def _ntp(piece: bytes) -> object:
    return int(_microseconds(np.frombuffer(piece, ">u8").astype(np.uint64))[0])


_READERS: Mapping[tuple[str, int], Callable[[bytes], object]] = {
    ("mac", 6): _mac,
    ("ipv4", 4): _address,
    ("ipv6", 16): _address,
    ("boolean", 1): _boolean,
    ("float", 4): _float,
    ("float", 8): _float,
    ("ntp", 8): _ntp,
}
_OF_NUMBERS: Mapping[str, Callable[[bytes], object]] = {
    **dict.fromkeys(("unsigned", "milliseconds", "seconds", "unknown"), _whole),
    "signed": _signed,
}
