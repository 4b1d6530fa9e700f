"""The programs that we are measured against, each in an environment of its own.

``peer_python("duckdb")`` is the Python in which that peer is installed, at the version named here; the environment is
made on first use under ``$BENCHMARK_PEERS``, by default ``~/.cache/vonggac-peers``. ``python benchmarks/peers.py`` makes them all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PEERS: dict[str, tuple[str, ...]] = {
    "sqlite": ("pysigma==2.0.1", "pysigma-backend-sqlite==2.1.1", "orjson==3.13.0"),
    "duckdb": ("pysigma-backend-duckdb==0.1.4", "duckdb==2.0.1", "orjson==3.13.0"),
    "zargunlite": ("zargunlite==0.1.3", "orjson==3.13.0"),
    "pytricia": ("pytricia==1.3.0",),  # built from source: needs a C compiler and Python's headers
}
"""Name to what pip installs. The SQLite backend needs pySigma 2, the DuckDB backend pySigma 1."""


def folder() -> Path:
    """Where the environments of the peers are."""
    return Path(os.environ.get("BENCHMARK_PEERS") or Path.home() / ".cache" / "vonggac-peers")


def peer_python(name: str) -> Path:
    """The Python in which peer ``name`` is installed; KeyError for an unknown name, CalledProcessError when pip fails."""
    wanted = PEERS[name]
    place = folder() / name
    mark = place / "installed"
    place.mkdir(parents=True, exist_ok=True)
    with (folder() / f"{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text("utf-8").split() != list(wanted):
            print(f"making the environment of {name}: {' '.join(wanted)}", file=sys.stderr)
            venv.EnvBuilder(clear=True, with_pip=True).create(place)
            pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
            subprocess.run([*pip, "install", *wanted], check=True, stdout=sys.stderr)
            mark.write_text("\n".join(wanted), "utf-8")  # last: an interrupted installation begins anew
    return place / "bin" / "python"


def grepcidr() -> Path | None:
    """Debian's ``grepcidr``, installed when we are root; None, said on standard error, where it is not to be had."""
    found = shutil.which("grepcidr")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for step in (["update"], ["install", "-y", "grepcidr"]):
            command = ["apt-get", "-qq", *step]
            subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        found = shutil.which("grepcidr")
    if found is None:
        print("grepcidr is not installed: apt-get install grepcidr", file=sys.stderr)
    return Path(found) if found else None


def main() -> None:
    """Make all environments and say where they are."""
    for name in PEERS:
        print(name, peer_python(name))
    print("grepcidr", grepcidr())


if __name__ == "__main__":
    main()
