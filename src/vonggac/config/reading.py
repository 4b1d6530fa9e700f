"""Where settings come from: the only place that reads the settings file and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vonggac.config import Settings, settings_from
from vonggac.errors import N_, ConfigError


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of this process: ``VONGGAC_*`` over the settings file over the defaults.

    The file is ``$VONGGAC_CONFIG``, which must exist, else ``$XDG_CONFIG_HOME/vonggac/config.toml``, which need not.
    """
    asked = environment.get("VONGGAC_CONFIG", "")
    path = Path(asked) if asked else _folder(environment, "XDG_CONFIG_HOME", ".config") / "config.toml"
    return settings_from(
        _read(path) if asked or path.is_file() else {},
        environment,
        where=str(path),
        cache_dir=_folder(environment, "XDG_CACHE_HOME", ".cache"),
        data_dir=_folder(environment, "XDG_DATA_HOME", ".local/share"),
    )


def _folder(environment: Mapping[str, str], variable: str, default: str) -> Path:
    """Our folder under an XDG base directory; a relative one counts as unset (XDG Base Directory Specification)."""
    base = environment.get(variable, "")
    return (Path(base) if base.startswith("/") else Path.home() / default) / "vonggac"


def _read(path: Path) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            N_("the settings could not be read: {reason}"), where=str(path), reason=error.strerror
        ) from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigError(N_("the settings are not valid TOML: {reason}"), where=str(path), reason=str(error)) from None
