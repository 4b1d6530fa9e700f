"""Staged rows made visible: a few statements over whole sets in one short transaction, with one entry of the audit record.

An import of more than fits into the time of one transaction is made visible in parts, along the order of its lines:
organisations (all in the first part), then people, contact points, networks, systems, mandates. After each part the directory
is whole, and the import says how far it is in the same transaction; what was killed goes on, or is checked again, from there.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.editing import hold_addresses
from vonggac.desk.organisations.models.imports import (
    STAGED,
    Import,
    ImportLine,
    StagedReach,
    StagedSystemAddress,
)
from vonggac.desk.organisations.reach import hold_graph
from vonggac.desk.organisations.staging.life import Moved, beat, directory_moved
from vonggac.desk.organisations.staging.plan import line_bytes
from vonggac.desk.runs import Superseded
from vonggac.desk.scope.asker import Asker

AIM_S = 0.3
"""How long the transaction of one part should take; the next part is made larger or smaller by how long the last one took."""

FIRST_PART = 10_000
LEAST_PART = 500


@dataclass(frozen=True, slots=True)
class Part:
    """What became visible: lines after ``after`` up to ``upto``, in ``took_s`` seconds of a write transaction."""

    after: int
    upto: int
    took_s: float
    seq: int


def apply(import_id: int, run: str, asker: Asker, progress: Callable[[Part], object] | None = None) -> None:
    """Make all that is staged visible, part by part.

    Raises Moved when the directory changed since the check (parts that are visible stay so, whole), Superseded.
    """
    _analyze()
    budget = FIRST_PART
    row = Import.objects.get(pk=import_id)
    done = row.n_applied
    while done < row.n_lines:
        upto = _upto(import_id, done, budget, row.n_lines)
        part = _show(import_id, run, asker, done, upto)
        done = part.upto
        budget = max(LEAST_PART, min(budget * 2, int(budget * AIM_S / max(part.took_s, 0.001))))
        if progress:
            progress(part)
    _finish(import_id, run)


def _analyze() -> None:
    """PostgreSQL knows nothing yet of tables that were just filled, and would plan for empty ones."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for staged, _target in STAGED:
                cursor.execute(f"ANALYZE {_table(staged)}")


def _upto(import_id: int, done: int, budget: int, n_lines: int) -> int:
    """The last line of the next part: about ``budget`` rows, addresses of systems among them; all organisations together."""
    upto = min(done + budget, n_lines)
    n_more = StagedSystemAddress.objects.filter(import_id=import_id, n__gt=done, n__lte=upto).count()
    n_rows = upto - done + n_more
    if n_rows > budget:
        upto = done + max(1, (upto - done) * budget // n_rows)
    lines = ImportLine.objects.filter(import_id=import_id, kind="organisations", n__gt=upto)
    last = lines.order_by("-n").values_list("n", flat=True).first()
    return last or upto


def _show(import_id: int, run: str, asker: Asker, after: int, upto: int) -> Part:
    digest, kinds = _digest(import_id, after, upto)
    try:
        began = time.perf_counter()
        with transaction.atomic():
            began = time.perf_counter()
            seq = _transaction(import_id, run, asker, after, upto, digest, kinds)
        took = time.perf_counter() - began
    except IntegrityError as error:  # a key that somebody else took meanwhile
        raise Moved from error
    return Part(after, upto, took, seq)


def _transaction(
    import_id: int, run: str, asker: Asker, after: int, upto: int, digest: str, kinds: dict[str, dict[str, int]]
) -> int:
    hold_graph()
    hold_addresses()
    beat(import_id, run)
    row = Import.objects.get(pk=import_id)
    if row.state != "applying" or row.n_applied != after:
        raise Superseded
    if directory_moved(row.basis_seq):
        raise Moved
    with recording(asker, "directory.apply", on=row) as record:
        with connection.cursor() as cursor:
            for sql, counts in _statements():
                cursor.execute(sql, [import_id, after, upto])
                n_moved = cursor.rowcount
                if counts and n_moved != _n_changes(cursor, counts, import_id, after, upto):
                    raise Moved
        record.n_objects = upto - after
        record.note(
            file=row.file_name, sha256=row.sha256, objects=kinds, lines=[after + 1, upto], of=row.n_lines, digest=digest
        )
    assert record.entry is not None  # noqa: S101  # recording made it
    seq = record.entry.seq
    # Entries that came between the first look and the lock on the head of the chain.
    if directory_moved(row.basis_seq, before=seq):
        raise Moved
    _touch(import_id, after, upto, seq)
    Import.objects.filter(pk=import_id).update(n_applied=upto, basis_seq=seq, audit_seq=seq)
    return seq


def _digest(import_id: int, after: int, upto: int) -> tuple[str, dict[str, dict[str, int]]]:
    """SHA-256 over the before and after of every object of the part, and how many of each kind are made and changed."""
    digest = hashlib.sha256()
    kinds: dict[str, dict[str, int]] = {}
    rows = ImportLine.objects.filter(import_id=import_id, n__gt=after, n__lte=upto).order_by("n")
    for n, kind, is_new, label, changes in rows.values_list("n", "kind", "is_new", "label", "changes").iterator(5000):
        digest.update(line_bytes(n, kind, label, changes))
        counts = kinds.setdefault(kind, {"created": 0, "changed": 0})
        counts["created" if is_new else "changed"] += 1
    return digest.hexdigest(), kinds


def _finish(import_id: int, run: str) -> None:
    n_changed = Import.objects.filter(pk=import_id, run=run, state="applying").update(
        state="applied", applied_at=timezone.now(), run="", beat_at=None
    )
    if not n_changed:
        raise Superseded


# -------------------------------------------------------------------------------------------------------- statements

_PART = "s.import_id = %s AND s.n > %s AND s.n <= %s"
_OWN = {"id", "import_id", "n", "target_id", "is_new", "is_gone", "seen_version"}


def _table(model: Any) -> str:
    return str(model._meta.db_table)  # noqa: SLF001  # the documented name of Django's model API


def _columns(staged: Any) -> list[str]:
    return [one.column for one in staged._meta.concrete_fields if one.attname not in _OWN]  # noqa: SLF001


def _has_version(target: Any) -> bool:
    return any(one.name == "version" for one in target._meta.concrete_fields)  # noqa: SLF001


@cache
def _statements() -> tuple[tuple[str, str], ...]:
    """What moves rows over, in order; with an update stands the query of how many rows it must change.

    Every name in them is one of a model of ours; values are parameters.
    """
    found: list[tuple[str, str]] = []
    for staged, target in STAGED:
        source, table, columns = _table(staged), _table(target), _columns(staged)
        is_keyed = _has_version(target)
        into = ", ".join([*(["id", "version"] if is_keyed else []), *columns])
        values = ", ".join([*(["s.target_id", "1"] if is_keyed else []), *(f"s.{name}" for name in columns)])
        found.append((f"INSERT INTO {table} ({into}) SELECT {values} FROM {source} s WHERE {_PART} AND s.is_new", ""))  # noqa: S608
        assigned = ", ".join(
            [*(f"{name} = s.{name}" for name in columns), *(["version = s.seen_version + 1"] * is_keyed)]
        )
        same = f" AND {table}.version = s.seen_version" if is_keyed else ""
        is_change = f"{_PART} AND NOT s.is_new AND NOT s.is_gone"
        found.append(
            (
                f"UPDATE {table} SET {assigned} FROM {source} s WHERE {is_change} AND {table}.id = s.target_id{same}",  # noqa: S608
                f"SELECT COUNT(*) FROM {source} s WHERE {is_change}",  # noqa: S608
            )
        )
        if not is_keyed:
            gone = f"SELECT s.target_id FROM {source} s WHERE {_PART} AND s.is_gone"  # noqa: S608
            found.append((f"DELETE FROM {table} WHERE id IN ({gone})", ""))  # noqa: S608
    source = _table(StagedReach)
    gone = f"SELECT s.target_id FROM {source} s WHERE {_PART} AND s.is_gone"  # noqa: S608
    found.append((f"DELETE FROM scope_reach WHERE id IN ({gone})", ""))  # noqa: S608
    pairs = f"SELECT s.ancestor_id, s.descendant_id FROM {source} s WHERE {_PART} AND s.is_new"  # noqa: S608
    found.append((f"INSERT INTO scope_reach (ancestor_id, descendant_id) {pairs}", ""))
    return tuple(found)


def _n_changes(cursor: Any, sql: str, import_id: int, after: int, upto: int) -> int:
    cursor.execute(sql, [import_id, after, upto])
    return int(cursor.fetchone()[0])


def _touch(import_id: int, after: int, upto: int, seq: int) -> None:
    """Every object's history finds the entry."""
    with connection.cursor() as cursor:
        for staged, target in STAGED:
            if not _has_version(target):
                continue
            kind = target._meta.label_lower  # noqa: SLF001
            cursor.execute(
                "INSERT INTO audit_touch (object_type, object_id, seq) "  # noqa: S608
                f"SELECT %s, CAST(s.target_id AS varchar(20)), %s FROM {_table(staged)} s WHERE {_PART}",
                [kind, seq, import_id, after, upto],
            )
