"""The demonstration's scenario: the same bytes on every run, and everything that was planted in it is found, nothing else."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from vonggac.detectors.indicators.lists import IndicatorList, read_list
from vonggac.detectors.indicators.owners import Owners
from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.jobs.match import Asked, match
from vonggac.jobs.rules import pack_texts
from vonggac.jobs.scenario import END, Scenario, write_scenario
from vonggac.jobs.scenario.province import FORMER_OWNER
from vonggac.jobs.worklist import Worklist
from vonggac.sources import detect
from vonggac.sources.source import SNIFF_BYTES, Options
from vonggac.tables import read_tables

EXPECTED = {
    "windows-events.jsonl": "windows",
    "dichvucong-01-auth.log": "syslog",
    "dichvucong-access.log.gz": "web_access",
    "zeek-conn.log": "zeek",
    "zeek-dns.log": "zeek",
    "gateways-nat.log": "syslog",
}
END_US = int(END.timestamp()) * 1_000_000


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return write_scenario(tmp_path_factory.mktemp("scenario") / "song-van")


def content(log: Path) -> bytes:
    data = log.read_bytes()
    return gzip.decompress(data) if log.suffix == ".gz" else data


def batches(log: Path) -> Iterator[EventBatch]:
    data = content(log)
    source = detect(data[:SNIFF_BYTES], log.name)
    for block in source.frame(BytesIO(data)):
        assert block.skipped == ()
        yield source.decode(block, Options())


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_run_writes_the_same_bytes(scenario: Scenario, tmp_path: Path) -> None:
    again = write_scenario(tmp_path)
    assert digests(tmp_path) == digests(scenario.folder)
    assert (again.hits, again.listed) == (scenario.hits, scenario.listed)


def test_another_seed_writes_another_story_with_the_same_plot(scenario: Scenario, tmp_path: Path) -> None:
    other = write_scenario(tmp_path, seed=7)
    assert digests(tmp_path)["logs/windows-events.jsonl"] != digests(scenario.folder)["logs/windows-events.jsonl"]
    assert other.listed == scenario.listed
    assert {hit.rule for hit in other.hits} == {hit.rule for hit in scenario.hits}


def test_the_end_moves_all_times(tmp_path: Path) -> None:
    end = datetime.fromisoformat("2025-03-02T17:00:00+00:00")
    moved = write_scenario(tmp_path, end=end)
    for log in moved.logs:
        for batch in batches(log):
            times = [concepts.time_us(batch, row) for row in range(0, batch.n_rows, 50)]
            assert all(
                time is not None and (end - timedelta(days=8)).timestamp() * 1e6 < time <= end.timestamp() * 1e6
                for time in times
            )


@pytest.mark.parametrize("name", EXPECTED)
def test_each_log_is_recognised_and_no_line_is_left_out(scenario: Scenario, name: str) -> None:
    log = next(log for log in scenario.logs if log.name == name)
    data = content(log)
    found = list(batches(log))
    n_lines = sum(1 for line in data.splitlines() if not line.startswith(b"#"))
    assert {batch.source for batch in found} == {EXPECTED[name]}
    assert [skip for batch in found for skip in batch.skipped] == []
    assert sum(batch.n_rows for batch in found) == n_lines
    assert all(concepts.time_us(batch, row) is not None for batch in found for row in range(batch.n_rows))


def test_the_pack_finds_what_was_planted_and_nothing_else(scenario: Scenario) -> None:
    texts = list(pack_texts())
    names = {rule["id"]: Path(place).stem for place, text in texts for rule in yaml.safe_load_all(text)}
    detector = SigmaDetector(compile_rules(texts))
    found = {
        (names[hit.rule.id], log.name, batch.record(hit.row))
        for log in scenario.logs
        for batch in batches(log)
        for hit in detector.detect(batch)
    }
    assert found == {(hit.rule, hit.file, hit.record) for hit in scenario.hits}


@pytest.fixture(scope="module")
def botnet(scenario: Scenario) -> IndicatorList:
    return read_list(scenario.botnet_list.read_bytes(), scenario.botnet_list.name)


def test_the_list_is_read_like_an_authority_wrote_it(scenario: Scenario, botnet: IndicatorList) -> None:
    sheet = load_workbook(scenario.botnet_list)["Phụ lục"]
    assert len(sheet.merged_cells.ranges) >= 5
    victims = {(one.place.row, one.value) for one in botnet.indicators if one.role == "victim"}
    assert victims == {(row.row, row.address) for row in scenario.listed if not row.fault}
    assert {fault.place.row for fault in botnet.faults} == {row.row for row in scenario.listed if row.fault}
    assert all(one.first_seen and one.last_seen and one.malware for one in botnet.indicators if one.role == "victim")


@pytest.fixture(scope="module")
def worklist(scenario: Scenario, botnet: IndicatorList) -> Worklist:
    owners = Owners.read(read_tables(scenario.networks.read_bytes(), scenario.networks.name), scenario.networks.name)
    assert not owners.faults
    assert not owners.conflicts
    logs = (batch for log in scenario.logs for batch in batches(log))
    return match(botnet.indicators, owners, logs, Asked(now=END_US))


def test_every_listed_row_gets_its_owner_and_its_inner_host(scenario: Scenario, worklist: Worklist) -> None:
    by_row = {row.place.row: row for row in worklist.rows if row.place.file == scenario.botnet_list.name}
    for listed in scenario.listed:
        if listed.fault:
            assert all(row.address != listed.address for row in worklist.rows)
            continue
        row = by_row[listed.row]
        assert (row.address, row.organisation) == (listed.address, listed.organisation)
        if listed.organisation != FORMER_OWNER:
            assert {host.address for host in row.hosts[:1]} == set(listed.hosts)
        assert row.organisation or row.reasons


def test_the_former_owner_is_not_given_what_the_new_owners_machine_did(worklist: Worklist) -> None:
    (row,) = (row for row in worklist.rows if row.organisation == FORMER_OWNER)
    assert row.hosts == ()
