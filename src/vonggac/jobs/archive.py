"""The file of a backup: a tar (GNU format, plain files only) compressed with zstd, its manifest first.

``manifest.json``: {"format": 1, "made_at": ISO 8601 UTC, "version", "kind": "sqlite" or "postgresql", "database_version",
"schema": [[app, migration]], "tables": {name: rows}, "audit": {"seq", "hash"}, "settings": {name: text}, "has_secrets",
"members": {name: {"size", "sha256"}}}. A file from elsewhere is read with the same care as any upload: names, kinds and sizes are
those of the manifest or it is refused, and nothing is unpacked that the disk could not hold.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import orjson
import zstandard

from vonggac.errors import N_, InputError, UnsafeInput
from vonggac.jobs.installation import free_bytes

SUFFIX = ".tar.zst"
FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
ANCHORS = "audit-anchors.jsonl"
MAPPINGS = "mappings.json"
SECRET_KEY = "secret.key"  # noqa: S105  # the name of a file
MEMBERS = frozenset({*DATABASES.values(), ANCHORS, MAPPINGS, SECRET_KEY})
EVIDENCE = "evidence-"
"""Before the SHA-256 of a file of the evidence store: the name of its member."""
_EVIDENCE = re.compile(EVIDENCE + r"([0-9a-f]{64})")
MAX_MANIFEST = 64 * 1024 * 1024
MAX_SMALL = 256 * 1024 * 1024
"""The most that any member but the database may hold, bytes."""
KEEP_FREE = 64 * 1024 * 1024
MAX_WINDOW = 128 * 1024 * 1024
CHUNK = 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE


def digest(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file, as the manifest has them."""
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def pack(target: IO[bytes], manifest: Mapping[str, Any], members: Mapping[str, Path]) -> None:
    """Write the backup file: the manifest, then ``members`` (name to file)."""
    compressor = zstandard.ZstdCompressor(level=6, write_checksum=True, threads=-1)
    with (
        compressor.stream_writer(target, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        _add(tar, MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        for name, path in members.items():
            entry = _entry(name, path.stat().st_size)
            with path.open("rb") as file:
                tar.addfile(entry, file)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    import io

    tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Check the backup ``path`` whole and put its members into ``folder``; returns its manifest.

    Raises InputError for what is damaged or no backup, UnsafeInput for what no backup of ours looks like.
    """
    try:
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(file) as data,
        ):
            return _Reader(data, folder, str(path)).read()
    except (zstandard.ZstdError, tarfile.HeaderError) as error:
        raise InputError(
            N_("no backup of Vọng Gác, or damaged: {reason}"), where=str(path), reason=str(error)
        ) from None
    except OSError as error:
        raise InputError(
            N_("could not be read or unpacked: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from None


class _Reader:
    """Reads headers block by block itself: what tarfile would follow (links, long names, extensions) is refused instead."""

    def __init__(self, data: IO[bytes], folder: Path, where: str) -> None:
        self.data = data
        self.folder = folder
        self.where = where

    def read(self) -> dict[str, Any]:
        """All of it."""
        manifest = self._manifest()
        wanted: dict[str, dict[str, Any]] = manifest["members"]
        total = sum(member["size"] for member in wanted.values())
        if total + KEEP_FREE > free_bytes(self.folder):
            raise InputError(
                N_("needs {n} MiB on the disk of {folder}, which has less free"),
                where=self.where,
                n=total // 1024**2 + 1,
                folder=str(self.folder),
            )
        left = dict(wanted)
        while (entry := self._header()) is not None:
            member = left.pop(entry.name, None)
            if member is None or entry.size != member["size"]:
                raise self._unsafe(N_("holds “{name}”, which its manifest does not name so"), name=entry.name[:100])
            if self._copy(entry) != member["sha256"]:
                raise InputError(N_("damaged: “{name}” is not what was saved"), where=self.where, name=entry.name)
        if left:
            raise InputError(N_("damaged: “{name}” is missing"), where=self.where, name=min(left))
        return manifest

    def _manifest(self) -> dict[str, Any]:
        entry = self._header()
        if entry is None or entry.name != MANIFEST or entry.size > MAX_MANIFEST:
            raise InputError(N_("no backup of Vọng Gác: it does not begin with a manifest"), where=self.where)
        text = self._exactly(entry.size)
        self._exactly(-entry.size % _BLOCK)
        try:
            manifest = orjson.loads(text)
            found_format = manifest["format"]
            if found_format == FORMAT:
                _check_manifest(manifest)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(N_("no backup of Vọng Gác: its manifest cannot be read"), where=self.where) from None
        if found_format != FORMAT:
            raise InputError(
                N_("a backup of format {format}; this Vọng Gác reads format {ours}"),
                where=self.where,
                format=str(found_format)[:20],
                ours=FORMAT,
            )
        return dict(manifest)

    def _header(self) -> tarfile.TarInfo | None:
        block = self._exactly(_BLOCK)
        if not block.strip(b"\0"):
            return None
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.size < 0:
            raise self._unsafe(N_("holds “{name}”, which is no plain file"), name=entry.name[:100])
        if entry.name not in MEMBERS and entry.name != MANIFEST and not _EVIDENCE.fullmatch(entry.name):
            raise self._unsafe(N_("holds “{name}”, which no backup has"), name=entry.name[:100])
        return entry

    def _copy(self, entry: tarfile.TarInfo) -> str:
        hashed = hashlib.sha256()
        handle = os.open(self.folder / entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            left = entry.size
            while left:
                part = self._exactly(min(left, CHUNK))
                hashed.update(part)
                file.write(part)
                left -= len(part)
            file.flush()
            os.fsync(handle)
        self._exactly(-entry.size % _BLOCK)
        return hashed.hexdigest()

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.data.read(size)
            if not part:
                raise InputError(N_("damaged: it ends too early"), where=self.where)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _unsafe(self, message: str, **params: Any) -> UnsafeInput:
        return UnsafeInput(message, where=self.where, **params)


def _check_manifest(manifest: dict[str, Any]) -> None:
    """Raise ValueError, KeyError or TypeError unless it has the shape of the module's docstring."""
    database = DATABASES[manifest["kind"]]
    members = manifest["members"]
    texts = (manifest["made_at"], manifest["version"], manifest["audit"]["hash"])
    numbers = (manifest["audit"]["seq"], *manifest["tables"].values())
    good = (
        all(isinstance(text, str) for text in texts)
        and all(type(number) is int and number >= 0 for number in numbers)
        and all(isinstance(app, str) and isinstance(name, str) for app, name in manifest["schema"])
        and database in members
        and all(name in MEMBERS or _is_evidence(name, member["sha256"]) for name, member in members.items())
        and not (set(DATABASES.values()) - {database}) & set(members)
    )
    for name, member in members.items():
        size_is_good = type(member["size"]) is int and member["size"] >= 0
        good = good and size_is_good and (name == database or member["size"] <= MAX_SMALL)
        good = good and isinstance(member["sha256"], str)
    if not good:
        raise ValueError


def _is_evidence(name: str, sha256: str) -> bool:
    """Whether it is the member of a file of the evidence store, which is called by its content."""
    found = _EVIDENCE.fullmatch(name)
    return found is not None and found[1] == sha256


def evidence_name(sha256: str) -> str:
    """The member of a content of the evidence store."""
    return EVIDENCE + sha256
