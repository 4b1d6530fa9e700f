"""``vonggac indicators`` from the outside: told first, taken in, given out by TLP."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from vonggac.cli.indicators import command
from vonggac.config import Settings
from vonggac.desk.intel.models import Indicator
from vonggac.jobs import pictures

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


def test_every_form_of_list_is_taken_in(tmp_path):
    (tmp_path / "zone").write_text("$TTL 60\nbad.example CNAME .\nok.example CNAME rpz-passthru.\n$INCLUDE x\n")
    told = run("import", str(tmp_path / "zone"), "--source", "CERT", "--apply", "--json")
    assert (told.return_value, json.loads(told.stdout)["form"], json.loads(told.stdout)["new"]) == (4, "rpz", 1)
    (tmp_path / "list.csv").write_text("IP,Malware\n198.51.100.7,Mirai\nx,Mirai\n")
    told = run("import", str(tmp_path / "list.csv"), "--source", "CERT", "--apply", "--json")
    assert (told.return_value, json.loads(told.stdout)["form"], json.loads(told.stdout)["new"]) == (4, "table", 1)
    assert set(Indicator.objects.values_list("value", "family")) == {("bad.example", ""), ("198.51.100.7", "Mirai")}


def test_what_may_have_been_misread_is_named(tmp_path, monkeypatch):
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 20)
    monkeypatch.setattr(pictures, "recogniser_for", lambda _name: "there")
    monkeypatch.setattr(pictures, "draw", lambda _folder, _pages, _name: 1)
    cells = [[pictures.Cell("IP", 99)], [pictures.Cell("198.51.100.7", 99)], [pictures.Cell("198.5l.100.8", 95)]]
    monkeypatch.setattr(pictures, "recognise", lambda _path, _language="": cells)
    told = run("import", str(tmp_path / "photo.png"), "--source", "CERT", "--apply")
    assert told.stderr.splitlines()[1:] == ["  198.51.100.8: OCR 95 %: 198.5l.100.8"]
    assert Indicator.objects.get(value="198.51.100.8").warnings == "OCR 95 %: 198.5l.100.8"
