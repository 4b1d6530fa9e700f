"""What is shipped: the wheel, the locks, the layers, and that no file tells where it was made."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = {"requirements.lock": (), "requirements-dev.lock": ("dev",)}

PIN = re.compile(r"([a-z0-9][a-z0-9.-]*)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)")


def pins(lock: str) -> dict[str, Version]:
    """The versions by canonical name; fails on any line that is not a hashed pin."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n    ", "")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            parts = PIN.fullmatch(line.rstrip())
            assert parts, f"{lock}: not a pin with hashes: {line[:80]}"
            found[canonicalize_name(parts[1])] = Version(parts[2])
    return found


def tracked_files() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_covers_what_the_project_declares(lock: str) -> None:
    pinned = pins(lock)
    declared = list(PROJECT["dependencies"])
    for extra in LOCKS[lock]:
        declared += PROJECT["optional-dependencies"][extra]
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    for text in [*declared, *build]:
        wanted = Requirement(text)
        assert canonicalize_name(wanted.name) in pinned, f"{lock} lacks {wanted.name}: run tools/lock"
        assert pinned[canonicalize_name(wanted.name)] in wanted.specifier, f"{lock}: {wanted} is not met"


def test_both_locks_agree() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime


# Built from parts, or this file would be its own first finding.
MACHINE_WORDS = [
    "/".join(parts)
    for parts in (("", "work", "main"), ("", "work", "shared"), ("", "root", ""), ("", "home", ""), ("", "tmp", "v"))
]
REGISTRY_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("deb", "debian", "org"))]
RULE_FILES_MAY_NAME_PATHS = re.compile(r"/home/|/root/")
"""Rules, logs and their tests are about such paths; a path of this checkout they must not hold either."""


def test_no_file_names_this_machine_or_a_registry() -> None:
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", "replace")
        about_logs = path.suffix in {".yml", ".py", ".jsonl"} or "docs" in path.parts
        words = [*MACHINE_WORDS, *REGISTRY_HOSTS, str(ROOT)]
        told = [
            word for word in words if word in text and not (about_logs and RULE_FILES_MAY_NAME_PATHS.fullmatch(word))
        ]
        found.extend(f"{path.relative_to(ROOT)}: {word}" for word in told)
    assert not found


def test_version_is_stated_once() -> None:
    assert "version" in PROJECT["dynamic"]
    import vonggac

    assert Version(vonggac.__version__)
    assert f"## [{vonggac.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_runtime_dependency_is_explained() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = page.split("## Why each library is there", 1)[1]
    lacking = [name for text in PROJECT["dependencies"] if f"`{(name := Requirement(text).name)}`" not in section]
    assert not lacking


def test_layers_hold() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter belongs to the development dependencies"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_layers_would_notice_a_breach(tmp_path: Path) -> None:
    """The contract is read and can fail: the same contract over a copy where ``events`` imports ``jobs``."""
    shutil.copytree(
        ROOT / "src" / "vonggac", tmp_path / "src" / "vonggac", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "src" / "vonggac" / "events" / "times.py").open("a", encoding="utf-8") as file:
        file.write("\nimport vonggac.jobs.pool\n")
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command
    done = subprocess.run(
        [command, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "vonggac.events is not allowed to import vonggac.jobs" in done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the wheel that the build backend makes of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    package = ROOT / "src" / "vonggac"
    wanted = {path.relative_to(package.parent).as_posix() for path in tracked_files() if path.is_relative_to(package)}
    assert wanted
    assert wanted <= wheel
    assert {Path(name).suffix for name in wanted} >= {".py", ".yml"}


def test_wheel_holds_rules_and_messages(wheel: set[str]) -> None:
    assert any(re.fullmatch(r"vonggac/detectors/sigma/pack/.+\.yml", name) for name in wheel)
    assert any(re.fullmatch(r"vonggac/locale/vi/LC_MESSAGES/.+\.mo", name) for name in wheel)
    assert "vonggac/py.typed" in wheel


def test_wheel_holds_nothing_else(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel} <= {"vonggac", f"vonggac-{_version()}.dist-info"}
    assert not [name for name in wheel if "__pycache__" in name or name.endswith(".pyc")]


def test_wheel_has_the_command_and_the_licence(wheel: set[str]) -> None:
    info = f"vonggac-{_version()}.dist-info"
    assert {f"{info}/entry_points.txt", f"{info}/licenses/LICENSE"} <= wheel


def _version() -> str:
    import vonggac

    return vonggac.__version__


POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)[*+?]\+")
MAY_GO_BACK = re.compile(r"\(\?[=!<]|(?<![*+?}\\\[^])[*+?](?![+?\]])")


def test_no_possessive_group_holds_what_goes_back() -> None:
    """Before Python 3.11.5 such a group matches wrongly (gh-106052); an atomic one, ``(?>(?:...)*)``, says the same."""
    for path in (ROOT / "src" / "vonggac").rglob("*.py"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for found in POSSESSIVE_GROUP.finditer(line) if re.search(r"\br?[bf]?r?[\"']", line) else ():
                inner = _group_before(line, found.start())
                assert inner is None or not MAY_GO_BACK.search(inner), f"{path}:{number}: {inner}"


def _group_before(line: str, end: int) -> str | None:
    """What stands in the group that ends at ``end``; None where no group of an expression begins."""
    depth = 0
    for at in range(end, -1, -1):
        if line[at] == ")" and line[at - 1 : at] != "\\":
            depth += 1
        elif line[at] == "(" and line[at - 1 : at] != "\\":
            depth -= 1
            if depth == 0:
                return line[at + 3 : end] if line[at + 1 : at + 3] == "?:" else None
    return None
