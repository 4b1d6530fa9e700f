"""What fills the messages of an import, kept as JSON until the rim tells them to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def kept(params: Mapping[str, Any]) -> dict[str, Any]:
    """``params`` as plain JSON: whole numbers as they are, a time as {"at": ISO 8601}, all else as text."""
    return {name: _plain(value) for name, value in params.items()}


def filling(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What was given to :func:`kept`, times as times again, so that the rim tells them in its reader's way."""
    return {
        name: datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
        for name, value in stored.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value if isinstance(value, int) else str(value)
