"""Look at the signatures of a PDF in a child with limits: ``python -m vonggac.jobs.signed_pdf FILE AT`` (roots on standard input, JSON out).

What a hostile PDF makes its reader do is not ours to trust, so the child has little memory and time, writes no file, starts no
program and reaches no network.
"""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from vonggac.config import Settings
from vonggac.errors import N_, InputError

MEMORY = 1 << 30
CPU_S = 40
WALL_S = 60
MOST_ROOTS = 500
MOST_ROOT_BYTES = 1 << 20
ROOT_ENDINGS = (".pem", ".crt", ".cer", ".der")
"""How names of files with certificates end in a folder of them."""

_REFUSED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostby", "socket.sendto", "subprocess.", "os.exec",
            "os.system", "os.fork", "os.posix_spawn", "os.spawn", "os.remove", "os.rename", "os.mkdir", "ctypes.dlopen")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Root:
    """An authority whom this installation believes: its certificate (DER), its name, when it ends, the file that names it."""

    der: bytes
    name: str
    ends: datetime
    path: str


def roots_of(settings: Settings, more: Sequence[Path] = ()) -> list[Root]:
    """The authorities that the setting ``signature_roots`` and ``more`` name, each once; raises InputError naming what is no certificate."""
    found: dict[bytes, Root] = {}
    for path in (*settings.signature_roots, *more):
        for file in _files(path):
            for root in _roots_in(file):
                found.setdefault(root.der, root)
    if len(found) > MOST_ROOTS:
        raise InputError(N_("more than {limit} authorities are named"), where="signature_roots", limit=MOST_ROOTS)
    return list(found.values())


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.suffix.lower() in ROOT_ENDINGS and one.is_file())


def _roots_in(path: Path) -> list[Root]:
    from vonggac.documents.signature_trust import certificates_in, display_name

    try:
        with path.open("rb") as file:
            data = file.read(MOST_ROOT_BYTES)
        found = certificates_in(data)
    except OSError as error:
        raise InputError(
            N_("cannot be read: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from error
    except InputError as error:
        raise InputError(error.message, where=str(path), **error.params) from error
    return [Root(one.dump(), display_name(one), one.not_valid_after, str(path)) for one in found]


def look_at(pdf: Path, roots: Sequence[Root], *, at: datetime, seconds: float = WALL_S) -> dict[str, Any]:
    """What ``documents.signatures`` says of the file at ``at`` (aware), as plain values; never raises for what the file is."""
    command = [sys.executable, "-m", "vonggac.jobs.signed_pdf", str(pdf), at.isoformat()]
    told = json.dumps([base64.b64encode(root.der).decode() for root in roots]).encode()
    try:
        done = subprocess.run(command, input=told, capture_output=True, timeout=seconds, check=False)  # noqa: S603  # our own program, no shell
        values: Any = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # killed by a limit, or by the system for want of memory
        return given_up()
    if done.returncode != 0 or not isinstance(values, dict):
        return given_up()
    return values


def given_up() -> dict[str, Any]:
    """What is said of a file that costs more than it may."""
    from vonggac.documents.signature_verdict import Reason, Verdict

    return Verdict("cannot_tell", (Reason("took_too_long"),)).as_values()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED) or (event == "open" and _writes(arguments)):
        raise PermissionError(event)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode = arguments[1] if len(arguments) > 1 else None
    return isinstance(mode, str) and bool(set("wax+") & set(mode))


def _main(path: Path, at: datetime) -> NoReturn:
    from vonggac.documents.signatures import MAX_BYTES, verify

    roots = [base64.b64decode(one) for one in json.load(sys.stdin)]
    sys.addaudithook(_refuse)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    json.dump(verify(data, roots, at=at).as_values(), sys.stdout)
    sys.exit(0)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.dont_write_bytecode = True
    _main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
