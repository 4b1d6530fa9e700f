"""What is true of an installation now: its folders, its database and schema, when it was last saved and anchored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from vonggac.config import Settings
from vonggac.desk.audit.models import Entry
from vonggac.errors import N_, VonggacError
from vonggac.jobs import supervisor
from vonggac.jobs.supervisor import split_address

BACKED_UP = "operations.backup"
"""The action under which the audit record knows a good backup."""

RETIRED: frozenset[str] = frozenset()
"""Apps that earlier versions had and this one does without; whoever removes an app adds its label."""


class SchemaNewer(VonggacError):
    """The database was written by a newer Vọng Gác."""


def backup_folder(settings: Settings) -> Path:
    """Where the daily backups are."""
    return settings.backup_dir or settings.data_dir / "backups"


def state_file(settings: Settings) -> Path:
    """Where the supervisor says what runs."""
    return settings.data_dir / "up.json"


def metrics_folder(settings: Settings) -> Path:
    """Where the processes add up what they count."""
    return settings.data_dir / "metrics"


def live_url(settings: Settings) -> str:
    """Where browsers find the live stream."""
    from urllib.parse import urlsplit

    public = urlsplit(settings.public_url)
    return settings.live_url or f"{public.scheme}://{public.hostname}:{split_address(settings.live_listen)[1]}"


@cache
def migrations_of_program() -> frozenset[tuple[str, str]]:
    """The migrations that this program has, each (app, name)."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def migrations_of_database() -> frozenset[tuple[str, str]]:
    """The migrations that the database has had."""
    return frozenset(MigrationRecorder(connection).applied_migrations())


def check_schema(applied: frozenset[tuple[str, str]]) -> None:
    """Raise SchemaNewer when ``applied`` holds a migration that this program does not know."""
    unknown = sorted(change for change in applied - migrations_of_program() if change[0] not in RETIRED)
    if unknown:
        raise SchemaNewer(
            N_("was written by a newer Vọng Gác (it knows the change {change}); install that version or a later one"),
            where=describe_database(),
            change=".".join(unknown[0]),
        )


def describe_database() -> str:
    """The database for a person: the file, or user, host and name."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(values["NAME"])
    return f"postgresql://{values['USER']}@{values['HOST'] or 'localhost'}/{values['NAME']}"


def database_bytes() -> int:
    """How large the database is on its disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    return sum(path.stat().st_size for path in map(Path, (name, f"{name}-wal")) if path.exists())


def database_version() -> str:
    """Kind and version of the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"
        cursor.execute("SELECT sqlite_version()")
        return f"SQLite {cursor.fetchone()[0]}"


def last_backup() -> datetime | None:
    """When a good backup was last made, as the audit record knows it."""
    return Entry.objects.filter(action=BACKED_UP).order_by("-seq").values_list("at", flat=True).first()


def last_anchor(settings: Settings) -> datetime | None:
    """When the head of the audit record was last written down outside the database. Raises InputError."""
    from vonggac.desk.audit import anchors
    from vonggac.jobs.anchors import path_of

    found = anchors.last(path_of(settings))
    return found.at if found else None


def parts(settings: Settings) -> Iterator[dict[str, object]]:
    """What the supervisor of this folder runs: name, pid, since, n_restarts, last_exit."""
    state = supervisor.read_state(state_file(settings)) if supervisor.is_running(settings.data_dir) else None
    yield from state["parts"] if state else ()


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write on the disk of ``folder``, or of the nearest folder above that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
