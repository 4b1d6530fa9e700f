"""Every fuzz target: the seeds and broken copies of them always, a minute of atheris behind the mark ``fuzz``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import TARGETS

EACH = pytest.mark.parametrize("name", TARGETS)
RUN = Path(__file__).with_name("run")


@EACH
def test_seeds(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds():
        assert len(seed) <= max(target.max_bytes, 70 << 10)
        target.check(seed)


@EACH
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_broken_copies_of_seeds(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    pieces = data.draw(st.lists(st.sampled_from(list(target.seeds())), min_size=1, max_size=2))
    whole = bytearray(b"".join(pieces)[: target.max_bytes])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, max(0, len(whole) - 1)))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    target.check(bytes(whole))


@pytest.mark.fuzz
@EACH
def test_a_minute_of_fuzzing_finds_nothing(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), name, "--minutes", "1", "--keep", str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
