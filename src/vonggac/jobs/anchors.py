"""The daily anchor of the audit chain: its head into a file and by mail, where nobody who owns the database can reach it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from vonggac.config import Settings
from vonggac.desk.audit import anchors
from vonggac.desk.audit.anchors import Anchor


def path_of(settings: Settings) -> Path:
    """Where the anchors are kept."""
    return settings.anchor_file or settings.data_dir / "audit-anchors.jsonl"


def run(settings: Settings, now: datetime) -> Anchor | None:
    """Make the anchor of the day when it is due; None when it is not. Raises as ``write``."""
    last = anchors.last(path_of(settings))
    if not anchors.due(now, last.at if last else None):
        return None
    return write(settings, now)


def write(settings: Settings, now: datetime) -> Anchor:
    """Make an anchor at once: file first, then mail.

    Raises ChainBroken, and writes nothing, when the chain no longer holds the last anchor; DeskError or InputError when the
    file cannot be written or read.
    """
    path = path_of(settings)
    if last := anchors.last(path):
        anchors.check(last)
    anchor = anchors.head(now)
    anchors.append(path, anchor)
    if settings.anchor_mail:
        _mail(settings, anchor)
    return anchor


def _mail(settings: Settings, anchor: Anchor) -> None:
    from vonggac.desk.notices.actions import enqueue

    with transaction.atomic():
        enqueue(
            template="audit_anchor",
            organisation_id=None,
            email=settings.anchor_mail,
            language=settings.language or "vi",
            values={"seq": anchor.seq, "hash": anchor.hash, "at": anchor.at},
            key=f"audit_anchor:{anchor.seq}:{anchor.at.isoformat()}",
        )
