"""``vonggac backup`` and ``restore`` as people run them, on the database of the tests."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import orjson
import pytest

from vonggac.jobs import archive

pytestmark = pytest.mark.database

WRITE = """
from vonggac.desk.audit.actions import recording
from vonggac.desk.scope.asker import machine
def write(n, action="test.write"):
    for number in range(n):
        with recording(machine("writer"), action) as record:
            record.note(number=number)
"""
FACTS = """
from vonggac.jobs.database_copies import facts_now
found = facts_now()
import json
print(json.dumps([found.tables, found.audit_seq, found.audit_hash]))
"""


def facts(installation) -> list:
    return orjson.loads(installation.python(FACTS))


def test_saved_while_others_write_and_restored_elsewhere(installation, empty, tmp_path):
    (installation.folder / "mappings.json").write_text("{}")
    installation.python(WRITE + "write(50)")
    assert installation.run("audit", "anchor").status == 0
    go = "print('going', flush=True)\nwhile True: write(1)"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SETUP + WRITE + go], env=installation.environment, stdout=subprocess.PIPE
        )
        for _number in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout.readline() == b"going\n"
        made = installation.run("backup", tmp_path)
        assert all(writer.poll() is None for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert made.status == 0, made.err
    assert "Proved: restored into a temporary database" in made.out
    (file,) = tmp_path.glob("vonggac-*.tar.zst")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".vonggac-backup-*"))

    (unpacked := tmp_path / "unpacked").mkdir()
    manifest = archive.unpack(file, unpacked)
    assert 50 < manifest["audit"]["seq"] <= facts(installation)[1]
    assert manifest["tables"]["audit_entry"] == manifest["audit"]["seq"]
    assert set(manifest["members"]) == {
        archive.DATABASES[manifest["kind"]],
        archive.ANCHORS,
        archive.MAPPINGS,
    }

    done = empty.run("restore", file)
    assert done.status == 0, done.err
    tables, seq, _hash = facts(empty)
    expected = manifest["tables"] | {name: manifest["tables"][name] + 1 for name in ("audit_entry", "audit_detail")}
    assert tables == expected  # the restore itself is an entry more
    assert seq == manifest["audit"]["seq"] + 1
    assert empty.run("audit", "verify").status == 0
    assert (empty.folder / "mappings.json").read_text() == "{}"
    assert not list(empty.folder.glob(".vonggac-backup-*"))


SETUP = "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'vonggac.web.settings'\ndjango.setup()\n"


def test_what_is_there_is_replaced_only_when_asked_and_saved_first(installation, tmp_path):
    file = tmp_path / "one.tar.zst"
    assert installation.run("backup", file, "--with-secrets").status == 0
    key = (installation.folder / "secret.key").read_text()
    before = facts(installation)
    installation.python(WRITE + "write(5)")
    (installation.folder / "secret.key").write_text("another" * 20)

    refused = installation.run("restore", file)
    assert (refused.status, "--replace" in refused.err) == (2, True)
    assert facts(installation)[1] == before[1] + 5

    done = installation.run("restore", file, "--replace")
    assert done.status == 0, done.err
    assert facts(installation)[1] == before[1] - 1 + 1  # without the entry of the backup, with that of the restore
    assert (installation.folder / "secret.key").read_text() == key
    (safety,) = (installation.folder / "backups").glob("before-restore-*.tar.zst")
    assert installation.run("restore", safety, "--replace").status == 0
    assert facts(installation)[1] == before[1] + 5 + 1
    assert (installation.folder / "secret.key").read_text() == "another" * 20


def test_a_file_is_never_replaced(installation, tmp_path):
    file = tmp_path / "one.tar.zst"
    file.write_text("precious")
    said = installation.run("backup", file)
    assert (said.status, file.read_text()) == (2, "precious")
    assert "exists already" in said.err


def test_damage_is_refused_before_anything_changes(installation, tmp_path):
    file = tmp_path / "one.tar.zst"
    assert installation.run("backup", file).status == 0
    whole = file.read_bytes()
    before = facts(installation)
    (tmp_path / "flipped").write_bytes(whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:])
    said = installation.run("restore", tmp_path / "flipped", "--replace")
    assert said.status == 3, said
    assert said.err.startswith(f"Error: {tmp_path / 'flipped'}: "), said.err
    assert facts(installation) == before
    assert not (installation.folder / "backups").exists()


def test_a_backup_of_a_newer_version_is_refused(installation, tmp_path):
    file = tmp_path / "one.tar.zst"
    installation.python(
        "from django.db import connection\nfrom django.db.migrations.recorder import MigrationRecorder\n"
        "MigrationRecorder(connection).record_applied('audit', '9999_tomorrow')"
    )
    assert installation.run("backup", file).status == 0
    said = installation.run("restore", file, "--replace")
    assert said.status == 1
    assert "newer Vọng Gác (it knows the change audit.9999_tomorrow)" in said.err
    up = installation.run("up")
    assert (up.status, "newer Vọng Gác" in up.err) == (1, True)


@pytest.mark.skipif("DESK_TEST_DATABASE" in os.environ, reason="limits the one process that writes everything: SQLite")
def test_a_full_disk_is_told_and_leaves_nothing(installation, tmp_path):
    installation.python(WRITE + "write(200)")
    before = facts(installation)
    # No file may grow over 64 KiB: what write(2) then says stands in for a disk that is full.
    limit = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))"
    said = installation.run("backup", tmp_path / "backups" / "one.tar.zst", before=limit)
    assert said.status == 1, said
    assert "nothing was kept" in said.err or "SQLite says" in said.err
    assert list((tmp_path / "backups").iterdir()) == []
    assert facts(installation) == before


def test_the_daily_backup_is_made_once_a_day_and_old_ones_go(installation):
    installation.settings["VONGGAC_BACKUP_KEEP"] = "2"
    folder = installation.folder / "backups"
    folder.mkdir()
    for name in ("vonggac-20260101-000000.tar.zst", "vonggac-20260102-000000.tar.zst", "vonggac-notes.txt"):
        (folder / name).touch()
    daily = "from vonggac.web.operations import daily_backup\nassert daily_backup.main() == 0"
    installation.python(daily)
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "vonggac-20260102-000000.tar.zst"
    assert names[2:] == ["vonggac-notes.txt"]
    installation.python(daily)
    assert sorted(path.name for path in folder.iterdir()) == names
    said = installation.python("from vonggac.jobs import installation\nprint(installation.last_backup())")
    assert said.startswith("20")


EVIDENCE = """
from vonggac.config.reading import read_settings
from vonggac.jobs import evidence_store, spool
import os
ours = read_settings(os.environ)
taken = spool.Spool(ours, 99)
taken.write(b"proof")
done = taken.done()
with evidence_store.held(ours):
    evidence_store.put(ours, spool.spool_folder(ours) / done.name, done.sha256)
print(done.sha256)
"""


def test_files_that_prove_something_are_saved_and_come_back(installation, empty, tmp_path):
    sha256 = str(installation.python(EVIDENCE)).strip()
    made = installation.run("backup", tmp_path)
    assert made.status == 0, made.err
    (file,) = tmp_path.glob("vonggac-*.tar.zst")
    kept = installation.folder / "evidence" / sha256[:2] / sha256
    assert kept.read_bytes() == b"proof"
    back = empty.run("restore", file)
    assert back.status == 0, back.err
    place = empty.folder / "evidence" / sha256[:2] / sha256
    assert place.read_bytes() == b"proof"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
