"""The benchmarks' input: the same for the same seed, and read by the sources without a line left out."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from evtx import PyEvtxParser

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.sources import detect
from vonggac.sources.source import SNIFF_BYTES, Options

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("VONGGAC_CORPORA", ROOT.parent / "shared" / "data"))
KINDS = {"windows-jsonl": "windows_json", "syslog": "syslog", "zeek": "zeek", "web": "web_access", "firewall": "syslog"}
"""Kind to the source that must recognise it."""

needs_samples = pytest.mark.skipif(not (CORPORA / "evtx").is_dir(), reason=f"no samples in {CORPORA}")


@pytest.fixture(scope="module")
def make_corpora() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import make_corpora as module  # type: ignore[import-not-found, unused-ignore]

        yield module
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def made(module: ModuleType, folder: Path, kind: str, n: int, *more: str) -> Path:
    path = folder / kind
    module.main([kind, str(n), "--output", str(path), *more])
    return path


def batches(kind: str, data: bytes) -> list[EventBatch]:
    source = detect(data[:SNIFF_BYTES], kind)
    assert source.name == KINDS[kind]
    return [source.decode(block, Options(year=2026)) for block in source.frame(BytesIO(data))]


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_events_as_asked_for_and_none_is_skipped(make_corpora: ModuleType, tmp_path: Path, kind: str) -> None:
    found = batches(kind, made(make_corpora, tmp_path, kind, 3000, "--corpora", str(tmp_path)).read_bytes())
    assert sum(batch.n_rows for batch in found) == 3000
    assert [skip for batch in found for skip in batch.skipped] == []
    assert all(concepts.time_us(batch, row) for batch in found for row in range(0, batch.n_rows, 97))


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_alone_decides(make_corpora: ModuleType, tmp_path: Path, kind: str) -> None:
    def digest(*more: str) -> str:
        return hashlib.sha256(
            made(make_corpora, tmp_path, kind, 500, "--corpora", str(tmp_path), *more).read_bytes()
        ).hexdigest()

    assert digest() == digest()
    assert digest("--seed", "1") != digest("--seed", "2")


def test_firewall_lines_tell_who_was_behind_a_public_address(make_corpora: ModuleType, tmp_path: Path) -> None:
    (batch,) = batches("firewall", made(make_corpora, tmp_path, "firewall", 50).read_bytes())
    for row in range(batch.n_rows):
        assert concepts.text(batch, row, "source.ip").startswith("10.")
        assert concepts.text(batch, row, "source.nat.ip").startswith("192.0.2.")
        assert concepts.text(batch, row, "source.nat.port").isdigit()


def test_ordinary_values_are_not_artificially_few(make_corpora: ModuleType, tmp_path: Path) -> None:
    path = made(make_corpora, tmp_path, "windows-jsonl", 5000, "--attack-share", "0")
    commands: list[Any] = [
        command
        for line in path.read_bytes().splitlines()
        if (command := json.loads(line)["Event"]["EventData"].get("CommandLine"))
    ]
    assert len(commands) > 500
    assert len(set(commands)) > 0.95 * len(commands)


@pytest.mark.corpus
@needs_samples
def test_attack_samples_take_the_share_that_was_asked_for(make_corpora: ModuleType, tmp_path: Path) -> None:
    path = made(make_corpora, tmp_path, "windows-jsonl", 6000, "--attack-share", "0.3")
    data = path.read_bytes()
    (batch, *rest) = batches("windows-jsonl", data)
    assert not rest
    assert not batch.skipped
    copied = sum(
        b".contoso.example" in line and b"5770385F-C22A-43E0-BF4C-06F5698FFBD9" not in line
        for line in data.splitlines()
    )
    assert 0.25 < copied / 6000 < 0.35


@pytest.mark.corpus
@needs_samples
def test_an_evtx_of_many_chunks_is_read_whole(make_corpora: ModuleType, tmp_path: Path) -> None:
    path = made(make_corpora, tmp_path, "evtx", 4000)
    numbers = [record["event_record_id"] for record in PyEvtxParser(str(path)).records_json()]  # type: ignore[index]
    assert len(numbers) >= 4000
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "arguments",
    [
        ["evtx", "5"],
        ["web", "-1"],
        ["windows-jsonl", "1", "--attack-share", "2"],
        ["word", "1"],
        ["evtx", "5", "--benign"],
    ],
)
def test_wrong_wishes_are_refused(make_corpora: ModuleType, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        make_corpora.main(arguments)
    assert refused.value.code == 2


def test_no_samples_no_evtx(make_corpora: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="VONGGAC_CORPORA"):
        make_corpora.main(["evtx", "5", "--output", str(tmp_path / "a.evtx"), "--corpora", str(tmp_path)])
