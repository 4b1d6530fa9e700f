"""What compressed files and archives hold: gzip, zstd, bzip2, xz, zip, tar, in each other, recognised by content.

Everything is a stream: nothing is written, and a few megabytes are held (a zip inside of another stream needs seeking and is
spooled first). What cannot be read comes as an error in place of a stream; what ends early gives its bytes first and then an
error under the same name.

Bombs. A stream may expand to :attr:`Limits.ratio` times what was read of the input, counted only beyond
:attr:`Limits.floor` bytes, and to :attr:`Limits.most` bytes in all. Logs usually shrink 10 to 30 times, the most repetitive 100
to 200 times with zstd or xz, so a 20 GB log passes; layers of deflate, a bomb's gain of 1000 each, do not.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

import zstandard

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput, VonggacError
from vonggac.sources.source import Reader, Rewound, read_head

Opened = tuple[str, Reader | VonggacError]
"""Display name of a member, and its stream or why there is none."""

Spool = Callable[[Reader], IO[bytes]]
"""Makes a seekable file of a stream; raises UnsafeInput when it is too long."""

READ_BYTES = 256 << 10
_INPUT_BYTES = (
    32 << 10
)  # compressed; what follows the end of a part is copied, so thousands of tiny parts must stay cheap
_HEAD_BYTES = 1024
_ZSTD_FEED = 2048  # one feed expands to at most 64 MiB: a block of 4 bytes may stand for 128 KiB
_ZSTD_WINDOW = 128 << 20  # what the zstd program itself accepts without --long
_XZ_MEMORY = 128 << 20
_TAR_FIELD = 1 << 20  # a longer name or extended header is no honest one
_MEMORY_SPOOL = 64 << 20
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an input may expand; see the module."""

    ratio: int = 200
    floor: int = 1 << 30
    most: int = 1 << 40
    depth: int = 3
    """Archives in archives; each may be compressed once more."""
    members: int = 100_000
    """Of one archive."""


DEFAULT_LIMITS = Limits()


class Budget:
    """Counts what was read of one input and what came out of it, over all of its members."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.n_read = 0
        self.n_given = 0

    def give(self, n_bytes: int, name: str) -> None:
        """Account for ``n_bytes`` more of some stream; raises UnsafeInput over the limit."""
        self.n_given += n_bytes
        limits = self.limits
        if self.n_given > limits.most:
            raise UnsafeInput(N_("expands to more than {limit:,} bytes"), where=name, limit=limits.most)
        if self.n_given > limits.floor + limits.ratio * self.n_read:
            raise UnsafeInput(
                N_("expands to more than {ratio} times its size: it looks like a decompression bomb"),
                where=name, ratio=limits.ratio,
            )  # fmt: skip


class _Counted:
    """The input itself: counts what is read of it."""

    def __init__(self, stream: Reader, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._stream.read(size)
        self._budget.n_read += len(chunk)
        return chunk


class _Guarded:
    """A member's stream: ends at the first fault, which is kept in ``fault``, and stays within the budget if it has one."""

    def __init__(self, pieces: Iterator[bytes], name: str, budget: Budget | None) -> None:
        self._pieces = pieces
        self._name = name
        self._budget = budget
        self._rest = b""
        self.fault: VonggacError | None = None

    def read(self, size: int = -1, /) -> bytes:
        """The next at most ``size`` bytes, of one piece."""
        while not self._rest:
            if self.fault is not None:
                return b""
            try:
                self._rest = next(self._pieces)
                if self._budget is not None:
                    self._budget.give(len(self._rest), self._name)
            except StopIteration:
                return b""
            except VonggacError as error:
                self._rest = b""
                self.fault = error
        if size < 0 or size >= len(self._rest):
            chunk, self._rest = self._rest, b""
        else:
            chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk


def memory_spool(stream: Reader) -> IO[bytes]:
    """``stream`` in memory; raises UnsafeInput when it is longer than 64 MiB."""
    held = io.BytesIO()
    while chunk := stream.read(READ_BYTES):
        if held.tell() + len(chunk) > _MEMORY_SPOOL:
            raise UnsafeInput(N_("too long to be read here: at most {limit:,} bytes"), limit=_MEMORY_SPOOL)
        held.write(chunk)
    held.seek(0)
    return held


def shown(name: str) -> str:
    """``name`` without characters that would steer a terminal or reverse what is read."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", name)


def members(
    stream: Reader,
    name: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    spool: Spool = memory_spool,
    seekable: IO[bytes] | None = None,
) -> Iterator[Opened]:
    """The streams in ``stream``, each to be read before the next is asked for; ``stream`` itself when it is no container.

    ``seekable``: the file that ``stream`` reads from its beginning, where it can seek. Names are ``outer!inner``.
    """
    budget = Budget(limits)
    yield from _Unpacker(budget, spool).open(_Counted(stream, budget), name, 0, seekable, is_packed=False)


class _Unpacker:
    def __init__(self, budget: Budget, spool: Spool) -> None:
        self._budget = budget
        self._limits = budget.limits
        self._spool = spool

    def open(
        self, stream: Reader, name: str, depth: int, seekable: IO[bytes] | None = None, *, is_packed: bool
    ) -> Iterator[Opened]:
        """What ``stream`` holds. ``depth``: archives around it; ``is_packed``: it comes out of a compressed stream."""
        head = read_head(stream, _HEAD_BYTES)
        whole = Rewound(head, stream)
        inflate = _inflater(head)
        is_zip = head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))
        if inflate is None and not is_zip and not is_tar(head):
            yield name, whole
            return
        if (inflate is not None and is_packed) or (inflate is None and depth >= self._limits.depth):
            yield (
                name,
                UnsafeInput(
                    N_("containers in containers, more than {depth} deep"), where=name, depth=self._limits.depth
                ),
            )
        elif inflate is not None:
            inner = _Guarded(inflate(whole, name), name, self._budget)
            yield from self.open(inner, name, depth, is_packed=True)
            if inner.fault is not None:
                yield name, inner.fault
        elif is_zip:
            yield from self._zip(whole, name, depth, seekable)
        else:
            yield from self._tar(whole, name, depth)

    def _zip(self, stream: Reader, name: str, depth: int, seekable: IO[bytes] | None) -> Iterator[Opened]:
        file = seekable
        try:
            file = file or self._spool(stream)
            size = file.seek(0, io.SEEK_END)
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
                if any(info.filename in ("[Content_Types].xml", "mimetype") for info in infos):
                    yield name, FormatUnknown(N_("an office document, not a log"), where=name)
                    return
                for info in infos[: self._limits.members]:
                    if seekable is not None:  # members may overlap: no more is read than there is
                        self._budget.n_read = min(self._budget.n_read + info.compress_size, size)
                    if not info.filename.endswith("/"):  # is_dir() wants a name
                        yield from self._zip_member(archive, info, name, depth)
                if len(infos) > self._limits.members:
                    yield name, self._too_many(name)
        except (*_ZIP_FAULTS, OSError) as error:
            yield name, _damaged(name, error)
        except VonggacError as error:
            yield name, error
        finally:
            if file is not None and file is not seekable:
                file.close()

    def _too_many(self, name: str) -> UnsafeInput:
        return UnsafeInput(N_("more than {limit:,} members"), where=name, limit=self._limits.members)

    def _zip_member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, outer: str, depth: int) -> Iterator[Opened]:
        name = f"{outer}!{shown(info.filename)}"
        if is_climbing(info.orig_filename) or is_climbing(info.filename):
            yield name, UnsafeInput(N_("a path that leads out of the archive"), where=name)
            return
        mode = info.external_attr >> 16
        if mode & 0o170000 not in (0, 0o100000):
            yield name, UnsafeInput(N_("a link or a device, not a file"), where=name)
            return
        if info.flag_bits & 0x41:
            yield name, InputError(N_("protected by a password"), where=name)
            return
        stream = _Guarded(_zip_pieces(archive, info, name), name, self._budget)
        yield from self.open(stream, name, depth + 1, is_packed=False)
        if stream.fault is not None:
            yield name, stream.fault

    def _tar(self, stream: Reader, name: str, depth: int) -> Iterator[Opened]:
        try:
            file = _Forward(stream, name)
            with tarfile.open(fileobj=file, mode="r:", errorlevel=2) as archive:  # type: ignore[call-overload]
                number = 0
                while (info := archive.next()) is not None:
                    archive.members.clear()  # it keeps every header
                    number += 1
                    if number > self._limits.members:
                        raise self._too_many(name)
                    if info.size < 0:  # would lead back to the same header
                        raise _damaged(name, "negative size")
                    if not info.isdir():
                        yield from self._tar_member(file, info, name, depth)
        except VonggacError as error:
            yield name, error
        except (tarfile.TarError, ValueError, EOFError, OSError, OverflowError, RecursionError) as error:
            yield name, _cut(name) if "unexpected end" in str(error) else _damaged(name, error)

    def _tar_member(self, file: _Forward, info: tarfile.TarInfo, outer: str, depth: int) -> Iterator[Opened]:
        name = f"{outer}!{shown(info.name)}"
        if is_climbing(info.name):
            yield name, UnsafeInput(N_("a path that leads out of the archive"), where=name)
        elif not info.isreg() or info.issparse():
            yield name, UnsafeInput(N_("a link or a device, not a file"), where=name)
        else:
            file.seek(info.offset_data)
            stream = _Guarded(_file_pieces(file, info.size, name), name, None)  # a tar expands nothing
            yield from self.open(stream, name, depth + 1, is_packed=False)
            if stream.fault is not None:
                yield name, stream.fault


def is_climbing(path: str) -> bool:
    """Whether an archive's ``path`` is absolute or leads upwards, by the rules of any system."""
    parts = path.replace("\\", "/").split("/")
    return not parts[0] or bool(_DRIVE.match(path)) or ".." in parts or "\0" in path


def is_tar(head: bytes) -> bool:
    """Whether ``head`` is the header of a tar member: its checksum fits (POSIX ustar)."""
    if len(head) < 512 or not head[0]:
        return False
    try:
        stated = tarfile.nti(head[148:156])  # type: ignore[attr-defined]
    except tarfile.TarError:
        return False
    unsigned = sum(head[:148]) + 8 * 32 + sum(head[156:512])
    return bool(stated == unsigned) and (head[257:262] == b"ustar" or head[257:265] == bytes(8))


def _damaged(name: str, reason: object) -> InputError:
    return InputError(N_("damaged archive: {reason}"), where=name, reason=shown(str(reason))[:200])


def _cut(name: str) -> InputError:
    return InputError(N_("cut off before its end; what was there has been read"), where=name)


# ------------------------------------------------------------------------------------------ compression


class _Engine(Protocol):
    """A decompressor of the standard library, or one made to look like it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._engine.unconsumed_tail and not self._is_full

    _is_full = False

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._engine.decompress(self._engine.unconsumed_tail + data, max(max_length, 0))
        self._is_full = len(piece) == max_length
        return piece


class _Zstd:
    """zstandard's decompressor with the interface of the others; it knows no limit, so it is fed little by little."""

    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return bool(self._engine.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._engine.unused_data) + self._waiting

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        self._waiting += data
        pieces: list[bytes] = []
        n_bytes = at = 0
        while at < len(self._waiting) and n_bytes < max_length and not self._engine.eof:
            piece = self._engine.decompress(self._waiting[at : at + _ZSTD_FEED])
            at += _ZSTD_FEED
            pieces.append(piece)
            n_bytes += len(piece)
        self._waiting = self._waiting[at:]
        return b"".join(pieces)


_ENGINES: tuple[tuple[re.Pattern[bytes], Callable[[], _Engine]], ...] = (
    (re.compile(rb"\x1f\x8b\x08"), _Gzip),  # RFC 1952
    (
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL),
        _Zstd,
    ),  # RFC 8878, frames and skippable frames
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    (re.compile(rb"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)),
)
_FAULTS = (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, ValueError, EOFError)
_ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, RuntimeError, OverflowError,
)  # fmt: skip


def _inflater(head: bytes) -> Callable[[Reader, str], Iterator[bytes]] | None:
    """What decompresses a stream that begins with ``head``; None when it is not compressed."""
    for magic, engine in _ENGINES:
        if magic.match(head):
            return lambda stream, name, magic=magic, engine=engine: _inflate(stream, name, magic, engine)  # type: ignore[misc]
    return None


def _inflate(stream: Reader, name: str, magic: re.Pattern[bytes], make: Callable[[], _Engine]) -> Iterator[bytes]:
    """The bytes of all compressed parts of ``stream``, one after the other; raises InputError where it is damaged."""
    engine = make()
    data = stream.read(_INPUT_BYTES)
    while data:
        try:
            while True:
                piece = engine.decompress(data, READ_BYTES)
                data = b""
                if piece:
                    yield piece
                if engine.eof or engine.needs_input:
                    break
        except _FAULTS as error:
            raise _damaged(name, error) from error
        if not engine.eof:
            data = stream.read(_INPUT_BYTES)
            if not data:
                raise _cut(name)
            continue
        data = engine.unused_data
        if len(data) < 16:
            data += stream.read(_INPUT_BYTES)
        data = data if data.strip(b"\0") else b""  # padding
        if data and not magic.match(data):
            raise InputError(N_("more bytes behind its end; they were not read"), where=name)
        engine = make()


def _zip_pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with archive.open(info) as file:
            while piece := file.read(READ_BYTES):
                yield piece
    except EOFError as error:
        raise _cut(name) from error
    except (*_ZIP_FAULTS, OSError) as error:
        raise _damaged(name, error) from error


def _file_pieces(file: _Forward, size: int, name: str) -> Iterator[bytes]:
    missing = size
    while missing > 0 and (piece := file.read(min(READ_BYTES, missing))):
        missing -= len(piece)
        yield piece
    if missing > 0:
        raise _cut(name)


class _Forward:
    """A stream as the file that ``tarfile`` wants: seeking forward reads on, a little back is still known."""

    _KEPT = 1024

    def __init__(self, stream: Reader, name: str) -> None:
        self._stream = stream
        self._name = name
        self._at = 0  # where the next read begins
        self._known = b""  # the last bytes read, up to self._end
        self._end = 0

    def tell(self) -> int:
        """How many bytes lie before."""
        return self._at

    def seekable(self) -> bool:
        """Forward, yes."""
        return True

    def seek(self, position: int, whence: int = 0) -> int:
        """Go to ``position`` from the start."""
        if whence or position < self._end - len(self._known):
            raise tarfile.ReadError("members out of order")
        while self._end < position and self._pull(min(READ_BYTES, position - self._end)):
            pass
        self._at = min(position, self._end)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes; fewer only at the end."""
        if not 0 <= size <= _TAR_FIELD:
            raise UnsafeInput(N_("a header of more than {limit:,} bytes"), where=self._name, limit=_TAR_FIELD)
        parts = []
        back = self._end - self._at
        if back and size:
            parts.append(self._known[len(self._known) - back :][:size])
            size -= len(parts[0])
            self._at += len(parts[0])
        while size > 0 and (chunk := self._pull(size)):
            parts.append(chunk)
            size -= len(chunk)
            self._at = self._end
        return b"".join(parts)

    def _pull(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._end += len(chunk)
        self._known = (self._known + chunk)[-self._KEPT :]
        return chunk
