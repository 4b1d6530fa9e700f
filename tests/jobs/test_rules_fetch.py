"""Rule sets from archives: what is kept, what is refused whole, and what is left as it was when something fails."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import InputError, RuleError, UnsafeInput, UsageError, VonggacError
from vonggac.jobs import rules_fetch
from vonggac.jobs.rules import load_rules, named_rules
from vonggac.jobs.rules_fetch import Archive, InstallFailed, fetch, read_contents

RULE = b"title: A\nid: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a0%d\nlogsource: {product: windows}\ndetection: {s: {a: x}, condition: s}\n"
LICENCE = b"# Detection Rule License (DRL) 1.1\n\nPermission is hereby granted ...\n"
FILES = {
    "sigma-r1/LICENSE": LICENCE,
    "sigma-r1/README.md": b"# Rules",
    "sigma-r1/rules/windows/a.yml": RULE % 1,
    "sigma-r1/rules/linux/b.yml": RULE % 2,
    "sigma-r1/deprecated/old.yml": RULE % 3,
    "sigma-r1/.github/workflows/test.yml": b"on: push\naction: x\n",
    "sigma-r1/regression_data/a/info.yml": b"id: x\n",
    "sigma-r1/other/plain.yml": b"colour: red\n",
}


def zipped(files: dict[str, bytes], **attributes: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get("mode", 0o100644) << 16
            archive.writestr(info, body)
    return held.getvalue()


def tarred(files: dict[str, bytes], *, kind: bytes = tarfile.REGTYPE, mode: str = "w:gz") -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = (len(body), kind) if kind == tarfile.REGTYPE else (0, kind)
            info.linkname = "/etc/passwd"
            archive.addfile(info, io.BytesIO(body) if info.size else None)
    return held.getvalue()


def put(tmp_path: Path, data: bytes, name: str = "sigma.zip") -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} if folder.exists() else set()


# What is installed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [zipped, tarred])
def test_rules_and_licence_are_kept_and_nothing_else(tmp_path: Path, make) -> None:
    data = make(FILES)
    done = fetch(put(tmp_path, data), tmp_path / "sets", cache_dir=tmp_path / "cache")
    files = {name for name in everything(done.folder) if (done.folder / name).is_file()}
    assert files == {"LICENSE", "fetched.json", "rules/windows/a.yml", "rules/linux/b.yml"}
    assert done.folder.name == f"sigma-r1-{hashlib.sha256(data).hexdigest()[:12]}"
    assert (done.licence, done.was_there) == ("Detection Rule License (DRL) 1.1", False)
    assert (done.folder / "LICENSE").read_bytes() == LICENCE
    record = orjson.loads((done.folder / "fetched.json").read_bytes())
    assert (record["n_rules"], record["sha256"]) == (2, hashlib.sha256(data).hexdigest())
    assert (tmp_path / "sets" / "current").resolve() == done.folder


def test_what_was_fetched_is_named_simply_and_comes_from_the_cache(tmp_path: Path, monkeypatch) -> None:
    data_dir = tmp_path / "data"
    done = fetch(put(tmp_path, zipped(FILES)), data_dir / "rules" / "sigma", cache_dir=tmp_path / "cache")
    assert named_rules(["sigma"], data_dir) == [done.folder]
    assert named_rules([str(data_dir / "rules" / "sigma")], data_dir) == [done.folder]
    monkeypatch.setattr("vonggac.jobs.rules.compile_rules", None)  # compiled once, when it was fetched
    assert len(load_rules(named_rules(["sigma"], data_dir), tmp_path / "cache").ruleset.rules) == 2


def test_a_file_of_that_name_goes_before_and_an_unknown_name_stays(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    fetch(put(tmp_path, zipped(FILES)), tmp_path / "data" / "rules" / "sigma")
    (tmp_path / "sigma").mkdir()
    assert named_rules(["sigma", "sigmb"], tmp_path / "data") == [Path("sigma"), Path("sigmb")]
    assert named_rules(["pack"], tmp_path)[0].name == "pack"
    with pytest.raises(UsageError, match="no such file"):
        load_rules(named_rules(["sigmb"], tmp_path / "data"), None)
    (tmp_path / "sigma").rmdir()
    with pytest.raises(UsageError, match="not fetched yet"):
        named_rules(["sigma"], tmp_path / "empty")
    with pytest.raises(UsageError, match="empty name"):
        named_rules([""], tmp_path / "data")


def test_older_versions_stay_and_an_old_one_can_come_back(tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    old = put(tmp_path, zipped(FILES), "old.zip")
    new = put(tmp_path, zipped({name.replace("r1", "r2"): body for name, body in FILES.items()}), "new.zip")
    first, second = fetch(old, sets), fetch(new, sets)
    assert (sets / "current").resolve() == second.folder
    assert set(rules_fetch.versions(sets)) == {first.folder, second.folder}
    again = fetch(old, sets)
    assert again.was_there
    assert (sets / "current").resolve() == first.folder


def test_a_version_that_somebody_changed_is_not_taken_for_the_archive(tmp_path: Path) -> None:
    archive = put(tmp_path, zipped(FILES))
    done = fetch(archive, tmp_path / "sets")
    (done.folder / "rules" / "mine.yml").write_bytes(RULE % 9)
    with pytest.raises(InstallFailed, match=r"mine\.yml"):
        fetch(archive, tmp_path / "sets")


def test_rules_with_faults_are_installed_and_told(tmp_path: Path) -> None:
    done = fetch(put(tmp_path, zipped({**FILES, "sigma-r1/rules/c.yml": b"title: [\ndetection:\n"})), tmp_path / "sets")
    assert len(done.loaded.ruleset.rules) == 2
    assert len(done.loaded.ruleset.faults) == 1


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/etc/cron.d/a.yml", "../a.yml", "rules/../../a.yml", "rules\\..\\..\\a.yml", "C:/a.yml", "c:a.yml", "rules/a\x1b[2J.yml",
        "rules/\u202egpj.yml", "x" * 500 + ".yml", "rules\\a.yml", "../../../home/x/.profile", "a/../b.txt",
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [zipped, tarred])
def test_one_path_that_leads_elsewhere_and_nothing_is_installed(tmp_path: Path, make, path: str) -> None:
    archive = put(tmp_path, make({**FILES, path: RULE % 4}))
    with pytest.raises(UnsafeInput):
        fetch(archive, tmp_path / "in" / "sets")
    assert everything(tmp_path) == {"sigma.zip"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(UnsafeInput, match="a link or a device"):
        read_contents(Archive("x", tarred({"rules/a.yml": b""}, kind=kind), ""))
    for mode in (0o120777, 0o020644, 0o010644):
        with pytest.raises(UnsafeInput, match="a link or a device"):
            read_contents(Archive("x", zipped({"rules/a.yml": b"/etc/passwd"}, mode=mode), ""))


def test_bombs_and_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    large = b"detection:\n" + b" " * (5 << 20)
    for data in (
        zipped({"LICENSE": LICENCE, "rules/a.yml": large}),
        tarred({"LICENSE": LICENCE, "rules/a.yml": large}),
    ):
        with pytest.raises(UnsafeInput, match="longer than"):
            read_contents(Archive("x", data, ""))
    monkeypatch.setattr(rules_fetch, "MAX_KEPT_BYTES", 1000)
    with pytest.raises(UnsafeInput, match="expands to more"):
        read_contents(Archive("x", zipped({f"rules/{n}.yml": RULE % 1 for n in range(20)}), ""))
    monkeypatch.setattr(rules_fetch, "MAX_MEMBERS", 5)
    with pytest.raises(UnsafeInput, match="members"):
        read_contents(Archive("x", zipped({f"{n}.txt": b"" for n in range(9)}), ""))
    monkeypatch.setattr(rules_fetch, "MAX_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(UnsafeInput, match="too long"):
        read_contents(Archive("x", gzip.compress(bytes(64 << 20)), ""))


def test_a_size_that_lies_is_no_way_around_the_limit() -> None:
    """The directory says 10 bytes; what comes out is more."""
    data = bytearray(zipped({"LICENSE": LICENCE, "rules/a.yml": b"detection:\n" + b" " * (5 << 20)}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    with pytest.raises(InputError):
        read_contents(Archive("x", bytes(data), ""))


def test_the_same_path_twice_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("rules/a.yml", RULE % 1)
        archive.writestr("rules/./A.yml", RULE % 2)
    with pytest.raises(UnsafeInput, match="twice"):
        read_contents(Archive("x", held.getvalue(), ""))


def test_without_a_licence_or_a_rule_nothing_is_installed(tmp_path: Path) -> None:
    without = {name: body for name, body in FILES.items() if "LICENSE" not in name}
    with pytest.raises(RuleError, match="holds no licence"):
        fetch(put(tmp_path, zipped(without)), tmp_path / "sets")
    with pytest.raises(RuleError, match="no rule"):
        fetch(put(tmp_path, zipped({"LICENSE": LICENCE})), tmp_path / "sets")
    with pytest.raises(RuleError, match="not one usable rule"):
        fetch(put(tmp_path, zipped({"LICENSE": LICENCE, "a.yml": b"detection: [\n"})), tmp_path / "sets")
    with pytest.raises(RuleError, match="holds no licence"):
        fetch(put(tmp_path, zipped({**without, "LICENSE": b"####\n----\n"})), tmp_path / "sets")
    with pytest.raises(UsageError, match="no text of a licence"):
        fetch(put(tmp_path, zipped(without)), tmp_path / "sets", licence=Path("/dev/zero"))
    assert everything(tmp_path) == {"sigma.zip"}
    licence = tmp_path / "drl.md"
    licence.write_bytes(LICENCE)
    done = fetch(put(tmp_path, zipped(without)), tmp_path / "sets", licence=licence)
    assert (done.folder / "LICENSE").read_bytes() == LICENCE


def test_the_digest_that_was_asked_for_counts(tmp_path: Path) -> None:
    data = zipped(FILES)
    archive = put(tmp_path, data)
    with pytest.raises(UnsafeInput, match=hashlib.sha256(data).hexdigest()):
        fetch(archive, tmp_path / "sets", sha256="0" * 64)
    with pytest.raises(UsageError, match="64 hexadecimal"):
        fetch(archive, tmp_path / "sets", sha256="abc")
    assert not (tmp_path / "sets").exists()
    assert fetch(archive, tmp_path / "sets", sha256=hashlib.sha256(data).hexdigest().upper()).folder.is_dir()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x1f\x8b", b"<html>", zipped(FILES)[:-30], tarred(FILES)[:200]])
def test_what_is_no_archive_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError):
        fetch(put(tmp_path, data), tmp_path / "sets")
    with pytest.raises(InputError):
        fetch(str(tmp_path / "absent.zip"), tmp_path / "sets")


def test_damage_of_a_member_is_told_whatever_packed_it() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.yml", RULE % 1)
    body = bytearray(held.getvalue())
    begin = body.index(b"a.yml") + 20
    body[begin : begin + 40] = bytes(40)
    with pytest.raises(InputError, match="damaged archive"):
        read_contents(Archive("x", bytes(body), ""))


@given(st.data())
def test_a_damaged_archive_never_raises_anything_else(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([zipped(FILES), tarred(FILES), tarred(FILES, mode="w")])))
    for position in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=8)):
        body[position] = data.draw(st.integers(0, 255))
    try:
        contents = read_contents(Archive("x", bytes(body), ""))
    except VonggacError:
        return
    assert all(".." not in path.split("/") and not path.startswith("/") for path in contents.rules)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    archive = put(tmp_path, zipped(FILES))
    (tmp_path / "file").write_text("")
    with pytest.raises(InstallFailed):
        fetch(archive, tmp_path / "file" / "sets")
    (tmp_path / "sets" / "current").mkdir(parents=True)
    with pytest.raises(InstallFailed, match="no link"):
        fetch(archive, tmp_path / "sets")


# By address ----------------------------------------------------------------------------------------------------------


class Host(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []
    body: ClassVar[bytes] = zipped(FILES)

    def log_message(self, *_args) -> None:
        pass

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/absent" else 200)
        self.end_headers()
        self.wfile.write(self.body)


@pytest.fixture
def host() -> Iterator[str]:
    Host.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_fetched_through_redirects(tmp_path: Path, host: str) -> None:
    done = fetch(f"http://{host}/to?/release/sigma.zip", tmp_path / "sets", own_hosts={"127.0.0.1"})
    assert len(done.loaded.ruleset.rules) == 2
    assert Host.seen == ["/to?/release/sigma.zip", "/release/sigma.zip"]


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/a.zip", "https://{host}/a.zip", "ftp://{host}/a.zip", "file:///etc/passwd", "https://169.254.169.254/a.zip",
        "https://user@{host}/a.zip", "https:///a.zip",
    ],
)  # fmt: skip
def test_nothing_inside_is_asked(tmp_path: Path, host: str, url: str) -> None:
    with pytest.raises(InputError, match="could not be fetched"):
        fetch(url.format(host=host), tmp_path / "sets")
    assert Host.seen == []


@pytest.mark.parametrize("to", ["http://localhost/x", "https://10.0.0.1/x", "file:///etc/passwd", "/to?/to?/to?/to?/x"])
def test_a_redirect_leads_nowhere_inside_and_not_in_circles(tmp_path: Path, host: str, to: str) -> None:
    with pytest.raises(InputError, match="could not be fetched"):
        fetch(f"http://{host}/to?{to}", tmp_path / "sets", own_hosts={"127.0.0.1"})


def test_too_long_an_answer_and_an_error_page_are_refused(tmp_path: Path, host: str, monkeypatch) -> None:
    with pytest.raises(InputError, match="HTTP 404"):
        fetch(f"http://{host}/absent", tmp_path / "sets", own_hosts={"127.0.0.1"})
    monkeypatch.setattr(rules_fetch, "MAX_ARCHIVE_BYTES", 100)
    with pytest.raises(InputError, match="longer than 100 bytes"):
        fetch(f"http://{host}/a.zip", tmp_path / "sets", own_hosts={"127.0.0.1"})


@pytest.mark.corpus
def test_the_rules_of_sigmahq_are_installed(tmp_path: Path, corpora: Path) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name in ("LICENSE", "rules/web", "rules/linux", "regression_data"):
            archive.add(corpora / "sigma" / name, f"sigma-r2026/{name}")
    done = fetch(put(tmp_path, held.getvalue(), "sigma.tar.gz"), tmp_path / "sets")
    assert done.licence == "Detection Rule License (DRL) 1.1"
    assert len(done.loaded.ruleset.rules) > 200
    assert list(done.loaded.ruleset.faults) == []
    assert not list(done.folder.rglob("info.yml"))
