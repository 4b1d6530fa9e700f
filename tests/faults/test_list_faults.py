"""Lists under kill -9 and on a full disk: real processes, a real database file, whole states only, and the next worker goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

N_ROWS = 900
PIECE = 100

SETUP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import UTC, datetime
from vonggac.desk.intel.actions import create_list
from vonggac.desk.organisations import actions
from vonggac.desk.scope.asker import machine
asker, since = machine("tests"), datetime(2020, 1, 1, tzinfo=UTC)
for n in range(3):
    row = actions.create_organisation(asker, code=f"x{n}", kind="commune", name=f"Xã Mẫu {n}", valid_from=since)
    actions.add_network(asker, row.pk, text=f"20.0.{n}.0/24", valid_from=since)
    actions.add_contact(asker, row.pk, channel="email", value=f"x{n}@mau.example", valid_from=since)
create_list(asker, code="botnet", name="Danh sách botnet")
"""

RUN = """
import os, signal, sys
import django; django.setup()
from vonggac.desk.intel.staging import applying, life, looking_again, rows
from vonggac.desk import loading
life.PIECE = rows.PIECE = applying.life.PIECE = {piece}
looking_again.AT_ONCE = {piece}
DIE_AT = int(os.environ["DIE_AT"])
commits = [0]
from django.db import connection, transaction
leave = transaction.Atomic.__exit__
def left(self, *error):
    leave(self, *error)
    if not connection.in_atomic_block:
        commits[0] += 1
        if commits[0] == DIE_AT:
            os.kill(os.getpid(), signal.SIGKILL)
transaction.Atomic.__exit__ = left
from vonggac.cli import main
main(sys.argv[1:])
"""
"""The command, which dies by kill -9 right after its DIE_AT-th transaction; in small pieces."""

WORKER = """
import django; django.setup()
from django.conf import settings
from vonggac.jobs import list_import
while list_import.run_pending(settings.VONGGAC):
    pass
"""


def environment(folder: Path, die_at: int = 0) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VONGGAC_")}
    return {
        **kept, "VONGGAC_DATA_DIR": str(folder), "VONGGAC_LANG": "en", "VONGGAC_CONFIG": "", "XDG_CONFIG_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings", "DIE_AT": str(die_at),
    }  # fmt: skip


def run(folder: Path, program: str, *words: str, die_at: int = 0, **options) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(
        command, env=environment(folder, die_at), capture_output=True, timeout=120, check=False, **options
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    done = run(folder, SETUP)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("files") / "ds.csv"
    lines = [f"{n},20.0.{n % 3}.{n // 3 % 256},20/10/2026 08:15,Mã {n // 768}" for n in range(N_ROWS)]
    path.write_text("\n".join(["STT,Địa chỉ IP,Thời gian,Mã độc", *lines]), "utf-8")
    return path


def facts(folder: Path) -> dict[str, int]:
    """What others see of the list, and that the database is sound."""
    questions = {
        "published": "SELECT COUNT(*) FROM intel_listversion WHERE state = 'published'",
        "tasks": "SELECT COUNT(*) FROM work_task WHERE batch_id IN (SELECT id FROM work_batch WHERE published_at IS NOT NULL)",
        "counted": "SELECT COALESCE(SUM(n), 0) FROM work_tally",
        "divided": "SELECT COALESCE(SUM(n_new), 0) FROM intel_organisationcount",
        "told": "SELECT COUNT(*) FROM notices_notice WHERE template = 'work_new'",
        "entries": "SELECT COUNT(*) FROM audit_entry WHERE action = 'lists.publish'",
    }
    with closing(sqlite3.connect(folder / "desk.sqlite3", timeout=30)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return {name: database.execute(question).fetchone()[0] for name, question in questions.items()}


NOTHING = {"published": 0, "tasks": 0, "counted": 0, "divided": 0, "told": 0, "entries": 0}
WHOLE = {"published": 1, "tasks": N_ROWS, "counted": N_ROWS, "divided": N_ROWS, "told": 3, "entries": 1}


def age(folder: Path) -> None:
    """Time passes: whoever died is known to be dead."""
    with closing(sqlite3.connect(folder / "desk.sqlite3", timeout=30)) as database, database:
        database.execute("UPDATE intel_listversion SET beat_at = NULL")


@pytest.mark.parametrize("die_at", [2, 5, 11, 13, 16, 20, 22])
def test_a_killed_list_is_all_there_or_not_at_all_and_the_next_worker_goes_on(folder: Path, file: Path, die_at: int):
    program = RUN.format(piece=PIECE)
    died = run(folder, program, "lists", "import", str(file), "--list", "botnet", "--confirm", die_at=die_at)
    assert died.returncode == -signal.SIGKILL, died.stderr[-2000:]
    assert facts(folder) in (NOTHING, WHOLE)
    age(folder)
    done = run(folder, WORKER)
    assert done.returncode == 0, done.stderr[-2000:]
    # What nobody confirmed yet waits for a person; the command that is given again goes on with the very same version.
    again = run(folder, program, "lists", "import", str(file), "--list", "botnet", "--confirm", "--json")
    assert again.returncode == 0, again.stderr[-2000:]
    assert json.loads(again.stdout)["n"] == 1
    assert facts(folder) == WHOLE
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as database:
        left = database.execute("SELECT COUNT(*), SUM(is_rechecked) FROM intel_listversion").fetchone()
        rows = database.execute("SELECT COUNT(*), COUNT(DISTINCT value || family) FROM intel_listrow").fetchone()
    assert left == (1, 1)
    assert rows == (N_ROWS, N_ROWS)
    assert not list((folder / "spool").iterdir())
    assert run(folder, "from vonggac.cli import main; main(['audit', 'verify'])").returncode == 0


FULL = """
import sys
import django; django.setup()
from django.db import connection
from vonggac.desk.intel.staging import life, rows
life.PIECE = rows.PIECE = 100
connection.ensure_connection()
with connection.cursor() as cursor:
    pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    cursor.execute(f"PRAGMA max_page_count = {pages + 30}")
from vonggac.cli import main
main(sys.argv[1:])
"""
"""The command on a database that cannot grow by more than 30 pages: what SQLite tells is what it tells of a full disk."""


def test_a_full_disk_leaves_nothing_half_done_and_is_told(folder: Path, file: Path):
    done = run(folder, FULL, "lists", "import", str(file), "--list", "botnet", "--confirm")
    assert done.returncode == 1
    assert b"the disk is full" in done.stderr
    assert facts(folder) == NOTHING
    age(folder)
    assert run(folder, WORKER).returncode == 0
    program = RUN.format(piece=PIECE)
    again = run(folder, program, "lists", "import", str(file), "--list", "botnet", "--confirm")
    assert again.returncode == 0, again.stderr
    assert facts(folder) == WHOLE
