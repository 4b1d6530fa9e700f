"""What the page of operations shows: the same facts that ``doctor`` and ``/metrics`` use, put into words."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext

from vonggac import __version__
from vonggac.config import Settings
from vonggac.desk.audit.models import Head
from vonggac.desk.notices.background import WorkerState, worker_state
from vonggac.desk.notices.delivery import is_holding
from vonggac.errors import InputError
from vonggac.jobs import installation, log_files

TROUBLE = frozenset({"warning", "error", "critical"})
N_TROUBLES = 20
BACKUP_LATE = timedelta(hours=36)
ANCHOR_LATE = timedelta(hours=36)
DISK_LOW = 2 * 1024**3
DISK_LOW_PART = 0.1


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder and how full its disk is, in bytes."""

    title: str
    folder: str
    n_used: int
    n_all: int
    n_free: int

    @property
    def is_low(self) -> bool:
        """Whether somebody should make room."""
        return self.n_free < max(DISK_LOW, self.n_all * DISK_LOW_PART)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line of the log that says that something went wrong."""

    at: datetime | None
    level: str
    process: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything on the page. Times are aware."""

    version: str
    database: str
    database_version: str
    n_database_bytes: int
    audit_head: int
    parts: list[dict[str, Any]]
    worker: WorkerState
    backup_at: datetime | None
    backups_are_made: bool
    anchor_at: datetime | None
    disks: list[Disk]
    troubles: list[Trouble]
    facts: list[tuple[str, str]]
    holds_messages: bool

    @property
    def is_backup_late(self) -> bool:
        """Whether the last good backup is missing or too old."""
        return self.backup_at is None or timezone.now() - self.backup_at > BACKUP_LATE

    @property
    def is_anchor_late(self) -> bool:
        """Whether the last anchor is missing or too old."""
        return self.anchor_at is None or timezone.now() - self.anchor_at > ANCHOR_LATE


def gather(settings: Settings) -> Status:
    """How things stand."""
    try:
        anchor_at = installation.last_anchor(settings)
    except InputError:
        anchor_at = None
    return Status(
        version=__version__,
        database=installation.describe_database(),
        database_version=installation.database_version(),
        n_database_bytes=installation.database_bytes(),
        audit_head=Head.objects.filter(pk=1).values_list("seq", flat=True).first() or 0,
        parts=[{**part, "since": _time(part["since"])} for part in installation.parts(settings)],
        worker=worker_state(),
        backup_at=installation.last_backup(),
        backups_are_made=settings.backup_keep > 0,
        anchor_at=anchor_at,
        disks=_disks(settings),
        troubles=[
            Trouble(_time(row.get("at")), row["level"], str(row.get("process", "")), row["message"][:300])
            for row in log_files.latest(log_files.folder_of(settings.data_dir), TROUBLE, N_TROUBLES)
        ],
        facts=_facts(settings),
        holds_messages=is_holding(),
    )


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _disks(settings: Settings) -> list[Disk]:
    found = []
    for title, folder in (
        (gettext("Data"), settings.data_dir),
        (gettext("Backups"), installation.backup_folder(settings)),
    ):
        usage = shutil.disk_usage(_existing(folder))
        found.append(Disk(title, str(folder), usage.used, usage.used + usage.free, usage.free))
    return found


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _facts(settings: Settings) -> list[tuple[str, str]]:
    """Settings that people ask about, none of them secret."""
    mail = urlsplit(settings.smtp_url)
    server = f"{mail.scheme}://{mail.hostname}:{mail.port or ''}".rstrip(":") if settings.smtp_url else ""
    return [
        (gettext("Address of the portal"), settings.public_url),
        (gettext("Pages listen on"), settings.listen),
        (gettext("Live stream"), installation.live_url(settings)),
        (gettext("Trusted proxies"), settings.trusted_proxies or gettext("none")),
        (gettext("Mail server"), server or gettext("none: no e-mail leaves")),
        (gettext("Sender of mail"), settings.mail_from or gettext("none")),
        (gettext("Single sign-on"), settings.oidc_issuer or gettext("none")),
        (gettext("Data folder"), str(settings.data_dir)),
        (gettext("Log files"), str(log_files.folder_of(settings.data_dir))),
    ]
