"""The one way to write: an action opens ``recording``, changes records, and its entry commits with them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from vonggac.desk.audit import chain, guard
from vonggac.desk.audit.models import Detail, Entry, Head, Touch
from vonggac.desk.audit.queries import holding_details
from vonggac.desk.audit.spans import spans_of
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.searching import search_form
from vonggac.errors import N_, Fault, InvalidValues, NotAllowed

_MAX_FOLDED = 2000
_MAX_LABEL = 200
KEPT_CHANGES = 500
"""Changes that a detail holds whole; of more, the number and a digest are kept."""
_ERASED_AT_ONCE = 2000
"""Details per transaction: well under a second."""
_open: ContextVar[str] = ContextVar("the action that is being recorded", default="")


class NestedRecording(Exception):  # named for what happened
    """An action was opened inside another one: a fault of the program, since one action makes one entry."""


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
        # A deleted record has lost its key; what it was before has it.
        key = record.pk if record.pk is not None else (before or {}).get(record._meta.pk.attname)  # noqa: SLF001
        change = {"type": _kind(record), "id": key, "label": _label(record), "before": before, "after": after}
        self.changes.append(change)


@contextmanager
def recording(
    asker: Asker, action: str, *, on: models.Model | None = None, organisation_id: int | None = None
) -> Iterator[Recording]:
    """One transaction with one entry at its end, or nothing at all. ``action`` is ``<noun>.<verb>``.

    The head of the chain is locked last, so that others wait for the entry only. Yields the Recording to fill.
    Raises NestedRecording inside another one.
    """
    if around := _open.get():
        raise NestedRecording(f"“{action}” is recorded inside “{around}”: one action makes one entry")
    token = _open.set(action)
    try:
        with transaction.atomic():
            record = Recording(asker, action, on, organisation_id)
            yield record
            _append(record)
    finally:
        _open.reset(token)


def _kind(record: models.Model) -> str:
    return record._meta.label_lower  # noqa: SLF001


def _label(record: models.Model | None) -> str:
    return "" if record is None else str(record)[:_MAX_LABEL]


def _kept(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``changes``, of very many the notes, the first of the others, and a digest of the rest: a detail is read whole."""
    if len(changes) <= KEPT_CHANGES:
        return changes
    notes = [change for change in changes if "note" in change][:KEPT_CHANGES]
    others = [change for change in changes if "note" not in change]
    rest = others[KEPT_CHANGES:]
    digest = hashlib.sha256(chain.canonical({"changes": rest}).encode()).hexdigest()
    return [*notes, *others[:KEPT_CHANGES], {"note": {"n_more": len(rest), "sha256": digest}}]


def _folded(labels: Iterable[str]) -> str:
    """Their search form, without what a database cannot keep (NUL, lone surrogates)."""
    text = search_form(*labels)[:_MAX_FOLDED].replace("\0", "")
    return text.encode("utf-8", "ignore").decode("utf-8")


def _append(record: Recording) -> None:
    asker, on = record.asker, record.on
    label = _label(on)
    content = chain.canonical(
        {
            "actor": asker.name,
            "address": asker.origin.address,
            "agent": asker.origin.agent[:200],
            "session": asker.origin.session,
            "label": label,
            "changes": _kept(record.changes),
        }
    )
    object_type, object_id = ("", "") if on is None else (_kind(on), "" if on.pk is None else str(on.pk))
    labels = dict.fromkeys([asker.name, label, *(change.get("label", "") for change in record.changes[:100])])
    entry = Entry(
        actor_id=asker.user_id,
        via=asker.origin.via,
        action=record.action,
        object_type=object_type,
        object_id=object_id,
        organisation_id=record.organisation_id,
        n_objects=record.n_objects,
    )
    detail = Detail(salt=secrets.token_hex(16), folded=_folded(labels), content=content)
    entry.detail_hash = chain.detail_hash(detail.salt, content)
    touched = {(change["type"], str(change["id"])) for change in record.changes if change.get("id") is not None} - {
        (object_type, object_id)
    }
    seq, before = _lock_head()
    entry.seq, entry.at = seq + 1, timezone.now()
    values = tuple(getattr(entry, name) for name in chain.FIELDS)
    entry.hash = chain.link(before, (values[0], chain.microseconds(entry.at), *values[2:]))
    _write(entry, detail)
    Touch.objects.bulk_create(
        [Touch(object_type=kind, object_id=key, seq=entry.seq) for kind, key in sorted(touched)], batch_size=2000
    )
    record.entry = entry


def _lock_head() -> tuple[int, str]:
    """The head, ours until the transaction ends."""
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""  # SQLite has one writer at a time anyway
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT seq, hash FROM audit_head WHERE id = 1{lock}")  # noqa: S608  # no value in it
        found = cursor.fetchone()
    if found is None:
        head, _made = Head.objects.select_for_update().get_or_create(pk=1, defaults={"seq": 0, "hash": chain.START})
        return head.seq, head.hash
    return found[0], found[1]


def erase(asker: Asker, reason: str, *, seqs: Iterable[int] = (), actor_id: int | None = None, person: str = "") -> int:
    """Erase the personal details of entries: those numbered ``seqs``, or all of ``actor_id``, or all that hold ``person``.

    Needs audit.erase everywhere. What was done stays, and the chain holds; who, on what and from where is gone for good. Done in
    parts of one transaction each, every part with an entry that names the entries and the reason (not the person). Entries
    about erasures keep their details. Gives how many were erased. Raises InvalidValues.
    """
    numbers = list(_to_erase(asker, reason, seqs, actor_id, person))
    for start in range(0, len(numbers), _ERASED_AT_ONCE):
        _erase(asker, reason.strip(), numbers[start : start + _ERASED_AT_ONCE])
    return len(numbers)


def erasable(
    asker: Asker, reason: str, *, seqs: Iterable[int] = (), actor_id: int | None = None, person: str = ""
) -> int:
    """How many entries ``erase`` with the same arguments would concern; refuses what it would refuse."""
    return _to_erase(asker, reason, seqs, actor_id, person).count()


def _to_erase(
    asker: Asker, reason: str, seqs: Iterable[int], actor_id: int | None, person: str
) -> models.QuerySet[Any]:
    require(asker, "audit.erase", None)
    wanted, person = sorted(set(seqs)), person.strip()
    _check_erasure(reason.strip(), sum((bool(wanted), actor_id is not None, bool(person))), person)
    rows = holding_details(wanted, actor_id, person)
    return rows.order_by("entry_id").values_list("entry_id", flat=True)


def _check_erasure(reason: str, n_ways: int, person: str) -> None:
    faults = []
    if not 5 <= len(reason) <= 500:
        faults.append(Fault("reason", N_("say why, in 5 to 500 characters")))
    if n_ways != 1:
        faults.append(Fault("", N_("say either which entries, or whose, or which text; one of them")))
    elif person and len(person) < 4:
        faults.append(Fault("person", N_("at least 4 characters: less would erase the details of others, too")))
    if faults:
        raise InvalidValues(faults)


def _erase(asker: Asker, reason: str, seqs: list[int]) -> None:
    with recording(asker, "audit.erase") as record:
        with guard.opened(), connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(seqs))
            cursor.execute(f"DELETE FROM audit_detail WHERE seq IN ({marks})", seqs)  # noqa: S608  # marks only
        record.note(erased=spans_of(seqs), reason=reason)


def export(asker: Asker, form: str, filters: Mapping[str, Any]) -> None:
    """Note that ``asker`` takes entries out of the house; needs audit.export somewhere. The export itself is a query."""
    if not asker.may("audit.export"):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="audit.export")
    with recording(asker, "audit.export") as record:
        record.note(form=form, **{name: value for name, value in filters.items() if value})


_ENTRY_COLUMNS = (*chain.FIELDS, "hash")
_INSERT_ENTRY = (
    f"INSERT INTO audit_entry ({', '.join(_ENTRY_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_ENTRY_COLUMNS))})"  # noqa: S608
)
_INSERT_DETAIL = "INSERT INTO audit_detail (seq, salt, folded, content) VALUES (%s, %s, %s, %s)"
_UPDATE_HEAD = "UPDATE audit_head SET seq = %s, hash = %s WHERE id = 1"


def _write(entry: Entry, detail: Detail) -> None:
    """Add both rows and move the head: everybody who writes waits meanwhile, so PostgreSQL gets it as one statement."""
    at = connection.ops.adapt_datetimefield_value(entry.at)
    row: list[Any] = [at if name == "at" else getattr(entry, name) for name in _ENTRY_COLUMNS]
    more: list[Any] = [entry.seq, detail.salt, detail.folded, detail.content]
    head: list[Any] = [entry.seq, entry.hash]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"WITH e AS ({_INSERT_ENTRY}), d AS ({_INSERT_DETAIL}) {_UPDATE_HEAD}", row + more + head)
        else:
            cursor.execute(_INSERT_ENTRY, row)
            cursor.execute(_INSERT_DETAIL, more)
            cursor.execute(_UPDATE_HEAD, head)
    entry._state.adding = False  # noqa: SLF001  # as Django's own save leaves it
    entry._state.db = connection.alias  # noqa: SLF001
