"""``vonggac lists`` as a process of its own, on a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LIST = "STT,Địa chỉ IP,Thời gian,Mã độc\n1,198.51.100.5,20/10/2026 08:15,Mirai\n2,198.51.100.6,20/10/2026 08:15,Mirai\n3,999.1.1.1,,\n"
SETUP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import UTC, datetime
from vonggac.desk.intel.actions import create_list
from vonggac.desk.organisations import actions
from vonggac.desk.scope.asker import machine
asker, since = machine("tests"), datetime(2020, 1, 1, tzinfo=UTC)
row = actions.create_organisation(asker, code="dh", kind="commune", name="Xã Đông Hòa", valid_from=since)
actions.add_network(asker, row.pk, text="198.51.100.0/24", valid_from=since)
create_list(asker, code="botnet", name="Danh sách botnet")
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("lists")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VONGGAC_")}
    found = {
        **kept, "VONGGAC_DATA_DIR": str(folder), "VONGGAC_LANG": "en", "VONGGAC_CONFIG": "", "XDG_CONFIG_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", SETUP], env=found, check=True, timeout=120)
    return found


def run(environment: dict[str, str], *words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "vonggac", "lists", *map(str, words)],
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_a_file_is_told_then_published_and_the_same_again_changes_nothing(environment, tmp_path):
    file = tmp_path / "ds.csv"
    file.write_text(LIST, "utf-8")
    done = run(environment, "import", file, "--list", "botnet", "--letter", "12/BC", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["state"], told["counts"]["owned"], told["counts"]["faults"]) == (4, "checked", 2, 1)
    done = run(environment, "import", file, "--list", "botnet", "--confirm", "--json")
    told = json.loads(done.stdout)
    assert (told["state"], told["n"], told["is_repeated"]) == ("published", 1, True)
    again = run(environment, "import", file, "--list", "botnet", "--confirm")
    assert again.returncode == 4
    assert b"nothing was changed" in again.stdout
    shown = run(environment, "versions")
    assert shown.returncode == 0
    assert b"12/BC" in shown.stdout
    assert b"Published" in shown.stdout
    assert len(json.loads(run(environment, "versions", "--list", "botnet", "--json").stdout)["versions"]) == 1


def test_a_list_that_there_is_not_is_told_with_those_that_there_are(environment, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text(LIST, "utf-8")
    done = run(environment, "import", file, "--list", "khong-co")
    assert done.returncode == 2
    assert b"botnet" in done.stderr


def test_what_cannot_be_read_is_told_and_leaves_the_way_free(environment, tmp_path):
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"PK\x03\x04nothing")
    assert run(environment, "import", file, "--list", "botnet").returncode == 3
    states = [row["state"] for row in json.loads(run(environment, "versions", "--json").stdout)["versions"]]
    assert "refused" in states
    assert "checked" not in states


def test_what_is_no_table_becomes_a_version_too(environment, tmp_path):
    attributes = [
        {"type": "ip-dst", "value": "198.51.100.77", "to_ids": True},
        {"type": "ip-dst", "value": "198.51.100.78", "to_ids": False},
        {"type": "btc", "value": "x", "to_ids": True},
    ]
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"Event": {"info": "Chiến dịch", "Attribute": attributes}}), "utf-8")
    done = run(environment, "import", file, "--list", "botnet", "--json")
    told = json.loads(done.stdout)
    counts = told["counts"]
    assert (done.returncode, told["state"], counts["rows"], counts["owned"], counts["faults"]) == (
        4,
        "checked",
        1,
        1,
        1,
    )
    assert counts["passed_not_for_detection"] == 1
