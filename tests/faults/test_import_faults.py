"""Imports of the directory under kill -9 and on a full disk: real processes, a real database file, whole states only."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

N_ORGANISATIONS, N_NETWORKS, N_SYSTEMS = 200, 600, 800
N_KILLS = 4
TABLES = ("organisation", "name", "placement", "person", "network", "informationsystem", "systemaddress")

PROGRAM = """
import sys
from vonggac.desk.organisations.staging import visible
visible.FIRST_PART, visible.LEAST_PART = int(sys.argv[1]), 1
from vonggac.cli import main
main(sys.argv[2:])
"""
"""The command with parts of another size: the module with the size needs Django, so it is set up first."""


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VONGGAC_")}
    return {
        **kept,
        "VONGGAC_DATA_DIR": str(folder),
        "VONGGAC_LANG": "en",
        "VONGGAC_CONFIG": "",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
        "XDG_CONFIG_HOME": str(folder),
    }


def command(*arguments: str, part: int = 20_000) -> list[str]:
    return [sys.executable, "-c", f"import django; django.setup()\n{PROGRAM}", str(part), *arguments]


def run(folder: Path, *arguments: str, part: int = 20_000, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(*arguments, part=part),
        env=environment(folder),
        capture_output=True,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run(
        [sys.executable, "-m", "vonggac.web.manage", "migrate", "-v0"], env=environment(folder), check=True, timeout=120
    )
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def folder(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "data"))


@pytest.fixture(scope="session")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("files") / "directory.zip"
    codes = [f"K{n:04}" for n in range(N_ORGANISATIONS)]
    sheets = {
        "organisations": [["Code", "Name", "Kind", "Parent code"]]
        + [[code, f"Xã Mẫu {n}", "commune", codes[(n - 1) // 8] if n else ""] for n, code in enumerate(codes)],
        "people": [["Organisation code", "Full name"]] + [[code, f"Người {code}"] for code in codes],
        "networks": [["Organisation code", "Addresses", "Side"]]
        + [[codes[n % len(codes)], f"10.{n // 250}.{n % 250}.0/24", "inner"] for n in range(N_NETWORKS)],
        "systems": [["Organisation code", "System code", "System name", "Addresses and domains"]]
        + [[codes[n % len(codes)], f"HT{n}", f"Hệ thống {n}", f"ht{n}.mau.example"] for n in range(N_SYSTEMS)],
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in sheets.items():
            archive.writestr(f"{name}.csv", "\n".join(",".join(row) for row in rows))
    return path


def counts(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "desk.sqlite3", timeout=30)) as database:
        found = {}
        for name in TABLES:
            found[name] = database.execute(f"SELECT COUNT(*) FROM organisations_{name}").fetchone()[0]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return found


WHOLE = {
    "organisation": N_ORGANISATIONS,
    "name": N_ORGANISATIONS,
    "placement": N_ORGANISATIONS,
    "person": N_ORGANISATIONS,
    "network": N_NETWORKS,
    "informationsystem": N_SYSTEMS,
    "systemaddress": N_SYSTEMS,
}
NOTHING = dict.fromkeys(WHOLE, 0)


def age(folder: Path) -> None:
    """Time passes: whoever died is known to be dead, and a file that nobody came to name is old."""
    for path in (folder / "spool").glob("*"):
        os.utime(path, (0, 0))
    with closing(sqlite3.connect(folder / "desk.sqlite3", timeout=30)) as database, database:
        database.execute("UPDATE organisations_import SET beat_at = NULL, created_at = '2026-01-01 00:00:00'")


def leftovers(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as database:
        staged = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE name LIKE 'organisations_staged%' AND type = 'table'"
            )
        ]
        assert len(staged) == 10
        found = {name: database.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in staged}
    found["spool"] = len(list((folder / "spool").iterdir()))
    return {name: n for name, n in found.items() if n}


def exported(folder: Path) -> dict[str, list[str]]:
    path = folder / "out.zip"
    done = run(folder, "directory", "export", str(path))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: sorted(archive.read(name).decode().splitlines()) for name in archive.namelist()}


def kill_after(folder: Path, file: Path, seconds: float, part: int) -> int:
    process = subprocess.Popen(
        command("directory", "import", str(file), "--apply", part=part),
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait()


def test_a_killed_import_is_all_there_or_not_at_all_and_a_later_run_finishes(
    folder: Path, empty: Path, file: Path, tmp_path
):
    reference = Path(shutil.copytree(empty, tmp_path / "reference"))
    began = time.monotonic()
    assert run(reference, "directory", "import", str(file), "--apply").returncode == 0
    whole_s = time.monotonic() - began
    assert counts(reference) == WHOLE
    chance = random.Random(20261124)
    n_killed = 0
    for _try in range(N_KILLS):
        n_killed += kill_after(folder, file, chance.uniform(0.2, 1.0) * whole_s, part=20_000) == -signal.SIGKILL
        assert counts(folder) in (NOTHING, WHOLE)
        age(folder)
    assert n_killed
    done = run(folder, "directory", "import", str(file), "--apply")
    assert done.returncode == 0, done.stderr
    assert counts(folder) == WHOLE
    assert leftovers(folder) == {}
    assert exported(folder) == exported(reference)
    again = json.loads(run(folder, "directory", "import", str(file), "--apply", "--json").stdout)
    assert (again["n_faults"], again["n_changes"]) == (0, 0)
    assert run(folder, "audit", "verify").returncode == 0


DYING = """
import os, signal
from vonggac.desk.organisations.staging import visible
show, parts = visible._show, []
def dying(*arguments):
    parts.append(show(*arguments))
    if len(parts) == {n}:
        os.kill(os.getpid(), signal.SIGKILL)
    return parts[-1]
visible._show = dying
"""
"""The process kills itself when its n-th part is committed."""


def test_between_parts_a_killed_import_is_whole_and_a_later_run_makes_the_rest(folder: Path, file: Path):
    last = dict(NOTHING)
    for n in (1, 2, 2):
        program = f"import django; django.setup()\n{DYING.format(n=n)}{PROGRAM}"
        arguments = [sys.executable, "-c", program, "50", "directory", "import", str(file), "--apply"]
        died = subprocess.run(arguments, env=environment(folder), capture_output=True, timeout=120, check=False)
        assert died.returncode == -signal.SIGKILL
        found = counts(folder)
        assert last != found != WHOLE
        assert all(found[name] >= last[name] for name in TABLES)
        assert found["organisation"] == found["name"] == found["placement"] == N_ORGANISATIONS
        # Kind after kind, and no system without its addresses.
        assert found["network"] == 0 or found["person"] == N_ORGANISATIONS
        assert found["informationsystem"] == 0 or found["network"] == N_NETWORKS
        assert found["systemaddress"] == found["informationsystem"]
        last = found
        age(folder)
    done = run(folder, "directory", "import", str(file), "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts(folder) == WHOLE
    assert run(folder, "audit", "verify").returncode == 0


# ------------------------------------------------------------------------------------------------------------ full disk


def test_a_full_database_is_told_and_leaves_nothing_half_written(folder: Path, file: Path):
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as database:
        n_pages = database.execute("PRAGMA page_count").fetchone()[0]
    limited = PROGRAM.replace(
        "from vonggac.cli import main",
        "from django.db.backends.signals import connection_created\n"
        "def limit(connection, **_):\n"
        f"    connection.connection.execute('PRAGMA max_page_count = {n_pages + 60}')\n"
        "connection_created.connect(limit)\n"
        "from vonggac.cli import main",
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{limited}", "20000", "directory", "import", str(file), "--apply"],
        env=environment(folder), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"the disk is full" in done.stderr
    assert b"Traceback" not in done.stderr
    assert counts(folder) == NOTHING
    age(folder)
    assert run(folder, "directory", "import", str(file), "--apply").returncode == 0
    assert counts(folder) == WHOLE
    assert leftovers(folder) == {}


def test_a_disk_that_fills_while_a_file_is_taken_in_keeps_nothing_of_it(folder: Path, tmp_path: Path):
    import resource

    large = tmp_path / "large.csv"
    large.write_bytes(b"Code,Name,Kind\n" + b"x" * (3 << 20))
    limit = 2 << 20

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = run(folder, "directory", "import", str(large), preexec_fn=limited)
    assert done.returncode == 1
    assert b"the disk is full" in done.stderr
    assert not list((folder / "spool").iterdir())


def test_on_a_small_real_disk_it_is_told_and_nothing_is_half_written(folder: Path, file: Path, tmp_path: Path):
    """A tmpfs in a mount namespace of our own; the database and the spool live on it."""
    size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    disk = tmp_path / "disk"
    disk.mkdir()
    look = (
        f"import sqlite3; d = sqlite3.connect('{disk}/desk.sqlite3'); "
        "print('count=%s' % d.execute('SELECT COUNT(*) FROM organisations_organisation').fetchone())"
    )
    script = (
        f"set -e; mount -t tmpfs -o size={size + (700 << 10)} none {disk}; cp -r {folder}/. {disk}/; set +e; "
        f"export VONGGAC_DATA_DIR={disk}; {sys.executable} -m vonggac directory import {file} --apply; echo status=$?; "
        f'{sys.executable} -c "{look}"'
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        env=environment(folder), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    if b"status=" not in done.stdout:
        pytest.skip(f"no mount namespace here: {done.stderr.decode(errors='replace')[:200]}")
    assert b"status=1" in done.stdout
    assert b"the disk is full" in done.stderr
    assert b"count=0" in done.stdout, done.stdout
