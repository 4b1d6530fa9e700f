"""``vonggac scan`` as its users meet it."""

from __future__ import annotations

import contextlib
import csv
import functools
import gzip
import io
import json
import os
import pty
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from vonggac.cli.scan import LEVEL_NAMES
from vonggac.events.finding import LEVELS
from vonggac.jobs import pool

Run = Callable[..., object]

HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]x[/]\u202egnp.exe"


def rule_on_message(path: Path, level: str = "high") -> Path:
    path.write_text(
        f"title: '[red]Alarm[/] {level}'\nid: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03\nlevel: {level}\n"
        "logsource: {product: linux}\ndetection: {selection: {message|contains: alarm}, condition: selection}\n",
        "utf-8",
    )
    return path


def feed(fifo: Path, part: bytes) -> None:
    """Write more than a block of 8 MiB, and keep the pipe open."""
    with contextlib.suppress(BrokenPipeError), fifo.open("wb", buffering=0) as stream:
        for _ in range(12):
            stream.write(part)
        time.sleep(60)


def many(path: Path, n: int) -> Path:
    path.write_text("".join(
        f'192.0.2.{i % 250} - - [14/Feb/2026:08:00:00 +0700] "GET /{"shell.php" if i % 50 == 0 else "a"} HTTP/1.1" 200 {i} "-" "x"\n'
        for i in range(n)
    ), "utf-8")  # fmt: skip
    return path


# Findings ------------------------------------------------------------------------------------------------------------


def test_json_lines_hold_one_finding_each(vonggac: Run, rule: Path, logs: Path) -> None:
    said = vonggac("scan", logs, "--rules", rule, "--format", "jsonl")
    assert said.status == 0
    first, second = said.json()
    assert list(first) == ["id", "rule", "time", "source", "host", "file", "record", "event"]
    assert first["rule"] == {
        "id": "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02", "title": "A web shell answered", "level": "high",
        "tags": ["attack.t1505.003"], "author": "Tổ trực", "references": ["https://rules.example/1"],
    }  # fmt: skip
    assert first["time"] == "2026-02-14T01:00:01.000000Z"
    assert (first["source"], first["file"], first["record"]) == ("web_access", str(logs / "access.log"), 2)
    assert first["event"]["c-ip"] == "192.0.2.8"
    assert second["record"] == 3
    assert "files read: 1" in said.err
    assert "3 events, 2 findings" in said.err


def test_identifiers_do_not_depend_on_the_run_or_the_place(
    vonggac: Run, rule: Path, logs: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere.log"
    moved.write_bytes((logs / "access.log").read_bytes())
    one = vonggac("scan", logs, "--rules", rule, "--format", "jsonl").json()
    two = vonggac("scan", moved, "--rules", rule, "--format", "jsonl").json()
    assert [finding["id"] for finding in one] == [finding["id"] for finding in two]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_one_job_and_three_give_the_same_bytes(process: Run, rule: Path, tmp_path: Path, form: str) -> None:
    for number in range(3):
        many(tmp_path / f"{number}.log", 8_000)
    texts = [process("scan", f"{tmp_path}/*.log", "--rules", rule, "--format", form, "--jobs", jobs) for jobs in (1, 3)]
    assert texts[0].out.count("/shell.php") in (480, 960)
    assert texts[0] == texts[1]


def test_the_table_sums_up_by_severity_rule_and_host(vonggac: Run, rule: Path, logs: Path) -> None:
    said = vonggac("scan", logs, "--rules", rule)
    assert said.status == 0
    for text in (
        "Findings by severity",
        "Findings by rule",
        "Findings by host",
        "A web shell answered",
        "3 events, 2 findings",
    ):
        assert text in said.out
    assert said.err == ""


def test_the_table_is_vietnamese_unless_english_is_asked_for(vonggac: Run, rule: Path, logs: Path) -> None:
    said = vonggac("scan", logs, "--rules", rule, "--lang", "vi")
    for text in ("Phát hiện theo mức độ", "cao", "Máy", "3 sự kiện, 2 phát hiện"):
        assert text in said.out


def test_without_rules_the_starter_pack_runs(vonggac: Run, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        '192.0.2.7 - - [14/Feb/2026:08:00:00 +0700] "GET /x?f=../../../../etc/passwd HTTP/1.1" 200 5 "-" "x"\n'
    )
    said = vonggac("scan", log, "--format", "jsonl")
    assert said.status == 0
    assert "Path Traversal in a Web Request" in {finding["rule"]["title"] for finding in said.json()}


def test_indicators_are_found_beside_the_rules(vonggac: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("IP,Malware\n203.0.113.9,Mirai\n198.51.100.7,Mirai\n", "utf-8")
    log = tmp_path / "conn.log"
    log.write_text("#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\n#types\ttime\taddr\taddr\n"
                   "1771030800.0\t10.0.0.5\t203.0.113.9\n1771030801.0\t10.0.0.5\t192.0.2.1\n", "utf-8")  # fmt: skip
    said = vonggac("scan", log, logs, "--rules", rule, "--indicators", listed, "--format", "jsonl")
    found = said.json()
    assert said.status == 0
    assert [finding["rule"]["level"] for finding in found] == ["high"] * 3
    assert found[0]["detail"]["indicator"] == ["203.0.113.9"]
    assert found[0]["rule"]["id"] == "indicator:ipv4:203.0.113.9"


def test_indicators_of_every_form_are_looked_for_as_long_as_they_count(vonggac: Run, tmp_path: Path) -> None:
    def indicator(n: int, value: str, until: str) -> dict[str, str]:
        return {"type": "indicator", "id": f"indicator--{n}", "pattern": f"[domain-name:value = '{value}']", "pattern_type": "stix", "valid_until": until}  # fmt: skip

    bundle = {"type": "bundle", "id": "bundle--1", "objects": [
        indicator(1, "ended.example", "2026-02-14T00:00:00Z"), indicator(2, "counts.example", "2026-02-15T00:00:00Z"), {"type": "report", "id": "report--1"},
    ]}  # fmt: skip
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n0.0.0.0 blocked.example\n")
    (tmp_path / "rpz").write_text("$TTL 60\nzone.example CNAME .\nok.example CNAME rpz-passthru.\n")
    names = ("ended", "counts", "blocked", "zone", "ok")
    log = tmp_path / "dns.log"
    log.write_text("".join(json.dumps({"ts": 1771066800.0, "uid": "C1", "id.orig_h": "192.0.2.5", "id.resp_h": "192.0.2.1", "query": f"x.{name}.example", "qtype_name": "A"}) + "\n"
                           for name in names))  # fmt: skip
    lists = [word for name in ("bundle.json", "hosts", "rpz") for word in ("--indicators", tmp_path / name)]
    said = vonggac("scan", log, *lists, "--format", "jsonl")
    found = [one["detail"]["indicator"][0] for one in said.json() if one["rule"]["id"].startswith("indicator")]
    assert found == ["counts.example", "blocked.example", "zone.example"]
    assert "objects of this type are not read" in said.err
    assert "1 × names of the machine itself" in said.err
    assert "1 × names that the list allows" in said.err


def test_period_and_level_narrow_the_findings(vonggac: Run, rule: Path, logs: Path) -> None:
    def records(*flags: str) -> list[int]:
        said = vonggac("scan", logs, "--rules", rule, "--format", "jsonl", *flags)
        assert said.status == 0
        return [finding["record"] for finding in said.json()]

    assert records("--from", "2026-02-15") == [3]
    assert records("--to", "2026-02-14") == [2]
    assert records("--from", "2026-02-14T08:00:01", "--to", "2026-02-15T08:00:02") == [2]
    assert records("--from", "2026-02-14T01:00:02Z") == [3]
    assert records("--level", "critical") == []
    said = vonggac("scan", logs, "--rules", rule, "--from", "2026-02-15")
    assert "2 records skipped: outside the period asked for" in said.out


# Inputs --------------------------------------------------------------------------------------------------------------


def test_standard_input_and_gzip_are_read(process: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    data = (logs / "access.log").read_bytes()
    packed = tmp_path / "access.log.gz"
    packed.write_bytes(gzip.compress(data))
    for said in (
        process("scan", "-", "--rules", rule, "--format", "jsonl", stdin=data),
        process("scan", "-", "--rules", rule, "--format", "jsonl", stdin=packed.read_bytes()),
        process("scan", packed, "--rules", rule, "--format", "jsonl"),
    ):
        assert said.status == 0
        assert [finding["record"] for finding in said.json()] == [2, 3]


def test_source_and_mapping_override_what_is_found(vonggac: Run, tmp_path: Path) -> None:
    log = tmp_path / "own.jsonl"
    log.write_text('{"thong_bao": "an alarm", "luc": "2026-02-14T08:00:00+07:00"}\n', "utf-8")
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: Alarm\nid: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a04\nlevel: low\nlogsource: {product: json}\n"
        "detection: {selection: {message: an alarm}, condition: selection}\n"
    )
    flags = ("--rules", rule, "--format", "jsonl", "--source", "json", "--mapping", "luc=timestamp")
    said = vonggac("scan", log, *flags, "--mapping", "thong_bao=message")
    assert said.status == 0
    for finding in said.json():
        assert finding["event"]["message"] == "an alarm"
        assert finding["time"] == "2026-02-14T01:00:00.000000Z"


# Exit status ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--rulez", "x"), "--rulez"),
        (("--level", "severe"), "severe"),
        (("--source", "nginx"), "web_access"),
        (("--from", "yesterday"), "--from"),
        (("--from", "2026-02-15", "--to", "2026-02-14"), "--from, --to"),
        (("--zone", "Mars/Base"), "--zone"),
        (("--mapping", "novalue"), "--mapping"),
        (("--jobs", "-1"), "--jobs"),
        (("--rules", "/nowhere"), "/nowhere"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line_that_names_it(
    vonggac: Run, logs: Path, flags: tuple[str, ...], named: str
) -> None:
    said = vonggac("scan", logs, *flags)
    assert said.status == 2
    assert named in said.err
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_no_path_is_wrong_usage(vonggac: Run) -> None:
    assert vonggac("scan").status == 2


def test_an_empty_rule_folder_is_an_error_not_a_clean_result(vonggac: Run, logs: Path, tmp_path: Path) -> None:
    empty = tmp_path / "none"
    empty.mkdir()
    said = vonggac("scan", logs, "--rules", empty)
    assert said.status == 2
    assert str(empty) in said.err


def test_bad_rules_are_named_and_the_others_run(vonggac: Run, rule: Path, logs: Path) -> None:
    (rule.parent / "bad.yml").write_text("title: [unclosed\n", "utf-8")
    (rule.parent / "none.yml").write_text(
        "title: x\nlogsource: {product: linux}\ndetection: {condition: absent}\n", "utf-8"
    )
    said = vonggac("scan", logs, "--rules", rule.parent, "--format", "jsonl")
    assert said.status == 4
    assert len(said.json()) == 2
    assert "bad.yml" in said.err
    assert "none.yml" in said.err


def test_only_bad_rules_are_an_error(vonggac: Run, logs: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("title: [unclosed\n", "utf-8")
    said = vonggac("scan", logs, "--rules", bad)
    assert said.status == 2
    assert "bad.yml" in said.err


def test_nothing_read_is_status_3(vonggac: Run, rule: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"\x00\x07\xfe no format of ours \xff" * 200)
    for path in (tmp_path / "absent.log", strange):
        said = vonggac("scan", path, "--rules", rule)
        assert said.status == 3
        assert path.name in said.out + said.err


def test_an_unreadable_file_among_good_ones_is_status_4(vonggac: Run, rule: Path, logs: Path) -> None:
    (logs / "strange.bin").write_bytes(b"\x00\x07\xfe no format of ours \xff" * 200)
    (logs / "cut.log.gz").write_bytes(gzip.compress((logs / "access.log").read_bytes() * 99)[:-20])
    said = vonggac("scan", logs, "--rules", rule, "--format", "jsonl")
    assert said.status == 4
    assert {finding["file"] for finding in said.json()} >= {str(logs / "access.log")}
    assert "strange.bin" in said.err
    assert "cut.log.gz" in said.err


@pytest.mark.parametrize(("fail_level", "status"), [("medium", 10), ("high", 10), ("critical", 0)])
def test_fail_level_makes_findings_status_10(
    vonggac: Run, rule: Path, logs: Path, fail_level: str, status: int
) -> None:
    assert vonggac("scan", logs, "--rules", rule, "--fail-level", fail_level).status == status


def test_an_empty_log_is_clean(vonggac: Run, rule: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    assert vonggac("scan", empty, "--rules", rule).status == 0


def test_the_levels_in_the_help_are_those_of_findings() -> None:
    assert LEVEL_NAMES == LEVELS


# Output --------------------------------------------------------------------------------------------------------------


def test_output_appears_whole_or_not_at_all(vonggac: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "findings.jsonl"
    target.parent.mkdir()
    target.write_text("what was there")
    assert vonggac("scan", logs, "--rules", "/nowhere", "--output", target).status == 2
    assert target.read_text() == "what was there"
    said = vonggac("scan", logs, "--rules", rule, "--format", "jsonl", "--output", target)
    assert (said.status, said.out) == (0, "")
    assert len([orjson.loads(line) for line in target.read_bytes().splitlines()]) == 2
    assert [path.name for path in target.parent.iterdir()] == ["findings.jsonl"]


def test_output_that_cannot_be_written_is_status_1(vonggac: Run, rule: Path, logs: Path) -> None:
    said = vonggac("scan", logs, "--rules", rule, "--format", "jsonl", "--output", "/dev/full")
    assert said.status == 1
    assert said.err.splitlines()[-1].startswith("Error: /dev/full: the results could not be written")
    assert vonggac("scan", logs, "--rules", rule, "--output", "/nowhere/x").status == 1


def test_a_full_disk_leaves_no_half_file(rule: Path, logs: Path, tmp_path: Path) -> None:
    many(logs / "many.log", 20_000)

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    target = tmp_path / "out" / "findings.jsonl"
    target.parent.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "vonggac", "scan", logs, "--rules", rule, "--format", "jsonl", "--output", target, "--jobs", "1"],
        capture_output=True, check=False, preexec_fn=small_files, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"could not be written" in done.stderr
    assert list(target.parent.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error_of_ours(rule: Path, tmp_path: Path) -> None:
    log = many(tmp_path / "many.log", 60_000)
    command = [sys.executable, "-m", "vonggac", "scan", log, "--rules", rule, "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as scan:
        assert scan.stdout
        assert scan.stderr
        scan.stdout.read(10)
        scan.stdout.close()
        complaint = scan.stderr.read()
        scan.wait(60)
    assert b"Traceback" not in complaint
    assert b"Exception" not in complaint


def test_values_from_logs_cannot_steer_the_terminal(vonggac: Run, tmp_path: Path) -> None:
    log = tmp_path / f"{HOSTILE.replace('/', '')}.log"
    log.write_text(
        f"Feb 14 08:00:00 {HOSTILE.replace(' ', '')} app[1]: alarm {HOSTILE} \x9b31m\n" * 2 + "\x1b[31mnothing\n",
        "utf-8",
    )
    rule = rule_on_message(tmp_path / "rule.yml")
    for form in ("table", "jsonl", "csv"):
        said = vonggac("scan", log, "--rules", rule, "--format", form, "--source", "syslog")
        assert "2 findings" in said.out + said.err
        assert not set("\x1b\x07\x9b\u202e") & set(said.out + said.err)
        assert "[bold red]" in said.out or form == "table"  # markup is text
    assert "[red]Alarm[/]" in vonggac("scan", log, "--rules", rule, "--source", "syslog").out


def test_json_keeps_the_value_that_it_makes_harmless(vonggac: Run, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("Feb 14 08:00:00 may app[1]: alarm \x9b31m \u202e\x7f\n", "utf-8")
    said = vonggac(
        "scan", log, "--rules", rule_on_message(tmp_path / "rule.yml"), "--format", "jsonl", "--source", "syslog"
    )
    assert said.json()[0]["event"]["message"] == "alarm \x9b31m \u202e\x7f"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "  =1"])
def test_csv_cells_are_never_formulas(vonggac: Run, tmp_path: Path, formula: str) -> None:
    log = tmp_path / "a.jsonl"
    log.write_bytes(orjson.dumps({"message": "alarm", "host": formula, "timestamp": "2026-02-14T08:00:00Z"}) + b"\n")
    listed = tmp_path / "list.csv"
    listed.write_text("IP\n203.0.113.9\n")
    rule = rule_on_message(tmp_path / "rule.yml")
    rule.write_text(rule.read_text().replace("product: linux", "product: any"))
    from vonggac.cli.findings import csv_line

    cells = next(csv.reader(io.StringIO(csv_line((formula, 5, "plain")).decode())))
    assert cells == ["'" + formula, "5", "plain"]


# Processes -----------------------------------------------------------------------------------------------------------


def test_killed_worker_is_status_1_and_names_the_part(
    vonggac: Run, rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = os.getpid()
    peek = pool._peek

    def deadly(file: int, size: int, offset: int) -> bytes:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return peek(file, size, offset)

    monkeypatch.setattr(pool, "_peek", deadly)
    target = tmp_path / "findings.jsonl"
    log = many(tmp_path / "many.log", 1000)
    said = vonggac("scan", log, "--rules", rule, "--format", "jsonl", "--jobs", "2", "--output", target)
    assert said.status == 1
    assert f"{log} (block 1, from record 1): a worker process was ended by signal SIGKILL" in said.err
    assert not target.exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interruption_ends_everything_and_leaves_nothing(
    rule: Path, tmp_path: Path, number: int, status: int, jobs: str
) -> None:
    fifo = tmp_path / "endless.log"
    os.mkfifo(fifo)
    target = tmp_path / "out" / "findings.jsonl"
    target.parent.mkdir()
    command = [sys.executable, "-m", "vonggac", "scan", str(fifo), "--rules", rule, "--format", "jsonl", "--jobs", jobs,
               "--source", "web_access", "--output", target]  # fmt: skip
    # A shell that starts the tests in the background has them ignore SIGINT, and what they start inherits that.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heed) as scan:  # noqa: PLW1509
        line = b'192.0.2.8 - - [14/Feb/2026:08:00:01 +0700] "GET /shell.php HTTP/1.1" 200 17 "-" "x"\n'
        fed = threading.Thread(target=feed, args=(fifo, line * 12_000), daemon=True)
        fed.start()
        fed.join(3)  # it blocks when the scan has begun to work on a block
        os.killpg(scan.pid, number)
        scan.wait(20)
        assert scan.stderr
        complaint = scan.stderr.read().decode()
    assert scan.returncode == status
    assert "Traceback" not in complaint
    assert list(target.parent.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(scan.pid, 0)


def test_scan_loads_no_django_and_only_its_own_verb(process: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    program = tmp_path / "look.py"
    program.write_text(
        "import atexit, sys\n"
        "atexit.register(lambda: print(*(m for m in sys.modules if m.split('.')[0] == 'django' or m in"
        " ('vonggac.cli.match', 'vonggac.cli.demo', 'openpyxl', 'pdfplumber', 'sigma')), file=sys.stderr))\n"
        "from vonggac.cli import main\nmain(sys.argv[1:])\n"
    )
    command = [sys.executable, str(program), "scan", str(logs), "--rules", str(rule), "--format", "jsonl"]
    for _ in range(2):  # the second time the rules come from the cache, and pySigma is not needed
        done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert done.stdout.count(b"\n") == 2
    assert done.stderr.splitlines()[-1] == b""


def test_a_progress_bar_shows_on_a_terminal_only(rule: Path, tmp_path: Path) -> None:
    log = many(tmp_path / "many.log", 100_000)
    command = [sys.executable, "-m", "vonggac", "scan", str(log), "--rules", str(rule), "--format", "jsonl", "--output",
               str(tmp_path / "out")]  # fmt: skip

    def on_terminal(*flags: str) -> bytes:
        ours, theirs = pty.openpty()
        with subprocess.Popen([*command, *flags], stderr=theirs, env={**os.environ, "TERM": "xterm"}) as scan:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 65536):
                    shown += part
            except OSError:  # Linux ends a terminal with EIO
                pass
            assert scan.wait(60) == 0
        os.close(ours)
        return shown

    assert b"events/s" in on_terminal()
    assert b"events/s" not in on_terminal("--no-progress")
