"""``vonggac notices`` as people run it: real processes over a database of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PUT = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import transaction
from vonggac.desk.notices.actions import enqueue
with transaction.atomic():
    for n in range(3):
        enqueue(template="test", organisation_id=None, email=f"nguoi-{n}@xa.example",
                values={"at": "2026-03-01T02:00:00+00:00"}, key=str(n))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    environment = {
        **os.environ,
        "VONGGAC_DATA_DIR": str(tmp_path_factory.mktemp("notices")),
        "VONGGAC_DATABASE": "",
        "VONGGAC_LANG": "en",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }
    subprocess.run([sys.executable, "-c", PUT], env=environment, check=True, timeout=120)

    def run(*arguments, **more):
        command = [sys.executable, "-m", "vonggac", "notices", *arguments]
        return subprocess.run(
            command, env={**environment, **more}, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def test_held_listed_released_and_the_switch(run):
    listed = run("list", "--state", "held", "--json")
    assert listed.returncode == 0, listed.stderr
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [row["recipient"] for row in rows] == [f"nguoi-{n}@xa.example" for n in (2, 1, 0)]
    assert "Messages are held: 3 wait" in run("list").stderr
    assert run("release").returncode == 2
    released = run("release", str(rows[0]["id"]))
    assert "1 message released" in released.stdout, released.stderr
    assert run("release", str(rows[0]["id"])).returncode == 1
    assert "2 messages are held" in run("hold", "--off").stdout
    assert "nguoi-2@" in run("list", "--state", "waiting").stdout


def test_a_test_message_needs_a_server_and_a_worker(run):
    refused = run("send-test", "me@tinh.example")
    assert refused.returncode == 2
    assert "smtp_url" in refused.stderr
    refused = run(
        "send-test", "me@tinh.example", VONGGAC_SMTP_URL="smtp+plain://localhost:1", VONGGAC_MAIL_FROM="a@tinh.example"
    )
    assert refused.returncode == 2
    assert "worker" in refused.stderr
