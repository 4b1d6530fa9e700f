"""Secrets of messages that wait: sealed with a key of the installation, so that a copy of the database opens nothing.

Fernet (AES-128-CBC with HMAC-SHA-256) under a key derived from Django's SECRET_KEY.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def seal(values: Mapping[str, Any]) -> str:
    """``values`` as a text that only this installation opens; empty for none."""
    return _fernet().encrypt(orjson.dumps(dict(values))).decode() if values else ""


def opened(sealed: str) -> dict[str, Any]:
    """The values of ``seal``; none when it was wiped or is not of this installation."""
    if not sealed:
        return {}
    try:
        found: dict[str, Any] = orjson.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        return {}
    return found


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"vonggac.notices:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
