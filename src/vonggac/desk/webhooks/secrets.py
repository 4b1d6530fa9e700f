"""Secrets of webhooks, sealed at rest, and the signature that they make (Standard Webhooks 1.0.0).

Sealed with Fernet (AES-128-CBC with HMAC-SHA-256) under a key derived from Django's SECRET_KEY. A message is signed by HMAC-SHA-256 over
its id, its time and its body, so that none of them can be changed and an old one cannot be sent again later unseen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

PREFIX: Final = "whsec_"
N_BYTES: Final = 32


def new() -> str:
    """A secret as it is handed over once: ``whsec_`` and 256 random bits in Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(N_BYTES)).decode()


def seal(secret: str) -> str:
    """``secret`` as only this installation opens it."""
    return _fernet().encrypt(secret.encode()).decode()


def opened(sealed: str) -> str:
    """What was sealed; empty when another key sealed it (the installation got a new secret key)."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def signed(secret: str, key: str, at: int, body: bytes) -> Mapping[str, str]:
    """The headers of a message ``key`` sent at ``at`` (seconds since 1970)."""
    content = f"{key}.{at}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), content, "sha256")
    return {
        "webhook-id": key,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"vonggac.webhooks:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
