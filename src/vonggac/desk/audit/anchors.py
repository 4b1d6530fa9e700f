"""Heads of the chain kept outside the database.

Whoever can write the database can make the whole chain anew, or cut its end; what they cannot change is a head that was
written down elsewhere before. The file holds one JSON object a line: {"at": ISO 8601 in UTC, "seq": number, "hash": 64
hexadecimal digits}.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from vonggac.desk.audit import chain
from vonggac.desk.audit.models import Entry, Head
from vonggac.errors import N_, DeskError, InputError

_HASH = re.compile(r"[0-9a-f]{64}")
_TAIL = 4096
"""More than a line of the file, bytes."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """At ``at`` (aware) the last entry was ``seq`` and its hash ``hash``."""

    at: datetime
    seq: int
    hash: str

    def line(self) -> bytes:
        """As it stands in the file."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds")
        return orjson.dumps({"at": at, "seq": self.seq, "hash": self.hash}) + b"\n"


class ChainBroken(DeskError):
    """The chain no longer holds an anchor that was made of it."""


def due(now: datetime, last: datetime | None) -> bool:
    """Whether a new anchor is due: one for each day (UTC) on which somebody asks."""
    return last is None or now.astimezone(UTC).date() != last.astimezone(UTC).date()


def head(now: datetime) -> Anchor:
    """The anchor of the chain as it is now; of an empty chain number 0."""
    found = Head.objects.filter(pk=1).values_list("seq", "hash").first()
    seq, digest = found or (0, chain.START)
    return Anchor(now, seq, digest)


def check(anchor: Anchor) -> None:
    """Raise ChainBroken unless the chain still holds ``anchor``."""
    if anchor.seq == 0:
        return
    found = Entry.objects.filter(pk=anchor.seq).values_list("hash", flat=True).first()
    if found != anchor.hash:
        raise ChainBroken(
            N_("the audit record no longer agrees with its anchor of {at} at entry {seq}; run “vonggac audit verify”"),
            at=f"{anchor.at:%Y-%m-%d %H:%M}",
            seq=anchor.seq,
        )


def append(path: Path, anchor: Anchor) -> None:
    """Write ``anchor`` at the end of ``path`` (made for its owner only) and wait until it is on the disk. Raises DeskError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            whole = _ends_a_line(file.fileno())
            file.write((b"" if whole else b"\n") + anchor.line())
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        raise DeskError(
            N_("the anchor could not be written: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from None


def _ends_a_line(handle: int) -> bool:
    """False after a write that was cut off, so that the next anchor does not stand on its line."""
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def last(path: Path) -> Anchor | None:
    """The last whole anchor in ``path``; None without one. Raises InputError when the file cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    for line in reversed(lines):
        if (found := _parse(line)) is not None:
            return found
    return None


def read(path: Path) -> list[Anchor]:
    """All anchors in ``path``. Raises InputError naming the line that is none."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise _unreadable(path, error) from None
    return _whole(lines, str(path))


def _whole(lines: Iterable[bytes], name: str) -> list[Anchor]:
    anchors = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = _parse(line)
        if found is None:
            raise InputError(
                N_("no anchor; expected for example {example}"),
                where=f"{name}:{number}",
                example='{"at": "2026-11-20T01:00:00+00:00", "seq": 5400, "hash": "…"}',
            )
        anchors.append(found)
    return anchors


def _parse(line: bytes) -> Anchor | None:
    try:
        values = orjson.loads(line)
        at = datetime.fromisoformat(values["at"])
        seq, digest = values["seq"], values["hash"]
    except (ValueError, KeyError, TypeError):
        return None
    is_good = type(seq) is int and seq >= 0 and isinstance(digest, str) and _HASH.fullmatch(digest) and at.tzinfo
    return Anchor(at, seq, digest) if is_good else None


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        N_("the anchors could not be read: {reason}"), where=str(path), reason=error.strerror or str(error)
    )
