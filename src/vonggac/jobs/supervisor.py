"""Keeps the processes of an installation running: starts them, restarts what dies, stops them all, leaves none behind.

A *part* should always run. It is started again after a pause that doubles from 1 s to 60 s and starts over once it ran for a
minute; a part that dies within 10 s of its start five times in a row will not get better by itself, and everything stops.
A *routine* is a short program that runs again and again. What they write on standard output and standard error is their log.

Every process is the leader of a session, so that it can be killed with its own children, and is killed by the kernel when the
supervisor dies (PR_SET_PDEATHSIG, prctl(2)). Linux only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from vonggac.errors import N_, VonggacError
from vonggac.jobs import log_files

FIRST_PAUSE_S = 1.0
LAST_PAUSE_S = 60.0
WELL_AFTER_S = 60.0
QUICK_S = 10.0
N_QUICK = 5
STOP_WITHIN_S = 8.0
TICK_S = 0.25
_PR_SET_PDEATHSIG = 1


class CannotRun(VonggacError):
    """The installation cannot be started, or cannot be kept running (exit status 1)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process that should always run. ``reloads``: it takes SIGHUP as the wish to read its certificate again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    reloads: bool = False


@dataclass(frozen=True, slots=True)
class Routine:
    """A process that runs for a while every ``every_s`` seconds, first after ``first_s``. Its failures are in the log only."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    every_s: float
    first_s: float


@dataclass(slots=True)
class Child:
    """A part or routine and what became of it. Times are of the monotonic clock."""

    what: Part | Routine
    process: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    started: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    n_quick: int = 0
    n_restarts: int = 0
    last_exit: int | None = None
    since: str = field(default_factory=log_files.now)
    pending: bytes = b""

    @property
    def is_running(self) -> bool:
        """Whether there is a process that was not reaped."""
        return self.process is not None


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the process ``parent`` that started it dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Nobody else runs or replaces the installation in ``data_dir`` meanwhile. Raises CannotRun naming who does."""
    path = data_dir / "up.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(
            N_("cannot be written: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                N_("Vọng Gác already runs in this folder (process {pid}); stop it first, or set another “data_dir”"),
                where=str(data_dir),
                pid=os.read(handle, 32).decode("ascii", "replace").strip() or "?",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def is_running(data_dir: Path) -> bool:
    """Whether somebody holds the installation in ``data_dir``."""
    try:
        with (data_dir / "up.lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def split_address(address: str) -> tuple[str, int]:
    """Host and port of ``host:port``; brackets around an IPv6 address are taken off."""
    host, _colon, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def check_port(address: str, setting: str) -> None:
    """Raise CannotRun, naming the ``setting``, when nobody could listen on ``address``."""
    host, port = split_address(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _name, place in found:
            with socket.socket(family, kind, protocol) as probe:
                # As servers do, so that connections that are closing are no obstacle; a listener still is.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
    except OSError as error:
        if error.errno == 98:  # EADDRINUSE
            raise CannotRun(
                N_(
                    "port {port} on {host} is in use by another program; stop that one, or set “{setting}” to another port"
                ),
                host=host,
                port=port,
                setting=setting,
            ) from None
        raise CannotRun(
            N_("“{setting}”: nobody can listen on {address}: {reason}"),
            address=address,
            setting=setting,
            reason=error.strerror or str(error),
        ) from None


def answers(address: str) -> bool:
    """Whether something listens on ``address``."""
    host, port = split_address(address)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # where to knock, not where to listen
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


class Supervisor:
    """Runs ``parts`` and ``routines`` until SIGTERM or SIGINT.

    ``log`` gets every record of theirs and ours; ``on_ready`` is called once, when all ``addresses`` answer. ``state`` is the
    file that always says what runs.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        routines: Sequence[Routine] = (),
        *,
        log: Callable[[dict[str, Any]], object],
        state: Path,
        addresses: Sequence[str] = (),
        on_ready: Callable[[], object] = lambda: None,
    ) -> None:
        self.children = [Child(part) for part in parts]
        self.routines = [Child(routine, due=time.monotonic() + routine.first_s) for routine in routines]
        self.log = log
        self.state = state
        self.addresses = list(addresses)
        self.on_ready = on_ready
        self.started_at = log_files.now()
        self.selector = selectors.DefaultSelector()
        self.stopping = 0  # the number of the signal
        self.hung_up = False

    def run(self) -> None:
        """Return after a signal, with everything stopped. Raises CannotRun when a part cannot be kept running."""
        previous = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        wakes, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        old_wakeup = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        self.selector.register(wakes, selectors.EVENT_READ, None)
        try:
            self._loop()
        finally:
            self._stop_all()
            signal.set_wakeup_fd(old_wakeup)
            for number, handler in previous.items():
                signal.signal(number, handler)
            self.selector.close()
            os.close(wakes)
            os.close(woken)
            self.state.unlink(missing_ok=True)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            self.hung_up = True
        else:
            self.stopping = number

    def _loop(self) -> None:
        while not self.stopping:
            self._start_due()
            if self.addresses and all(map(answers, self.addresses)):
                self.addresses = []
                self.on_ready()
            self._listen(TICK_S)
            self._reap()
            if self.hung_up:
                self.hung_up = False
                self._pass_on(signal.SIGHUP)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in [*self.children, *self.routines]:
            if not child.is_running and child.due <= now:
                self._start(child)

    def _start(self, child: Child) -> None:
        what, parent = child.what, os.getpid()
        try:
            child.process = subprocess.Popen(  # noqa: S603  # our own programs
                [*what.command],
                env=dict(what.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(parent),  # noqa: PLW1509  # there are no threads here
            )
        except OSError as error:
            raise CannotRun(
                N_("{name} could not be started: {reason}"), name=what.name, reason=error.strerror or str(error)
            ) from None
        output = child.process.stdout
        assert output is not None  # noqa: S101  # it is a pipe
        os.set_blocking(output.fileno(), False)
        self.selector.register(output, selectors.EVENT_READ, child)
        child.started, child.since = time.monotonic(), log_files.now()
        if isinstance(what, Part):
            self._say("info", "started", part=what.name, child=child.process.pid)
            self._write_state()

    def _listen(self, timeout_s: float) -> None:
        for key, _events in self.selector.select(timeout_s):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(key.fd, 512)
            else:
                self._read(key.data, key.fileobj)

    def _read(self, child: Child, output: Any) -> None:
        try:
            data = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return
        lines = (child.pending + data).split(b"\n")
        child.pending = lines.pop()
        if not data or len(child.pending) > log_files.MAX_LINE:
            lines.append(child.pending)
            child.pending = b""
        for line in lines:
            if line.strip():
                self.log(log_files.record_of(line, child.what.name))
        if not data:
            self.selector.unregister(output)
            output.close()

    def _reap(self) -> None:
        for child in [*self.children, *self.routines]:
            if child.process is None or child.process.poll() is None:
                continue
            status = child.process.returncode
            self._kill_group(child)
            self._drain(child)
            child.process, child.last_exit, child.since = None, status, log_files.now()
            if isinstance(child.what, Routine):
                child.due = time.monotonic() + child.what.every_s
                if status:
                    self._say("error", "failed", routine=child.what.name, exit=status)
            elif not self.stopping:
                self._died(child)

    def _died(self, child: Child) -> None:
        ran_s = time.monotonic() - child.started
        child.n_quick = child.n_quick + 1 if ran_s < QUICK_S else 0
        if child.n_quick >= N_QUICK:
            self._say("error", "gave up", part=child.what.name, exit=child.last_exit, times=child.n_quick)
            raise CannotRun(
                N_("{name} ended at once {times} times in a row (last status {status}); the log says why"),
                name=child.what.name,
                times=child.n_quick,
                status=child.last_exit,
            )
        if ran_s >= WELL_AFTER_S:
            child.pause_s = FIRST_PAUSE_S
        child.due = time.monotonic() + child.pause_s
        child.n_restarts += 1
        self._say(
            "warning", "ended, will be started again",
            part=child.what.name, exit=child.last_exit, after_s=round(ran_s, 1), in_s=child.pause_s,
        )  # fmt: skip
        child.pause_s = min(child.pause_s * 2, LAST_PAUSE_S)
        self._write_state()

    def _pass_on(self, number: int) -> None:
        for child in self.children:
            if child.process is not None and isinstance(child.what, Part) and child.what.reloads:
                child.process.send_signal(number)

    def _stop_all(self) -> None:
        running = [child for child in [*self.children, *self.routines] if child.is_running]
        self.stopping = self.stopping or signal.SIGTERM
        for child in running:
            assert child.process is not None  # noqa: S101  # it runs
            child.process.terminate()
        ends = time.monotonic() + STOP_WITHIN_S
        while any(child.is_running for child in running) and time.monotonic() < ends:
            self._listen(0.05)
            self._reap()
        for child in running:
            if child.process is not None:
                self._say("warning", "killed, since it did not stop", part=child.what.name)
                self._kill_group(child)
                child.process.wait()
                self._drain(child)
                child.process = None
        self._say("info", "stopped")

    @staticmethod
    def _kill_group(child: Child) -> None:
        """Whoever is left of the session that ``child`` leads."""
        assert child.process is not None  # noqa: S101  # the caller looked
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)

    def _drain(self, child: Child) -> None:
        """Read what a process that is gone left in its pipe."""
        assert child.process is not None  # noqa: S101  # the caller looked
        output = child.process.stdout
        while output is not None and not output.closed:
            if select.select([output], [], [], 0)[0]:
                self._read(child, output)  # closes it at its end
            else:  # somebody who left the session still holds the other end
                self.selector.unregister(output)
                output.close()

    def _say(self, level: str, message: str, **rest: Any) -> None:
        self.log(
            {"at": log_files.now(), "level": level, "process": "up", "pid": os.getpid(), "message": message, **rest}
        )

    def _write_state(self) -> None:
        parts = [
            {
                "name": child.what.name,
                "pid": child.process.pid if child.process else None,
                "since": child.since,
                "n_restarts": child.n_restarts,
                "last_exit": child.last_exit,
            }
            for child in self.children
        ]
        record = {"pid": os.getpid(), "started_at": self.started_at, "parts": parts}
        new = self.state.with_suffix(".new")
        with suppress(OSError):  # a full disk stops nobody's work
            new.write_bytes(orjson.dumps(record))
            new.replace(self.state)


_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def read_state(state: Path) -> dict[str, Any] | None:
    """What the supervisor last said; None when none runs there."""
    try:
        record = orjson.loads(state.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("parts"), list) else None
