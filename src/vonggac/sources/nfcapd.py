"""nfdump's own files (``nfcapd.202611241000``), layout 2 of nfdump 1.7: plain or packed by LZO, BZ2, LZ4, ZSTD.

A file is a header of 40 bytes, then blocks of a header of 12 bytes and records; a record (type 11) is a header of 12 bytes and
elements of a type, a length and their content, all in the byte order of little-endian machines (nffile.h and nfxV3.h of
nfdump 1.7). Fields have the names of IPFIX's information elements, as those of the source ``netflow``, whose name the events
carry too; an element that has no such name is ``extension_<type>`` in hexadecimal digits. Records are numbered by flow.

Files of nfdump 1.6 (layout 1) are not read: ``nfdump -r old -w new`` of nfdump 1.7 makes new ones of them.
"""

from __future__ import annotations

import bz2
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from vonggac.events.batch import Shape
from vonggac.events.skips import Skip
from vonggac.sources import nfcapd_kernels as kernels
from vonggac.sources.lines import READ_BYTES, SkipCounter
from vonggac.sources.netflow import MAX_LAYOUTS, add_verdict
from vonggac.sources.netflow_columns import Addresses, FlowBatch, Numbers, Pieces, Read, reader
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader

_HEADER = struct.Struct("<HHIqBBHIqII")
_BLOCK = struct.Struct("<IIHH")
_MAGIC = 0xA50C
_FLOWS = 3  # type of a block of records; 4 holds the name of the exporter and statistics
_RECORD = 11
_HEAD_BYTES = 12
_MAX_BLOCK = 16 << 20
"""Of a block, packed or not; nfdump's buffers have 5 MiB."""

_MAX_RATIO = 500
"""Of unpacked to packed bytes: flows come to some tens."""

_NONE, _LZO, _BZ2, _LZ4, _ZSTD = range(5)


class _Part(NamedTuple):
    """A field of an element: its name, how many bytes, its type."""

    name: str
    width: int
    kind: str = "unsigned"


def _parts(text: str) -> tuple[_Part, ...]:
    parts = []
    for one in text.split():
        name, width, *kind = one.split(":")
        parts.append(_Part(name, int(width), kind[0] if kind else "unsigned"))
    return tuple(parts)


# nfxV3.h: the elements by their types; "-" is filling.
_ELEMENTS: dict[int, tuple[_Part, ...]] = {
    1: _parts(
        "flowStartMilliseconds:8 flowEndMilliseconds:8 collectionTimeMilliseconds:8 packetDeltaCount:8 octetDeltaCount:8 "
        "sourceTransportPort:2 destinationTransportPort:2 protocolIdentifier:1 tcpControlBits:1 forwardingStatus:1 "
        "ipClassOfService:1"
    ),
    2: _parts("sourceIPv4Address:4:ipv4 destinationIPv4Address:4:ipv4"),
    3: _parts("sourceIPv6Address:16:ipv6 destinationIPv6Address:16:ipv6"),
    4: _parts(
        "ingressInterface:4 egressInterface:4 sourceIPv4PrefixLength:1 destinationIPv4PrefixLength:1 flowDirection:1 "
        "postIpClassOfService:1 biflowDirection:1 flowEndReason:1"
    ),
    5: _parts("deltaFlowCount:8 postPacketDeltaCount:8 postOctetDeltaCount:8"),
    6: _parts("vlanId:4 postVlanId:4"),
    7: _parts("bgpSourceAsNumber:4 bgpDestinationAsNumber:4"),
    8: _parts("bgpNextHopIPv4Address:4:ipv4"),
    9: _parts("bgpNextHopIPv6Address:16:ipv6"),
    10: _parts("ipNextHopIPv4Address:4:ipv4"),
    11: _parts("ipNextHopIPv6Address:16:ipv6"),
    12: _parts("exporterIPv4Address:4:ipv4"),
    13: _parts("exporterIPv6Address:16:ipv6"),
    15: _parts(
        "sourceMacAddress:8:mac postDestinationMacAddress:8:mac destinationMacAddress:8:mac postSourceMacAddress:8:mac"
    ),
    16: _parts("bgpNextAdjacentAsNumber:4 bgpPrevAdjacentAsNumber:4"),
    19: _parts("observationTimeMilliseconds:8 flowId:4 element_33002:2 firewallEvent:1"),
    20: _parts("postNATSourceIPv4Address:4:ipv4 postNATDestinationIPv4Address:4:ipv4"),
    21: _parts("postNATSourceIPv6Address:16:ipv6 postNATDestinationIPv6Address:16:ipv6"),
    22: _parts("postNAPTSourceTransportPort:2 postNAPTDestinationTransportPort:2"),
    24: _parts("userName:66:string"),
    26: _parts("portRangeStart:2 portRangeEnd:2 portRangeStepSize:2 portRangeNumPorts:2"),
}


class NfcapdSource:
    """Reads files of nfcapd."""

    name = "nfcapd"
    title = "nfdump's files of flows (nfcapd of nfdump 1.7)"

    def sniff(self, head: bytes, filename: str) -> int:
        """100 by the magic number of layout 2."""
        del filename
        return 100 if _layout(head) == 2 else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """The file's own blocks, still packed; the context is how."""
        del block_bytes  # a block is what nfcapd made one
        head = _exactly(stream, _HEADER.size)
        if _layout(head) != 2 or _HEADER.unpack(head)[5]:
            yield Block(b"", skipped=(Skip("unknown_format", 1, detail="no file of nfdump 1.7, or an encrypted one"),))
            return
        packing = head[16:17]
        record, data_blocks = 1, _HEADER.unpack(head)[10]
        for _ in range(data_blocks or 1 << 32):
            head = _exactly(stream, _BLOCK.size)
            if not head:
                return
            n_records, size, kind, flags = (
                _BLOCK.unpack(head) if len(head) == _BLOCK.size else (0, _MAX_BLOCK + 1, 0, 0)
            )
            data = _exactly(stream, size) if size <= _MAX_BLOCK else b""
            if len(data) != size:
                yield Block(b"", record, skipped=(Skip("truncated", record, detail=f"a block of {size} bytes"),))
                return
            if kind == _FLOWS and data:
                yield Block(data, record, n_records, b"\0" if flags & 1 else packing)
                record += n_records
        while stream.read(READ_BYTES):  # the appendix, so that all of the file counts as read
            pass

    def decode(self, block: Block, options: Options) -> FlowBatch:
        """One event per flow."""
        skips = SkipCounter(block.skipped)
        data = np.frombuffer(block.data, np.uint8)
        if block.data and block.context != b"\0":
            unpacked = _unpack(block.data, block.context[0])
            if unpacked is None:
                skips.add("bad_chunk", block.first_record, f"a packed block of {len(block.data)} bytes")
            data = np.zeros(0, np.uint8) if unpacked is None else unpacked
        starts = np.empty(len(data) // _HEAD_BYTES + 1, np.int64)
        signs = np.empty(len(starts), np.uint64)
        n, _, n_left = kernels.find_records(data, _RECORD, starts, signs)
        starts, signs = starts[:n], signs[:n]
        if n_left:
            skips.add("bad_record", block.first_record + n, f"{n_left} bytes at the end of a block")
        order = np.argsort(signs, kind="stable")
        alike = np.split(order, np.flatnonzero(np.diff(signs[order])) + 1) if n else []
        for which in alike[MAX_LAYOUTS:]:
            skips.add("bad_record", block.first_record + int(which[0]), f"more than {MAX_LAYOUTS} layouts in one block")
        shapes = [_shape(data, starts[which], (block.first_record + which).tolist()) for which in alike[:MAX_LAYOUTS]]
        return FlowBatch(
            "netflow",
            shapes,
            zone=options.zone,
            raw_of=_RawRecords(data, starts, block.first_record),
            skipped=skips.skips(),
            year=options.year,
        )


def _layout(head: bytes) -> int:
    """The version of the layout; 0 when it is no file of nfdump."""
    if len(head) < _HEADER.size:
        return 0
    magic, version = struct.unpack_from("<HH", head)
    return version if magic == _MAGIC else 0


def _exactly(stream: Reader, size: int) -> bytes:
    """The next ``size`` bytes, fewer only at the end."""
    parts: list[bytes] = []
    while size > 0 and (chunk := stream.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


def _unpack(data: bytes, packing: int) -> NDArray[np.uint8] | None:
    """``data`` unpacked; None when it is damaged, too large, or packed in a way that is not known."""
    room = min(_MAX_BLOCK, (64 << 10) + _MAX_RATIO * len(data))
    if packing == _BZ2:
        try:
            return np.frombuffer(bz2.BZ2Decompressor().decompress(data, room), np.uint8)
        except (OSError, ValueError, EOFError):
            return None
    if packing == _ZSTD:
        try:
            with zstandard.ZstdDecompressor(max_window_size=_MAX_BLOCK).stream_reader(data) as reader_of_block:
                unpacked = reader_of_block.read(room + 1)  # by parts: a header may state any size
        except (zstandard.ZstdError, MemoryError):
            return None
        return np.frombuffer(unpacked, np.uint8) if len(unpacked) <= room else None
    if packing not in (_LZO, _LZ4):
        return None
    out = np.zeros(room, np.uint8)
    kernel = kernels.unpack_lzo if packing == _LZO else kernels.unpack_lz4
    size = kernel(np.frombuffer(data, np.uint8), out)
    return out[:size] if size >= 0 else None


class _RawRecords:
    """Record number to the bytes of its record, unpacked."""

    def __init__(self, data: NDArray[np.uint8], starts: NDArray[np.int64], first: int) -> None:
        self._data = data
        self._starts = starts
        self._first = first

    def __call__(self, record: int) -> bytes:
        """The bytes of flow ``record``."""
        index = record - self._first
        if not 0 <= index < len(self._starts):
            raise KeyError(record)
        start = int(self._starts[index])
        return self._data[start : start + _size(self._data, start)].tobytes()


def _size(data: NDArray[np.uint8], start: int) -> int:
    return int(data[start + 2]) | int(data[start + 3]) << 8


def _shape(data: NDArray[np.uint8], starts: NDArray[np.int64], records: Sequence[int]) -> Shape:
    """The records at ``starts``, which have one layout."""
    size = _size(data, int(starts[0]))
    table = data[starts[:, None] + np.arange(size)]
    first = table[0].tobytes()
    columns: dict[str, Sequence[object]] = {}
    place = _HEAD_BYTES
    while place + 4 <= size:
        kind, length = struct.unpack_from("<HH", first, place)
        if length < 4 or place + length > size:
            break
        _add_element(columns, kind, table[:, place + 4 : place + length])
        place += length
    add_verdict(columns)
    return Shape(tuple(columns), list(columns.values()), records)


def _add_element(columns: dict[str, Sequence[object]], kind: int, table: NDArray[np.uint8]) -> None:
    parts = _ELEMENTS.get(kind)
    if parts is None:
        columns.setdefault(f"extension_{kind}", Read(Pieces(table), reader("octets", table.shape[1])))
        return
    place = 0
    for part in parts:
        cut = table[:, place : place + part.width]
        if cut.shape[1] < part.width and part.kind != "string":
            return
        columns.setdefault(part.name, _column(cut, part.kind))
        place += part.width


def _column(table: NDArray[np.uint8], kind: str) -> Sequence[object]:
    if kind == "unsigned":
        width = table.shape[1]
        return Numbers(np.ascontiguousarray(table).view(f"<u{width}").ravel().astype(np.uint64))
    if kind == "ipv4":
        return Addresses(np.ascontiguousarray(table).view("<u4").ravel())
    if kind == "ipv6":  # two numbers of 64 bits, the upper one first
        return Read(Pieces(np.concatenate([table[:, 7::-1], table[:, :7:-1]], axis=1)), reader("ipv6", 16))
    if kind == "mac":
        return Read(Pieces(table[:, 5::-1]), reader("mac", 6))
    return Read(Pieces(table), reader("string", table.shape[1]))


SOURCE = NfcapdSource()
