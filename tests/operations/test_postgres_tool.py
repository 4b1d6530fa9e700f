"""``tools/postgres``: a server of its own, gone at the end however the end comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "postgres"

pytestmark = pytest.mark.skipif(
    not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="PostgreSQL is missing"
)


def run(*words, **keywords) -> subprocess.Popen:
    command = [sys.executable, TOOL, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **keywords)


def folder_of(address: str) -> Path:
    return Path(unquote(urlsplit(address).hostname or ""))


def test_the_command_finds_a_database_and_its_status_is_kept():
    code = "import os, psycopg; a = os.environ['DESK_TEST_DATABASE']; print(a); psycopg.connect(a).execute('SELECT 1'); os._exit(7)"
    with run("run", "--", sys.executable, "-u", "-c", code) as process:
        out, err = process.communicate(timeout=90)
    assert process.returncode == 7, err
    assert out.startswith("postgresql://vonggac@%2F")
    assert not folder_of(out.strip()).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_command_and_server(number):
    with run("run", "--", "sh", "-c", "echo $DESK_TEST_DATABASE; exec sleep 60") as process:
        folder = folder_of(process.stdout.readline().strip())
        assert folder.is_dir()
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    assert not folder.exists()
    ends = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_what_it_does_not_understand():
    for words in ((), ("run",), ("run", "--"), ("stop", "--", "true")):
        with run(*words) as process:
            assert process.wait(10) == 2
            assert "usage: tools/postgres run" in process.stderr.read()
    with run("run", "--", "/nowhere/to/be/found", env=dict(os.environ)) as process:
        assert "/nowhere/to/be/found: No such file" in process.communicate(timeout=60)[1]
