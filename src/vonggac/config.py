"""Settings: one frozen object, made once at the rim and handed down as values.

``settings_from`` is pure: it takes what a TOML file and the environment say. Only ``cli`` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from vonggac.errors import N_, ConfigError

LANGUAGES = ("vi", "en")

VARIABLES = {
    "VONGGAC_LANG": "language",
    "VONGGAC_ZONE": "zone",
    "VONGGAC_JOBS": "jobs",
    "VONGGAC_CACHE_DIR": "cache_dir",
    "VONGGAC_DATA_DIR": "data_dir",
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


_READERS = {
    "language": _read_language,
    "zone": _read_zone,
    "jobs": _read_jobs,
    "cache_dir": _read_folder,
    "data_dir": _read_folder,
}
