"""The file of a backup: what was packed comes out, and nothing else does."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import orjson
import pytest
import zstandard

from vonggac.errors import InputError, UnsafeInput
from vonggac.jobs import archive, backup, database_copies
from vonggac.jobs.database_copies import CopyFailed, Facts


def member(data: bytes) -> dict:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def manifest(**changes) -> dict:
    return {
        "format": 1,
        "made_at": "2026-11-20T00:00:00+00:00",
        "version": "0.1.0",
        "kind": "sqlite",
        "database_version": "SQLite",
        "schema": [["audit", "0001_initial"]],
        "tables": {"audit_entry": 3},
        "audit": {"seq": 3, "hash": "0" * 64},
        "settings": {},
        "has_secrets": False,
        "members": {"database.sqlite3": member(b"rows")},
        **changes,
    }


def packed(told: dict | bytes, *entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A file made by somebody else: the manifest, then any entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        text = told if isinstance(told, bytes) else orjson.dumps(told)
        for entry, data in ((named("manifest.json", len(text)), text), *entries):
            tar.addfile(entry, io.BytesIO(data))
    return zstandard.compress(buffer.getvalue())


def named(name: str, size: int, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.linkname = size, kind, link
    return entry


def unpack(tmp_path: Path, data: bytes) -> dict:
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "into").mkdir()
    return archive.unpack(tmp_path / "file", tmp_path / "into")


def test_what_is_packed_comes_out(tmp_path):
    (tmp_path / "rows").write_bytes(b"rows" * 100_000)
    told = manifest(members={"database.sqlite3": archive.digest(tmp_path / "rows")})
    with (tmp_path / "packed").open("wb") as file:
        archive.pack(file, told, {"database.sqlite3": tmp_path / "rows"})
    assert unpack(tmp_path, (tmp_path / "packed").read_bytes()) == told
    assert (tmp_path / "into" / "database.sqlite3").read_bytes() == b"rows" * 100_000


@pytest.mark.parametrize(
    ("entries", "kind", "said"),
    [
        ([(named("../../escape", 4), b"rows")], UnsafeInput, "which no backup has"),
        ([(named("/etc/passwd", 4), b"rows")], UnsafeInput, "which no backup has"),
        ([(named("database.sqlite3", 0, tarfile.SYMTYPE, "/etc/passwd"), b"")], UnsafeInput, "no plain file"),
        ([(named("database.sqlite3", 0, tarfile.LNKTYPE, "secret.key"), b"")], UnsafeInput, "no plain file"),
        ([(named("database.sqlite3", 0, tarfile.FIFOTYPE), b"")], UnsafeInput, "no plain file"),
        ([(named("database.sqlite3", 0, tarfile.CHRTYPE), b"")], UnsafeInput, "no plain file"),
        ([(named("secret.key", 4), b"rows")], UnsafeInput, "its manifest does not name so"),
        ([(named("database.sqlite3", 5), b"rows!")], UnsafeInput, "its manifest does not name so"),
        ([(named("database.sqlite3", 4), b"rowz")], InputError, "is not what was saved"),
        ([(named("database.sqlite3", 4), b"rows")] * 2, UnsafeInput, "its manifest does not name so"),
        ([], InputError, "“database.sqlite3” is missing"),
    ],
)
def test_what_no_backup_looks_like_is_refused(tmp_path, entries, kind, said):
    with pytest.raises(kind, match=said):
        unpack(tmp_path, packed(manifest(), *entries))
    assert not (tmp_path / "escape").exists()
    assert [path.name for path in (tmp_path / "into").iterdir() if path.is_symlink()] == []


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"{",
        manifest(kind="mysql"),
        manifest(members={}),
        manifest(members={"database.sqlite3": {"size": -1, "sha256": ""}}),
        manifest(members={"database.sqlite3": member(b""), "../up": member(b"")}),
        manifest(members={"database.sqlite3": member(b""), "database.pgdump": member(b"")}),
        manifest(members={"database.sqlite3": member(b""), "secret.key": {"size": 1 << 40, "sha256": ""}}),
        manifest(tables={"audit_entry": "3"}),
        manifest(schema=["audit"]),
    ],
)
def test_a_manifest_of_another_shape_is_refused(tmp_path, told):
    with pytest.raises(InputError, match="manifest cannot be read"):
        unpack(tmp_path, packed(told))


def test_a_manifest_of_another_format_says_so(tmp_path):
    with pytest.raises(InputError, match="a backup of format 2; this Vọng Gác reads format 1"):
        unpack(tmp_path, packed({"format": 2}))


def test_a_bomb_is_refused_by_what_it_would_take(tmp_path):
    told = manifest(members={"database.sqlite3": {"size": 1 << 60, "sha256": "0" * 64}})
    with pytest.raises(InputError, match="has less free"):
        unpack(tmp_path, packed(told))
    assert list((tmp_path / "into").iterdir()) == []


def test_an_endless_manifest_is_refused_unread(tmp_path):
    with pytest.raises(InputError, match="does not begin with a manifest"):
        unpack(tmp_path, packed(b" " * (archive.MAX_MANIFEST + 1)))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(1000), zstandard.compress(b"no tar at all"), bytes(5000)])
def test_what_is_no_backup_is_told(tmp_path, data):
    with pytest.raises(InputError):
        unpack(tmp_path, data)


def test_every_cut_and_every_flipped_byte_is_noticed(tmp_path):
    whole = packed(manifest(), (named("database.sqlite3", 4), b"rows"))
    for number in range(0, len(whole), 7):
        for damaged in (whole[:number], whole[:number] + bytes([whole[number] ^ 0x10]) + whole[number + 1 :]):
            (tmp_path / "file").write_bytes(damaged)
            into = tmp_path / f"{number}-{len(damaged)}"
            into.mkdir()
            try:
                archive.unpack(tmp_path / "file", into)
            except InputError:
                continue
            # What got through says the same of the rows: the damage was in padding or in what nobody reads.
            assert (into / "database.sqlite3").read_bytes() == b"rows"


def test_copies_that_differ_are_told_by_the_first_difference():
    one = Facts({"a": 1, "b": 2}, 3, "h", frozenset())
    with pytest.raises(CopyFailed, match="b has 1 rows, not 2"):
        database_copies.compare(Facts({"a": 1, "b": 1}, 3, "h", frozenset()), one)
    with pytest.raises(CopyFailed, match="head of its audit record"):
        database_copies.compare(Facts({"a": 1, "b": 2}, 3, "other", frozenset()), one)
    database_copies.compare(one, one)


def test_only_daily_backups_are_thinned_out(tmp_path):
    names = [f"vonggac-2026010{day}-000000.tar.zst" for day in range(1, 6)]
    for name in (
        *names,
        "vonggac-2026.tar.zst",
        "before-restore-20260101-000000.tar.zst",
        "vonggac-20260101-000000.tar",
    ):
        (tmp_path / name).touch()
    assert [path.name for path in backup.thin_out(tmp_path, 3)] == names[:2]
    assert backup.thin_out(tmp_path, 3) == []
    assert len(list(tmp_path.iterdir())) == 6


SHA256 = hashlib.sha256(b"proof").hexdigest()


def test_files_of_the_evidence_store_are_called_by_their_content(tmp_path):
    told = manifest(members={"database.sqlite3": member(b"rows"), f"evidence-{SHA256}": member(b"proof")})
    data = packed(told, (named("database.sqlite3", 4), b"rows"), (named(f"evidence-{SHA256}", 5), b"proof"))
    unpack(tmp_path, data)
    assert (tmp_path / "into" / f"evidence-{SHA256}").read_bytes() == b"proof"


@pytest.mark.parametrize(
    ("name", "data"), [(f"evidence-{SHA256}", b"other"), ("evidence-../../x", b"proof"), ("evidence-", b"proof")]
)
def test_a_file_under_another_name_than_its_content_is_refused(tmp_path, name, data):
    told = manifest(members={"database.sqlite3": member(b"rows"), name: member(data)})
    with pytest.raises((InputError, UnsafeInput)):
        unpack(tmp_path, packed(told, (named("database.sqlite3", 4), b"rows"), (named(name, 5), data)))
    assert not (tmp_path / "into" / name).exists()
