"""A portal as ``vonggac up`` starts it, people who walk over it, and what it writes in its own log about each answer."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

STARTS_WITHIN_S = 120
TIMEOUT_S = 60
MARK = "benchmark"
"""With this begins the id of each request that is measured, by which it is found in the portal's log."""
TICK_S = os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    """One process of the portal: its part, seconds of processor so far, resident bytes."""

    part: str
    pid: int
    cpu_s: float
    rss: int


@dataclass
class Portal:
    """A portal that runs."""

    data: Path
    port: int
    live_port: int
    supervisor: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        """What browsers call it."""
        return f"http://localhost:{self.port}"

    def processes(self) -> list[Process]:
        """All of it, children too."""
        return list(_family(self.supervisor.pid))

    def cpu_s(self, part: str = "pages") -> float:
        """Seconds of processor that a part took so far."""
        return sum(process.cpu_s for process in self.processes() if process.part == part)

    def answers(self) -> dict[str, tuple[int, float]]:
        """From the log: the id of each measured request to its status and the milliseconds that the server took for it."""
        found = {}
        for path in sorted((self.data / "logs").glob("vonggac.jsonl*")):
            with path.open("rb") as lines:
                for line in lines:
                    if MARK.encode() in line:
                        record = json.loads(line)
                        found[record["request_id"]] = (record["status"], float(record["ms"]))
        return found


def _family(root: int) -> Iterator[Process]:
    parents, rows = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().split(b"\0")
                pid, part = int(folder.name), command[3].decode() if b"vonggac.web.serving" in command else ""
                parents[pid] = int(fields[1])
                rows[pid] = (
                    part,
                    (int(fields[11]) + int(fields[12])) / TICK_S,
                    int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
                )
    for pid in rows:
        line, part = [pid], ""
        while line[-1] in parents and line[-1] != root:
            line.append(parents[line[-1]])
        if line[-1] == root:
            part = next((rows[one][0] for one in line if rows[one][0]), "supervisor")
            yield Process(part, pid, rows[pid][1], rows[pid][2])


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment_of(data: Path, database: str) -> dict[str, str]:
    """The settings of a portal in ``data``."""
    return {
        "VONGGAC_DATA_DIR": str(data),
        "VONGGAC_DATABASE": database,
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }


@contextmanager
def running(data: Path, database: str) -> Iterator[Portal]:
    """The whole installation under its supervisor, ready; stopped at the end."""
    port, live_port = free_port(), free_port()
    environment = os.environ | environment_of(data, database) | {
        "VONGGAC_LISTEN": f"127.0.0.1:{port}", "VONGGAC_LIVE_LISTEN": f"127.0.0.1:{live_port}",
        "VONGGAC_PUBLIC_URL": f"http://localhost:{port}", "VONGGAC_BACKUP_KEEP": "0", "VONGGAC_LOG_LEVEL": "info",
    }  # fmt: skip
    with (data / "up.out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "vonggac", "up"], env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    portal = Portal(data, port, live_port, process)
    try:
        _wait(portal)
        yield portal
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait(portal: Portal) -> None:
    ends = time.monotonic() + STARTS_WITHIN_S
    for port in (portal.port, portal.live_port):
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5).close()
                break
            except OSError:
                if portal.supervisor.poll() is not None or time.monotonic() > ends:
                    sys.exit(f"the portal did not start: {(portal.data / 'up.out').read_text()[-3000:]}")
                time.sleep(0.2)


class Browser:
    """One connection that stays open. ``headers`` go with every request."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection("localhost", port, timeout=TIMEOUT_S)
        self._headers = dict(headers)

    def ask(self, path: str, request_id: str = "", method: str = "GET", body: Any = None) -> tuple[int, bytes]:
        """One request with its answer."""
        headers = dict(self._headers)
        if request_id:
            headers["X-Request-ID"] = request_id
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()  # the server may end a connection that rested: the next request opens another
            return 0, b""


@dataclass
class Walked:
    """What was asked: the id of each request to its label, milliseconds until the whole answer was there, changes told live."""

    labels: dict[str, str] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)
    n_told: int = 0
    n_streams: int = 0
    problems: Counter[str] = field(default_factory=Counter)


class Load:
    """Sessions that walk for a while, each with its live stream open, and somebody who edits now and then."""

    def __init__(self, portal: Portal, walkers: list[dict[str, Any]], token: str, places: list[int]) -> None:
        self.portal, self.walkers, self.token, self.places = portal, walkers, token, places
        self.walked = Walked()
        self._lock = threading.Lock()
        self._n = 0
        self._over = threading.Event()

    def warm_up(self) -> None:
        """Each session sees everything once; what it may not open, or what is no page, it will not ask for again."""
        known: dict[tuple[str, str], bool] = {}
        for walker in self.walkers:
            browser = Browser(self.portal.port, {"Cookie": walker["cookie"]})
            for step in walker["steps"]:
                key = (walker["name"], step[0])
                if key not in known:
                    status, _body = browser.ask(step[1])
                    known[key] = status == 200
                    if status >= 500 or not status:
                        self.walked.problems[f"{status} {step[1]} as {walker['name']}"] += 1
            walker["steps"] = [step for step in walker["steps"] if known[walker["name"], step[0]]]

    def costs(self, repeats: int) -> dict[str, tuple[float, list[str]]]:
        """One after the other, alone: label to milliseconds of processor of a request, and the ids of the requests."""
        found: dict[str, tuple[float, list[str]]] = {}
        for walker in self.walkers:
            browser = Browser(self.portal.port, {"Cookie": walker["cookie"]})
            for label, path in walker["steps"]:
                if label in found:
                    continue
                before = self.portal.cpu_s()
                ids = [self._next_id() for _ in range(repeats)]
                for one in ids:
                    browser.ask(path, one)
                found[label] = ((self.portal.cpu_s() - before) / repeats * 1000, ids)
        return found

    def run(self, seconds: float, think_s: float) -> Walked:
        """Walk for ``seconds``."""
        threads = [threading.Thread(target=self._edit, daemon=True)]
        for number, walker in enumerate(self.walkers):
            threads.append(threading.Thread(target=self._walk, args=(walker, think_s, number), daemon=True))
            threading.Thread(target=self._listen, args=(walker,), daemon=True).start()  # ends with the portal
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self._over.set()
        for thread in threads:
            thread.join(TIMEOUT_S)
        return self.walked

    def _next_id(self) -> str:
        with self._lock:
            self._n += 1
            return f"{MARK}-{self._n:07}"

    def _ask(self, browser: Browser, label: str, path: str, **more: Any) -> tuple[int, bytes]:
        one = self._next_id()
        begun = time.perf_counter()
        status, body = browser.ask(path, one, **more)
        if not 200 <= status < 300:
            self.walked.problems[f"{status} {path}"] += 1
            return status, body
        with self._lock:
            self.walked.labels[one] = label
            self.walked.waited[one] = (time.perf_counter() - begun) * 1000
        return status, body

    def _walk(self, walker: dict[str, Any], think_s: float, seed: int) -> None:
        chance = random.Random(seed)  # no secret
        browser = Browser(self.portal.port, {"Cookie": walker["cookie"]})
        steps = list(walker["steps"])
        self._over.wait(chance.uniform(0, think_s))
        while not self._over.is_set():
            chance.shuffle(steps)
            for label, path in steps:
                self._ask(browser, label, path)
                if self._over.wait(chance.uniform(0.5, 1.5) * think_s):
                    return

    def _listen(self, walker: dict[str, Any]) -> None:
        connection = http.client.HTTPConnection("localhost", self.portal.live_port, timeout=5)
        connection.request("GET", "/live", headers={"Cookie": walker["cookie"], "Origin": self.portal.origin})
        answer = connection.getresponse()
        if answer.status != 200:
            self.walked.problems[f"{answer.status} /live as {walker['name']}"] += 1
            return
        with self._lock:
            self.walked.n_streams += 1
        connection.sock.settimeout(None)
        while line := answer.readline():
            if line.startswith(b"event: changed"):
                with self._lock:
                    self.walked.n_told += 1
            if self._over.is_set():
                return

    def _edit(self) -> None:
        browser = Browser(self.portal.port, {"Authorization": f"Bearer {self.token}"})
        chance, n = random.Random(3), 0  # no secret
        while not self._over.wait(2.5):
            path = f"/api/v1/organisations/{chance.choice(self.places)}"
            status, body = self._ask(browser, "read one to change it", path)
            if status == 200:
                change = {"version": json.loads(body)["version"], "note": f"ghi chú {n}"}
                self._ask(browser, "change an organisation (a write)", path, method="PATCH", body=change)
                n += 1


def by_label(walked: Walked, answers: Mapping[str, tuple[int, float]]) -> dict[str, list[float]]:
    """Label to the milliseconds of the server for each request that the log knows."""
    found: dict[str, list[float]] = defaultdict(list)
    for one, label in walked.labels.items():
        if one in answers:
            found[label].append(answers[one][1])
    return found
