"""Look whether an installation can do its work: each check says ok, warn or fail, and what to do.

A check is a function of ``Case`` that yields ``Line``s; one that breaks down becomes a line of its own, and the others go on.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vonggac.config import Settings
from vonggac.errors import N_, VonggacError
from vonggac.jobs.sizing import DESK_PROCESS_BYTES
from vonggac.jobs.supervisor import CannotRun, answers, check_port, is_running

OK, WARN, FAIL = "ok", "warn", "fail"
LATE = timedelta(hours=36)
CLOCK_OFF_S = 5.0
TLS_SOON = timedelta(days=21)
FREE_LOW = 2 * 1024**3
FREE_FAIL = 256 * 1024**2
FREE_LOW_PART = 0.1
MEMORY_LOW = 512 * 1024**2
FSYNC_SLOW_MS = 50.0
WAL_LARGE = 256 * 1024**2
EVIDENCE_READ = 256 * 1024**2
"""Bytes of evidence that are read and compared with their SHA-256."""
POSTGRESQL_OLDEST = 13
"""The oldest that Django 5.2 works with."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a check found: an English template and what fills it, and what to do about it (empty when it is ok)."""

    verdict: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked at. ``mail``: whether the mail server may be talked to."""

    settings: Settings
    mail: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A line with the name of its check."""

    check: str
    line: Line


def examine(settings: Settings, *, mail: bool = False) -> list[Found]:
    """Run all checks in their order. Django is set up by the caller."""
    case = Case(settings, mail, datetime.now(UTC))
    found: list[Found] = []
    for name, check in CHECKS:
        try:
            found.extend(Found(name, line) for line in check(case))
        except VonggacError as error:
            found.append(Found(name, Line(FAIL, "{reason}", {"reason": str(error)})))
        except Exception as error:  # noqa: BLE001  # a check that breaks down must not hide the others
            params = {"reason": f"{type(error).__name__}: {error}"}
            found.append(Found(name, Line(FAIL, N_("could not be looked at: {reason}"), params)))
    return found


# --------------------------------------------------------------------------------------------------------- settings


def _settings(case: Case) -> Iterator[Line]:
    ours = case.settings
    public = urlsplit(ours.public_url)
    is_local = public.hostname in ("localhost", "127.0.0.1", "::1")
    if public.scheme == "https" and not (ours.tls_certificate or ours.trusted_proxies):
        yield Line(
            WARN,
            N_("“public_url” is https, but there is neither a certificate nor a trusted proxy"),
            advice=N_(
                "Set “tls_certificate” and “tls_key”, or “trusted_proxies” to the address of the proxy in front."
            ),
        )
    if public.scheme == "http" and not is_local:
        yield Line(
            FAIL,
            N_("passwords and sessions travel unprotected: “public_url” is http"),
            advice=N_("Serve by TLS: docs/tls.md. Passkeys work by https or at localhost only."),
        )
    if public.scheme == "http" and ours.tls_certificate:
        yield Line(
            FAIL,
            N_("there is a certificate, but “public_url” is http"),
            advice=N_("Write “public_url” with https."),
        )
    if public.scheme == "http" and is_local and not ours.listen.startswith(("127.", "localhost", "[::1]")):
        yield Line(
            WARN,
            N_("pages listen on {listen}, but only browsers on this machine are answered ({url})"),
            {"listen": ours.listen, "url": ours.public_url},
            N_("Set “public_url” to the address that people type, with https."),
        )
    if not ours.smtp_url:
        yield Line(
            WARN,
            N_("no e-mail leaves: “smtp_url” is empty"),
            advice=N_("Without mail, invitations and reminders reach people only in the portal. Set “smtp_url”."),
        )
    elif urlsplit(ours.smtp_url).scheme == "smtp+plain" and urlsplit(ours.smtp_url).hostname not in (
        "localhost",
        "127.0.0.1",
        "::1",
    ):
        yield Line(
            WARN,
            N_("mail goes unprotected to {host}"),
            {"host": urlsplit(ours.smtp_url).hostname},
            N_("Use smtp:// (STARTTLS) or smtps://."),
        )
    yield Line(OK, N_("settings are read; the portal is at {url}"), {"url": ours.public_url})


def _secret_files(case: Case) -> Iterator[Line]:
    ours = case.settings
    paths = {
        "secret.key": ours.data_dir / "secret.key",
        "data_dir": ours.data_dir,
        "database_password_file": ours.database_password_file,
        "smtp_password_file": ours.smtp_password_file,
        "oidc_secret_file": ours.oidc_secret_file,
        "metrics_token_file": ours.metrics_token_file,
        "tls_key": ours.tls_key,
    }
    n_good = 0
    for name, path in paths.items():
        if path is None:
            continue
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Line(FAIL, N_("{name}: {path} cannot be read: {reason}"), _at(name, path, reason=error.strerror))
            continue
        if mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(stat.S_IRGRP | stat.S_IXGRP if name == "tls_key" else 0):
            wanted = "700" if path.is_dir() else "600"
            yield Line(
                WARN,
                N_("{name}: others on this machine can reach {path}"),
                _at(name, path, mode=wanted),
                N_("chmod {mode} {path}"),
            )
        else:
            n_good += 1
    yield Line(OK, N_("{n} secret files are for this account only"), {"n": n_good})


def _at(name: str, path: Path, **more: Any) -> dict[str, Any]:
    return {"name": name, "path": str(path), **more}


def _tls(case: Case) -> Iterator[Line]:
    ours = case.settings
    if ours.tls_certificate is None or ours.tls_key is None:
        return
    import ssl

    from cryptography import x509

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(ours.tls_certificate, ours.tls_key)
        certificate = x509.load_pem_x509_certificate(ours.tls_certificate.read_bytes())
    except (OSError, ValueError) as error:
        yield Line(
            FAIL,
            N_("certificate and key cannot be used: {reason}"),
            {"reason": str(error)},
            N_("Both are PEM; the key is PKCS#8 without a pass phrase and belongs to the certificate."),
        )
        return
    ends = certificate.not_valid_after_utc
    params = {"day": f"{ends:%Y-%m-%d}"}
    if ends <= case.now:
        yield Line(FAIL, N_("the certificate ended on {day}"), params, N_("Renew it, then send vonggac up a SIGHUP."))
    elif ends - case.now < TLS_SOON:
        yield Line(WARN, N_("the certificate ends on {day}"), params, N_("Renew it, then send vonggac up a SIGHUP."))
    else:
        yield Line(OK, N_("the certificate is good until {day}"), params)
    names = _names_of(certificate)
    host = urlsplit(ours.public_url).hostname or ""
    if not any(host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:]) for name in names):
        yield Line(
            WARN,
            N_("the certificate is for {names}, not for {host}"),
            {"names": ", ".join(names) or "?", "host": host},
            N_("Get one for the host of “public_url”."),
        )


def _names_of(certificate: Any) -> list[str]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


# ---------------------------------------------------------------------------------------------- machine and its disk


def _clock(case: Case) -> Iterator[Line]:
    from django.db import connection

    offset_s = 0.0
    if connection.vendor == "postgresql":
        before = time.time()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            theirs = float(cursor.fetchone()[0])
        offset_s = theirs - (before + time.time()) / 2
    params = {"time": f"{case.now:%Y-%m-%d %H:%M:%S}", "zone": case.settings.zone, "offset": f"{offset_s:+.1f}"}
    if abs(offset_s) > CLOCK_OFF_S:
        yield Line(
            FAIL,
            N_("this machine and the database differ by {offset} s"),
            params,
            N_("Let both follow a time server (timedatectl set-ntp true)."),
        )
    elif case.now.year < 2026:
        yield Line(
            FAIL, N_("the clock says {time} UTC"), params, N_("Set it: deadlines and sign-in codes depend on it.")
        )
    else:
        yield Line(OK, N_("the clock says {time} UTC; times without a zone are taken as {zone}"), params)
    if not _is_synchronised():
        yield Line(
            WARN,
            N_("the kernel does not know of a time server that keeps the clock"),
            advice=N_("Sign-in codes fail when the clock is off by a minute: timedatectl set-ntp true."),
        )


def _is_synchronised() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex(2): the state is not TIME_ERROR); asks no network."""
    import ctypes

    buffer = ctypes.create_string_buffer(512)  # struct timex, zeroed: modes 0 only reads
    return int(ctypes.CDLL(None).adjtimex(buffer)) != 5  # TIME_ERROR


def _disk(case: Case) -> Iterator[Line]:
    from vonggac.jobs import installation

    ours = case.settings
    for name, folder in (("data_dir", ours.data_dir), ("backup_dir", installation.backup_folder(ours))):
        place = folder
        while not place.exists():
            place = place.parent
        found = os.statvfs(place)
        free, whole = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
        params = {"name": name, "folder": str(folder), "free": f"{free / 1024**3:.1f}", "all": f"{whole / 1024**3:.1f}"}
        advice = N_("Make room, or move the folder to a larger disk: on a full disk nothing can be saved.")
        low = FAIL if free < FREE_FAIL else WARN if free < max(FREE_LOW, whole * FREE_LOW_PART) else OK
        yield Line(low, N_("{name}: {free} of {all} GiB free for {folder}"), params, "" if low == OK else advice)
        if not os.access(place, os.W_OK):
            yield Line(FAIL, N_("{name}: {folder} cannot be written by this account"), params)
    yield _fsync(ours.data_dir)


def _fsync(folder: Path) -> Line:
    """How long a write takes until it is on the disk: the median of some 4 KiB writes."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _number in range(9):
            file.write(os.urandom(4096))
            file.flush()
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    median = sorted(times)[len(times) // 2]
    params = {"ms": f"{median:.1f}"}
    if median > FSYNC_SLOW_MS:
        return Line(
            WARN,
            N_("a write reaches the disk of data_dir in {ms} ms"),
            params,
            N_("Everything that is saved waits that long; a local SSD takes a few milliseconds."),
        )
    return Line(OK, N_("a write reaches the disk of data_dir in {ms} ms"), params)


def _memory(case: Case) -> Iterator[Line]:
    found = {}
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        name, _colon, rest = line.partition(":")
        found[name] = int(rest.split()[0]) * 1024
    n_processes = (case.settings.web_workers or max(1, min(os.cpu_count() or 1, 4))) + 4
    needed = MEMORY_LOW if is_running(case.settings.data_dir) else max(MEMORY_LOW, n_processes * DESK_PROCESS_BYTES)
    free = found["MemAvailable"]
    params = {"free": f"{free / 1024**3:.1f}", "all": f"{found['MemTotal'] / 1024**3:.1f}"}
    advice = N_("Give the machine more memory, or lower “web_workers”.")
    low = free < needed
    yield Line(WARN if low else OK, N_("{free} of {all} GiB of memory are free"), params, advice if low else "")


def _ports(case: Case) -> Iterator[Line]:
    ours = case.settings
    runs = is_running(ours.data_dir)
    for setting, address in (("listen", ours.listen), ("live_listen", ours.live_listen)):
        params = {"setting": setting, "address": address}
        if runs and answers(address):
            yield Line(OK, N_("{setting}: Vọng Gác answers on {address}"), params)
        elif runs:
            advice = N_("The log says why; vonggac up starts what ended again by itself.")
            yield Line(FAIL, N_("{setting}: vonggac up runs, but nothing answers on {address}"), params, advice)
        else:
            try:
                check_port(address, setting)
            except CannotRun as error:
                yield Line(FAIL, error.message, error.params)
            else:
                yield Line(OK, N_("{setting}: {address} is free"), params)


# --------------------------------------------------------------------------------------------- database and upkeep


def _database(_case: Case) -> Iterator[Line]:
    from django.db import connection

    from vonggac.jobs import installation

    connection.ensure_connection()
    params = {
        "version": installation.database_version(),
        "size": f"{installation.database_bytes() / 1024**2:.1f}",
        "where": installation.describe_database(),
    }
    yield Line(OK, N_("{version} answers: {where}, {size} MiB"), params)
    if connection.vendor == "postgresql":
        yield from _postgresql()
    else:
        yield from _sqlite()
    applied = installation.migrations_of_database()
    installation.check_schema(applied)
    n_missing = len(installation.migrations_of_program() - applied)
    if n_missing:
        advice = N_("vonggac up makes them; make a backup before.")
        yield Line(WARN, N_("changes of the tables that are still to be made: {n}"), {"n": n_missing}, advice)
    else:
        yield Line(OK, N_("the tables are those of this version"))


def _postgresql() -> Iterator[Line]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'), "
                       "current_setting('synchronous_commit'), pg_encoding_to_char(encoding) "
                       "FROM pg_database WHERE datname = current_database()")  # fmt: skip
        major, fsync, commit, encoding = cursor.fetchone()
    if major < POSTGRESQL_OLDEST:
        params = {"found": major, "oldest": POSTGRESQL_OLDEST}
        yield Line(FAIL, N_("PostgreSQL {found} is too old; at least {oldest} is needed"), params)
    if encoding != "UTF8":
        advice = N_("Make the database anew with ENCODING 'UTF8': Vietnamese needs it.")
        yield Line(FAIL, N_("the database is encoded in {encoding}"), {"encoding": encoding}, advice)
    if fsync != "on" or commit == "off":
        advice = N_("Set fsync and synchronous_commit to on: what was confirmed could be lost in a power cut.")
        yield Line(FAIL, N_("PostgreSQL does not wait for the disk"), advice=advice)


def _sqlite() -> Iterator[Line]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        said = str(cursor.fetchone()[0])
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0])
    if said != "ok":
        advice = N_("Stop Vọng Gác, keep a copy of the file, and restore the last good backup.")
        yield Line(FAIL, N_("the database is damaged: {reason}"), {"reason": said[:200]}, advice)
    else:
        yield Line(OK, N_("the database is intact (quick_check)"))
    if mode != "wal":
        advice = N_("The disk must be local: network file systems cannot hold SQLite in WAL mode.")
        yield Line(FAIL, N_("SQLite runs in the mode {mode}, not in WAL"), {"mode": mode}, advice)
    log = Path(f"{connection.settings_dict['NAME']}-wal")
    if log.exists() and log.stat().st_size > WAL_LARGE:
        params = {"n": log.stat().st_size // 1024**2}
        advice = N_("A long read keeps it from being folded in; end it, or start Vọng Gác again.")
        yield Line(WARN, N_("the log beside the database holds {n} MiB"), params, advice)


def _audit(case: Case) -> Iterator[Line]:
    from django.db import connection

    from vonggac.desk.audit import anchors, guard
    from vonggac.jobs.anchors import path_of

    if "audit_entry" not in connection.introspection.table_names():
        return
    missing = guard.missing()
    if missing:
        advice = N_(
            "Somebody removed them. Look who can reach the database; vonggac audit verify looks at every entry."
        )
        yield Line(FAIL, N_("triggers that keep the audit record from being changed are gone: {names}"),
                   {"names": ", ".join(missing)}, advice)  # fmt: skip
    else:
        yield Line(OK, N_("the audit record can only be added to"))
    last = anchors.last(path_of(case.settings))
    if last is None:
        return
    params = {"time": f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M}", "seq": last.seq}
    try:
        anchors.check(last)
    except anchors.ChainBroken:
        advice = N_("It was changed or cut, or an older backup stands here. Run: vonggac audit verify")
        yield Line(
            FAIL, N_("the audit record no longer agrees with its anchor of {time} UTC at entry {seq}"), params, advice
        )
    else:
        yield Line(OK, N_("the audit record agrees with its anchor of {time} UTC at entry {seq}"), params)


def _evidence(case: Case) -> Iterator[Line]:
    from django.db import connection

    from vonggac.jobs import evidence_store

    if "work_evidence" not in connection.introspection.table_names():
        return
    found = list(evidence_store.faults(case.settings, EVIDENCE_READ))
    if not found:
        yield Line(OK, N_("the files of the evidence store are there and unchanged"))
        return
    n_missing = sum(kind == "missing" for _name, kind in found)
    params = {"missing": n_missing, "changed": len(found) - n_missing, "name": found[0][0][:16]}
    advice = N_("Bring them back from a backup: they lie in it under their SHA-256. Look who can reach the folder.")
    yield Line(FAIL, N_("evidence: {missing} files are gone and {changed} were changed ({name}…)"), params, advice)


def _signature_roots(case: Case) -> Iterator[Line]:
    from vonggac.jobs.signed_pdf import roots_of

    roots = roots_of(case.settings)
    for root in roots:
        if root.ends <= case.now:
            params = {"name": root.name, "day": f"{root.ends:%Y-%m-%d}", "path": root.path}
            yield Line(WARN, N_("the authority “{name}” ended on {day} ({path})"), params,
                       N_("Get its new certificate from the authority and keep the old one for letters of before."))  # fmt: skip
    if roots:
        yield Line(OK, N_("signatures on letters are held against {n} authorities"), {"n": len(roots)})
    else:
        yield Line(WARN, N_("no authority for signatures on letters: none of them is called valid"),
                   advice=N_("Name the certificates of your authorities in “signature_roots”."))  # fmt: skip


def _documents(case: Case) -> Iterator[Line]:
    from vonggac.documents.pdf import lacking
    from vonggac.jobs import office_templates

    if packages := lacking():
        params = {"command": "apt-get install " + " ".join(packages)}
        yield Line(WARN, N_("letters and reports are made as DOCX only: LibreOffice or its fonts are missing"), params,
                   N_("As root: {command}"))  # fmt: skip
    else:
        yield Line(OK, N_("letters and reports are made as DOCX and PDF"))
    for form in office_templates.FORMS:
        path = office_templates.path_of(case.settings, form)
        if path is None:
            continue
        params = {"path": str(path), "form": form}
        try:
            office_templates.check(case.settings, form)
        except VonggacError as error:
            advice = N_("Take ours anew and change it in Word: vonggac letters template {form}")
            yield Line(FAIL, error.message, {**params, **error.params}, advice)
        else:
            yield Line(OK, N_("the template {path} can be used"), params)


def _worker(case: Case) -> Iterator[Line]:
    from vonggac.desk.notices.background import worker_state

    state = worker_state(case.now)
    if state.is_alive:
        yield Line(OK, N_("background work is done"))
    elif is_running(case.settings.data_dir):
        advice = N_("The log says why; stop vonggac up and start it again.")
        yield Line(FAIL, N_("background work stands still"), advice=advice)
    else:
        yield Line(WARN, N_("Vọng Gác does not run in this folder"), advice=N_("Start it: vonggac up"))
    for name, fault in state.faults:
        params = {"name": name, "fault": fault}
        yield Line(WARN, N_("the chore “{name}” failed: {fault}"), params, N_("It is tried again by itself."))


def _upkeep(case: Case) -> Iterator[Line]:
    from vonggac.jobs import installation

    for what, at, advice in (
        (
            N_("last good backup"),
            installation.last_backup(),
            N_("Make one: vonggac backup DIR. Daily ones: “backup_keep”."),
        ),
        (N_("last anchor of the audit record"), installation.last_anchor(case.settings), N_("vonggac audit anchor")),
    ):
        if at is None:
            yield Line(WARN, N_("{what}: none yet"), {"what": what}, advice)
        else:
            late = case.now - at > LATE
            params = {"what": what, "time": f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"}
            yield Line(WARN if late else OK, N_("{what}: {time} UTC"), params, advice if late else "")


def _mail(case: Case) -> Iterator[Line]:
    if not case.mail or not case.settings.smtp_url:
        return
    from vonggac.desk.notices.channels.door import Undelivered
    from vonggac.desk.notices.channels.email import Email

    try:
        Email(case.settings).knock()
    except Undelivered as error:
        advice = N_("Look at “smtp_url”, “smtp_password_file” and the firewall.")
        yield Line(FAIL, error.fault, error.params, advice)
    else:
        yield Line(OK, N_("the mail server {url} takes us; nothing was sent"), {"url": case.settings.smtp_url})


CHECKS: tuple[tuple[str, Callable[[Case], Iterator[Line]]], ...] = (
    (N_("settings"), _settings),
    (N_("secrets"), _secret_files),
    (N_("TLS"), _tls),
    (N_("clock"), _clock),
    (N_("disk"), _disk),
    (N_("memory"), _memory),
    (N_("ports"), _ports),
    (N_("database"), _database),
    (N_("audit record"), _audit),
    (N_("evidence"), _evidence),
    (N_("signatures"), _signature_roots),
    (N_("documents"), _documents),
    (N_("background work"), _worker),
    (N_("upkeep"), _upkeep),
    (N_("mail"), _mail),
)
"""The checks in the order of the report."""
