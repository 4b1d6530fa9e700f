"""Settings: one frozen object, made once at the rim and handed down as values.

``settings_from`` is pure: it takes what a TOML file and the environment say. Only ``cli`` and ``web`` read them, through
``config.reading``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from vonggac.errors import N_, ConfigError

LANGUAGES = ("vi", "en")
LEVELS = ("debug", "info", "warning", "error")

VARIABLES = {
    "VONGGAC_LANG": "language",
    "VONGGAC_ZONE": "zone",
    "VONGGAC_JOBS": "jobs",
    "VONGGAC_CACHE_DIR": "cache_dir",
    "VONGGAC_DATA_DIR": "data_dir",
    "VONGGAC_DATABASE": "database",
    "VONGGAC_DATABASE_PASSWORD_FILE": "database_password_file",
    "VONGGAC_PUBLIC_URL": "public_url",
    "VONGGAC_LISTEN": "listen",
    "VONGGAC_LIVE_LISTEN": "live_listen",
    "VONGGAC_LIVE_URL": "live_url",
    "VONGGAC_TRUSTED_PROXIES": "trusted_proxies",
    "VONGGAC_TLS_CERTIFICATE": "tls_certificate",
    "VONGGAC_TLS_KEY": "tls_key",
    "VONGGAC_WEB_WORKERS": "web_workers",
    "VONGGAC_SMTP_URL": "smtp_url",
    "VONGGAC_SMTP_PASSWORD_FILE": "smtp_password_file",
    "VONGGAC_MAIL_FROM": "mail_from",
    "VONGGAC_OIDC_ISSUER": "oidc_issuer",
    "VONGGAC_OIDC_CLIENT_ID": "oidc_client_id",
    "VONGGAC_OIDC_SECRET_FILE": "oidc_secret_file",
    "VONGGAC_OIDC_NAME": "oidc_name",
    "VONGGAC_ANCHOR_FILE": "anchor_file",
    "VONGGAC_ANCHOR_MAIL": "anchor_mail",
    "VONGGAC_LOG_LEVEL": "log_level",
}
"""Environment variable to the setting that it overrides."""

OTHER_VARIABLES = frozenset({"VONGGAC_CONFIG", "VONGGAC_CORPORA", "VONGGAC_PYTHON", "VONGGAC_HOME"})
"""Variables of ours that are no settings: the settings file itself, the test corpora, the launcher's."""

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation decides once.

    ``language``: of messages, empty to follow the locale. ``zone``: of log times that name none. ``jobs``: worker
    processes, 0 for one per processor. ``cache_dir``: compiled rules, safe to delete. ``data_dir``: what is remembered (column mappings).
    """

    language: str = ""
    zone: str = "+07:00"
    jobs: int = 0
    cache_dir: Path = Path()
    data_dir: Path = Path()
    database: str = ""
    """``postgresql://user@host:port/name``; empty for SQLite in ``data_dir``. Its password stands in a file."""
    database_password_file: Path | None = None
    public_url: str = "http://localhost:8480"
    """Where browsers find the portal: scheme, host and port, no path."""
    listen: str = "127.0.0.1:8480"
    live_listen: str = "127.0.0.1:8481"
    live_url: str = ""
    """Where browsers find the live stream; empty for the host of ``public_url`` at the port of ``live_listen``."""
    trusted_proxies: str = ""
    """Addresses of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed, by commas."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    web_workers: int = 0
    """Processes that serve pages; 0 is one per processor, at most 4."""
    smtp_url: str = ""
    """``smtp://user@host:587`` (STARTTLS), ``smtps://user@host:465`` or ``smtp+plain://host:25``; empty: no e-mail leaves."""
    smtp_password_file: Path | None = None
    mail_from: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: Path | None = None
    oidc_name: str = ""
    anchor_file: Path | None = None
    """Where heads of the audit chain are written daily, outside the database; empty: ``data_dir/audit-anchors.jsonl``."""
    anchor_mail: str = ""
    log_level: str = "info"


def settings_from(
    file: Mapping[str, object], environment: Mapping[str, str], *, where: str, cache_dir: Path, data_dir: Path
) -> Settings:
    """Settings of the parsed TOML ``file`` (named ``where``), overridden by the ``VONGGAC_*`` of ``environment``.

    ``cache_dir`` and ``data_dir`` are the platform's defaults. Raises ConfigError naming the key and the valid ones.
    """
    values: dict[str, tuple[object, str]] = {"cache_dir": (cache_dir, ""), "data_dir": (data_dir, "")}
    valid = sorted(set(VARIABLES.values()))
    for key, value in file.items():
        if key not in valid:
            raise ConfigError(
                N_("unknown setting “{key}”; the settings are {valid}"), where=where, key=key, valid=", ".join(valid)
            )
        values[key] = (value, f"{where}: {key}")
    for name, text in environment.items():
        if name.startswith("VONGGAC_") and name not in OTHER_VARIABLES:
            if name not in VARIABLES:
                raise ConfigError(
                    N_("unknown variable; the variables are {valid}"), where=name, valid=", ".join(VARIABLES)
                )
            if text:
                values[VARIABLES[name]] = (text, name)
    return Settings(**{key: _READERS[key](value, place) for key, (value, place) in values.items()})  # type: ignore[arg-type]


def zone_from(value: object, where: str = "") -> tzinfo:
    """A time zone of its name (``Asia/Ho_Chi_Minh``), its offset (``+07:00``) or ``UTC``."""
    text = value if isinstance(value, str) else ""
    if text.upper() in ("UTC", "Z"):
        return UTC
    if found := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset < timedelta(hours=24):
            return timezone(-offset if found[1] == "-" else offset)
    else:
        try:
            return ZoneInfo(text)
        except (ValueError, OSError, KeyError):  # not found, not a name, a folder
            pass
    raise ConfigError(
        N_("“{value}” is no time zone; expected for example +07:00, UTC or Asia/Ho_Chi_Minh"),
        where=where,
        value=str(value),
    )


def _read_zone(value: object, where: str) -> str:
    zone_from(value, where)
    return str(value)


def _read_language(value: object, where: str) -> str:
    if value not in LANGUAGES:
        raise ConfigError(
            N_("“{value}” is no language we speak; expected {valid}"),
            where=where,
            value=str(value),
            valid=", ".join(LANGUAGES),
        )
    return str(value)


def _read_jobs(value: object, where: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or int(text) > 256:
        raise ConfigError(
            N_("“{value}” is no number of worker processes; expected 0 (one per processor) to 256"),
            where=where,
            value=text,
        )
    return int(text)


def _read_folder(value: object, where: str) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value:
        raise ConfigError(N_("“{value}” is no folder; expected a path as text"), where=where, value=str(value))
    return Path(value).expanduser()


def _read_text(value: object, where: str) -> str:
    if not isinstance(value, str) or any(ord(char) < 32 for char in value):
        raise ConfigError(N_("“{value}” is no text on one line"), where=where, value=str(value))
    return value.strip()


def _read_url(*schemes: str) -> Callable[[object, str], str]:
    def read(value: object, where: str) -> str:
        text = _read_text(value, where)
        parts = urlsplit(text)
        if text and (parts.scheme not in schemes or not parts.hostname or parts.password):
            raise ConfigError(
                N_("expected an address that begins with {schemes}, with a host and without a password"),
                where=where,
                schemes=", ".join(f"{scheme}://" for scheme in schemes),
            )
        return text.rstrip("/")

    return read


def _read_listen(value: object, where: str) -> str:
    text = _read_text(value, where)
    host, _colon, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(N_("“{value}” is no address to listen on; expected host:port"), where=where, value=text)
    return text


def _read_level(value: object, where: str) -> str:
    if value not in LEVELS:
        raise ConfigError(
            N_("“{value}” is no log level; expected {valid}"), where=where, value=str(value), valid=", ".join(LEVELS)
        )
    return str(value)


_READERS: dict[str, Callable[[object, str], object]] = {
    "language": _read_language,
    "zone": _read_zone,
    "jobs": _read_jobs,
    "cache_dir": _read_folder,
    "data_dir": _read_folder,
    "database": _read_url("postgresql"),
    "database_password_file": _read_folder,
    "public_url": _read_url("http", "https"),
    "listen": _read_listen,
    "live_listen": _read_listen,
    "live_url": _read_url("http", "https"),
    "trusted_proxies": _read_text,
    "tls_certificate": _read_folder,
    "tls_key": _read_folder,
    "web_workers": _read_jobs,
    "smtp_url": _read_url("smtp", "smtps", "smtp+plain"),
    "smtp_password_file": _read_folder,
    "mail_from": _read_text,
    "oidc_issuer": _read_url("https", "http"),
    "oidc_client_id": _read_text,
    "oidc_secret_file": _read_folder,
    "oidc_name": _read_text,
    "anchor_file": _read_folder,
    "anchor_mail": _read_text,
    "log_level": _read_level,
}
