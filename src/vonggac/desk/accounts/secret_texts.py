"""Secrets that open something: made at random, kept as their SHA-256 only. Pure."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "vgt_"
"""What API tokens begin with, so that scanners find those that were published by accident."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike when they are read from a screen or a sheet of paper."""


def new_token() -> str:
    """256 random bits as 43 letters that may stand in a URL."""
    return secrets.token_urlsafe(32)


def new_api_secret() -> str:
    """The secret of an API token: PREFIX and 256 random bits."""
    return PREFIX + new_token()


def one_time_password() -> str:
    """Four groups of five letters: 99 random bits that a person can type."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def digest(secret: str) -> str:
    """What is kept of a secret. It is random and long, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
