"""A browser that does not read: what waits for it is bounded, it is told that it lost something, and at last it is dropped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vonggac.desk.scope.asker import Asker, Held
from vonggac.web.live import reading
from vonggac.web.live.application import Live
from vonggac.web.live.events import Change
from vonggac.web.live.hub import Limits
from vonggac.web.live.reading import Visitor

LIMITS = Limits(poll_s=0.01, check_s=5, heartbeat_s=5, send_s=0.5, n_replayed=50, n_queued=30)


class Record:
    """An audit record that grows when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n = 0
        self.is_away = False
        visitor = Visitor("key", 1, Asker(1, "a", (Held("agency_officer", None),)))
        monkeypatch.setattr(reading, "visitor_of", lambda *_about: visitor)
        monkeypatch.setattr(reading, "last_seq", lambda: self.n)
        monkeypatch.setattr(reading, "changes_after", self.after)

    def after(self, seq: int, limit: int) -> list[Change]:
        if self.is_away:
            raise OSError("the database is away")
        numbers = range(seq + 1, min(self.n, seq + limit) + 1)
        return [Change(n, "organisations.edit", "organisations.organisation", "1", 1) for n in numbers]


class Browser:
    """One connection in this process; while ``is_reading`` is clear it takes nothing."""

    def __init__(self, live: Live) -> None:
        self.body = b""
        self.has_come = asyncio.Event()
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        scope = {
            "type": "http", "method": "GET", "path": "/live", "query_string": b"", "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"portal.example"), (b"origin", b"http://portal.example:8480")],
        }  # fmt: skip
        self.task = asyncio.create_task(live(scope, asyncio.Event().wait, self.send))

    async def send(self, message: dict[str, Any]) -> None:
        await self.is_reading.wait()
        self.body += message.get("body", b"")
        self.has_come.set()

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(5):
            while text not in self.body:
                self.has_come.clear()
                await self.has_come.wait()


@pytest.fixture
def live() -> Live:
    return Live("http://portal.example:8480", ["portal.example"], LIMITS)


def run(scene: Any) -> None:
    asyncio.run(scene)


def test_it_is_told_that_it_lost_something_and_others_lose_nothing(live, monkeypatch):
    async def scene() -> None:
        record = Record(monkeypatch)
        slow, quick = Browser(live), Browser(live)
        await slow.until(b"event: ready")
        await quick.until(b"event: ready")
        slow.is_reading.clear()
        for _ in range(10):
            record.n += 10
            await quick.until(b"id: %d\n" % record.n)
        assert quick.body.count(b"event: changed") == 100
        slow.is_reading.set()
        await slow.until(b"event: reset\n")
        assert slow.body.count(b"event: changed") <= 10 + LIMITS.n_queued
        record.n += 1
        await slow.until(b"id: 101\nevent: changed")  # from the reset on it follows again
        await stop(live, slow, quick)

    run(scene())


def test_one_that_never_reads_again_is_dropped(live, monkeypatch):
    async def scene() -> None:
        record = Record(monkeypatch)
        slow = Browser(live)
        await slow.until(b"event: ready")
        slow.is_reading.clear()
        record.n += 1
        async with asyncio.timeout(5):
            await slow.task
        assert live._hub.streams == set()
        assert live._hub.n_of_user == {}
        await stop(live)

    run(scene())


def test_a_database_that_is_away_for_a_while_loses_nothing(live, monkeypatch):
    async def scene() -> None:
        record = Record(monkeypatch)
        browser = Browser(live)
        await browser.until(b"event: ready")
        record.is_away = True
        record.n += 5
        await asyncio.sleep(0.1)
        assert b"changed" not in browser.body
        record.is_away = False
        await browser.until(b"id: 5\nevent: changed")
        assert browser.body.count(b"event: changed") == 5
        await stop(live, browser)

    run(scene())


async def stop(live: Live, *browsers: Browser) -> None:
    """The process ends: every stream ends with it."""
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    told: list[str] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        told.append(message["type"])

    await live({"type": "lifespan"}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    async with asyncio.timeout(5):
        for browser in browsers:
            await browser.task
