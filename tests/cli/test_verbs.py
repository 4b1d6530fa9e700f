"""The other verbs as their users meet them."""

from __future__ import annotations

import csv
import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import openpyxl
import orjson
import pytest

from vonggac.cli import explain, scan
from vonggac.sources import SOURCES, by_name

Run = Callable[..., object]

NETWORKS = (
    "organisation,cidr,system,level,valid_from,valid_to\n"
    "Sở Y tế,192.0.2.0/25,Cổng thông tin,3,2020-01-01,\n"
    "UBND xã Đồng Lau,192.0.2.128/25,Một cửa,2,2020-01-01,\n"
)
LISTED = (
    "STT,IP công cộng,Mã độc,Thấy lần cuối\n"
    "1,192.0.2.10,Mirai,14/02/2026 08:00\n2,192.0.2.200,Emotet,14/02/2026 09:00\n3,198.51.100.1,Mirai,14/02/2026 09:00\n"
)


@pytest.fixture
def province(tmp_path: Path) -> Path:
    (tmp_path / "networks.csv").write_text(NETWORKS, "utf-8")
    (tmp_path / "list.csv").write_text(LISTED, "utf-8")
    return tmp_path


def matched(vonggac: Run, province: Path, *flags: object) -> object:
    return vonggac("match", province / "list.csv", "--networks", province / "networks.csv", *flags)


# match ---------------------------------------------------------------------------------------------------------------


def test_match_gives_listed_addresses_to_their_owners(vonggac: Run, province: Path) -> None:
    said = matched(vonggac, province, "--format", "jsonl")
    assert said.status == 0
    rows = said.json()
    assert {row["indicator"]: row["organisation"] for row in rows} == {
        "192.0.2.10": "Sở Y tế", "192.0.2.200": "UBND xã Đồng Lau", "198.51.100.1": "",
    }  # fmt: skip
    assert list(rows[0]) == [
        "organisation", "indicator", "address", "malware", "first_seen", "last_seen", "system", "level", "priority",
        "hosts", "list", "reason",
    ]  # fmt: skip
    assert rows[-1]["reason"] == "in no network of the networks file"
    assert "1 without an owner" in said.err


def test_match_reasons_are_in_the_language_asked_for(vonggac: Run, province: Path) -> None:
    rows = matched(vonggac, province, "--format", "jsonl", "--lang", "vi").json()
    assert rows[-1]["reason"] == "không thuộc dải mạng nào trong tệp dải mạng"


def test_match_writes_every_format(vonggac: Run, province: Path) -> None:
    said = matched(vonggac, province)
    assert "Sở Y tế" in said.out
    rows = list(csv.DictReader(io.StringIO(matched(vonggac, province, "--format", "csv").out, newline="")))
    assert [row["organisation"] for row in rows][-1] == ""
    assert len(rows) == 3
    target = province / "worklist.xlsx"
    said = matched(vonggac, province, "--format", "xlsx", "--output", target)
    assert (said.status, said.out) == (0, "")
    assert "Worklist" in openpyxl.load_workbook(target).sheetnames


def test_match_finds_inner_hosts_in_logs(vonggac: Run, province: Path) -> None:
    (province / "list.csv").write_text("Destination IP,Malware\n203.0.113.66,Emotet\n", "utf-8")
    log = province / "conn.log"
    log.write_text("#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\n#types\ttime\taddr\taddr\n"
                   "1771030800.0\t192.0.2.14\t203.0.113.66\n", "utf-8")  # fmt: skip
    said = matched(vonggac, province, "--logs", log, "--format", "jsonl")
    assert said.status == 0
    rows = said.json()
    assert [(row["organisation"], [host["address"] for host in row["hosts"]]) for row in rows] == [
        ("Sở Y tế", ["192.0.2.14"])
    ]
    assert "1 log files, 1 events" in said.err


def test_match_remembers_a_mapping(vonggac: Run, province: Path) -> None:
    (province / "list.csv").write_text("Cột lạ,Ghi chú\n192.0.2.10,x\n", "utf-8")
    mapping = province / "columns.yml"
    mapping.write_text("Cột lạ: victim\n", "utf-8")
    assert [
        row["organisation"] for row in matched(vonggac, province, "--format", "jsonl", "--mapping", mapping).json()
    ] == ["Sở Y tế"]
    kept = Path(os.environ["HOME"]) / ".local" / "share" / "vonggac" / "mappings.json"
    assert "victim" in orjson.loads(kept.read_bytes()).popitem()[1].values()
    assert [row["organisation"] for row in matched(vonggac, province, "--format", "jsonl").json()] == ["Sở Y tế"]


def test_match_marks_what_a_warninglist_holds(vonggac: Run, province: Path) -> None:
    folder = province / "warninglists" / "own"
    folder.mkdir(parents=True)
    (folder / "list.json").write_bytes(orjson.dumps({"name": "Resolvers", "type": "cidr", "list": ["192.0.2.8/29"]}))
    rows = matched(vonggac, province, "--format", "jsonl", "--warninglists", province / "warninglists").json()
    assert {row["indicator"] for row in rows if "Resolvers" in row["reason"]} == {"192.0.2.10"}


def test_match_status_says_what_was_unreadable(vonggac: Run, province: Path) -> None:
    bad = province / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 not a workbook")
    said = vonggac("match", province / "list.csv", bad, "--networks", province / "networks.csv", "--format", "jsonl")
    assert said.status == 4
    assert len(said.json()) == 3
    assert "bad.xlsx" in said.err
    assert vonggac("match", bad, "--networks", province / "networks.csv").status == 3
    assert vonggac("match", province / "list.csv", "--networks", bad).status == 3
    assert vonggac("match", province / "list.csv").status == 2
    assert matched(vonggac, province, "--logs", province / "absent.log").status == 4
    (province / "list.csv").write_text(LISTED + "4,192.0.2.999,Mirai,\n", "utf-8")
    said = matched(vonggac, province, "--format", "jsonl")
    assert said.status == 4
    assert "list.csv:5: not an IPv4 address" in said.err


def test_match_output_is_harmless(vonggac: Run, province: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # a narrow terminal would fold the value
    (province / "list.csv").write_text("IP,Malware\n192.0.2.10,=HYPERLINK(1)\x1b[31m[red]\n", "utf-8")
    for form in ("table", "jsonl", "csv"):
        said = matched(vonggac, province, "--format", form)
        assert "\x1b" not in said.out + said.err
        assert "[red]" in said.out
        if form == "csv":
            assert "'=HYPERLINK" in said.out


# rules ---------------------------------------------------------------------------------------------------------------


def test_rules_check_shows_all_faults_of_all_files(vonggac: Run, rule: Path) -> None:
    assert vonggac("rules", "check", rule).status == 0
    (rule.parent / "a.yml").write_text("title: [unclosed\n", "utf-8")
    (rule.parent / "b.yml").write_text(
        "title: x\nlogsource: {product: linux}\ndetection: {condition: absent}\n", "utf-8"
    )
    (rule.parent / "c.yml").write_bytes(b"title: \xff\xfe\n")
    said = vonggac("rules", "check", rule.parent)
    assert said.status == 1
    for name in ("a.yml", "b.yml", "c.yml"):
        assert name in said.out
    assert "4 files, 1 rule can be used, 3 faults" in said.out


def test_rules_check_of_nothing_is_wrong_usage(vonggac: Run, tmp_path: Path) -> None:
    assert vonggac("rules", "check", tmp_path / "absent").status == 2
    (tmp_path / "empty").mkdir()
    assert vonggac("rules", "check", tmp_path / "empty").status == 2


def test_rules_list_shows_the_pack_or_the_files(vonggac: Run, rule: Path) -> None:
    pack = vonggac("rules", "list", "--format", "jsonl").json()
    assert len(pack) >= 15
    assert {"id", "title", "level", "logsource", "tags", "place"} <= set(pack[0])
    assert [one["title"] for one in vonggac("rules", "list", rule, "--format", "jsonl").json()] == [
        "A web shell answered"
    ]
    assert "A web shell answered" in vonggac("rules", "list", rule).out
    rows = list(csv.DictReader(io.StringIO(vonggac("rules", "list", rule, "--format", "csv").out)))
    assert rows[0]["logsource"] == "category=webserver"


# explain -------------------------------------------------------------------------------------------------------------


def test_explain_shows_which_part_matched_on_which_value(vonggac: Run, rule: Path, logs: Path) -> None:
    said = vonggac("explain", rule, logs / "access.log", "--record", "2")
    assert said.status == 0
    assert said.out.startswith("✔ A web shell answered\n")
    assert "cs-uri-stem endswith '/shell.php' ← '/upload/shell.php'" in said.out
    said = vonggac("explain", rule, logs / "access.log")
    assert said.out.startswith("✘ A web shell answered\n")
    assert "← '/index.html'" in said.out


def test_explain_finds_rules_by_name_and_events_on_standard_input(process: Run, rule: Path) -> None:
    event = b'{"cs-uri-stem": "/a/shell.php\\u001b[31m"}\n'
    said = process("explain", "A web shell answered", "-", "--rules", rule.parent, "--source", "json", stdin=event)
    assert said.status == 0
    assert "shell.php\\x1b[31m" in said.out
    assert "\x1b" not in said.out


def test_the_sources_that_helps_name_are_sources() -> None:
    named = [
        words[place + 1]
        for command in (scan.command, explain.command)
        for line, _ in command.examples
        for words in [line.split()]
        for place, word in enumerate(words)
        if word == "--source"
    ]
    assert len(named) >= 2
    assert {by_name(name).name for name in named} == set(named)


@pytest.mark.parametrize(
    "name", ["a web SHELL answered", "A web shell*", "6C0F1A52-51F2-4B42-9D0C-0D7A5D0A6A02", "Webshell *"]
)
def test_explain_takes_a_rule_by_what_a_reader_calls_it(vonggac: Run, rule: Path, logs: Path, name: str) -> None:
    text = rule.read_text("utf-8")
    rule.write_text(text.replace("title:", "title_vi: Webshell trả lời\ntitle:", 1), "utf-8")
    said = vonggac("explain", name, logs / "access.log", "--rules", rule, "--record", "2")
    assert said.status == 0, said.err
    assert said.out.startswith("✔ A web shell answered")


def test_explain_says_what_is_missing(vonggac: Run, rule: Path, logs: Path, tmp_path: Path) -> None:
    assert vonggac("explain", "no such rule", logs / "access.log").status == 2
    said = vonggac("explain", rule, logs / "access.log", "--record", "77")
    assert said.status == 2
    assert "77" in said.err
    assert vonggac("explain", rule, tmp_path / "absent.log").status == 3
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{broken\n")
    said = vonggac("explain", rule, broken, "--source", "json")
    assert said.status == 3
    assert "not valid JSON" in said.err


# sources, demo -------------------------------------------------------------------------------------------------------


def test_sources_lists_all_with_their_concepts(vonggac: Run) -> None:
    listed = {one["name"]: one for one in vonggac("sources", "--format", "jsonl").json()}
    assert list(listed) == [source.name for source in SOURCES]
    assert "Computer" in listed["evtx"]["concepts"]["host.name"]
    assert all("@timestamp" in one["concepts"] for one in listed.values())
    table = vonggac("sources").out
    assert all(source.name in table for source in SOURCES)


def test_demo_shows_both_jobs_then_opens_the_portal_until_it_is_stopped(vonggac: Run, tmp_path: Path) -> None:
    folder, shown = tmp_path / "demo", tmp_path / "shown"
    pages, live = free_ports(2)
    ports = {
        "VONGGAC_LISTEN": f"127.0.0.1:{pages}",
        "VONGGAC_LIVE_LISTEN": f"127.0.0.1:{live}",
        "VONGGAC_PUBLIC_URL": f"http://localhost:{pages}",
    }
    command = [sys.executable, "-m", "vonggac", "demo", "--folder", str(folder), "--lang", "vi"]
    with (
        shown.open("wb") as out,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **ports}
        ) as process,
    ):
        try:
            wait_for_portal(process, f"http://localhost:{pages}/healthz")
        finally:
            process.terminate()
        assert process.wait(60) == 0
    said = shown.read_text("utf-8")
    for text in ("Phát hiện theo mức độ", "Sở Y tế", "203.0.113.999", str(folder)):
        assert text in said
    assert (folder / "networks.csv").exists()
    assert vonggac("demo", "--folder", folder).status == 2  # what somebody keeps there is never mixed with ours


def free_ports(n: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for_portal(process: subprocess.Popen, url: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "the demonstration ended before its portal was open"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the portal of the demonstration did not open")


def test_demo_once_leaves_nothing(vonggac: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "home"))
    assert vonggac("demo", "--once").status == 0
    assert not list((tmp_path / "home").glob("vonggac-demo-*"))
