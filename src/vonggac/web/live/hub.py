"""One reader of the audit record for all browsers: it reads each new entry once and hands it to every open stream."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from vonggac.web.live import reading
from vonggac.web.live.events import Change
from vonggac.web.live.reading import Visitor
from vonggac.web.operations.metrics import LIVE_CLIENTS

log = logging.getLogger("vonggac.live")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Limits:
    """How the stream behaves; times in seconds."""

    poll_s: float = 0.5
    check_s: float = 30.0
    heartbeat_s: float = 15.0
    send_s: float = 30.0
    """How long one message may take to leave for a browser that does not read."""
    n_replayed: int = 1000
    """Entries that a returning browser gets; behind by more, it is told to load the page anew."""
    n_queued: int = 256
    """Changes that wait for one slow browser; more, and it is told to load the page anew."""
    n_per_user: int = 10
    n_streams: int = 2000


class Stream:
    """What waits for one browser. ``is_lost``: more happened than waits here."""

    def __init__(self, visitor: Visitor, n_queued: int) -> None:
        self.visitor = visitor
        self.n_queued = n_queued
        self.waiting: list[Change] = []
        self.is_lost = False
        self.woken = asyncio.Event()

    def put(self, changes: list[Change]) -> None:
        """Hand over what happened; what the visitor may not know is left out at once."""
        seen = [change for change in changes if change.is_for(self.visitor.asker)]
        if not seen:
            return
        if self.is_lost or len(self.waiting) + len(seen) > self.n_queued:
            self.waiting.clear()
            self.is_lost = True
        else:
            self.waiting += seen
        self.woken.set()

    def take(self) -> tuple[list[Change], bool]:
        """What waits, and whether something was lost; nothing waits afterwards."""
        taken, lost = self.waiting, self.is_lost
        self.waiting, self.is_lost = [], False
        self.woken.clear()
        return taken, lost


class Hub:
    """The open streams, and the one task that reads for them. Lives in one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cursor = 0
        self.streams: set[Stream] = set()
        self.n_of_user: Counter[int] = Counter()
        self.is_closing = False
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._poller = ThreadPoolExecutor(1, "live-poll")
        self._readers = ThreadPoolExecutor(2, "live-read")

    async def start(self) -> None:
        """Begin at the newest entry; a second call changes nothing."""
        async with self._starting:
            if self._task is None:
                self.cursor = await self._in(self._poller, reading.last_seq)
                self._task = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """End all streams and the task."""
        self.is_closing = True
        for stream in self.streams:
            stream.woken.set()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._poller.shutdown(wait=False)
        self._readers.shutdown(wait=False)

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """Call ``function`` in a thread for readers."""
        return await self._in(self._readers, function, *args)

    def is_full(self, user_id: int) -> bool:
        """Whether this person has as many streams open as one may."""
        return self.n_of_user[user_id] >= self.limits.n_per_user

    def join(self, visitor: Visitor) -> Stream:
        """A stream that gets every change after ``cursor``."""
        stream = Stream(visitor, self.limits.n_queued)
        self.streams.add(stream)
        LIVE_CLIENTS.inc()
        self.n_of_user[visitor.user_id] += 1
        return stream

    def leave(self, stream: Stream) -> None:
        """The browser is gone."""
        self.streams.discard(stream)
        LIVE_CLIENTS.dec()
        self.n_of_user[stream.visitor.user_id] -= 1
        if self.n_of_user[stream.visitor.user_id] <= 0:
            del self.n_of_user[stream.visitor.user_id]

    async def _poll(self) -> None:
        is_reachable = True
        while True:
            try:
                changes = await self._in(self._poller, reading.changes_after, self.cursor, self.limits.n_replayed)
            except Exception:
                # The database is away: tried again with the next turn, said once.
                if is_reachable:
                    log.exception("the audit record cannot be read; trying again")
                is_reachable = False
                changes = []
            else:
                is_reachable = True
            if changes:
                self.cursor = changes[-1].seq
                for stream in self.streams:
                    stream.put(changes)
            if len(changes) < self.limits.n_replayed:
                await asyncio.sleep(self.limits.poll_s)

    async def _in(self, threads: ThreadPoolExecutor, function: Callable[..., R], *args: Any) -> R:
        return await asyncio.get_running_loop().run_in_executor(threads, function, *args)
