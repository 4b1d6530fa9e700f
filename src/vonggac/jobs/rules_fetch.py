"""Rule sets from elsewhere: an archive by https or from a disk, looked at file by file, installed as a version of its own.

A set's folder holds one folder per version and the link ``current`` to the one fetched last; older ones stay until somebody
deletes them. Of an archive only rules and its licence are kept. One path that leads out of it, one link or device, and nothing
of it is: whoever made such an archive meant no good, or was broken into.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import orjson

from vonggac.errors import N_, InputError, RuleError, UnsafeInput, UsageError, VonggacError
from vonggac.jobs.inputs import spool
from vonggac.jobs.rules import CURRENT, MAX_RULE_BYTES, RECORD, LoadedRules, load_texts
from vonggac.sources.containers import is_climbing, shown

MAX_ARCHIVE_BYTES = 256 << 20
"""Of the archive as it comes; SigmaHQ's whole repository with its test logs is about a fifth of it."""
MAX_UNPACKED_BYTES = 2 << 30
"""Of a compressed tar, which has to be unpacked to be read."""
MAX_KEPT_BYTES = 256 << 20
"""Of the rules of one archive; SigmaHQ's are about 10 MB."""
MAX_MEMBERS = 100_000
MAX_PATH = 400
FETCH_S = 300.0

LICENCE_NAME = "LICENSE"
_LICENCE = re.compile(r"(?:.*[^a-z])?(?:licen[cs]e|copying)(?:[^a-z].*)?", re.IGNORECASE)
_LICENCES = (
    ("Detection Rule License (DRL) 1.1", re.compile(r"Detection[ -]Rule[ -]License.{0,12}1\.1", re.DOTALL)),
    ("Apache-2.0", re.compile(r"Apache License\s+Version 2\.0")),
    ("MIT", re.compile(r"Permission is hereby granted, free of charge")),
    ("GPL", re.compile(r"GNU (?:LESSER |AFFERO )?GENERAL PUBLIC LICENSE", re.IGNORECASE)),
    ("BSD", re.compile(r"Redistribution and use in source and binary forms")),
)
_RULE = re.compile(rb"^(?:detection|correlation|filter|action)[ \t]*:", re.MULTILINE)
_LEFT_OUT = frozenset({"deprecated", "unsupported", "tests", "regression_data"})
"""Folders of SigmaHQ's repository whose YAML files are no rules to be run, by its own README."""
_FAULTS = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, RuntimeError, OverflowError,
    OSError,
)  # fmt: skip
"""What the libraries raise for an archive that is not what it should be."""
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\\:\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class InstallFailed(VonggacError):
    """The set could not be written where it belongs (exit status 1)."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive as it came: where from, its bytes and their SHA-256 (hex)."""

    place: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What of an archive is kept, by path; ``root``: the one folder that all of it was in, "" where there was none."""

    rules: Mapping[str, bytes]
    licence: str
    """The licence's path in the archive, "" where it holds none."""
    licence_text: bytes
    root: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A set that was installed: its folder, what it is, and whether that version was there before."""

    folder: Path
    sha256: str
    licence: str
    """The licence by its name where it is a known one, else its first line."""
    n_archive_bytes: int
    n_files: int
    n_rule_bytes: int
    """Of the files with rules that were kept."""
    loaded: LoadedRules
    was_there: bool


def fetch(
    place: str,
    into: Path,
    *,
    sha256: str = "",
    licence: Path | None = None,
    cache_dir: Path | None = None,
    own_hosts: Collection[str] = (),
) -> Fetched:
    """Install the rules of the archive at ``place`` (an https address or a file) below ``into`` and make them its ``current``.

    ``sha256``: what the archive must have. ``licence``: a file to keep with rules whose archive holds none. ``own_hosts``: hosts
    of the inner network that may be asked. Raises InputError, UnsafeInput, RuleError, UsageError or InstallFailed, and then nothing
    has changed.
    """
    wanted = sha256.lower()
    if wanted and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise UsageError(N_("“{text}” is no SHA-256; expected 64 hexadecimal digits"), where="--sha256", text=sha256)
    archive = download(place, own_hosts) if "://" in place else read_archive(Path(place))
    if wanted and archive.sha256 != wanted:
        raise UnsafeInput(
            N_("has the SHA-256 {found}, not the one that was asked for; nothing was installed"),
            where=place,
            found=archive.sha256,
        )
    contents = read_contents(archive)
    into = into.resolve()
    name, text = _licence_of(contents, licence, place)
    version = into / f"{_label(contents.root, place)}-{archive.sha256[:12]}"
    texts, unreadable = _texts(contents.rules, version)
    loaded = load_texts(texts, unreadable, cache_dir)  # raises where not one rule can be used
    record = {
        "place": place,
        "sha256": archive.sha256,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": name,
        "n_files": len(contents.rules),
        "n_rules": len(loaded.ruleset.infos()),
    }
    was_there = _install(into, version, contents.rules, text, record)
    n_rule_bytes = sum(map(len, contents.rules.values()))
    return Fetched(
        version, archive.sha256, name, len(archive.data), len(contents.rules), n_rule_bytes, loaded, was_there
    )


def download(url: str, own_hosts: Collection[str] = ()) -> Archive:
    """The archive at ``url``, by https; redirects may lead to other hosts of the internet, never inwards."""
    import requests

    from vonggac.jobs.outgoing import Guarded

    try:
        with Guarded(own_hosts, whole_s=FETCH_S, largest=MAX_ARCHIVE_BYTES, may_move=True) as session:
            response = session.get(url, headers={"Accept-Encoding": "identity"})
    except requests.RequestException as error:
        raise InputError(N_("could not be fetched: {reason}"), where=shown(url), reason=_reason(error)) from None
    if response.status_code != requests.codes.ok:
        raise InputError(N_("could not be fetched: {reason}"), where=shown(url), reason=f"HTTP {response.status_code}")
    return Archive(url, response.content, hashlib.sha256(response.content).hexdigest())


def _reason(error: Exception) -> str:
    """What went wrong, without what the library has around it: the objects that it used, how often it tried."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    text = str(inner or error)
    return shown(text.rpartition("): ")[2] if inner else text)[:300]


def read_archive(path: Path) -> Archive:
    """The archive in a file; raises InputError or UnsafeInput."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(N_("a device, a socket or a pipe, not a file"), where=str(path))
            data = file.read(MAX_ARCHIVE_BYTES + 1)
    except OSError as error:
        raise InputError(
            N_("could not be opened or read: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from None
    if len(data) > MAX_ARCHIVE_BYTES:
        raise UnsafeInput(N_("longer than {limit:,} bytes"), where=str(path), limit=MAX_ARCHIVE_BYTES)
    return Archive(str(path), data, hashlib.sha256(data).hexdigest())


# What is in it -------------------------------------------------------------------------------------------------------

Member = tuple[str, int, IO[bytes] | None]
"""Path, size as it is stated, and the bytes of a file (None for a folder)."""


def read_contents(archive: Archive) -> Contents:
    """The rules and the licence of an archive, every path of it checked; raises UnsafeInput, RuleError or InputError."""
    try:
        return _collect(archive)
    except _FAULTS as error:
        raise InputError(N_("damaged archive: {reason}"), where=archive.place, reason=shown(str(error))[:200]) from None


def _collect(archive: Archive) -> Contents:
    rules: dict[str, bytes] = {}
    licences: dict[str, bytes] = {}
    seen: set[str] = set()
    room = MAX_KEPT_BYTES
    for number, (name, size, file) in enumerate(_members(archive), 1):
        where = f"{archive.place}!{shown(name)[:MAX_PATH]}"
        if number > MAX_MEMBERS:
            raise UnsafeInput(N_("more than {limit:,} members"), where=archive.place, limit=MAX_MEMBERS)
        path = _checked(name, where)
        if file is None:
            continue
        if path.lower() in seen:
            raise UnsafeInput(N_("the same path twice"), where=where)
        seen.add(path.lower())
        is_licence = _is_licence(path)
        if not is_licence and not _may_be_rule(path):
            continue
        body = b"" if size > MAX_RULE_BYTES else file.read(MAX_RULE_BYTES + 1)
        if size > MAX_RULE_BYTES or len(body) > MAX_RULE_BYTES:
            raise UnsafeInput(N_("longer than {limit:,} bytes"), where=where, limit=MAX_RULE_BYTES)
        room -= len(body)
        if room < 0:
            raise UnsafeInput(N_("expands to more than {limit:,} bytes"), where=archive.place, limit=MAX_KEPT_BYTES)
        if is_licence:
            licences[path] = body
        elif _RULE.search(body):
            rules[path] = body
    if not rules:
        raise RuleError(N_("no rule in this archive"), where=archive.place)
    return _without_root(rules, licences)


def _is_licence(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.count("/") <= 1 and bool(_LICENCE.fullmatch(name)) and not name.lower().endswith((".yml", ".yaml"))


def _may_be_rule(path: str) -> bool:
    parts = path.lower().split("/")
    return parts[-1].endswith((".yml", ".yaml")) and not any(
        part in _LEFT_OUT or part.startswith(".") for part in parts
    )


def _checked(name: str, where: str) -> str:
    """The path as it will be below the version's folder; raises UnsafeInput."""
    if is_climbing(name):
        raise UnsafeInput(N_("a path that leads out of the archive"), where=where)
    if len(name.encode("utf-8", "surrogatepass")) > MAX_PATH or _ODD.search(name):
        raise UnsafeInput(N_("a path that no rule set has"), where=where)
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _without_root(rules: Mapping[str, bytes], licences: Mapping[str, bytes]) -> Contents:
    """Paths without the one folder that an archive of a repository puts all into."""
    roots = {path.partition("/")[0] if "/" in path else "" for path in (*rules, *licences)}
    root = roots.pop() if len(roots) == 1 and licences else ""
    shortest = min(licences, key=lambda path: (path.count("/"), len(path), path), default="")
    kept = {path.removeprefix(f"{root}/") if root else path: body for path, body in rules.items()}
    return Contents(dict(sorted(kept.items())), shortest, licences.get(shortest, b""), root)


def _members(archive: Archive) -> Iterator[Member]:
    """Each member in turn, to be read before the next; raises UnsafeInput for what is neither file nor folder."""
    data = io.BytesIO(archive.data)
    if archive.data.startswith(b"PK"):
        yield from _zip_members(data, archive.place)
    elif archive.data.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=data) as unpacked, spool(unpacked, MAX_UNPACKED_BYTES) as whole:
            yield from _tar_members(whole, archive.place)
    elif archive.data[257:262] == b"ustar":
        yield from _tar_members(data, archive.place)
    else:
        raise InputError(N_("neither a zip nor a tar.gz archive"), where=archive.place)


def _zip_members(data: IO[bytes], place: str) -> Iterator[Member]:
    with zipfile.ZipFile(data) as archive:
        for info in archive.infolist():
            name = info.orig_filename
            mode = stat.S_IFMT(info.external_attr >> 16)
            if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise UnsafeInput(N_("a link or a device, not a file"), where=f"{place}!{shown(name)}")
            if info.is_dir() or mode == stat.S_IFDIR:
                yield name, 0, None
                continue
            if info.flag_bits & 0x41:
                raise InputError(N_("protected by a password"), where=f"{place}!{shown(name)}")
            with archive.open(info) as file:
                yield name, info.file_size, file


def _tar_members(data: IO[bytes], place: str) -> Iterator[Member]:
    with tarfile.open(fileobj=_Bounded(data, place), mode="r:", errorlevel=2) as archive:  # type: ignore[call-overload]
        while (info := archive.next()) is not None:
            archive.members.clear()  # it keeps every header
            if info.size < 0:
                raise tarfile.ReadError("negative size")
            if info.isdir():
                yield info.name, 0, None
                continue
            file = archive.extractfile(info) if info.isreg() and not info.issparse() else None
            if file is None:
                raise UnsafeInput(N_("a link or a device, not a file"), where=f"{place}!{shown(info.name)}")
            yield info.name, info.size, file


class _Bounded:
    """A file of which no more than any rule or honest header needs is read at once."""

    def __init__(self, file: IO[bytes], place: str) -> None:
        self._file = file
        self._place = place
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= 2 * MAX_RULE_BYTES:
            raise UnsafeInput(N_("a header of more than {limit:,} bytes"), where=self._place, limit=2 * MAX_RULE_BYTES)
        return self._file.read(size)


def _licence_of(contents: Contents, given: Path | None, place: str) -> tuple[str, bytes]:
    """The licence's name and text: of the archive, else of the file that was given; raises UsageError without either."""
    text = contents.licence_text
    if not text.strip(b" #*=-\t\r\n"):
        if given is None:
            raise RuleError(
                N_(
                    "holds no licence, so nobody can say what may be done with these rules; --licence names a file that says it"
                ),
                where=place,
            )
        try:
            with given.open("rb") as file:
                text = file.read(MAX_RULE_BYTES + 1)
        except OSError as error:
            raise UsageError(
                N_("could not be opened or read: {reason}"), where=f"--licence {given}", reason=error.strerror
            ) from None
    readable = text[: 1 << 16].decode("utf-8", "replace")
    lines = [stripped for line in readable.splitlines() if (stripped := line.strip(" #*=-\t"))]
    if not lines or len(text) > MAX_RULE_BYTES:
        raise UsageError(N_("no text of a licence"), where=f"--licence {given}")
    known = next((name for name, pattern in _LICENCES if pattern.search(readable)), "")
    return known or shown(lines[0])[:120], text


def _label(root: str, place: str) -> str:
    """What a version is called before its digest: the archive's own folder, else its file name."""
    name = root or urlsplit(place).path.rpartition("/")[2] if "://" in place else root or Path(place).name
    name = re.sub(r"\.(?:zip|tar|gz|tgz)\b", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip(".-")[:60] or "rules"


def _texts(rules: Mapping[str, bytes], version: Path) -> tuple[list[tuple[str, str]], list[RuleError]]:
    """What ``read_rules`` will give for the installed folder: so what is compiled now is found in the cache then."""
    texts: list[tuple[str, str]] = []
    unreadable: list[RuleError] = []
    for path in sorted(version / name for name in rules):
        body = rules[path.relative_to(version).as_posix()]
        try:
            texts.append((str(path), body.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            unreadable.append(RuleError(N_("not UTF-8 at byte {at}"), where=str(path), at=error.start))
    return texts, unreadable


# Where it goes -------------------------------------------------------------------------------------------------------


def _install(
    into: Path, version: Path, rules: Mapping[str, bytes], licence: bytes, record: Mapping[str, object]
) -> bool:
    """Write the version in one step and point ``current`` at it; whether it was there already."""
    files = {**rules, LICENCE_NAME: licence}
    try:
        into.mkdir(mode=0o755, parents=True, exist_ok=True)
        link = into / CURRENT
        if link.exists() and not link.is_symlink():
            raise InstallFailed(N_("is no link; rule sets are not installed here"), where=str(link))
        was_there = version.exists()
        if was_there:
            _compare(version, files)
        else:
            _write(into, version, {**files, RECORD: orjson.dumps(dict(record), option=orjson.OPT_INDENT_2)})
        _point(link, version)
    except OSError as error:
        raise InstallFailed(
            N_("could not be written: {reason}"), where=str(error.filename or into), reason=error.strerror or str(error)
        ) from None
    return was_there


def _write(into: Path, version: Path, files: Mapping[str, bytes]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=into))
    try:
        for name, body in files.items():
            path = staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        staging.chmod(0o755)
        staging.rename(version)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _compare(version: Path, files: Mapping[str, bytes]) -> None:
    """Raise InstallFailed where the version that is there is not what the archive holds."""
    changed = [name for name, body in files.items() if not _is_same(version / name, body)]
    added = [
        str(path)
        for path in version.rglob("*")
        if path.suffix.lower() in (".yml", ".yaml") and path.relative_to(version).as_posix() not in files
    ]
    if changed or added:
        raise InstallFailed(
            N_("is there, but its files were changed ({names}); remove it or install elsewhere"),
            where=str(version),
            names=", ".join([*changed, *added][:5]),
        )


def _is_same(path: Path, body: bytes) -> bool:
    try:
        return path.is_file() and path.read_bytes() == body
    except OSError:
        return False


def _point(link: Path, version: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".link-", dir=link.parent) as folder:
        new = Path(folder) / CURRENT
        new.symlink_to(version.name)
        new.replace(link)


def versions(folder: Path) -> Sequence[Path]:
    """The versions of a set that are installed in ``folder``, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.is_symlink() and (path / RECORD).is_file())
