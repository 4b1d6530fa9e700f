"""The supervisor with small real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import orjson
import pytest

from vonggac.jobs import supervisor
from vonggac.jobs.supervisor import CannotRun, Part, Routine, Supervisor, alone, check_port, is_running


def part(name, code, **environment):
    return Part(name, [sys.executable, "-c", textwrap.dedent(code)], {**os.environ, **environment})


def run(parts, tmp_path, routines=(), until=lambda _records: False, within_s=20, **keywords):
    """Run in this process until ``until`` says so of the records; the records."""
    records = []
    stop = threading.Event()

    def watch():
        ends = time.monotonic() + within_s
        while not stop.is_set() and not until(records) and time.monotonic() < ends:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    made = Supervisor(parts, routines, log=records.append, state=tmp_path / "up.json", **keywords)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        made.run()
    finally:
        stop.set()
        old = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        watcher.join()
        signal.signal(signal.SIGTERM, old)
    return records


def said(records, message):
    return [record for record in records if record["message"].startswith(message)]


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(supervisor, "LAST_PAUSE_S", 0.2)
    monkeypatch.setattr(supervisor, "TICK_S", 0.02)


def test_what_ends_starts_again_after_longer_and_longer_pauses(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "QUICK_S", 0)
    child = supervisor.Child(part("a", ""), pause_s=0.05)
    made = Supervisor([], log=lambda record: None, state=tmp_path / "up.json")
    made.children = [child]
    pauses = []
    for _death in range(4):
        before = child.started = time.monotonic()
        made._died(child)
        pauses.append(round(child.due - before, 2))
    assert pauses == [0.05, 0.1, 0.2, 0.2]
    child.started = time.monotonic() - 100  # it ran well
    made._died(child)
    assert child.due - time.monotonic() < 0.06
    made.selector.close()


def test_a_part_that_dies_comes_back_and_its_output_is_the_log(tmp_path):
    code = """
        import json, sys
        print("plain words")
        print(json.dumps({"level": "warning", "message": "structured", "n": 1}), file=sys.stderr)
        print("cut", end="", flush=True)
        sys.exit(3)
    """
    records = run([part("a", code)], tmp_path, until=lambda found: len(said(found, "started")) == 3)
    again = said(records, "ended, will be started again")
    assert again[0] | {"part": "a", "exit": 3} == again[0]
    assert {"plain words", "structured", "cut"} <= {record["message"] for record in records}
    assert next(record for record in records if record["message"] == "structured")["n"] == 1
    assert not (tmp_path / "up.json").exists()


def test_a_part_that_always_dies_at_once_ends_everything(tmp_path):
    parts = [part("good", "import time; time.sleep(60)"), part("bad", "raise SystemExit(7)")]
    with pytest.raises(CannotRun, match=r"bad ended at once 5 times in a row \(last status 7\)"):
        run(parts, tmp_path)


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CannotRun, match="a could not be started: No such file"):
        run([Part("a", ["/nowhere/to/be/found"], {})], tmp_path)


def test_routines_run_again_and_failures_are_told(tmp_path):
    command = [sys.executable, "-c", "print('turn'); raise SystemExit(4)"]
    routine = Routine("r", command, os.environ, every_s=0.05, first_s=0)
    records = run([], tmp_path, [routine], until=lambda found: len(said(found, "turn")) == 3)
    failed = said(records, "failed")
    assert failed[0]["routine"] == "r"
    assert failed[0]["exit"] == 4


def test_ready_is_told_once_when_all_answer(tmp_path):
    calls = []
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        address = f"127.0.0.1:{one.getsockname()[1]}"
        run([], tmp_path, until=lambda _: len(calls) > 0, addresses=[address], on_ready=lambda: calls.append(1))
    assert calls == [1]


def test_what_does_not_stop_is_killed_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_WITHIN_S", 0.5)
    code = f"""
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(60)"])
        open({str(tmp_path / "pids")!r}, "w").write(f"{{child.pid}}")
        print("stubborn", flush=True)
        time.sleep(60)
    """
    start = time.monotonic()
    records = run([part("a", code)], tmp_path, until=lambda found: said(found, "stubborn"))
    assert said(records, "killed, since it did not stop")
    assert time.monotonic() - start < 10
    grandchild = int((tmp_path / "pids").read_text())
    wait_until(lambda: not is_alive(grandchild))


def test_kill_9_of_the_supervisor_leaves_nobody(tmp_path):
    program = f"""
        import os, sys
        from pathlib import Path
        from vonggac.jobs.supervisor import Part, Supervisor
        command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
        log = lambda record: print(record["message"], flush=True)
        Supervisor([Part("a", command, os.environ)], log=log, state=Path({str(tmp_path / "up.json")!r})).run()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    with process:
        child = next(int(line) for line in process.stdout if line.strip().isdecimal())
        assert is_alive(child)
        process.kill()
    wait_until(lambda: not is_alive(child))


def is_alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(look, within_s=5):
    ends = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_hang_up_is_passed_on_to_those_that_reload(tmp_path):
    code = """
        import signal, sys, time
        signal.signal(signal.SIGHUP, lambda *_: print("reloaded", flush=True))
        print("there", flush=True)
        while True: time.sleep(0.05)
    """
    one = part("a", code)
    two = Part("b", ["sleep", "60"], os.environ)
    hung_up = []

    def until(found):
        if said(found, "there") and not hung_up:
            hung_up.append(1)
            os.kill(os.getpid(), signal.SIGHUP)
        return bool(said(found, "reloaded"))

    records = run([Part(one.name, one.command, one.environment, reloads=True), two], tmp_path, until=until)
    assert said(records, "reloaded")
    assert not said(records, "ended")


def test_the_state_file_says_what_runs(tmp_path):
    seen = []

    def until(found):
        if said(found, "started"):
            seen.append(supervisor.read_state(tmp_path / "up.json"))
        return bool(seen and seen[-1])

    run([part("a", "import time; time.sleep(60)")], tmp_path, until=until)
    (told,) = seen[-1]["parts"]
    assert (told["name"], told["n_restarts"], told["last_exit"]) == ("a", 0, None)
    assert told["pid"] > 0
    (tmp_path / "broken").write_bytes(orjson.dumps([1]))
    assert supervisor.read_state(tmp_path / "broken") is None


def test_one_at_a_time(tmp_path):
    assert not is_running(tmp_path)
    with alone(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(CannotRun, match=rf"already runs in this folder .process {os.getpid()}."), alone(tmp_path):
            pass
    assert not is_running(tmp_path)
    with alone(tmp_path):
        pass


def test_a_port_in_use_is_told_with_the_setting():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as servers of several processes do
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} on 127.0.0.1 is in use.*“live_listen”"):
            check_port(f"127.0.0.1:{port}", "live_listen")
    check_port(f"127.0.0.1:{port}", "live_listen")
    with pytest.raises(CannotRun, match=r"nobody can listen on 192\.0\.2\.1:80"):
        check_port("192.0.2.1:80", "listen")
