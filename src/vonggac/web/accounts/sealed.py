"""Seeds of one-time codes, sealed at rest: a copy of the database alone makes no codes.

Fernet (AES-128-CBC with HMAC-SHA-256) under a key derived from Django's SECRET_KEY.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from vonggac.errors import N_, ConfigError


def seal(text: str) -> str:
    """``text`` as only this installation opens it."""
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()


def opened(sealed: str) -> str:
    """What was sealed; raises ConfigError when another key sealed it."""
    try:
        return _fernet(settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ConfigError(
            N_("the second factors were sealed with another secret key: restore secret.key from the backup")
        ) from None


@lru_cache(maxsize=2)
def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"vonggac.factors:" + key.encode()).digest()))
