"""``vonggac audit`` as people run it: a real process over a database of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ACT = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from vonggac.desk.audit.actions import recording
from vonggac.desk.scope.asker import machine
for _ in range(5):
    with recording(machine("tester"), "organisations.edit"):
        pass
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data folder with five entries in its record."""
    values = {
        **os.environ,
        "VONGGAC_DATA_DIR": str(tmp_path_factory.mktemp("audit")),
        "VONGGAC_DATABASE": "",
        "VONGGAC_LANG": "en",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }
    subprocess.run([sys.executable, "-c", ACT], env=values, check=True)
    return values


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vonggac", "audit", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_whole_record_then_one_that_was_cut(environment, tmp_path):
    done = run(environment, "verify")
    assert done.returncode == 0
    assert "5 entries walked" in done.stdout
    assert "There is no anchor yet" in done.stdout

    done = run(environment, "anchor")
    assert done.returncode == 0
    assert "anchored entry 5 in" in done.stdout
    done = run(environment, "verify", "--json")
    assert (done.returncode, json.loads(done.stdout)["whole"], json.loads(done.stdout)["anchors"]) == (0, True, 1)

    elsewhere = tmp_path / "mail.jsonl"
    elsewhere.write_text('{"at": "2026-11-20T01:00:00+00:00", "seq": 5400, "hash": "' + "0" * 64 + '"}\n')
    done = run(environment, "verify", "--anchors", str(elsewhere))
    assert done.returncode == 1
    assert "the chain ends at 5, but the anchor of 2026-11-20 01:00 UTC says 5,400: cut" in done.stdout

    with sqlite3.connect(Path(environment["VONGGAC_DATA_DIR"]) / "desk.sqlite3") as database:
        database.execute("DROP TRIGGER audit_entry_no_update")
        database.execute("UPDATE audit_entry SET hash = 'x' WHERE seq = 5")
    database.close()
    done = run(environment, "verify", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(fault["kind"], fault["first"]) for fault in told["faults"]] == [
        ("recomputed", 1), ("changed", 5), ("head_hash", 5),
    ]  # fmt: skip
    done = run(environment, "anchor")
    assert done.returncode == 1
    assert "no longer agrees with its anchor" in done.stderr


def test_anchors_that_are_none_are_refused_by_line(environment, tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("\nnonsense\n")
    done = run(environment, "verify", "--anchors", str(wrong))
    assert done.returncode == 3
    assert f"{wrong}:2: no anchor" in done.stderr
