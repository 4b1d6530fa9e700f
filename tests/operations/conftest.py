"""Installations of their own, with real processes, on the database that the tests run on."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATIENCE_S = 60


@dataclass
class Said:
    status: int
    out: str
    err: str


@dataclass
class Installation:
    """A data folder, a database, two ports, and the command run on them."""

    folder: Path
    database: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    ups: list[subprocess.Popen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port, self.live_port = free_port(), free_port()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("VONGGAC_", "DJANGO_"))},
            "VONGGAC_DATA_DIR": str(self.folder),
            "VONGGAC_DATABASE": self.database,
            "VONGGAC_LISTEN": f"127.0.0.1:{self.port}",
            "VONGGAC_LIVE_LISTEN": f"127.0.0.1:{self.live_port}",
            "VONGGAC_PUBLIC_URL": f"http://localhost:{self.port}",
            "VONGGAC_WEB_WORKERS": "1",
            "VONGGAC_LANG": "en",
            **self.settings,
        }

    def run(self, *arguments: object, before: str = "") -> Said:
        """``vonggac ARGUMENTS``; ``before`` is Python that runs in the child first (limits)."""
        program = f"import resource, signal, sys; {before}\nfrom vonggac import cli\ncli.main(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def python(self, code: str) -> str:
        """Run ``code`` with Django on this installation; what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", SET_UP + code],
            env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def up(self) -> subprocess.Popen:
        """``vonggac up``, started; its output goes to a file."""
        out = (self.folder.parent / f"{self.folder.name}.out").open("wb")
        with out:
            process = subprocess.Popen(
                [sys.executable, "-m", "vonggac", "up"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.ups.append(process)
        return process

    @property
    def said(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.out").read_text("utf-8")

    def wait_for(self, text: str) -> re.Match[str]:
        """Until ``up`` said something that ``text`` matches."""
        return eventually(lambda: re.search(text, self.said), lambda: f"{text!r} not in:\n{self.said}")

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except urllib.error.URLError:  # nobody listens
            return 0, ""

    def processes(self) -> list[int]:
        """Every process that belongs to this installation, by its environment."""
        mark = f"VONGGAC_DATA_DIR={self.folder}\0".encode()
        return [pid for pid in running() if mark in environment_of(pid)]

    def stop(self) -> None:
        for process in self.ups:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


SET_UP = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "vonggac.web.settings"
import django; django.setup()
from django.conf import settings
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def running() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def eventually(look, told=lambda: "it did not happen", within_s: float = PATIENCE_S):
    """What ``look`` finds, once it finds something."""
    ends = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < ends, told()
        time.sleep(0.1)
    return found


@dataclass
class Databases:
    """Makes and drops databases on the server of the tests; on SQLite there is nothing to make."""

    server: str
    made: list[str] = field(default_factory=list)

    def make(self, template: str = "") -> str:
        if not self.server:
            return ""
        name = f"operations_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template.rpartition("/")[2]}"' if template else ""))
        self.made.append(name)
        return f"{self.server.rpartition('/')[0]}/{name}"

    def drop_all(self) -> None:
        for name in self.made:
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    made = Databases(os.environ.get("DESK_TEST_DATABASE", ""))
    yield made
    made.drop_all()


@pytest.fixture(scope="session")
def prepared(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, dict[str, str]]:
    """An installation after its first start, never to be changed: others are copied from it. And what the start answered."""
    import orjson

    installation = Installation(tmp_path_factory.mktemp("prepared") / "data", databases.make())
    done = subprocess.run(
        [sys.executable, "-m", "vonggac.web.operations.first_start"],
        env=installation.environment, capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return installation, orjson.loads(done.stdout)


@pytest.fixture
def installation(prepared, databases: Databases, tmp_path: Path) -> Iterator[Installation]:
    """An installation with tables and an administrator."""
    original, _answer = prepared
    shutil.copytree(original.folder, tmp_path / "data")
    made = Installation(tmp_path / "data", databases.make(original.database))
    yield made
    made.stop()


@pytest.fixture
def empty(databases: Databases, tmp_path: Path) -> Iterator[Installation]:
    """A place where nothing is yet."""
    made = Installation(tmp_path / "elsewhere", databases.make())
    yield made
    made.stop()
