"""Worker processes: one function over many tasks, answers in the order of the tasks.

Workers are forked when the pool is made, so they share everything made before (compiled rules, copy-on-write); make the
pool before any thread starts. A task's bytes travel through a slot, a file in memory that both sides hold, and only
16 bytes of control go through the socket; answers come back over the socket as framed bytes. Nothing is pickled.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import struct
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson

from vonggac.errors import N_, VonggacError

_TASK = struct.Struct("<IIQ")
"""Slot, bytes of the head, bytes of the data that follows it there."""
_ANSWER = struct.Struct("<BIQ")
"""1 when the work raised, bytes of the head, bytes of the data: both follow."""

QUEUE = 2
"""Tasks that a worker holds: one in work, one waiting, so that it never waits for the parent to read."""

KEPT_BYTES = 32 << 20
"""A slot that grew past this for one huge task gives its memory back."""

Head = dict[str, Any]
"""The small part of a task or an answer: JSON types only, with string keys."""

Work = Callable[[Head, bytes], tuple[Head, bytes]]


class WorkFailed(VonggacError):
    """A worker process died, or the work raised something that no user's input should cause."""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: ``label`` names it in errors."""

    label: str
    head: Head
    data: bytes


@dataclass(slots=True)
class _Worker:
    pid: int
    link: socket.socket
    held: deque[tuple[int, str]] = field(default_factory=deque)  # number and label of each task, oldest first


class Pool:
    """``jobs`` worker processes that run ``work``; with one job it runs here and nothing is forked.

    A context manager: leaving it, for whatever reason, ends the workers.
    """

    def __init__(self, work: Work, jobs: int) -> None:
        self._work = work
        self._workers: list[_Worker] = []
        self._slots: list[int] = []
        if jobs > 1:
            self._slots = [_memory_file() for _ in range(QUEUE * jobs + 2)]
            gc.collect()
            gc.freeze()  # a collection in a worker must not touch, and so copy, what it shares with the parent
            try:
                for _ in range(jobs):
                    self._fork()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers at once; they hold nothing that must be saved."""
        if self._workers:
            gc.unfreeze()
        for worker in self._workers:
            worker.link.close()
            os.kill(worker.pid, signal.SIGKILL)
        for worker in self._workers:
            os.waitpid(worker.pid, 0)
        self._workers = []
        for slot in self._slots:
            os.close(slot)
        self._slots = []

    def map(self, tasks: Iterable[Task]) -> Iterator[tuple[Head, bytes]]:
        """The answer to each task, in the order of ``tasks``, which is read only a few tasks ahead."""
        if not self._workers:
            yield from self._map_here(tasks)
            return
        source = iter(tasks)
        done: dict[int, tuple[Head, bytes]] = {}
        sent = given = 0
        more = True
        with selectors.DefaultSelector() as ready:
            for one in self._workers:
                ready.register(one.link, selectors.EVENT_READ, one)
            while more or given < sent:
                while more and sent - given < len(self._slots) and (worker := self._least_busy()) is not None:
                    task = next(source, None)
                    if task is None:
                        more = False
                    else:
                        self._send(worker, sent, task)
                        sent += 1
                if given == sent:
                    continue
                for key, _ in ready.select():
                    number, answer = self._receive(key.data)
                    done[number] = answer
                while given in done:
                    yield done.pop(given)
                    given += 1

    def _map_here(self, tasks: Iterable[Task]) -> Iterator[tuple[Head, bytes]]:
        for task in tasks:
            try:
                answer = self._work(task.head, task.data)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise WorkFailed(
                    N_("the work on this part failed: {reason}"), where=task.label, reason=reason
                ) from error
            yield answer

    def _least_busy(self) -> _Worker | None:
        """The worker with the fewest tasks; None when all have enough."""
        worker = min(self._workers, key=lambda w: len(w.held))
        return worker if len(worker.held) < QUEUE else None

    def _send(self, worker: _Worker, number: int, task: Task) -> None:
        slot = number % len(self._slots)
        head = orjson.dumps(task.head)
        _write(self._slots[slot], head, task.data)
        worker.held.append((number, task.label))
        try:
            worker.link.sendall(_TASK.pack(slot, len(head), len(task.data)))
        except OSError:
            raise self._lost(worker) from None

    def _receive(self, worker: _Worker) -> tuple[int, tuple[Head, bytes]]:
        frame = _read(worker.link, _ANSWER.size)
        if frame is None:
            raise self._lost(worker)
        is_fault, n_head, n_data = _ANSWER.unpack(frame)
        head = _read(worker.link, n_head)
        data = _read(worker.link, n_data)
        if head is None or data is None:
            raise self._lost(worker)
        number, label = worker.held.popleft()
        answer: Head = orjson.loads(head)
        if is_fault:
            fault = WorkFailed(N_("the work on this part failed: {reason}"), where=label, reason=answer["reason"])
            fault.add_note(answer["trace"])
            raise fault
        slot = self._slots[number % len(self._slots)]
        if os.fstat(slot).st_size > KEPT_BYTES:
            os.ftruncate(slot, 0)
        return number, (answer, data)

    def _lost(self, worker: _Worker) -> WorkFailed:
        """The error that says what became of ``worker`` and what it was doing."""
        self._workers.remove(worker)
        worker.link.close()
        _, status = os.waitpid(worker.pid, 0)
        where = worker.held[0][1] if worker.held else ""
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            name = signal.Signals(-code).name
            return WorkFailed(
                N_("a worker process was ended by signal {signal} while it read this part"), where=where, signal=name
            )
        return WorkFailed(
            N_("a worker process ended with status {status} while it read this part"), where=where, status=code
        )

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            self._workers.append(_Worker(pid, ours))
            return
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
            ours.close()
            for worker in self._workers:
                worker.link.close()
            self._serve(theirs)
            status = 0
        finally:
            os._exit(status)  # never the parent's exit handlers or buffers

    def _serve(self, link: socket.socket) -> None:
        """The life of a worker: ends when the parent closes the link."""
        while (frame := _read(link, _TASK.size)) is not None:
            slot, n_head, n_data = _TASK.unpack(frame)
            data = b""
            try:
                head = orjson.loads(_peek(self._slots[slot], n_head, 0))
                answer, data = self._work(head, _peek(self._slots[slot], n_data, n_head))
                body, is_fault = orjson.dumps(answer), 0
            except Exception as error:  # noqa: BLE001  # the parent tells it
                reason = f"{type(error).__name__}: {error}"
                body, is_fault = orjson.dumps({"reason": reason, "trace": traceback.format_exc()}), 1
                data = b""
            try:
                link.sendall(_ANSWER.pack(is_fault, len(body), len(data)) + body)
                link.sendall(data)
            except OSError:
                return  # the parent is gone, and with it whoever wanted the answer


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("vonggac-block", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:  # pragma: no cover - systems without memfd_create
        return os.dup(file.fileno())


def _write(file: int, head: bytes, data: bytes) -> None:
    offset = os.pwrite(file, head, 0)
    view = memoryview(data)
    while view:
        n = os.pwrite(file, view, offset)
        offset += n
        view = view[n:]


def _peek(file: int, size: int, offset: int) -> bytes:
    data = os.pread(file, size, offset)
    if len(data) != size:
        raise EOFError(f"{len(data)} of {size} bytes in the slot")
    return data


def _read(link: socket.socket, size: int) -> bytes | None:
    """Exactly ``size`` bytes; None when the other side is gone."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    try:
        while view:
            n = link.recv_into(view)
            if n == 0:
                return None
            view = view[n:]
    except ConnectionError:
        return None
    return bytes(buffer)
