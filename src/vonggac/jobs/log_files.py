"""The log files that ``vonggac up`` keeps: JSON lines, rotated by size, written by one process only."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

NAME = "vonggac.jsonl"
MAX_BYTES = 20 * 1024 * 1024
KEPT = 10
MAX_LINE = 64 * 1024
"""A longer line is cut: bytes."""
FIRST = ("at", "level", "process", "pid", "logger", "message")


def folder_of(data_dir: Path) -> Path:
    """Where the log files are."""
    return data_dir / "logs"


def record_of(line: bytes, process: str) -> dict[str, Any]:
    """What a process wrote on its standard error as a record; a line that is no JSON (a crash, a library) becomes one."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    if isinstance(record, dict) and isinstance(record.get("message"), str) and isinstance(record.get("level"), str):
        return record
    text = line[:MAX_LINE].decode("utf-8", "backslashreplace")
    return {"at": now(), "level": "info", "process": process, "message": text}


def now() -> str:
    """The time as records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def text_of(record: dict[str, Any]) -> str:
    """A record as a person reads it: local time, level, process, message, then the rest."""
    try:
        at = f"{datetime.fromisoformat(str(record.get('at', ''))).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        at = ""
    rest = [f"{name}={value}" for name, value in record.items() if name not in FIRST and name != "exc_info"]
    head = " ".join((at, f"{record['level']:<7}", str(record.get("process", "")), record["message"], *rest))
    return f"{head}\n{record['exc_info']}" if record.get("exc_info") else head


class LogFile:
    """``folder``/vonggac.jsonl, and ``.1`` (newest) to ``.10`` before it. A full disk loses lines, counted in ``n_lost``."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / NAME
        self.max_bytes = max_bytes
        self.kept = kept
        self.n_lost = 0
        self.is_cut = False
        self._open()

    def _open(self) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.file = os.fdopen(handle, "ab", buffering=0)
        self.size = os.fstat(handle).st_size

    def write(self, record: dict[str, Any]) -> None:
        """One more line; turns the files over when this one is full."""
        line = orjson.dumps(record, default=str) + b"\n"
        try:
            if self.size and self.size + len(line) > self.max_bytes:
                self._turn_over()
            n_written = self.file.write(b"\n" + line if self.is_cut else line)
            self.size += n_written
            self.is_cut = n_written < len(line)
            self.n_lost += self.is_cut
        except OSError:
            self.n_lost += 1

    def _turn_over(self) -> None:
        self.file.close()
        for number in range(self.kept - 1, 0, -1):
            older = self.path.with_name(f"{NAME}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{NAME}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{NAME}.1"))
        self._open()

    def close(self) -> None:
        """No more lines."""
        self.file.close()


def latest(folder: Path, levels: frozenset[str], limit: int, tail_bytes: int = 1024 * 1024) -> list[dict[str, Any]]:
    """The last ``limit`` records of ``levels``, newest first, that stand in the last ``tail_bytes`` of the newest file."""
    found: deque[dict[str, Any]] = deque(maxlen=limit)
    for line in _tail(folder / NAME, tail_bytes):
        record = record_of(line, "")
        if record["level"] in levels:
            found.append(record)
    return list(reversed(found))


def _tail(path: Path, n_bytes: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - n_bytes))
            if size > n_bytes:
                file.readline()  # the rest of a line that was cut
            yield from file.read().splitlines()
    except FileNotFoundError:
        return
