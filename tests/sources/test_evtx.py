from __future__ import annotations

import io
import random
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.sources.evtx import CHUNK_BYTES, HEADER_BYTES, SOURCE, file_header
from vonggac.sources.source import Options

N_CHUNKS = 4
PER_CHUNK = 30


class BinXml:
    """Writes the tokens of binary XML (libevtx documentation, "Binary XML"), without templates."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.data = bytearray(b"\x0f\x01\x01\x00")

    def _name(self, name: str) -> None:
        self.data += struct.pack("<I", self.at + len(self.data) + 4)
        self.data += struct.pack("<IHH", 0, 0, len(name)) + name.encode("utf-16-le") + b"\0\0"

    def _text(self, text: str) -> None:
        raw = text.encode("utf-16-le")
        self.data += b"\x05\x01" + struct.pack("<H", len(raw) // 2) + raw

    def element(self, name: str, attributes: Mapping[str, str] | None = None, content: object = None) -> None:
        self.data.append(0x41 if attributes else 0x01)
        size_at = len(self.data)
        self.data += bytes(4)
        self._name(name)
        if attributes:
            list_at = len(self.data)
            self.data += bytes(4)
            for number, (key, value) in enumerate(attributes.items(), 1):
                self.data.append(0x46 if number < len(attributes) else 0x06)
                self._name(key)
                self._text(value)
            struct.pack_into("<I", self.data, list_at, len(self.data) - list_at - 4)
        self.data.append(0x02)
        if isinstance(content, str):
            self._text(content)
        elif isinstance(content, list):
            for child in content:
                self.element(*child)
        self.data.append(0x04)
        struct.pack_into("<I", self.data, size_at, len(self.data) - size_at - 4)


def record(at: int, number: int, fields: Mapping[str, str]) -> bytes:
    xml = BinXml(at + 24)
    system = [
        ("Provider", {"Name": "Invented-Provider"}),
        ("EventID", None, "7"),
        ("TimeCreated", {"SystemTime": "2026-01-02T03:04:05.000000Z"}),
        ("EventRecordID", None, str(number)),
        ("Channel", None, "Security"),
        ("Computer", None, "pc-1.example"),
    ]
    data = [("Data", {"Name": name}, text) for name, text in fields.items()]
    xml.element("Event", None, [("System", None, system), ("EventData", None, data)])
    body = bytes(xml.data) + b"\0"
    body += bytes(-(len(body) + 28) % 8)
    size = len(body) + 28
    return struct.pack("<4sIQQ", b"**\0\0", size, number, 132514866450000000) + body + struct.pack("<I", size)


def chunk(first: int, events: Sequence[Mapping[str, str]]) -> bytes:
    body = b""
    at = last = 512
    for number, fields in enumerate(events, first):
        piece = record(at, number, fields)
        body += piece
        last, at = at, at + len(piece)
    final = first + len(events) - 1
    head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", first, final, first, final, 128, last, at, zlib.crc32(body))
    head = head.ljust(124, b"\0")
    head += struct.pack("<I", zlib.crc32(head[:120] + bytes(384)))
    return (head.ljust(512, b"\0") + body).ljust(CHUNK_BYTES, b"\0")


def evtx_file(n_chunks: int = N_CHUNKS, per_chunk: int = PER_CHUNK) -> bytes:
    chunks = [
        chunk(1 + n * per_chunk, [{"CommandLine": f"whoami /đường {n}-{i}", "User": "an"} for i in range(per_chunk)])
        for n in range(n_chunks)
    ]
    return file_header(n_chunks) + b"".join(chunks)


WHOLE = evtx_file()


class Dripping(io.BytesIO):
    """Gives few bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 7001, 7001))


def read(data: bytes, block_bytes: int = 2 * CHUNK_BYTES, stream: type[io.BytesIO] = io.BytesIO) -> list[EventBatch]:
    return [SOURCE.decode(block, Options()) for block in SOURCE.frame(stream(data), block_bytes=block_bytes)]


def summed(batches: Iterable[EventBatch]) -> tuple[int, Counter[str]]:
    reasons: Counter[str] = Counter()
    n_rows = 0
    for batch in batches:
        n_rows += batch.n_rows
        for skip in batch.skipped:
            reasons[skip.reason] += skip.count
    return n_rows, reasons


def command_lines(batches: Iterable[EventBatch]) -> set[str]:
    return {text for batch in batches for text in batch.column("CommandLine").texts()}


ALL_LINES = command_lines(read(WHOLE))


def test_reads_the_fields_of_a_generated_file() -> None:
    batch = read(WHOLE)[0]
    assert batch.source == "windows"
    event = batch.event(0)
    assert event["CommandLine"] == "whoami /đường 0-0"
    assert event["Provider_Name"] == "Invented-Provider"
    assert event["SystemTime"] == "2026-01-02T03:04:05.000000Z"
    assert concepts.text(batch, 0, "host.name") == "pc-1.example"
    assert concepts.text(batch, 0, "user.name") == "an"
    assert [batch.record(row) for row in range(3)] == [1, 2, 3]
    assert b"whoami" in batch.raw(2)
    assert "whoami /đường 0-2" in batch.raw(2).decode()


@pytest.mark.parametrize("block_bytes", [1, CHUNK_BYTES, 3 * CHUNK_BYTES, 1 << 30])
def test_blocks_of_any_size_give_the_same_events(block_bytes: int) -> None:
    batches = read(WHOLE, block_bytes, Dripping)
    assert summed(batches) == (N_CHUNKS * PER_CHUNK, Counter())
    assert command_lines(batches) == ALL_LINES


def test_a_block_is_bounded_and_names_its_chunks() -> None:
    blocks = list(SOURCE.frame(io.BytesIO(WHOLE), block_bytes=2 * CHUNK_BYTES))
    assert [(block.first_record, block.n_records) for block in blocks] == [(1, 2 * PER_CHUNK), (3, 2 * PER_CHUNK)]
    assert all(len(block.data) == HEADER_BYTES + 2 * CHUNK_BYTES for block in blocks)


def test_unused_chunks_are_no_damage() -> None:
    assert summed(read(WHOLE + bytes(3 * CHUNK_BYTES))) == (N_CHUNKS * PER_CHUNK, Counter())


@pytest.mark.parametrize("data", [b"", b"ElfFile\0", file_header(0)])
def test_files_without_events(data: bytes) -> None:
    n_rows, reasons = summed(read(data))
    assert n_rows == 0
    assert reasons == (Counter(truncated=1) if 0 < len(data) < HEADER_BYTES else Counter())


def test_a_destroyed_file_header_costs_nothing() -> None:
    assert summed(read(b"\xff" * HEADER_BYTES + WHOLE[HEADER_BYTES:])) == (N_CHUNKS * PER_CHUNK, Counter())


def test_a_destroyed_chunk_costs_itself() -> None:
    data = bytearray(WHOLE)
    start = HEADER_BYTES + CHUNK_BYTES
    data[start : start + CHUNK_BYTES] = b"\xaa" * CHUNK_BYTES
    assert summed(read(bytes(data))) == ((N_CHUNKS - 1) * PER_CHUNK, Counter(bad_chunk=1))


def test_a_destroyed_record_costs_itself() -> None:
    data = bytearray(WHOLE)
    at = data.index(b"**\0\0", HEADER_BYTES + 512 + 1000)  # the header of some record
    data[at : at + 24] = b"\xff" * 24
    n_rows, reasons = summed(read(bytes(data)))
    assert (n_rows, reasons) == (N_CHUNKS * PER_CHUNK - 1, Counter(bad_record=1))


def test_an_impossible_time_in_the_header_of_a_record_costs_nothing() -> None:
    data = bytearray(WHOLE)
    at = data.index(b"**\0\0", HEADER_BYTES + 512 + 1000)
    data[at + 16 : at + 24] = b"\xff" * 8
    assert summed(read(bytes(data))) == (N_CHUNKS * PER_CHUNK, Counter())


def test_a_chunk_of_another_size_costs_itself() -> None:
    at = HEADER_BYTES + CHUNK_BYTES + 9000
    for data in (WHOLE[:at] + WHOLE[at + 100 :], WHOLE[:at] + b"\xaa" * 99 + WHOLE[at:]):
        n_rows, reasons = summed(read(data))
        assert n_rows >= (N_CHUNKS - 1) * PER_CHUNK
        assert reasons


@pytest.mark.parametrize(
    "n_bytes", [HEADER_BYTES + 3, HEADER_BYTES + 600, HEADER_BYTES + CHUNK_BYTES + 9000, len(WHOLE) - 1]
)
def test_what_is_before_the_cut_is_read(n_bytes: int) -> None:
    batches = read(WHOLE[:n_bytes])
    n_rows, reasons = summed(batches)
    assert reasons["truncated"] == 1
    full, into = divmod(n_bytes - HEADER_BYTES, CHUNK_BYTES)
    assert n_rows >= full * PER_CHUNK + into // 3000
    assert command_lines(batches) <= ALL_LINES


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([1, 3, 30, 1000]), st.booleans())
def test_flipped_bits_cost_records_and_are_counted(seed: int, n_flips: int, is_cut: bool) -> None:
    chance = random.Random(seed)
    data = bytearray(WHOLE)
    for _ in range(n_flips):
        chunk_at = HEADER_BYTES + CHUNK_BYTES * chance.randrange(N_CHUNKS)
        data[chunk_at + chance.randrange(12000)] ^= 1 << chance.randrange(8)
    if is_cut:
        del data[chance.randrange(len(data)) :]
    n_rows, reasons = summed(read(bytes(data)))
    if n_flips <= 3 and not is_cut:
        assert n_rows >= (N_CHUNKS - n_flips) * PER_CHUNK
        assert n_rows + reasons["bad_record"] + PER_CHUNK * reasons["bad_chunk"] >= N_CHUNKS * PER_CHUNK
    assert n_rows <= N_CHUNKS * PER_CHUNK + n_flips


@given(st.binary(max_size=3 * HEADER_BYTES))
def test_any_bytes_end(data: bytes) -> None:
    for head in (b"", b"ElfFile\0", b"ElfChnk\0", file_header(1) + b"ElfChnk\0"):
        read(head + data)


def test_sniff() -> None:
    assert SOURCE.sniff(WHOLE[:65536], "x.log") == 100
    assert SOURCE.sniff(b"\0" * HEADER_BYTES + WHOLE[HEADER_BYTES:70000], "") == 95
    assert SOURCE.sniff(b"Elf", "x.evtx") == 0


@pytest.mark.corpus
def test_real_files_are_read_whole(corpora: Path) -> None:
    for path in sorted((corpora / "evtx").rglob("*.evtx")):
        n_rows, reasons = summed(read(path.read_bytes(), 1 << 20))
        assert n_rows, path
        assert not reasons, path


@pytest.mark.corpus
def test_a_damaged_real_file(corpora: Path) -> None:
    data = (corpora / "evtx/DeepBlueCLI/smb-password-guessing-security.evtx").read_bytes()[
        : HEADER_BYTES + 3 * CHUNK_BYTES
    ]
    whole, _ = summed(read(data))
    chance = random.Random(0)
    for n_flips in (1, 10, 100, 1000) * 5:
        damaged = bytearray(data)
        for _ in range(n_flips):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        n_rows, reasons = summed(read(bytes(damaged)))
        assert n_rows == whole or reasons
    for _ in range(10):
        n_rows, reasons = summed(read(data[: chance.randrange(HEADER_BYTES, len(data))]))
        assert n_rows < whole
        assert reasons["truncated"] == 1
