"""Runs that go on where the last one stopped: nothing new is lost, nothing is told twice."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.jobs import since as since_module
from vonggac.jobs.inputs import Inputs
from vonggac.jobs.scan import Plan, Reading, scan
from vonggac.jobs.since import NotKept, Since, question
from vonggac.sources.evtx import CHUNK_BYTES, HEADER_BYTES
from vonggac.sources.source import Options

RULES = compile_rules([("r", """
title: Any
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01
logsource: {category: webserver}
detection: {selection: {cs-uri|contains: /n}, condition: selection}
---
title: Windows
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02
logsource: {product: windows}
detection: {selection: {EventID|exists: true}, condition: selection}
""")])  # fmt: skip
_NUMBER = 0


def line(n: int) -> str:
    return f'192.0.2.7 - - [14/Feb/2026:08:00:00 +0000] "GET /n{n} HTTP/1.1" 200 1 "-" "x"\n'


class Runs:
    """Runs over one folder."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.state = folder / "state" / "s.json"
        self.now = 1_000_000
        self.since: Since | None = None

    def run(self, *, block_bytes: int = 8 << 20, save: bool = True, jobs: int = 1) -> list[str]:
        """What is reported now: the addresses asked for, in order."""
        self.now += 3600
        self.since = since = Since(self.state, self.now)
        found: list[dict] = []

        def render(findings) -> bytes:
            return b"".join(orjson.dumps([f.event.get("cs-uri", f.record), f.record]) + b"\n" for f in findings)

        plan = Plan([SigmaDetector(RULES)], reading=Reading(Options(), block_bytes=block_bytes), render=render, since=since,
                    jobs=jobs)  # fmt: skip
        summary = scan(Inputs([str(self.logs)], follow=since), plan, lambda part: found.extend(part.splitlines()))
        if save:
            since.save(name for name, _error in summary.unreadable)
        self.summary = summary
        self.records = [orjson.loads(one)[1] for one in found]
        return [str(orjson.loads(one)[0]).removeprefix("/n") for one in found]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def test_a_file_that_grows_is_read_on_and_keeps_its_numbers(runs: Runs) -> None:
    log = runs.logs / "a.log"
    log.write_text(line(1) + line(2))
    assert runs.run() == ["1", "2"]
    assert runs.run() == []
    assert runs.since.n_unchanged == 1
    with log.open("a") as file:
        file.write(line(3))
    assert runs.run() == ["3"]
    assert runs.records == [3]
    assert (runs.since.n_unchanged, runs.since.n_continued, runs.since.n_new) == (0, 1, 0)
    assert runs.summary.n_events == 1


def test_rotated_renamed_and_compressed_files_are_known_by_how_they_begin(runs: Runs) -> None:
    log = runs.logs / "a.log"
    log.write_text("".join(map(line, range(50))))
    assert len(runs.run()) == 50
    with log.open("a") as file:
        file.write(line(50))
    log.rename(runs.logs / "a.log.1")
    log.write_text(line(100))
    assert runs.run() == ["100", "50"]
    old = runs.logs / "a.log.1"
    (runs.logs / "a.log.2.gz").write_bytes(gzip.compress(old.read_bytes() + line(51).encode()))
    old.unlink()
    assert runs.run() == ["51"]


def test_late_events_of_old_times_in_a_new_file_are_told(runs: Runs) -> None:
    (runs.logs / "a.log").write_text(line(1))
    runs.run()
    (runs.logs / "b.log").write_text(line(2).replace("2026", "2019"))
    assert runs.run() == ["2"]


def test_a_file_cut_to_nothing_and_written_anew_is_new(runs: Runs) -> None:
    log = runs.logs / "a.log"
    log.write_text(line(1) + line(2) + line(3))
    runs.run()
    log.write_text(line(7) + line(8))
    assert runs.run() == ["7", "8"]
    log.write_text(line(7))  # shorter: it may be another file
    assert runs.run() in ([], ["7"])


@pytest.mark.parametrize("block_bytes", [150, 700, 8 << 20])
@pytest.mark.parametrize("at", range(0, 40, 3))
def test_a_file_that_differs_after_the_same_beginning_is_new_from_there(
    runs: Runs, at: int, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(since_module, "HEAD_BYTES", 100)
    monkeypatch.setattr(since_module, "STEP_BYTES", 400)
    log = runs.logs / "a.log"
    before = [line(n) for n in range(40)]
    log.write_text("".join(before))
    assert len(runs.run(block_bytes=block_bytes)) == 40
    after = [*before[:at], line(1000 + at), *before[at:], line(99)]  # an export, with a row more in the middle
    log.write_text("".join(after))
    told = runs.run(block_bytes=block_bytes)
    assert {str(1000 + at), "99"} <= set(told)
    assert len(told) <= 40 - at + 2 + 400 // len(line(1)) + 1
    assert runs.run(block_bytes=block_bytes) == []


def test_a_file_that_was_cut_after_the_same_beginning_is_told_again_rather_than_left_out(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(since_module, "HEAD_BYTES", 100)
    monkeypatch.setattr(since_module, "STEP_BYTES", 400)
    log = runs.logs / "a.log"
    log.write_text("".join(map(line, range(40))))
    runs.run()
    log.write_text("".join(map(line, range(20))))
    told = runs.run()
    assert set(told) <= set(map(str, range(20)))
    log.write_text("".join(map(line, [*range(20), 100])))
    assert "100" in runs.run()


@pytest.mark.parametrize("ending", ["", "\r"])
def test_a_line_that_was_not_finished_is_told_once_when_it_is(runs: Runs, ending: str) -> None:
    log = runs.logs / "a.log"
    whole = (line(1) + line(2)).rstrip("\n")
    log.write_text(whole)
    assert runs.run() == ["1", "2"]  # it may never get an end
    os.utime(log, (1, 1))
    assert runs.run() == []
    log.write_text(whole + ending + "\n" + line(3), newline="")
    assert runs.run() == ["3"]
    log.write_text(whole + ending + "\n" + line(3) + '192.0.2.7 - - [14/Feb/2026:08:00:00 +0000] "GET /n')
    assert runs.run() == []
    with log.open("a") as file:
        file.write('4 HTTP/1.1" 200 1 "-" "x"\n')
    assert runs.run() == ["4"]


def test_one_unfinished_line_alone(runs: Runs) -> None:
    log = runs.logs / "a.log"
    log.write_text(line(1).rstrip("\n"))
    assert runs.run() == ["1"]
    log.write_text(line(1) + line(2))
    assert runs.run() == ["2"]


def test_a_run_that_does_not_end_well_is_repeated(runs: Runs) -> None:
    (runs.logs / "a.log").write_text(line(1))
    assert runs.run(save=False) == ["1"]
    assert runs.run() == ["1"]
    assert runs.run() == []


def test_what_was_unreadable_is_tried_again_and_a_damaged_archive_read_on(runs: Runs) -> None:
    log = runs.logs / "a.log.gz"
    whole = gzip.compress("".join(map(line, range(1000))).encode(), mtime=0)
    log.write_bytes(whole[:-20])
    first = runs.run()
    assert runs.summary.unreadable
    log.write_bytes(whole)
    second = runs.run()
    assert set(first) | set(second) == set(map(str, range(1000)))
    assert not set(first[:-1]) & set(second)
    assert runs.run() == []
    assert runs.since.n_unchanged == 1


def test_a_state_that_cannot_be_read_is_told_and_everything_is_new(runs: Runs) -> None:
    (runs.logs / "a.log").write_text(line(1))
    runs.run()
    for damage in (b"", b"{", b"[]", b'{"format":99}', runs.state.read_bytes().replace(b'"files"', b'"fils"')):
        runs.state.write_bytes(damage)
        assert runs.run() == ["1"]
        assert runs.since.is_damaged
        assert runs.run() == []
    state = orjson.loads(runs.state.read_bytes())
    for change in ({"made_at": 1e30}, {"made_at": -1}, {"wholes": {"a": "b"}}, {"files": [[1, 2, 3, 4, 5, 6]]},
                   {"streams": [[*state["streams"][0][:5], "seen", []]]}):  # fmt: skip
        runs.state.write_bytes(orjson.dumps(state | change))
        assert runs.run() == ["1"]
        assert runs.since.is_damaged


def test_a_state_that_cannot_be_written_is_an_error(runs: Runs) -> None:
    (runs.logs / "a.log").write_text(line(1))
    runs.state.parent.write_text("a file where the folder should be")
    with pytest.raises(NotKept):
        runs.run()


def test_what_was_not_met_for_long_is_forgotten(runs: Runs) -> None:
    log = runs.logs / "a.log"
    log.write_text(line(1))
    runs.run()
    runs.now += since_module.KEPT_S - 7200
    assert runs.run() == []
    runs.now += since_module.KEPT_S - 7200  # it was met since, although it was never opened
    assert runs.run() == []
    moved = log.read_bytes()
    log.unlink()
    runs.run()
    runs.now += since_module.KEPT_S + 1
    runs.run()
    log.write_bytes(moved)
    assert runs.run() == ["1"]


LINES = {
    "zeek": (
        "#separator \\x09\n#set_separator\t,\n#path\thttp\n#fields\tts\tid.orig_h\turi\n#types\ttime\taddr\tstring\n",
        "177103080{n}.0\t192.0.2.1\t/n{n}\n",
    ),
    "csv": ("time,src_ip,note\n", '2026-01-01T00:00:0{n}Z,192.0.2.1,"a\nb"\n'),
    "json": ("", '{{"time": "2026-01-01T00:00:0{n}Z", "src": "192.0.2.{n}"}}\n'),
    "windows": ("", '{{"Event": {{"System": {{"EventID": {n}, "Channel": "Security", "Computer": "pc"}}}}}}\n'),
    "syslog": ("", "<34>Oct 11 22:14:1{n} host-1 sshd[7]: Failed password for an from 192.0.2.{n} port 22 ssh2\n"),
    "iis": (
        "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-uri-stem cs-method sc-status\n",
        "2026-02-14 01:00:0{n} 192.0.2.1 /n{n} GET 200\n",
    ),
    "suricata": (
        "",
        '{{"timestamp":"2026-11-24T10:00:00.00000{n}+0700","flow_id":{n},"event_type":"dns","src_ip":"192.0.2.1"}}\n',
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_every_format_of_lines_goes_on_with_what_its_header_said(runs: Runs, name: str) -> None:
    head, record = LINES[name]
    log = runs.logs / f"a.{name}"
    log.write_text(head + "".join(record.format(n=n) for n in range(4)))
    runs.run()
    assert (runs.summary.n_events, runs.summary.skipped) == (4, {})
    with log.open("a") as file:
        file.write("".join(record.format(n=n) for n in (7, 8, 9)))
    runs.run()
    assert (runs.summary.n_events, runs.summary.skipped) == (3, {})
    assert runs.since.n_continued == 1
    runs.run()
    assert runs.summary.n_events == 0


# Windows' own files --------------------------------------------------------------------------------------------------


def evtx(corpora: Path) -> bytes:
    return max((corpora / "evtx").rglob("*.evtx"), key=lambda path: path.stat().st_size).read_bytes()


@pytest.fixture
def corpora() -> Path:
    folder = Path(os.environ.get("VONGGAC_CORPORA", Path(__file__).parents[3] / "shared" / "data"))
    if not (folder / "evtx").is_dir():
        pytest.skip("no corpora")
    return folder


def chunks(data: bytes) -> list[bytes]:
    return [data[at : at + CHUNK_BYTES] for at in range(HEADER_BYTES, len(data) - CHUNK_BYTES + 1, CHUNK_BYTES)]


def cut_chunk(chunk: bytes, n: int) -> bytes:
    """``chunk`` as it was when it held its first ``n`` records."""
    at, last_at = 512, 512
    number = 0
    for _ in range(n):
        (size,) = struct.unpack_from("<I", chunk, at + 4)
        (number,) = struct.unpack_from("<Q", chunk, at + 8)
        last_at, at = at, at + size
    data = bytearray(chunk)
    data[at:] = bytes(len(chunk) - at)
    struct.pack_into("<Q", data, 16, struct.unpack_from("<Q", chunk, 8)[0] + n - 1)
    struct.pack_into("<Q", data, 32, number)
    struct.pack_into("<II", data, 44, last_at, at)
    return bytes(data)


@pytest.mark.corpus
def test_a_windows_log_that_is_filled_and_goes_round_is_read_on(runs: Runs, corpora: Path) -> None:
    data = evtx(corpora)
    head, parts = data[:HEADER_BYTES], [one for one in chunks(data) if one.startswith(b"ElfChnk")]
    assert len(parts) > 3
    log = runs.logs / "Security.evtx"

    log.write_bytes(head + data[HEADER_BYTES : HEADER_BYTES + 5 * CHUNK_BYTES])
    log.write_bytes(head + b"".join(parts[:2]) + cut_chunk(parts[2], 5))
    first = runs.run()
    assert runs.summary.n_events == len(first)
    assert len(first) == len(set(first))
    changed = bytearray(head)
    changed[24] ^= 1  # Windows counts in the header too
    log.write_bytes(bytes(changed) + b"".join(parts[:2]) + cut_chunk(parts[2], 9))
    second = runs.run()
    assert len(second) == 4
    assert runs.summary.n_events == 4
    log.write_bytes(head + parts[3] + b"".join(parts[1:3]))  # the first chunk was overwritten
    third = runs.run()
    assert not set(third) & {*first, *second}
    runs.since = None
    everything = Runs(runs.logs.parent / "again")
    (everything.logs / "Security.evtx").write_bytes(head + b"".join(parts[:4]))
    assert sorted(everything.run()) == sorted([*first, *second, *third])


# Everything at once ----------------------------------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 4)),
        st.tuples(st.just("part"), st.integers(0, 2), st.integers(1, 60)),
        st.tuples(st.just("rotate"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("crash"), st.just(0), st.just(0)),
        st.tuples(st.just("run"), st.just(0), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from([300, 8 << 20]), st.sampled_from([70, 500, 8 << 20]))
def test_whatever_happens_between_runs_each_line_is_told_once(
    tmp_path: Path, plan: list, block_bytes: int, step: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(since_module, "STEP_BYTES", step)
        check_each_line_is_told_once(tmp_path, plan, block_bytes)


def check_each_line_is_told_once(tmp_path: Path, plan: list, block_bytes: int) -> None:
    global _NUMBER  # noqa: PLW0603  # one folder for each example
    _NUMBER += 1
    runs = Runs(tmp_path / str(_NUMBER))
    texts = ["", "", ""]
    n = 0
    told: list[str] = []
    n_rotated = 0
    for what, which, how in [*plan, ("finish", 0, 0)]:
        path = runs.logs / f"{which}.log"
        if what == "append":
            for _ in range(how):
                n += 1
                texts[which] += line(n)
        elif what == "part":  # the writer is in the middle of a line; the next step finishes it
            n += 1
            path.write_text(texts[which] + line(n)[:how])
            told += [one for one in runs.run(block_bytes=block_bytes) if one == str(n) or int(one) < n]
            texts[which] += line(n)
        elif what == "rotate" and texts[which]:
            n_rotated += 1
            old = runs.logs / f"{which}.log.{n_rotated}{'.gz' if how else ''}"
            old.write_bytes(gzip.compress(texts[which].encode()) if how else texts[which].encode())
            texts[which] = ""
            path.unlink(missing_ok=True)
        for number, text in enumerate(texts):
            if text:
                (runs.logs / f"{number}.log").write_text(text)
        if what == "crash":
            runs.run(save=False, block_bytes=block_bytes)
        elif what in ("run", "finish"):
            told += runs.run(block_bytes=block_bytes)
    whole = [one for one in told if one.isdigit() and int(one) <= n]
    assert set(whole) == {str(number) for number in range(1, n + 1)}
    unfinished = {what[0] for what in plan} & {"part"}
    if not unfinished:
        assert len(whole) == len(set(whole))


def test_a_question_is_named_by_what_it_asks() -> None:
    assert question({"a": 1, "b": [2]}) == question({"b": [2], "a": 1})
    assert question({"a": 1}) != question({"a": 2})
