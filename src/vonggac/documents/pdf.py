"""DOCX to PDF by LibreOffice in a child: a folder of its own, limits of time, memory and size, no macros, no network."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from vonggac.documents.office_file import refuse_active
from vonggac.errors import N_, ConfigError, InputError

PACKAGES: Final = ("libreoffice-writer-nogui", "fonts-liberation2")
"""Debian's packages: the program, and letters as wide as those of Times New Roman, Vietnamese ones too, which version 1 of them lacks."""
MEMORY: Final = 6 << 30
"""Bytes of address space; most of what LibreOffice maps it never touches."""
MAX_PDF_BYTES: Final = 256 << 20

_AS_TIMES = ("times new roman", "liberation serif", "tinos")
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_LIBC = ctypes.CDLL(None, use_errno=True)
_FILTER = 'pdf:writer_pdf_Export:{{"UseTaggedPDF":{{"type":"boolean","value":"{tagged}"}},"ExportBookmarks":{{"type":"boolean","value":"false"}}}}'
MAX_TAGGED: Final = 256 << 10
"""Bytes of text up to which a PDF tells a screen reader what is a heading and what a cell. A table of 2,000 rows would be 24 MB by it, else 0.4."""
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{items}</oor:items>
"""
_ITEM = '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("Office.Common/Misc", "UseLocking", "false"),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
)
"""Path in its registry, name, value: no macros, no links followed, and a proxy that nobody answers on."""


def to_pdf(docx: bytes, *, timeout_s: float = 60) -> bytes:
    """The pages of ``docx`` as PDF.

    Raises ConfigError where LibreOffice lacks, UnsafeInput for a file that holds something active, InputError when it takes longer
    than ``timeout_s`` or cannot be laid out.
    """
    archive = refuse_active(docx, "document")
    return laid_out(docx, timeout_s, is_tagged=archive.members["word/document.xml"].file_size <= MAX_TAGGED)


def is_there() -> bool:
    """Whether LibreOffice is installed here."""
    return bool(_program())


def lacking() -> tuple[str, ...]:
    """The packages that this machine lacks for PDF in the right letters; none: all is there."""
    found = []
    if not _program():
        found.append(PACKAGES[0])
    program = shutil.which("fc-match")
    if program:
        command = [program, "--format", "%{family[0]}|%{lang}", "Times New Roman"]
        told = subprocess.run(command, capture_output=True, timeout=20, check=False)  # noqa: S603  # our own arguments
        family, *languages = told.stdout.decode("utf-8", "replace").lower().split("|")
        if family in _AS_TIMES and "vi" in languages:
            return tuple(found)
    return (*found, PACKAGES[1])


def laid_out(docx: bytes, timeout_s: float, *, is_tagged: bool = True) -> bytes:
    """As :func:`to_pdf`, of a file that is known to hold nothing active."""
    program = _program()
    if not program:
        raise ConfigError(
            N_("PDF files are made by LibreOffice, which is not installed here: apt-get install {packages}"),
            packages=" ".join(PACKAGES),
        )
    with tempfile.TemporaryDirectory(prefix="vonggac-pdf-") as name:
        folder = Path(name)
        _set_up(folder, docx)
        _run(_command(program, folder, is_tagged=is_tagged), folder, timeout_s)
        made = folder / "out" / "document.pdf"
        if not made.is_file() or not 0 < made.stat().st_size <= MAX_PDF_BYTES:
            raise InputError(N_("the document could not be laid out as PDF"))
        return made.read_bytes()


def _program() -> str:
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def _set_up(folder: Path, docx: bytes) -> None:
    for part in ("profile/user", "home", "tmp", "out"):
        (folder / part).mkdir(parents=True)
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS)
    (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), "utf-8")
    (folder / "document.docx").write_bytes(docx)


def _command(program: str, folder: Path, *, is_tagged: bool) -> list[str]:
    return [
        program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nologo",
        "--nodefault", "--nolockcheck", "--nofirststartwizard", "--convert-to", _FILTER.format(tagged=str(is_tagged).lower()), "--outdir", str(folder / "out"),
        str(folder / "document.docx"),
    ]  # fmt: skip


def _run(command: list[str], folder: Path, timeout_s: float) -> None:
    """The child and all that it starts are one group, which ends with it."""
    environment = {
        "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp", "SAL_DISABLE_OPENCL": "1",
    }  # fmt: skip
    limit = _Limits(timeout_s)
    with subprocess.Popen(  # noqa: S603  # no shell, our own arguments
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=limit,  # noqa: PLW1509  # sets limits only
    ) as child:  # fmt: skip
        try:
            child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise InputError(
                N_("the document took longer than {seconds} seconds to lay out as PDF"), seconds=round(timeout_s)
            ) from None
        finally:
            _end_group(child)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


class _Limits:
    """Run in the child before the program: memory, time, size of files, and a network with nobody in it where the kernel lets us."""

    def __init__(self, timeout_s: float) -> None:
        self.seconds = max(1, round(timeout_s)) * 2

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_PDF_BYTES, MAX_PDF_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if _LIBC.unshare(_CLONE_NEWNET) != 0:
            _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
