"""The live stream as an ASGI application: ``GET /live`` is a stream of Server-Sent Events, ``GET /healthz`` says that it runs.

A browser comes from the portal's pages (another port, so another origin) with its session cookie. It is told what changed, as far
as its user may know. ``Last-Event-ID`` (or ``?after=`` with the number that a page was made at) names the last entry it knows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http.request import split_domain_port, validate_host

from vonggac.web.live import events, reading
from vonggac.web.live.hub import Hub, Limits, Stream
from vonggac.web.live.reading import Visitor

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
_STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx hands on each message at once
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-site"),
]
_MAX_DIGITS = 18


class _Gone(Exception):  # named for what happened
    """The browser went away, or does not read."""


class Live:
    """The application. ``origin``: of the portal's pages; ``hosts``: names under which the stream is asked for."""

    def __init__(self, origin: str, hosts: list[str], limits: Limits | None = None) -> None:
        parts = urlsplit(origin)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.hosts = hosts
        self.limits = limits or Limits()
        self._hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._hub:
                    await self._hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] not in ("GET", "HEAD"):
            await self._refuse(send, 405, "only GET")
        elif not self._is_our_host(headers.get("host", "")):
            await self._refuse(send, 400, "not a host of ours")
        elif scope["path"] == "/healthz":
            await self._refuse(send, 200, "ok")
        elif scope["path"] != "/live" or scope["method"] != "GET":
            await self._refuse(send, 404, "nothing here")
        elif not self._is_our_page(headers):
            await self._refuse(send, 403, "not from a page of ours")
        else:
            await self._open(scope, headers, receive, send)

    def _is_our_host(self, host: str) -> bool:
        return validate_host(split_domain_port(host)[0], self.hosts)

    def _is_our_page(self, headers: Mapping[str, str]) -> bool:
        """A browser names the page's origin for every request to another origin; without it, it says that it is the same."""
        if "origin" in headers:
            return headers["origin"] == self.origin
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

    async def _open(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        hub = self._hub = self._hub or Hub(self.limits)
        await hub.start()
        key = reading.session_key_in(headers.get("cookie", ""))
        client = scope.get("client") or ("", 0)
        about = (key, str(client[0]), headers.get("user-agent", "")[:200])
        visitor = await hub.read(reading.visitor_of, *about)
        if visitor is None:
            await self._refuse(send, 401, "not signed in")
        elif hub.is_full(visitor.user_id):
            await self._refuse(send, 429, "too many streams of one person")
        elif len(hub.streams) >= self.limits.n_streams or hub.is_closing:
            await self._refuse(send, 503, "too many streams")
        else:
            stream = hub.join(visitor)
            try:
                await _Conversation(hub, stream, about, send).run(
                    _asked_after(scope, headers), receive, self._allowed()
                )
            finally:
                hub.leave(stream)

    def _allowed(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"access-control-allow-origin", self.origin.encode()),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"origin, cookie"),
        ]

    async def _refuse(self, send: Send, status: int, text: str) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [*_PLAIN, *self._allowed()]})
        await send({"type": "http.response.body", "body": f"{text}\n".encode()})


def _asked_after(scope: Scope, headers: Mapping[str, str]) -> int | None:
    """The entry that the browser knows; None when it names none, or nothing that is a number."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")[:200]).get("after", [""])[0]
    text = headers.get("last-event-id", "") or asked
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else None


class _Conversation:
    """One open stream: replay, then what happens, until the browser goes or the session ends."""

    def __init__(self, hub: Hub, stream: Stream, about: tuple[str, str, str], send: Send) -> None:
        self.hub = hub
        self.stream = stream
        self.about = about
        self._send = send
        self.limits = hub.limits

    async def run(self, after: int | None, receive: Receive, headers: list[tuple[bytes, bytes]]) -> None:
        """Talk; a browser that goes away ends it at any point."""
        gone = asyncio.create_task(_until_gone(receive))
        talk = asyncio.create_task(self._talk(after, headers))
        try:
            await asyncio.wait({gone, talk}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, talk):
                task.cancel()
            ended = await asyncio.gather(gone, talk, return_exceptions=True)
        if isinstance(ended[1], Exception) and not isinstance(ended[1], _Gone):
            raise ended[1]

    async def _talk(self, after: int | None, headers: list[tuple[bytes, bytes]]) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": [*_STREAM, *headers]})
        await self._replay(after)
        checked = beaten = time.monotonic()
        while not self.hub.is_closing:
            now = time.monotonic()
            if now - checked >= self.limits.check_s:
                checked = now
                if not await self._check():
                    await self._say(events.end(), last=True)
                    return
            changes, lost = self.stream.take()
            said = events.reset(self.hub.cursor) if lost else b"".join(change.message() for change in changes)
            if not said and now - beaten >= self.limits.heartbeat_s:
                said = events.heartbeat(self.hub.cursor)
            if said:
                beaten = now
                await self._say(said)
            await self._wait(min(checked + self.limits.check_s, beaten + self.limits.heartbeat_s) - time.monotonic())
        await self._say(b"", last=True)

    async def _replay(self, after: int | None) -> None:
        """Everything between ``after`` and where the stream was joined; what comes later waits in the stream already."""
        joined = self.hub.cursor
        self.stream.take()
        if after is None or after == joined:
            await self._say(events.ready(joined))
            return
        if after > joined:  # read by a page just now, before the poller did; or of a database that was replaced
            known = await self.hub.read(reading.last_seq)
            await self._say(events.ready(joined) if after <= known else events.reset(known))
            return
        if joined - after > self.limits.n_replayed:
            await self._say(events.ready(joined) + events.reset(joined))
            return
        missed = await self.hub.read(reading.changes_after, after, joined - after)
        told = events.messages([change for change in missed if change.seq <= joined], self.stream.visitor.asker)
        await self._say(events.ready(after) + told)

    async def _check(self) -> bool:
        """Whether the session still stands; with it, what its user holds now is taken over."""
        found: Visitor | None = await self.hub.read(reading.visitor_of, *self.about)
        if found is None or found.user_id != self.stream.visitor.user_id:
            return False
        self.stream.visitor = replace(found)
        return True

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stream.woken.wait(), max(seconds, 0))
        except TimeoutError:
            return

    async def _say(self, body: bytes, *, last: bool = False) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": not last}
        try:
            await asyncio.wait_for(self._send(message), self.limits.send_s)
        except TimeoutError:
            raise _Gone from None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
