from __future__ import annotations

import gzip
import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

from vonggac.errors import UnsafeInput, VonggacError
from vonggac.jobs.inputs import Inputs, spool


def read(inputs: Inputs) -> tuple[dict[str, bytes], dict[str, str]]:
    found: dict[str, bytes] = {}
    faults: dict[str, str] = {}
    for name, stream in inputs:
        assert name not in found
        if isinstance(stream, VonggacError):
            faults[name] = str(stream)
        else:
            found[name] = b"".join(iter(lambda stream=stream: stream.read(1000), b""))
    return found, faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.log").write_bytes(b"2")
    (tmp_path / "b" / "one.log").write_bytes(b"1")
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(b"3"))
    (tmp_path / "a.log").write_bytes(b"0")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_names(folder: Path) -> None:
    found, faults = read(Inputs([str(folder)]))
    assert [(Path(name).relative_to(folder).as_posix(), data) for name, data in found.items()] == [
        ("a.log", b"0"), ("b/one.log", b"1"), ("b/two.log", b"2"), ("c.log.gz", b"3"),
    ]  # fmt: skip
    assert faults == {}


def test_globs(folder: Path) -> None:
    assert list(read(Inputs([str(folder / "*" / "*.log")]))[0].values()) == [b"1", b"2"]
    assert list(read(Inputs([str(folder / "**" / "*.log")]))[0].values()) == [b"0", b"1", b"2"]


def test_a_name_with_glob_characters_is_a_name_where_it_exists(tmp_path: Path) -> None:
    (tmp_path / "[a].log").write_bytes(b"x")
    assert list(read(Inputs([str(tmp_path / "[a].log")]))[0].values()) == [b"x"]


def test_what_is_reached_twice_is_read_once(folder: Path) -> None:
    paths = [str(folder / "a.log"), str(folder), str(folder / "b" / ".." / "a.log")]
    assert list(read(Inputs(paths))[0].values()) == [b"0", b"1", b"2", b"3"]


def test_loops_of_links_end(folder: Path) -> None:
    (folder / "b" / "up").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (folder / "dangling").symlink_to("nowhere")
    found, faults = read(Inputs([str(folder)]))
    assert sorted(found.values()) == [b"0", b"1", b"2", b"3"]
    assert {Path(name).name for name in faults} == {"self", "dangling"}


def test_what_cannot_be_read_is_reported_and_the_rest_read(folder: Path) -> None:
    paths = [str(folder / "missing"), str(folder / "*.nothing"), "bad\0name", str(folder / "a.log")]
    found, faults = read(Inputs(paths))
    assert list(found.values()) == [b"0"]
    assert len(faults) == 3
    assert all(text for text in faults.values())


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_without_permission_is_reported(folder: Path) -> None:
    (folder / "a.log").chmod(0)
    assert [Path(name).name for name in read(Inputs([str(folder)]))[1]] == ["a.log"]


def test_pipes_and_sockets_in_a_folder_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        (tmp_path / "z.log").write_bytes(b"x")
        found, faults = read(Inputs(["."]))
    assert list(found.values()) == [b"x"]
    assert len(faults) == 2


def test_standard_input() -> None:
    assert read(Inputs(["-"], stdin=io.BytesIO(b"text"))) == ({"<stdin>": b"text"}, {})
    assert read(Inputs(["-"], stdin=io.BytesIO(gzip.compress(b"text")))) == ({"<stdin>": b"text"}, {})
    assert Inputs(["-"], stdin=io.BytesIO(b"")).total_bytes() is None


def test_a_zip_on_standard_input_and_in_a_file(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.log", b"x" * 100_000)

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    assert read(Inputs(["-"], stdin=Pipe(out.getvalue())))[0] == {"<stdin>!a.log": b"x" * 100_000}
    (tmp_path / "z.zip").write_bytes(out.getvalue())
    found, _ = read(Inputs([str(tmp_path / "z.zip")]))
    assert found == {f"{tmp_path}/z.zip!a.log": b"x" * 100_000}


def test_nothing_of_an_archive_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    with zipfile.ZipFile(inside / "z.zip", "w") as archive:
        archive.writestr("../evil.log", b"x")
        archive.writestr("good.log", b"x")
    found, faults = read(Inputs(["."]))
    assert len(found) == len(faults) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inside", "z.zip"]


def test_progress_ends_at_the_total(folder: Path) -> None:
    inputs = Inputs([str(folder)])
    total = inputs.total_bytes()
    assert total == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    positions = []
    for _, stream in inputs:
        stream.read(10)  # type: ignore[union-attr]
        positions.append(inputs.position())
    assert positions == sorted(positions)
    assert inputs.position() == total


def test_the_spool_has_a_limit() -> None:
    with pytest.raises(UnsafeInput):
        spool(io.BytesIO(bytes(2000)), limit=1000)
    with spool(io.BytesIO(b"text"), limit=4) as file:
        assert file.read() == b"text"
