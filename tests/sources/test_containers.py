from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import FormatUnknown, InputError, UnsafeInput, VonggacError
from vonggac.sources.containers import DEFAULT_LIMITS, Limits, is_climbing, members, memory_spool, shown

TEXT = b"".join(b"192.0.2.%d - - GET /index.html\n" % (i % 250) for i in range(20_000))


class Dripping(io.RawIOBase):
    """A stream that cannot seek and gives few bytes at a time."""

    def __init__(self, data: bytes, step: int = 1000) -> None:
        self._inner = io.BytesIO(data)
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        return self._inner.read(self._step if size < 0 else min(size, self._step))


def unpack(
    data: bytes, *, limits: Limits = DEFAULT_LIMITS, is_seekable: bool = False
) -> tuple[dict[str, bytes], list[tuple[str, VonggacError]]]:
    found: dict[str, bytes] = {}
    faults = []
    file = io.BytesIO(data)
    source = (
        members(file, "in", limits=limits, seekable=file)
        if is_seekable
        else members(Dripping(data), "in", limits=limits)
    )
    for name, stream in source:
        if isinstance(stream, VonggacError):
            str(stream)
            faults.append((name, stream))
        else:
            found[name] = b"".join(iter(lambda stream=stream: stream.read(9999), b""))
    return found, faults


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def frameless_zstd(data: bytes) -> bytes:
    engine = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return engine.compress(data) + engine.flush()


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": frameless_zstd}


def test_what_is_no_container_is_itself() -> None:
    for data in (b"", b"x", TEXT, b"\x1f", b"PK", b"\x1f\x8b"):
        assert unpack(data) == ({"in": data}, [])


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_compressed_streams(compress) -> None:
    assert unpack(compress(TEXT)) == ({"in": TEXT}, [])
    assert unpack(compress(b"")) == ({"in": b""}, [])
    assert unpack(compress(TEXT) + compress(b"more\n") + compress(b"")) == ({"in": TEXT + b"more\n"}, [])


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_a_cut_compressed_stream_gives_what_was_there(compress) -> None:
    rough = random.Random(1).randbytes(2_000_000)
    packed = compress(rough)
    found, [(name, fault)] = unpack(packed[: len(packed) - 40_000])
    assert name == "in"
    assert isinstance(fault, InputError)
    assert len(found["in"]) > 900_000
    assert rough.startswith(found["in"])


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_a_damaged_compressed_stream_gives_what_was_before(compress) -> None:
    packed = bytearray(compress(random.Random(1).randbytes(3_000_000)))
    packed[2_500_000:2_500_100] = b"\xff" * 100
    found, faults = unpack(bytes(packed))
    assert faults
    assert len(found["in"]) > 1_000_000 or compress is bz2.compress


def test_padding_behind_a_compressed_stream_is_none_of_its_bytes() -> None:
    assert unpack(gzip.compress(TEXT) + bytes(600)) == ({"in": TEXT}, [])
    found, faults = unpack(gzip.compress(TEXT) + b"rubbish that is not gzip")
    assert found == {"in": TEXT}
    assert len(faults) == 1


def test_many_tiny_parts_are_read_in_bounded_time() -> None:
    assert unpack(gzip.compress(b"a") * 20_000)[0] == {"in": b"a" * 20_000}


@pytest.mark.parametrize("is_seekable", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip(method: int, *, is_seekable: bool) -> None:
    data = zip_of({"a/b.log": TEXT, "c.log": b"", "đường.log": b"x"}, method)
    assert unpack(data, is_seekable=is_seekable) == ({"in!a/b.log": TEXT, "in!c.log": b"", "in!đường.log": b"x"}, [])


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("compress", [bytes, *COMPRESSORS.values()], ids=["plain", *COMPRESSORS])
def test_tar(form: int, compress) -> None:
    long = "/".join(["folder" * 8] * 4) + ".log"
    files = {"a.log": TEXT, long: b"x" * 511, "empty": b"", "last": b"y" * 512}
    if form == tarfile.USTAR_FORMAT:
        del files[long]
    assert unpack(compress(tar_of(files, form))) == ({f"in!{name}": data for name, data in files.items()}, [])


def test_a_member_that_nobody_reads_is_passed_over() -> None:
    for data in (tar_of({"a": TEXT, "b": b"second"}), zip_of({"a": TEXT, "b": b"second"})):
        names = []
        for name, stream in members(Dripping(data), "in"):
            names.append(name)
            if name.endswith("b"):
                assert stream.read(10) == b"second"  # type: ignore[union-attr]
        assert names == ["in!a", "in!b"]


def test_a_cut_tar_gives_what_was_there() -> None:
    data = tar_of({"a": b"first", "b": TEXT})
    found, faults = unpack(data[:100_000])
    assert found["in!a"] == b"first"
    assert TEXT.startswith(found["in!b"])
    assert len(found["in!b"]) > 90_000
    assert faults[0][0] == "in!b"


def test_a_cut_zip_is_reported() -> None:
    data = zip_of({"a": TEXT})
    found, faults = unpack(data[:-30])
    assert found == {}
    assert len(faults) == 1


def test_containers_in_containers() -> None:
    inner = zip_of({"x.log": b"deep"})
    data = gzip.compress(tar_of({"a.zip": inner, "b.log.gz": gzip.compress(b"text")}))
    assert unpack(data) == ({"in!a.zip!x.log": b"deep", "in!b.log.gz": b"text"}, [])


def test_three_archives_in_each_other_and_no_more() -> None:
    data = b"bottom"
    for _ in range(3):
        data = zip_of({"z": data})
    assert unpack(data) == ({"in!z!z!z": b"bottom"}, [])
    found, [(name, fault)] = unpack(zip_of({"z": data}))
    assert found == {}
    assert name == "in!z!z!z"
    assert isinstance(fault, UnsafeInput)


def test_a_compressed_stream_in_a_compressed_stream_is_refused() -> None:
    found, [(_, fault)] = unpack(gzip.compress(gzip.compress(TEXT)))
    assert found == {}
    assert isinstance(fault, UnsafeInput)


CLIMBING = [
    "../evil",
    "a/../../evil",
    "/etc/passwd",
    "..\\evil",
    "C:\\evil",
    "C:evil",
    "\\\\server\\share",
    "a/..",
    "..",
]


@pytest.mark.parametrize("path", CLIMBING)
def test_paths_that_climb_out_are_refused_and_the_others_read(path: str) -> None:
    for data in (zip_of({path: b"evil", "good": b"fine"}), tar_of({path: b"evil", "good": b"fine"})):
        found, faults = unpack(data)
        assert found == {"in!good": b"fine"}
        assert [type(fault) for _, fault in faults] == [UnsafeInput]


@pytest.mark.parametrize("path", ["a", "a/b", "a..b", "..a", "a/...", "./a"])
def test_paths_that_stay(path: str) -> None:
    assert not is_climbing(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(kind: bytes) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("odd")
        info.type = kind
        info.linkname = "/etc/passwd"
        archive.addfile(info)
        archive.addfile(tarfile.TarInfo("good"))
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    found, faults = unpack(out.getvalue())
    assert found == {"in!good": b""}
    assert [(name, type(fault)) for name, fault in faults] == [("in!odd", UnsafeInput)]


def test_a_link_in_a_zip_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert [type(fault) for _, fault in unpack(out.getvalue())[1]] == [UnsafeInput]


def test_a_zip_with_a_password_is_reported() -> None:
    data = bytearray(zip_of({"a": b"secret", "b": b"too"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(mark)
        data[start + at] |= 1
    found, [(name, fault)] = unpack(bytes(data))
    assert found == {"in!b": b"too"}
    assert name == "in!a"
    assert "password" in str(fault)


def test_an_office_document_is_no_archive_of_logs() -> None:
    found, [(_, fault)] = unpack(zip_of({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}))
    assert found == {}
    assert isinstance(fault, FormatUnknown)


SMALL = Limits(ratio=50, floor=1 << 20, most=1 << 30)


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_a_bomb_is_stopped(compress) -> None:
    bomb = compress(bytes(60 << 20))
    found, [(_, fault)] = unpack(bomb, limits=SMALL)
    assert isinstance(fault, UnsafeInput)
    assert len(found["in"]) <= SMALL.floor + SMALL.ratio * len(bomb) + (1 << 20)


@pytest.mark.parametrize("is_seekable", [False, True])
def test_a_bomb_in_a_zip_is_stopped(*, is_seekable: bool) -> None:
    data = zip_of({f"{i}": bytes(20 << 20) for i in range(3)})
    found, faults = unpack(data, limits=SMALL, is_seekable=is_seekable)
    assert sum(map(len, found.values())) <= SMALL.floor + SMALL.ratio * len(data) + (1 << 20)
    assert [type(fault) for _, fault in faults] == [UnsafeInput] * 3


def test_a_zip_whose_members_share_their_bytes_gains_nothing() -> None:
    """As in "A better zip bomb" (Fifield 2019): many directory entries for one piece of compressed data."""
    kernel = zlib.compressobj(9, wbits=-15)
    packed = kernel.compress(bytes(10 << 20)) + kernel.flush()
    local = (
        struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, zlib.crc32(bytes(10 << 20)), len(packed), 10 << 20, 1, 0
        )
        + b"a"
        + packed
    )
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, zlib.crc32(bytes(10 << 20)), len(packed), 10 << 20, 1, 0, 0, 0, 0, 0, 0
    ) + b"a"  # fmt: skip
    n = 300
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, n, n, n * len(entry), len(local), 0)
    data = local + entry * n + end
    limits = Limits(ratio=500, floor=1 << 20)
    given_bytes = 0
    file = io.BytesIO(data)
    for _, stream in members(file, "in", limits=limits, seekable=file):
        if not isinstance(stream, VonggacError):
            while piece := stream.read(1 << 20):
                given_bytes += len(piece)
    assert given_bytes <= limits.floor + limits.ratio * len(data) + (1 << 20)


def test_a_tar_header_that_asks_for_much_memory_is_refused() -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 1 << 30
    found, [(_, fault)] = unpack(gzip.compress(info.tobuf() + bytes(2 << 20)))
    assert found == {}
    assert isinstance(fault, UnsafeInput)


def test_a_tar_of_headers_for_headers_ends() -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 0
    assert unpack(info.tobuf() * 5000)[1]


def test_a_tar_member_of_negative_size_ends() -> None:
    head = bytearray(tarfile.TarInfo("x").tobuf())
    head[124:136] = b"\xff" * 10 + struct.pack(">h", -512)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head[:512])
    assert unpack(bytes(head) + bytes(2048))[1]


def test_a_sparse_file_in_a_tar_is_refused() -> None:
    info = tarfile.TarInfo("sparse")
    info.size = 0
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,0",
        "GNU.sparse.size": str(1 << 60),
    }
    found, faults = unpack(info.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert found == {}
    assert [type(fault) for _, fault in faults] == [UnsafeInput]


def test_too_many_members_are_refused() -> None:
    files = {f"{i}": b"x" for i in range(20)}
    for data in (zip_of(files), tar_of(files)):
        found, faults = unpack(data, limits=Limits(members=10))
        assert len(found) == 10
        assert [type(fault) for _, fault in faults] == [UnsafeInput]


def test_names_do_not_steer_the_terminal() -> None:
    assert shown("a\x1b[31mb\u202egpj.exe\ud800") == "a\ufffd[31mb\ufffdgpj.exe\ufffd"
    found, _ = unpack(tar_of({"a\x1b]0;owned\x07": b"x"}))
    assert found == {"in!a\ufffd]0;owned\ufffd": b"x"}


def test_the_memory_spool_has_a_limit() -> None:
    with pytest.raises(UnsafeInput):
        memory_spool(Dripping(bytes(65 << 20), 1 << 20))


@given(
    st.sampled_from(["gz", "bz2", "xz", "zst", "zip", "tar", "tgz"]),
    st.integers(0, 2**32),
    st.integers(1, 20),
    st.booleans(),
)
def test_damaged_containers_never_raise(kind: str, seed: int, n_flips: int, is_cut: bool) -> None:
    chance = random.Random(seed)
    archive = {"zip": zip_of, "tar": tar_of, "tgz": lambda files: gzip.compress(tar_of(files))}
    data = bytearray(
        archive[kind]({"a": TEXT[:9000], "b": b"x"}) if kind in archive else COMPRESSORS[kind](TEXT[:90_000])
    )
    for _ in range(n_flips):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    if is_cut:
        del data[chance.randrange(len(data)) :]
    unpack(bytes(data), limits=SMALL, is_seekable=bool(seed & 1))


def test_a_member_without_a_name_is_refused_and_the_others_read() -> None:
    found, faults = unpack(zip_of({"zz": b"evil", "good": b"fine"}).replace(b"zz", b"\0z"))
    assert found == {"in!good": b"fine"}
    assert [type(fault) for _, fault in faults] == [UnsafeInput]
