"""A real server of the live stream over a database of its own, and browsers that listen to it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

HERE = Path(__file__).parent
ORIGIN = "http://portal.example:8480"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The address of an empty database; on SQLite there is one in the data folder without a word."""
    address = os.environ.get("DESK_TEST_DATABASE", "")
    if not address:
        yield ""
        return
    import psycopg

    parts = urlsplit(address)
    name = f"live_{secrets.token_hex(4)}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Desk:
    """Does things in the served database: ``desk.act(1, "a.b", 7)``."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, str(HERE / "desk.py")]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: object, **words: object) -> Any:
            self.process.stdin.write(json.dumps([name, arguments, words]) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

        return call

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Browser:
    """One open stream, read event by event."""

    def __init__(self, port: int, key: str = "", **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.left = b""
        path = headers.pop("path", "/live")
        method = headers.pop("method", "GET")
        given = {"Host": f"portal.example:{port}", "Origin": ORIGIN, "Cookie": f"a=b; vonggac_session={key}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.left:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.left += got
        found, _, self.left = self.left.partition(mark)
        return found

    def blocks(self) -> Iterator[dict[str, str]]:
        """Every block of the stream until it ends; the chunked coding is taken off."""
        text = b""
        while True:
            size = int(self._until(b"\r\n"), 16)
            if size == 0:
                return
            while len(self.left) < size + 2:
                got = self.socket.recv(65536)
                if not got:
                    raise EOFError
                self.left += got
            text += self.left[:size]
            self.left = self.left[size + 2 :]
            *whole, text = text.split(b"\n\n")
            for block in whole:
                yield dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line)

    def events(self, name: str = "") -> Iterator[dict[str, str]]:
        return (block for block in self.blocks() if "event" in block and name in ("", block["event"]))

    def seqs(self, n: int) -> list[int]:
        """The numbers of the next ``n`` changes."""
        changes = self.events("changed")
        return [json.loads(next(changes)["data"])["seq"] for _ in range(n)]

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Desk]]:
    """The port of the server, and the desk behind it."""
    folder = tmp_path_factory.mktemp("live")
    with database() as address:
        environment = {
            **os.environ,
            "VONGGAC_DATA_DIR": str(folder),
            "VONGGAC_DATABASE": address,
            "VONGGAC_PUBLIC_URL": ORIGIN,
            "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
            "PYTHONPATH": str(HERE),
        }
        desk = Desk(environment)
        desk.migrate()
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([*command, "served:application"], env=environment, stdout=log, stderr=log)
        try:
            wait_for(port, server, folder / "log")
            yield port, desk
        finally:
            server.terminate()
            server.wait(20)
            desk.close()


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError, EOFError):
            browser = Browser(port, path="/healthz")
            browser.close()
            if browser.status == 200:
                return
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def port(served: tuple[int, Desk]) -> int:
    return served[0]


@pytest.fixture
def desk(served: tuple[int, Desk]) -> Desk:
    return served[1]


@pytest.fixture
def open_stream(port: int) -> Iterator[Callable[..., Browser]]:
    """Opens streams that are closed after the test."""
    opened: list[Browser] = []

    def open_one(key: str = "", **headers: str) -> Browser:
        opened.append(Browser(port, key, **headers))
        return opened[-1]

    yield open_one
    for browser in opened:
        browser.close()
