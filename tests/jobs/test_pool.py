"""The pool through its one door: tasks in, answers in order, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vonggac.jobs.pool import QUEUE, Head, Pool, Task, WorkFailed


def upper(head: Head, data: bytes) -> tuple[Head, bytes]:
    return {"n": head["n"], "pid": os.getpid()}, data.upper()


def tasks(n: int, size: int = 10) -> Iterator[Task]:
    for number in range(n):
        yield Task(f"part {number}", {"n": number}, b"%d" % (number % 10) * size + b"x")


def open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def no_children() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return True


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_answers_come_in_the_order_of_the_tasks(jobs: int) -> None:
    with Pool(upper, jobs) as pool:
        answers = list(pool.map(tasks(50)))
    assert [head["n"] for head, _ in answers] == list(range(50))
    assert [data for _, data in answers] == [task.data.upper() for task in tasks(50)]
    pids = {head["pid"] for head, _ in answers}
    assert pids == {os.getpid()} if jobs == 1 else os.getpid() not in pids and len(pids) == jobs


def test_slow_first_task_does_not_change_the_order_nor_run_far_ahead() -> None:
    def work(head: Head, data: bytes) -> tuple[Head, bytes]:
        if head["n"] == 0:
            time.sleep(0.3)
        return head, b""

    read = []

    def counted() -> Iterator[Task]:
        for task in tasks(200):
            read.append(task.head["n"])
            yield task

    with Pool(work, 3) as pool:
        answers = pool.map(counted())
        first, _ = next(answers)
        assert first["n"] == 0
        assert len(read) <= QUEUE * 3 + 2  # memory is bounded by the slots, not by the input
        assert [head["n"] for head, _ in answers] == list(range(1, 200))


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (40 << 20) + 7])
def test_data_of_any_size_arrives_whole(size: int) -> None:
    data = os.urandom(size)
    with Pool(lambda head, data: (head, data[::-1]), 2) as pool:
        answers = list(pool.map([Task("big", {"n": 1}, data), Task("small", {"n": 2}, b"ab")]))
    assert answers == [({"n": 1}, data[::-1]), ({"n": 2}, b"ba")]


def test_no_tasks_give_no_answers() -> None:
    with Pool(upper, 2) as pool:
        assert list(pool.map([])) == []


def test_killed_worker_names_its_part_and_signal() -> None:
    def work(head: Head, data: bytes) -> tuple[Head, bytes]:
        if head["n"] == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return head, data

    with Pool(work, 2) as pool, pytest.raises(WorkFailed) as caught:
        list(pool.map(tasks(50)))
    assert caught.value.where == "part 7"
    assert caught.value.params["signal"] == "SIGKILL"
    assert no_children()


def test_worker_that_exits_is_an_error_too() -> None:
    with Pool(lambda head, data: os._exit(3), 2) as pool, pytest.raises(WorkFailed, match="status 3"):
        list(pool.map(tasks(1)))


@pytest.mark.parametrize("jobs", [1, 2])
def test_work_that_raises_names_its_part_and_the_reason(jobs: int) -> None:
    def work(head: Head, data: bytes) -> tuple[Head, bytes]:
        raise LookupError("nothing under 'x'")

    with Pool(work, jobs) as pool, pytest.raises(WorkFailed, match=r"part [0-2]: .*LookupError: nothing under 'x'"):
        list(pool.map(tasks(3)))


@pytest.mark.parametrize("jobs", [1, 2])
def test_tasks_that_raise_end_the_map_and_the_workers(jobs: int) -> None:
    def broken() -> Iterator[Task]:
        yield from tasks(3)
        raise RuntimeError("the stream broke")

    with pytest.raises(RuntimeError, match="the stream broke"), Pool(upper, jobs) as pool:
        list(pool.map(broken()))
    assert no_children()


def test_nothing_is_left_open() -> None:
    before = open_files()
    with Pool(upper, 3) as pool:
        next(pool.map(tasks(20)))
    assert open_files() == before
    assert no_children()


def test_workers_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        with Pool(upper, 2) as pool:
            os.write(write, b" ".join(b"%d" % head["pid"] for head, _ in pool.map(tasks(8))))
            time.sleep(60)
    os.close(write)
    pids = {int(pid) for pid in os.read(read, 1000).split()}
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    os.close(read)
    assert len(pids) == 2
    deadline = time.monotonic() + 5
    while any(running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(running(pid) for pid in pids)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
