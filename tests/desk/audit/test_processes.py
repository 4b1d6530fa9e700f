"""Many programs write at once, one of them is killed in the middle: the chain is whole, with nothing lost and nothing half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
WRITE = """
import sys, threading
import django; django.setup()
from django.db import connections
from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import machine

def work(name):
    for number in range(int(sys.argv[2])):
        with recording(machine(name), "organisations.create") as record:
            made = Organisation.objects.create(code=f"{name}-{number}", kind="commune", name=name)
            record.created(made)
    connections.close_all()

threads = [threading.Thread(target=work, args=(f"{sys.argv[1]}{letter}",)) for letter in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
LOOK = """
import json
import django; django.setup()
from vonggac.desk.audit.models import Entry
from vonggac.desk.audit.verify import verify
from vonggac.desk.organisations.models import Organisation
verdict = verify()
print(json.dumps([verdict.is_whole, verdict.n_entries, Organisation.objects.count()]))
"""


def test_eight_writers_in_four_processes_and_one_that_is_killed(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "VONGGAC_DATA_DIR": str(tmp_path),
        "VONGGAC_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }

    def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE)

    def ended(process: subprocess.Popen[bytes]) -> bytes:
        answer, _errors = process.communicate(timeout=100)
        return answer

    ended(start(PREPARE))
    killed = start(WRITE, "killed", "100000")
    writers = [start(WRITE, name, "20") for name in ("one", "two", "three")]
    for writer in writers:
        ended(writer)
        assert writer.returncode == 0
    time.sleep(0.2)
    killed.kill()
    ended(killed)
    is_whole, n_entries, n_records = json.loads(ended(start(LOOK)))
    assert is_whole
    assert n_entries == n_records
    assert n_entries >= 3 * 2 * 20
