"""``vonggac up`` with its real processes: first start, a child that dies, two at once, the end."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import orjson
import pytest

pytestmark = pytest.mark.database


def eventually(look, within_s=30):
    ends = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < ends
        time.sleep(0.1)
    return found


def parts(installation) -> dict[str, dict]:
    return {part["name"]: part for part in orjson.loads((installation.folder / "up.json").read_bytes())["parts"]}


def test_from_nothing_to_a_portal_and_back_to_nothing(empty):
    up = empty.up()
    password = empty.wait_for(r"password +(\S+)")[1]
    empty.wait_for(r"Vọng Gác is open at http://localhost:\d+")
    assert empty.get("/healthz") == (200, "ok\n")
    assert orjson.loads(empty.get("/healthz?ready")[1]) == {"ready": True, "missing": ""}
    assert empty.get("/operations/")[0] == 400  # the host of the URL is 127.0.0.1, which is not the portal's name
    status, page = empty.get("/account/login/", {"Host": f"localhost:{empty.port}"})
    assert (status, "<form" in page) == (200, True)

    # A body that is too large is refused while it is still on its way.
    head = f"POST /account/login/ HTTP/1.1\r\nHost: localhost:{empty.port}\r\nContent-Length: {1024**3}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", empty.port), timeout=10) as client:
        client.sendall(head.encode() + bytes(1000))
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")

    # The password went to the terminal and nowhere else.
    for path in empty.folder.rglob("*"):
        if path.is_file():
            assert password.encode() not in path.read_bytes(), path
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in empty.folder.iterdir()}
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
    records = [orjson.loads(line) for line in (empty.folder / "logs" / "vonggac.jsonl").read_bytes().splitlines()]
    assert {"up", "pages", "worker"} <= {record["process"] for record in records}
    assert any(record.get("path") == "/account/login/" and record["status"] == 200 for record in records)

    # The worker beats, and the doctor sees all of it.
    eventually(lambda: "vonggac_worker_alive 1.0" in empty.get("/metrics")[1])
    doctor = empty.run("doctor", "--json")
    lines = {(line["check"], line["verdict"]) for line in orjson.loads(doctor.out)["lines"]}
    assert {("ports", "ok"), ("database", "ok"), ("background work", "ok"), ("secrets", "ok")} <= lines, doctor.out
    assert not {("ports", "fail"), ("secrets", "warn")} & lines, doctor.out
    faults = [line["message"] for line in orjson.loads(doctor.out)["lines"] if line["verdict"] == "fail"]
    # The server of the tests is told not to: doctor says so.
    assert faults == (["PostgreSQL does not wait for the disk"] if empty.database else [])
    assert doctor.status == len(faults)

    # SIGTERM ends it within ten seconds and leaves nobody.
    before = empty.processes()
    assert len(before) > 4
    start = time.monotonic()
    up.send_signal(signal.SIGTERM)
    assert up.wait(15) == 0, empty.said
    assert time.monotonic() - start < 10
    assert empty.processes() == []
    assert not (empty.folder / "up.json").exists()


def test_what_dies_comes_back_and_nothing_outlives_the_supervisor(installation):
    up = installation.up()
    installation.wait_for("is open at")
    assert "password" not in installation.said  # there is an administrator already
    worker = parts(installation)["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: parts(installation)["worker"]["pid"] not in (None, worker))
    assert parts(installation)["worker"]["n_restarts"] == 1
    assert parts(installation)["worker"]["last_exit"] == -signal.SIGKILL
    installation.wait_for(r"ended, will be started again part=worker")

    # A process that serves pages, below the server that the supervisor knows.
    server = parts(installation)["pages"]["pid"]
    serving = Path(f"/proc/{server}/task/{server}/children").read_text("ascii").split()
    os.kill(int(serving[-1]), signal.SIGKILL)
    installation.wait_for("Unexpected exit from worker-1")
    eventually(lambda: installation.get("/healthz?ready")[0] == 200)

    up.kill()
    up.wait()
    eventually(lambda: installation.processes() == [], 5)


def test_one_at_a_time_in_a_folder_and_on_a_port(installation, empty):
    installation.up()
    installation.wait_for("is open at")
    again = installation.run("up")
    assert again.status == 1
    assert f"already runs in this folder (process {installation.ups[0].pid})" in again.err
    assert installation.run("restore", __file__).status == 1  # nor is it replaced meanwhile

    empty.port = installation.port
    other = empty.run("up")
    assert other.status == 1
    assert f"port {installation.port} on 127.0.0.1 is in use" in other.err
    assert "“listen”" in other.err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        empty.port, empty.live_port = empty.live_port, taken.getsockname()[1]
        assert "“live_listen”" in empty.run("up").err


def test_a_database_that_is_not_there_is_told_in_one_line(installation):
    if installation.database:
        installation.database = installation.database.rpartition("/")[0] + "/absent"
    else:
        (installation.folder / "desk.sqlite3").write_bytes(b"no database at all" * 100)
    said = installation.run("up")
    assert said.status == 1
    assert "cannot start: " in said.err
    assert "Traceback" not in said.err
