"""Django's description of the database that our settings name."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from vonggac.config import Settings
from vonggac.web.secret_key import secret_in


def database_of(settings: Settings) -> dict[str, Any]:
    """SQLite in ``data_dir`` (WAL, a write transaction takes its lock at once and waits up to 30 s), or PostgreSQL.

    The host of a PostgreSQL address may be a folder with a socket, percent-encoded (libpq's connection URIs).
    Raises ConfigError when the password cannot be read.
    """
    if not settings.database:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": settings.data_dir / "desk.sqlite3",
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; "
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY",
            },
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": None},
        }
    parts = urlsplit(settings.database)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "vonggac",
        "USER": unquote(parts.username or ""),
        "PASSWORD": secret_in(settings.database_password_file, "database_password_file"),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, "application_name": "vonggac", **dict(parse_qsl(parts.query))},
    }
