"""Secrets stand in files: the key that signs sessions and links, made once, and those that the settings name."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from vonggac.errors import N_, ConfigError


def secret_key_in(folder: Path) -> str:
    """The key in ``folder``/secret.key, made when there is none. Raises ConfigError when it can be neither read nor made."""
    path = folder / "secret.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise ConfigError(
            N_("the secret key could not be kept: {reason}"), where=str(path), reason=error.strerror
        ) from None


def _make(path: Path) -> None:
    """A new key under its name once it is whole; of several who make one at once, the first counts."""
    handle, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for its owner only
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
            stream.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        Path(new).unlink()


def _read(path: Path) -> str:
    key = path.read_text("ascii").strip()
    if len(key) < 50:
        raise ConfigError(
            N_("the secret key is cut short; restore it from a backup, or delete it: all sign in anew"), where=str(path)
        )
    return key


def secret_in(path: Path | None, setting: str) -> str:
    """The one line of the file that ``setting`` names; empty without a file. Raises ConfigError naming the setting."""
    if path is None:
        return ""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise ConfigError(
            N_("{path} could not be read: {reason}"), where=setting, path=str(path), reason=reason
        ) from None
    if not text or "\n" in text:
        raise ConfigError(
            N_("{path} should hold the secret on one line and nothing else"), where=setting, path=str(path)
        )
    return text
