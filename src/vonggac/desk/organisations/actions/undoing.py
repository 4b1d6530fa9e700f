"""Taking back what one action did, as long as nothing was built on it: the changes that its Recording heard, backwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.apps import apps

from vonggac.desk.audit import chain
from vonggac.desk.audit.actions import Recording, snapshot
from vonggac.desk.organisations.models import Organisation, Reorganisation
from vonggac.desk.scope.models import Reach
from vonggac.errors import N_, Fault, InvalidValues


def kept(changes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """``changes`` of a Recording as plain JSON, without the columns of records that were made."""
    found: list[dict[str, Any]] = []
    for change in changes:
        if "note" in change:
            continue
        plain = orjson.loads(chain.canonical(change))
        del plain["label"]
        if plain["before"] is None:
            plain["after"] = _digest(plain["after"])
        found.append(plain)
    return found


def undo(record: Recording, act: Reorganisation) -> set[int]:
    """Take ``act`` back; returns the ids of organisations whose place changed. Raises InvalidValues where it was built upon."""
    changes: Sequence[dict[str, Any]] = act.changes
    if any(change["after"] is None for change in changes):
        raise _refusal(N_("records that had not begun were deleted with it: it cannot be undone"))
    # One row may have been changed twice: as it was before the first, as it is after the last.
    rows = {(change["type"], change["id"]): _load(change) for change in changes}
    made = {(change["type"], change["id"]) for change in changes if change["before"] is None}
    _check_untouched(rows, changes, made)
    touched: set[int] = set()
    for change in reversed(changes):
        key = (change["type"], change["id"])
        if key in made:
            continue
        row = rows[key]
        before = snapshot(row)
        for name, value in change["before"].items():
            if name != "version":
                setattr(row, name, row._meta.get_field(name).to_python(value))  # noqa: SLF001  # Django's model API
        if "version" in before:
            row.version += 1
        row.save(force_update=True)
        record.changed(row, before)
        if isinstance(row, Organisation):
            touched.add(row.pk)
    for key in dict.fromkeys((change["type"], change["id"]) for change in reversed(changes)):
        if key in made:
            _delete(record, rows[key])
    return touched


def _load(change: dict[str, Any]) -> Any:
    row = apps.get_model(change["type"])._default_manager.filter(pk=change["id"]).first()  # noqa: SLF001  # Django's model API
    if row is None:
        raise _refusal(N_("a record that came of it is gone"))
    return row


def _check_untouched(
    rows: dict[tuple[str, int], Any], changes: Sequence[dict[str, Any]], made: set[tuple[str, int]]
) -> None:
    """Every record is as the act left it. A record made and then changed by it counts by its last columns."""
    last: dict[tuple[str, int], dict[str, Any]] = {}
    digests: dict[tuple[str, int], str] = {}
    for change in changes:
        key = (change["type"], change["id"])
        if change["before"] is None:
            digests[key] = change["after"]
        else:
            last.setdefault(key, {}).update(change["after"])
    for key, row in rows.items():
        now = orjson.loads(chain.canonical(snapshot(row)))
        is_same = all(now[name] == value for name, value in last.get(key, {}).items() if name != "version")
        if key in made and key not in last:
            is_same = _digest(now) == digests[key]
        if not is_same:
            raise _refusal(N_("“{label}” was changed since"), label=str(row)[:200])


def _delete(record: Recording, row: Any) -> None:
    """Delete a record that the act made, unless something else refers to it."""
    for relation in row._meta.get_fields(include_hidden=True):  # noqa: SLF001
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        others = relation.related_model._default_manager.filter(**{relation.field.name: row.pk})  # noqa: SLF001
        if relation.related_model is not Reach and others.exists():
            raise _refusal(N_("something was entered for “{label}” since"), label=str(row)[:200])
    before = snapshot(row)
    row.delete()
    record.deleted(row, before)


def _digest(columns: dict[str, Any]) -> str:
    """Of what the columns say; how often they were edited (and set back, when a later act was undone) does not matter."""
    content = {name: value for name, value in columns.items() if name != "version"}
    return hashlib.sha256(chain.canonical(content).encode()).hexdigest()


def _refusal(message: str, **params: Any) -> InvalidValues:
    return InvalidValues([Fault("", message, params)])
