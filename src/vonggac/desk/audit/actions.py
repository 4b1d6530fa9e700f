"""The one way to write: an action opens ``recording``, changes records, and its entry commits with them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from vonggac.desk.audit import chain
from vonggac.desk.audit.models import Detail, Entry, Head
from vonggac.desk.scope.asker import Asker


def snapshot(record: models.Model) -> dict[str, Any]:
    """The columns of ``record`` as they are, without those that its class lists in ``AUDIT_SECRET``."""
    secret = getattr(record, "AUDIT_SECRET", ())
    return {
        column.attname: getattr(record, column.attname)
        for column in record._meta.concrete_fields  # noqa: SLF001  # the documented name of Django's model API
        if column.name not in secret
    }


@dataclass
class Recording:
    """What an action did so far. ``on`` may be set inside the block, where the action makes the record."""

    asker: Asker
    action: str
    on: models.Model | None = None
    organisation_id: int | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    n_objects: int = 0
    entry: Entry | None = None

    def created(self, record: models.Model) -> None:
        """``record`` is new."""
        self._change(record, None, snapshot(record))

    def changed(self, record: models.Model, before: Mapping[str, Any]) -> None:
        """``record`` was ``before`` (a snapshot); only what differs is kept."""
        after = snapshot(record)
        names = [name for name, value in after.items() if before.get(name) != value]
        if names:
            self._change(record, {name: before.get(name) for name in names}, {name: after[name] for name in names})

    def deleted(self, record: models.Model, before: Mapping[str, Any]) -> None:
        """``record``, which was ``before``, is gone."""
        self._change(record, dict(before), None)

    def note(self, **values: Any) -> None:
        """Something said with the action: a reason, a count, the digest of many rows. Plain values only."""
        self.changes.append({"note": values})

    def _change(self, record: models.Model, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.n_objects += 1
        label = str(record)[:200]
        kind = record._meta.label_lower  # noqa: SLF001
        self.changes.append({"type": kind, "id": record.pk, "label": label, "before": before, "after": after})


@contextmanager
def recording(
    asker: Asker, action: str, *, on: models.Model | None = None, organisation_id: int | None = None
) -> Iterator[Recording]:
    """One transaction with one entry at its end, or nothing at all. ``action`` is ``<noun>.<verb>``.

    The head of the chain is locked last, so that others wait for the entry only. Yields the Recording to fill.
    """
    with transaction.atomic():
        record = Recording(asker, action, on, organisation_id)
        yield record
        _append(record)


def _append(record: Recording) -> None:
    asker = record.asker
    content = chain.canonical(
        {
            "actor": asker.name,
            "address": asker.origin.address,
            "agent": asker.origin.agent[:200],
            "session": asker.origin.session,
            "changes": record.changes,
        }
    )
    salt = secrets.token_hex(16)
    on = record.on
    head, _made = Head.objects.select_for_update().get_or_create(pk=1, defaults={"seq": 0, "hash": chain.START})
    entry = Entry(
        seq=head.seq + 1,
        at=timezone.now(),
        actor_id=asker.user_id,
        via=asker.origin.via,
        action=record.action,
        object_type=on._meta.label_lower if on is not None else "",  # noqa: SLF001
        object_id="" if on is None or on.pk is None else str(on.pk),
        organisation_id=record.organisation_id,
        n_objects=record.n_objects,
        detail_hash=chain.detail_hash(salt, content),
    )
    values = tuple(getattr(entry, name) for name in chain.FIELDS)
    entry.hash = chain.link(head.hash, (values[0], chain.microseconds(entry.at), *values[2:]))
    entry.save(force_insert=True)
    Detail.objects.bulk_create([Detail(entry=entry, salt=salt, content=content)])
    Head.objects.filter(pk=1).update(seq=entry.seq, hash=entry.hash)
    record.entry = entry
