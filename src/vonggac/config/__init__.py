"""Settings: one frozen object, made once at the rim and handed down as values.

``settings_from`` is pure: it takes what a TOML file and the environment say. Only ``cli`` and ``web`` read them, through
``config.reading``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vonggac.config import values
from vonggac.config.values import LANGUAGES, LEVELS, zone_from
from vonggac.errors import N_, ConfigError

__all__ = ["LANGUAGES", "LEVELS", "OTHER_VARIABLES", "VARIABLES", "Settings", "settings_from", "zone_from"]

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
    "VONGGAC_BACKUP_DIR": "backup_dir",
    "VONGGAC_BACKUP_KEEP": "backup_keep",
    "VONGGAC_METRICS_TOKEN_FILE": "metrics_token_file",
    "VONGGAC_WEBHOOK_HOSTS": "webhook_hosts",
    "VONGGAC_SIGNATURE_ROOTS": "signature_roots",
    "VONGGAC_LETTER_TEMPLATE": "letter_template",
    "VONGGAC_REPORT_TEMPLATE": "report_template",
}
"""Environment variable to the setting that it overrides."""

OTHER_VARIABLES = frozenset({"VONGGAC_CONFIG", "VONGGAC_CORPORA", "VONGGAC_PYTHON", "VONGGAC_HOME", "VONGGAC_PROCESS"})
"""Variables of ours that are no settings: the settings file itself, the test corpora, the launcher's, a process's name."""


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
    """Addresses or networks of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed, by commas."""
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
    backup_dir: Path | None = None
    """Where the daily backups go; empty: ``data_dir/backups``."""
    backup_keep: int = 14
    """How many daily backups are kept; 0 makes none."""
    metrics_token_file: Path | None = None
    """The token with which other machines may read ``/metrics``; without it only this machine may."""
    webhook_hosts: str = ""
    """Hosts of the inner network to which webhooks may go, by commas; all others must stand in the internet."""
    signature_roots: tuple[Path, ...] = ()
    """Files or folders of certificates (PEM, DER) of the authorities whose signatures on letters are believed."""
    letter_template: Path | None = None
    report_template: Path | None = None
    """The office's own Word templates for letters and reports, in the place of those that are shipped."""


def settings_from(
    file: Mapping[str, object], environment: Mapping[str, str], *, where: str, cache_dir: Path, data_dir: Path
) -> Settings:
    """Settings of the parsed TOML ``file`` (named ``where``), overridden by the ``VONGGAC_*`` of ``environment``.

    ``cache_dir`` and ``data_dir`` are the platform's defaults. Raises ConfigError naming the key and the valid ones.
    """
    found: dict[str, tuple[object, str]] = {"cache_dir": (cache_dir, ""), "data_dir": (data_dir, "")}
    valid = sorted(set(VARIABLES.values()))
    for key, value in file.items():
        if key not in valid:
            raise ConfigError(
                N_("unknown setting “{key}”; the settings are {valid}"), where=where, key=key, valid=", ".join(valid)
            )
        found[key] = (value, f"{where}: {key}")
    for name, text in environment.items():
        if name.startswith("VONGGAC_") and name not in OTHER_VARIABLES:
            if name not in VARIABLES:
                raise ConfigError(
                    N_("unknown variable; the variables are {valid}"), where=name, valid=", ".join(VARIABLES)
                )
            if text:
                found[VARIABLES[name]] = (text, name)
    settings = Settings(**{key: _READERS[key](value, place) for key, (value, place) in found.items()})  # type: ignore[arg-type]
    _fit_together(settings)
    return settings


def _fit_together(settings: Settings) -> None:
    """Raise ConfigError where one setting makes no sense without another."""
    for one, other in (
        ("tls_certificate", "tls_key"),
        ("tls_key", "tls_certificate"),
        ("database_password_file", "database"),
        ("smtp_url", "mail_from"),
        ("anchor_mail", "smtp_url"),
        ("oidc_issuer", "oidc_client_id"),
    ):
        if getattr(settings, one) and not getattr(settings, other):
            raise ConfigError(N_("needs the setting “{other}” too"), where=one, other=other)
    if settings.listen == settings.live_listen:
        raise ConfigError(
            N_("pages and live stream need addresses of their own; both have {listen}"),
            where="live_listen",
            listen=settings.listen,
        )


_READERS: dict[str, Callable[[object, str], object]] = {
    "language": values.read_language,
    "zone": values.read_zone,
    "jobs": values.read_processes,
    "cache_dir": values.read_path,
    "data_dir": values.read_path,
    "database": values.read_database,
    "database_password_file": values.read_path,
    "public_url": values.read_origin,
    "listen": values.read_listen,
    "live_listen": values.read_listen,
    "live_url": values.read_origin,
    "trusted_proxies": values.read_networks,
    "tls_certificate": values.read_path,
    "tls_key": values.read_path,
    "web_workers": values.read_processes,
    "smtp_url": values.address_reader("smtp", "smtps", "smtp+plain"),
    "smtp_password_file": values.read_path,
    "mail_from": values.read_mailbox,
    "oidc_issuer": values.address_reader("https", "http"),
    "oidc_client_id": values.read_text,
    "oidc_secret_file": values.read_path,
    "oidc_name": values.read_text,
    "anchor_file": values.read_path,
    "anchor_mail": values.read_mailbox,
    "log_level": values.read_level,
    "backup_dir": values.read_path,
    "backup_keep": values.read_count,
    "metrics_token_file": values.read_path,
    "webhook_hosts": values.read_hosts,
    "signature_roots": values.read_paths,
    "letter_template": values.read_path,
    "report_template": values.read_path,
}
