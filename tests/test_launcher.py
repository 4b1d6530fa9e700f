"""``./vonggac`` from a checkout: real shell, real pip and venv, on a small project with a package made here."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The build backend of the small project, in the project itself: nothing has to be fetched to install it.
BACKEND = """
import os, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "vonggac-0.1.0-py3-none-any.whl"
    info = "vonggac-0.1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("vonggac.pth", os.getcwd())
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: vonggac\\nVersion: 0.1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nvonggac = tool:main\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
TOOL = """
import importlib.util, os, sys

def main():
    names = [name for name in ("left", "right") if importlib.util.find_spec(name)]
    print("installed", *names, "arguments", *sys.argv[1:], "in", os.getcwd())
"""


def add_wheel(folder: Path, name: str) -> str:
    """A wheel of one module; its line in a lock."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info/"
    files = {
        f"{name}.py": "",
        f"{info}METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{file},sha256={digest},{len(text)}\n")
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}RECORD", "".join(record) + f"{info}RECORD,,\n")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass
class Checkout:
    """A small project with the real launcher; ``lines`` are the lines of its lock by package."""

    root: Path
    wheels: Path
    lines: dict[str, str]

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        """One in a folder with a space in its name."""
        wheels, root = folder / "wheels", folder / "kho mã nguồn"
        wheels.mkdir()
        (root / "tools").mkdir(parents=True)
        for name in ("vonggac", "tools/environment.sh", "tools/environment.py"):
            shutil.copy(ROOT / name, root / name)
        (root / "backend.py").write_text(BACKEND)
        (root / "pyproject.toml").write_text(PROJECT)
        (root / "tool.py").write_text(TOOL)
        made = cls(root, wheels, {name: add_wheel(wheels, name) for name in ("left", "right")})
        made.lock("left", "right")
        return made

    def lock(self, *names: str) -> None:
        (self.root / "requirements.lock").write_text("".join(self.lines[name] for name in names))

    def start(self, *command: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
        environment = os.environ | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "VONGGAC_PYTHON": sys.executable,
        }
        return subprocess.Popen(
            command or (self.root / "vonggac",),
            cwd=cwd,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str | Path, cwd: Path | None = None) -> tuple[str, str, int]:
        process = self.start(*command, cwd=cwd)
        output, errors = process.communicate(timeout=120)
        return output, errors, process.returncode

    def environments(self) -> list[Path]:
        return [path for path in self.root.glob(".venv.*") if path.is_dir()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout.make(tmp_path_factory.mktemp("launcher"))
    output, errors, status = made.run()
    assert (status, output.split()[:3]) == (0, ["installed", "left", "right"]), errors
    assert "making the Python environment" in errors
    assert "dựng môi trường" in errors
    return made


def test_second_start_says_nothing_of_its_own_and_keeps_the_arguments(checkout: Checkout, tmp_path: Path) -> None:
    output, errors, status = checkout.run(checkout.root / "vonggac", "scan", "a b", "*", cwd=tmp_path)
    assert (output, errors, status) == (f"installed left right arguments scan a b * in {tmp_path}\n", "", 0)


def test_starts_through_links(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(checkout.root / "vonggac")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "folder").symlink_to(checkout.root)
    for command in (tmp_path / "two", tmp_path / "folder" / "vonggac"):
        output, errors, status = checkout.run(command, "x")
        assert (output.split()[:5], errors, status) == (["installed", "left", "right", "arguments", "x"], "", 0)


@pytest.mark.parametrize("command", [("./vonggac",), ("sh", "vonggac")])
def test_starts_from_its_own_folder(checkout: Checkout, command: tuple[str, ...]) -> None:
    _, errors, status = checkout.run(*command, cwd=checkout.root)
    assert (errors, status) == ("", 0)


def test_touched_lock_is_compared_not_installed_again(checkout: Checkout) -> None:
    before = (checkout.root / ".venv").resolve()
    os.utime(checkout.root / "requirements.lock")
    _, errors, status = checkout.run()
    assert (errors, status, (checkout.root / ".venv").resolve()) == ("", 0, before)


def test_environment_of_another_place_is_not_used(tmp_path: Path, checkout: Checkout) -> None:
    """A moved or copied checkout has an environment whose programs point to where it was."""
    shutil.copytree(checkout.root, tmp_path / "elsewhere", symlinks=True)
    copy = replace(checkout, root=tmp_path / "elsewhere")
    process = copy.start()
    assert process.stderr
    first = process.stderr.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert f"making the Python environment in {copy.root / '.venv'}" in first


@pytest.mark.slow
def test_changed_lock_also_removes_packages(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path)
    assert checkout.run()[0].startswith("installed left right arguments")
    checkout.lock("left")
    output, errors, _ = checkout.run()
    assert output.startswith("installed left arguments")
    assert "making the Python environment" in errors
    assert checkout.run()[1] == ""


@pytest.mark.slow
def test_wrong_hash_is_refused_and_the_old_environment_is_not_used(checkout: Checkout) -> None:
    good = checkout.lines["left"]
    checkout.lines["left"] = good[:-5] + "0000\n"
    checkout.lock("left", "right")
    try:
        output, errors, status = checkout.run()
    finally:
        checkout.lines["left"] = good
        checkout.lock("left", "right")
    assert (output, status) == ("", 1)
    assert "DO NOT MATCH THE HASHES" in errors
    assert "pip failed" in errors
    assert checkout.run()[2] == 0


@pytest.mark.slow
def test_interrupted_build_is_never_used_and_two_starts_after_it_build_once(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path)
    process = checkout.start()
    deadline = time.monotonic() + 60
    while not any((folder / "pyvenv.cfg").exists() for folder in checkout.environments()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (checkout.root / ".venv").exists()
    [left_behind] = checkout.environments()

    both = [checkout.start() for _ in range(2)]
    answers = [(*process.communicate(timeout=120), process.returncode) for process in both]
    assert [(output.split()[:3], status) for output, _, status in answers] == [(["installed", "left", "right"], 0)] * 2
    assert "".join(errors for _, errors, _ in answers).count("making the Python environment") == 1
    assert not left_behind.exists()
    assert len(checkout.environments()) == 1


def shell_with(folder: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH holds the usual small programs and ``programs`` (name to script), but no Python."""
    folder.mkdir()
    for name in ("sh", "dirname", "readlink", "cat"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    programs.setdefault("id", "echo 1000")  # not root: nothing gets installed by a test
    for name, script in programs.items():
        (folder / name.replace("_", ".")).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name.replace("_", ".")).chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, ["cần Python 3.11 trở lên", "Python 3.11 or newer is needed", "apt-get install python3-venv"]),
        (
            {"python3": '[ "$1" = --version ] && echo Python 3.9.2 && exit; exit 1'},
            ["tìm thấy: Python 3.9.2", "found: Python 3.9.2", "apt-get install python3-venv"],
        ),
        (
            {"python3_11": "case $2 in *ensurepip*) exit 1 ;; esac"},
            ["thiếu mô-đun venv", "lacks the module venv or ensurepip", "apt-get install python3-venv"],
        ),
    ],
    ids=["no Python", "old Python", "no venv"],
)
def test_says_what_to_install(tmp_path: Path, programs: dict[str, str], words: list[str]) -> None:
    checkout = Checkout.make(tmp_path)
    done = subprocess.run(
        [checkout.root / "vonggac"],
        env=shell_with(tmp_path / "bin", **programs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert [word for word in words if word not in done.stderr] == []


def test_root_on_debian_installs_what_is_missing(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path)
    log = tmp_path / "log"
    environment = shell_with(tmp_path / "bin", id="echo 0", apt_get=f'echo "$@" >>"{log}"')
    (tmp_path / "bin" / "apt.get").rename(tmp_path / "bin" / "apt-get")
    done = subprocess.run([checkout.root / "vonggac"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1  # the apt-get of this test installs nothing
    assert "install -y -qq --no-install-recommends python3 python3-venv" in log.read_text()
    assert "installing: python3 python3-venv" in done.stderr
