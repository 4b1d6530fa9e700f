"""Makes the virtual environment of a checkout from a lock file: ``environment.py ENVIRONMENT LOCK``.

Every environment is built whole in a folder of its own beside ENVIRONMENT, which is a symbolic link that is switched
as the last step. So an interrupted build is never used, and a package that left the lock is gone. The previous one stays
until the next build, for those who still run from it. A file lock lets one process build while others wait.
Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "made-from"
"""The folder in an environment that tells what it was made from; the launcher reads it. Written last."""


def say(text: str) -> None:
    """A line of progress."""
    print(f"vonggac: {text}", file=sys.stderr, flush=True)


def sources(lock: Path) -> tuple[Path, Path]:
    """The files that decide what is in the environment."""
    return lock, ROOT / "pyproject.toml"


def is_current(environment: Path, lock: Path) -> bool:
    """Whether ``environment`` was made here, whole, from files with the content that they have now."""
    mark = environment / MARK
    try:
        made_in = (mark / "root").read_text("utf-8").rstrip("\n")
        same = all(filecmp.cmp(file, mark / file.name, shallow=False) for file in sources(lock))
    except OSError:
        return False
    return made_in == str(ROOT) and same and os.access(environment / "bin" / "python", os.X_OK)


def write_mark(environment: Path, lock: Path) -> None:
    """Record what ``environment`` was made from, with the times of the files: the launcher compares those."""
    mark = environment / MARK
    mark.mkdir(exist_ok=True)
    for file in sources(lock):
        shutil.copy2(file, mark / file.name)
    (mark / "root").write_text(f"{ROOT}\n", "utf-8")


def run_pip(environment: Path, *arguments: str, n_packages: int = 0) -> None:
    """Run pip in ``environment``, telling its progress; leave the program when it fails."""
    command = [
        str(environment / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        *arguments,
    ]
    settings = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    n_seen = 0
    said: list[str] = []
    with subprocess.Popen(
        command, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        for line in process.stdout:
            said.append(line)
            if n_packages and line.startswith("Collecting "):
                n_seen += 1
                show_progress(n_seen, n_packages, line.split()[1])
    if process.returncode:
        print("".join(said[-20:]), file=sys.stderr)
        say(f"pip thất bại (mã {process.returncode}); chạy lại lệnh sẽ làm lại từ đầu.")
        sys.exit(f"vonggac: pip failed (status {process.returncode}); starting again begins anew.")


def show_progress(n_seen: int, n_packages: int, name: str) -> None:
    """One line that is written over on a terminal; elsewhere a line for every tenth package."""
    if sys.stderr.isatty():
        end = "\n" if n_seen == n_packages else ""
        print(f"\r\033[Kvonggac: [{n_seen}/{n_packages}] {name}", end=end, file=sys.stderr, flush=True)
    elif n_seen % 10 == 0 or n_seen == n_packages:
        say(f"[{n_seen}/{n_packages}] {name}")


def build(environment: Path, lock: Path) -> Path:
    """A new environment with what ``lock`` names and with the project itself; the folder it is in."""
    folder = Path(tempfile.mkdtemp(prefix=f"{environment.name}.", dir=environment.parent))
    folder.chmod(0o755)  # another account may run what this one installs
    venv.create(folder, with_pip=True)
    n_packages = sum("==" in line for line in lock.read_text("utf-8").splitlines())
    say(f"cài {n_packages} gói theo {lock.name} / installing {n_packages} packages of {lock.name} ...")
    run_pip(folder, "install", "--require-hashes", "--requirement", str(lock), n_packages=n_packages)
    say("cài Vọng Gác / installing Vọng Gác itself ...")
    run_pip(folder, "install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT))
    write_mark(folder, lock)
    return folder


def switch(environment: Path, folder: Path) -> None:
    """Let ``environment`` mean ``folder``, in one step where it was a link or nothing before."""
    link = environment.parent / f"{folder.name}.link"
    link.symlink_to(folder.name)
    if environment.is_dir() and not environment.is_symlink():
        shutil.rmtree(environment)  # made by hand
    link.replace(environment)


def remove_others(environment: Path) -> None:
    """Remove what earlier environments and interrupted builds left beside ``environment``."""
    current = environment.resolve()
    for left in environment.parent.glob(f"{environment.name}.*"):
        if left.is_symlink():
            left.unlink()
        elif left.is_dir() and left != current:
            shutil.rmtree(left, ignore_errors=True)


REHEARSAL = """
import tempfile, pathlib
from vonggac.cli import demo
from vonggac.config.reading import read_settings
import os
with tempfile.TemporaryDirectory() as folder:
    demo.attack(read_settings(os.environ), pathlib.Path(folder))
"""
"""Both jobs of the demonstration, without its portal."""


def compile_loops(environment: Path) -> None:
    """Let the demonstration compile the loops that are kept compiled, so that the user's first scan need not."""
    say("biên dịch các vòng lặp / compiling the inner loops ...")
    settings = os.environ | {"VONGGAC_JOBS": "1"}  # several workers would each compile the same
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-c", REHEARSAL],
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:  # nothing is lost: the first scan compiles them then, and says what is wrong
        say(f"chưa biên dịch được (mã {done.returncode}) / not compiled (status {done.returncode})")


def main() -> None:
    """Make the environment, unless another process just did."""
    environment, lock = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).resolve()
    with (environment.parent / f"{environment.name}.lock").open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("một tiến trình khác đang dựng môi trường, xin chờ / another process is at it, waiting ...")
            fcntl.flock(guard, fcntl.LOCK_EX)
        if is_current(environment, lock):
            write_mark(environment, lock)  # only the times had changed
            return
        started = time.monotonic()
        say(
            f"dựng môi trường Python trong {environment} (chỉ lần đầu và khi {lock.name} đổi)"
            f" / making the Python environment in {environment} (only now and when {lock.name} changes)"
        )
        remove_others(environment)
        switch(environment, build(environment, lock))
        compile_loops(environment)
        say(f"xong sau / done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
