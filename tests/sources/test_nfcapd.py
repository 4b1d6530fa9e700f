"""nfdump's files: what nfdump 1.7.1 itself wrote, packed in every way, and what is damaged."""

from __future__ import annotations

import base64
import bz2
import io
import struct
from collections.abc import Iterator

import numpy as np
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso
from vonggac.sources import detect, nfcapd_kernels
from vonggac.sources.nfcapd import SOURCE
from vonggac.sources.source import Options

# Made by nfcapd and nfdump 1.7.1 of packets between documentation addresses: the same seven flows four times.
LZO = base64.b64decode(
    "DKUCAAABBwFHLgxrAAAAAAEAAQAAAAAAUQEAAAAAAAAAAAAAAQAAAAgAAAAdAQAAAwAAAAMHACAACQAoAAABAQAAf3cBAgABeAAFAAsAaAAEAAB0"
    "AQAGCQIADAACAgDANXEAywEANAAJ+n4LowEAJxwAA/cDkCeiAYwFjQcmlAAKAABBnDUAEQAAAAQAFMQCKBsADAAIbQt/LpwBAgECAMAJ3gwh9rwM"
    "/AAunQEy2AkDOMe7AQYCIA2cAY8MAgDAfBn8C/wANpwBA7sBOMcGEi6cAbwlKD0DgCffBAMAJIQUAbgNASC0BHoBAQB9AQloAZ4rNAD8DvwALv0B"
    "RswFIBOdAwMpPgXx/bwp/AAunAH9KTogFjwFbA18KfwL/AA2nwG7ATogGD0FA8widE4uPAX8DvwALvwB/CkynAMNAAAAAAAAAAAMAAgAAQAAfxEA"
    "AAIAAABNAAAAAwAAAAwBgAkAbm9uZQACgJQABwCiAHoBvAD9AQa5AQDYAtQBKBkAVMEDJihIACskAD78AAAGIfZ+C6MBAADx/X4LowEAAAAAAAAA"
    "AAAAEQAA"
)
BZ2 = base64.b64decode(
    "DKUCAAABBwFHLgxrAAAAAAIAAQAAAAAAPAEAAAAAAAAAAAAAAQAAAAgAAAAIAQAAAwAAAEJaaDkxQVkmU1lAS+r0AADi/fz/7jQAZYAWUCEAAEAg"
    "AcAAQAQYAABIQIghkjABGAGABo0NGEZNBo00BhgAaNDRhGTQaNNAYIkkImJ6mjI0aDQAaPScKdhbSWTw3Sdliic20wiaVzimyCYLEXac9RiWAiRE"
    "qheldlDISC+KeZQNl3UtG+syRO/Uu69udZqXtSwEKM6cEwb1MxF0+y0vuF1LQn4feqqrwLX/YR4BRRwCb0155Nd2N5RzRH+WCGYOJ6WEzEAxIFr4"
    "n0LZxS4o4hBxIBYIBj+LApeOi+4kS5N+sMsnk1VSSXiYLl+r5C6C82hgUn9kQlKZDF5zkP+LuSKcKEggJfV6AAIAAABjAAAAAwAAAEJaaDkxQVkm"
    "U1mig+RXAAAZ8/D5qAgAIQAEAAIBgBFAAAQACAAhAiAAVFNGhoNAHqCU0p5QGmg9QIgkfVEAwkWTHabRc3qwtpZrw+6qh2mFvhukBpKdYnh8XckU"
    "4UJCig+RXA=="
)
LZ4 = base64.b64decode(
    "DKUCAAABBwFHLgxrAAAAAAMAAQAAAAAAUgEAAAAAAAAAAAAAAQAAAAgAAAAeAQAAAwAAAGYHACAACQABAEABAAB/DgAwAgABBwBiAAsAaAAEGAD1"
    "CQkCAAwAAgIAwDVxAMsBADQACfp+C6MBAAgAYfcDkCeiASwAAQIAESYGANAAAEGcNQARAAAABAAUDwAJAgAwDAAIagAcf2gAUwECAMAJaAAiIfZo"
    "AAQIAAxoABMyUgBvOMe7AQYCaAAbAWQAMAIAwNAABGAABAgAD2gABWy7ATjHBhJoAAIwAQbQABWAOAExAwAkogBCuA0BICYAAAIAEQEQAAR8AQ+A"
    "ABEQRjcAD+gAJBcDUAEi8f1QAQQIAA/oAAUfOlABJABsAADQAARgAAQIAA9oAAU/uwE6UAEmEQMSAQACAA5QAQR4AAQIAAyAAARQAQ/oAAxQAAEA"
    "AH8CAAAASwAAAAMAAADyAAGACQBub25lAAKAlAAHAAEAInoBCAAEEAASBg8AEwAXAA0CABNUGQAdJhoAAgIAD0AADaIh9n4LowEAAPH9CACAAAAA"
    "AAAAAAA="
)

HEADER, BLOCK = 40, 12


def repacked(data: bytes, packing: int) -> bytes:
    """The file ``data``, which is packed by BZ2, packed otherwise: 0 plain, 4 ZSTD."""
    size = struct.unpack_from("<I", data, HEADER + 4)[0]
    plain = bz2.decompress(data[HEADER + BLOCK : HEADER + BLOCK + size])
    packed = zstandard.ZstdCompressor().compress(plain) if packing else plain
    head = data[:16] + bytes([packing]) + data[17:HEADER]
    return (
        head + data[HEADER : HEADER + 4] + struct.pack("<I", len(packed)) + data[HEADER + 8 : HEADER + BLOCK] + packed
    )


PLAIN = repacked(BZ2, 0)
FILES = {"plain": PLAIN, "lzo": LZO, "bz2": BZ2, "lz4": LZ4, "zstd": repacked(BZ2, 4)}


def batches(data: bytes) -> Iterator[EventBatch]:
    for block in SOURCE.frame(io.BytesIO(data)):
        yield SOURCE.decode(block, Options())


def read(data: bytes) -> EventBatch:
    (batch,) = batches(data)
    return batch


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_all_packings_give_what_nfdump_shows(data: bytes) -> None:
    assert detect(data, "x") is SOURCE
    batch = read(data)
    assert not batch.skipped
    rows = sorted(
        (
            *(
                str(concepts.value(batch, row, name))
                for name in ("source.ip", "source.port", "destination.ip", "destination.port")
            ),
            batch.value(row, "protocolIdentifier"),
            batch.value(row, "octetDeltaCount"),
            iso(concepts.time_us(batch, row))[:19],
        )
        for row in range(batch.n_rows)
    )
    # nfdump -r FILE -o csv
    assert rows == [
        ("192.0.2.1", "51000", "203.0.113.9", "443", 6, 50, "2027-01-12T20:02:46"),
        ("192.0.2.2", "40001", "203.0.113.53", "53", 17, 38, "2027-01-12T20:02:47"),
        ("192.0.2.3", "51002", "203.0.113.9", "443", 6, 50, "2027-01-12T20:02:48"),
        ("2001:db8::1", "51000", "2001:db8:1::9", "443", 6, 70, "2027-01-12T20:02:46"),
        ("2001:db8::3", "51002", "2001:db8:1::9", "443", 6, 70, "2027-01-12T20:02:48"),
        ("203.0.113.9", "443", "192.0.2.1", "51000", 6, 50, "2027-01-12T20:02:46"),
        ("203.0.113.9", "443", "192.0.2.3", "51002", 6, 50, "2027-01-12T20:02:48"),
    ]
    assert sorted(batch.record(row) for row in range(batch.n_rows)) == list(range(1, 8))
    assert all(batch.raw(row)[:2] == b"\x0b\0" for row in range(batch.n_rows))
    assert batch.column("sourceIPv4Address").texts().count("192.0.2.1") == 1


def test_cut_off_files_keep_their_place() -> None:
    (batch,) = batches(PLAIN[:-100])
    assert [skip.reason for skip in batch.skipped] == ["truncated"]
    (batch,) = batches(PLAIN[: HEADER + 5])
    assert [skip.reason for skip in batch.skipped] == ["truncated"]
    assert list(batches(PLAIN[:HEADER])) == []


def test_old_and_encrypted_files_are_told() -> None:
    old = PLAIN[:2] + b"\1" + PLAIN[3:]
    assert SOURCE.sniff(old, "") == 0
    assert [skip.reason for skip in read(old).skipped] == ["unknown_format"]
    assert [skip.reason for skip in read(PLAIN[:17] + b"\1" + PLAIN[18:]).skipped] == ["unknown_format"]


@pytest.mark.parametrize("packing", [1, 2, 3, 4, 9])
def test_a_damaged_block_is_counted(packing: int) -> None:
    data = (
        PLAIN[:16]
        + bytes([packing])
        + PLAIN[17 : HEADER + 4]
        + struct.pack("<I", 50)
        + PLAIN[HEADER + 8 : HEADER + BLOCK]
    )
    assert [skip.reason for skip in read(data + b"\xff" * 50).skipped] == ["bad_chunk"]


def test_a_block_that_swells_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(8 << 20))
    data = (
        PLAIN[:16]
        + b"\4"
        + PLAIN[17 : HEADER + 4]
        + struct.pack("<I", len(bomb))
        + PLAIN[HEADER + 8 : HEADER + BLOCK]
        + bomb
    )
    assert [skip.reason for skip in read(data).skipped] == ["bad_chunk"]


def record(elements: bytes) -> bytes:
    return struct.pack("<HHHBBHBB", 11, 12 + len(elements), 1, 0, 0, 0, 0, 0) + elements


def block(*records: bytes) -> bytes:
    data = b"".join(records)
    return PLAIN[:HEADER] + struct.pack("<IIHH", len(records), len(data), 3, 0) + data


def test_nat_firewall_events_names_and_unknown_elements() -> None:
    batch = read(
        block(
            record(
                struct.pack("<HHII", 2, 12, 0x0A000005, 0xCB007109)
                + struct.pack("<HHII", 20, 12, 0xC6336401, 0xCB007109)
                + struct.pack("<HHHH", 22, 8, 40001, 443)
                + struct.pack("<HHQIHBB", 19, 20, 1795489200000, 7, 1001, 3, 0)
                + struct.pack("<HH4Q", 15, 36, 0x00005E005301, 1, 0x00005E005302, 2)
                + struct.pack("<HH66s", 24, 70, b"bob")
                + struct.pack("<HH3s", 999, 7, b"abc")
            )
        )
    )
    event = batch.event(0)
    assert concepts.value(batch, 0, "source.nat.ip") == "198.51.100.1"
    assert concepts.value(batch, 0, "source.nat.port") == 40001
    assert iso(concepts.time_us(batch, 0)) == "2026-11-24T03:00:00.000000Z"
    assert (event["blocked"], event["userName"], event["extension_999"]) == ("true", "bob", "616263")
    assert (event["sourceMacAddress"], event["destinationMacAddress"]) == ("00:00:5e:00:53:01", "00:00:5e:00:53:02")


def test_too_many_layouts_are_counted() -> None:
    batch = read(block(*(record(struct.pack("<HHI", 1000 + n, 8, n)) for n in range(1200))))
    assert batch.n_rows == 1000
    assert [(skip.reason, skip.count) for skip in batch.skipped] == [("bad_record", 200)]


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
@given(where=st.integers(0, 1100), change=st.binary(min_size=1, max_size=6))
@settings(max_examples=60)
def test_damaged_files_never_raise(data: bytes, where: int, change: bytes) -> None:
    broken = data[:where] + change + data[where + len(change) :]
    for batch in batches(broken):
        for name in batch.fields():
            batch.column(name)
        for row in range(min(batch.n_rows, 50)):
            batch.event(row)
            batch.raw(row)


def lz4_literals(data: bytes) -> bytes:
    """``data`` as one run of literals."""
    if len(data) < 15:
        return bytes([len(data) << 4]) + data
    rest = len(data) - 15
    return b"\xf0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + data


@given(data=st.binary(max_size=800))
def test_lz4_runs_of_literals(data: bytes) -> None:
    out = np.zeros(1000, np.uint8)
    size = nfcapd_kernels.unpack_lz4(np.frombuffer(lz4_literals(data), np.uint8), out)
    assert out[:size].tobytes() == data


@given(data=st.binary(max_size=300))
@example(data=b"\x12a\x11\0\0")
@settings(max_examples=300)
def test_unpacking_stays_within_its_bounds(data: bytes) -> None:
    for unpack in (nfcapd_kernels.unpack_lzo, nfcapd_kernels.unpack_lz4):
        out = np.zeros(4096, np.uint8)
        room = out[:256]
        assert -1 <= unpack(np.frombuffer(data, np.uint8), room) <= 256
        assert not out[256:].any()
