"""``vonggac indicators`` from the outside: told first, taken in, given out by TLP."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from vonggac.cli.indicators import command
from vonggac.config import Settings
from vonggac.desk.intel.models import Indicator

pytestmark = pytest.mark.django_db


def run(*words, settings=None):
    return CliRunner().invoke(command, list(words), obj=settings or Settings(), standalone_mode=False)


def test_a_file_is_told_taken_in_and_given_out(tmp_path):
    objects = [
        {
            "type": "indicator",
            "id": "indicator--1",
            "pattern": "[domain-name:value = 'bad.example']",
            "pattern_type": "stix",
        },
        {"type": "tool", "id": "tool--1", "name": "x\u202ey"},
    ]
    file, out = tmp_path / "b.json", tmp_path / "out.json"
    file.write_text(json.dumps({"type": "bundle", "objects": objects}))
    told = run("import", str(file), "--source", "CERT", "--json")
    assert told.return_value == 4
    assert json.loads(told.stdout)["new"] == 1
    assert not Indicator.objects.exists()
    taken = run("import", str(file), "--source", "CERT", "--apply")
    assert taken.return_value == 4
    assert "\u202e" not in taken.stdout
    assert Indicator.objects.get().sources == [["CERT", ""]]
    assert run("export", str(out), "--for", "public").return_value == 0
    assert json.loads(out.read_text())["objects"] == []
    assert run("export", str(out), "--for", "clients", "--form", "misp").return_value == 0
    assert [one["value"] for one in json.loads(out.read_text())["Event"]["Attribute"]] == ["bad.example"]
