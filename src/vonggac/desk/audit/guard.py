"""Triggers that refuse to change or delete audit rows, whoever asks the database.

They stand against mistakes; against somebody who owns the database (and could drop them) stand the chain and its anchors.
Two things must delete. Erasing personal details works inside ``opened``: a row in Door that is made and removed in the same
transaction, so that no other connection ever finds the door open. Emptying the whole database (``flush``, which Django's
transactional tests use, and a restore into a database that stands) works inside ``away``: the triggers are dropped and made
anew in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from vonggac.desk.audit.models import Door

TABLES = ("audit_entry", "audit_detail")
_REFUSAL = "the audit record can only be added to"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR NOT EXISTS (SELECT 1 FROM audit_door) THEN
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608  # a text of ours


def build(using: Any = connection) -> None:
    """Make the triggers, anew where they stand. On SQLite a migration that alters a table drops its triggers: call this after."""
    with using.cursor() as cursor:
        for statement in _statements(using.vendor):
            cursor.execute(statement)


def missing(using: Any = connection) -> list[str]:
    """The names of the triggers that should stand and do not."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
    }[using.vendor]
    with using.cursor() as cursor:
        cursor.execute(catalogue)
        standing = {name for (name,) in cursor.fetchall()}
    return [name for name in _names(using.vendor) if name not in standing]


@contextmanager
def opened() -> Iterator[None]:
    """A transaction in which audit rows can be deleted (never updated)."""
    with transaction.atomic():
        Door.objects.get_or_create(pk=1)
        yield
        Door.objects.all().delete()


@contextmanager
def away(using: Any = connection) -> Iterator[None]:
    """A transaction without the triggers: for emptying or replacing the whole database."""
    with transaction.atomic(using=using.alias):
        with using.cursor() as cursor:
            for statement in _statements(using.vendor):
                if statement.startswith("DROP"):
                    cursor.execute(statement)
        yield
        build(using)


def _names(vendor: str) -> list[str]:
    operations = ["update", "delete"] + (["truncate"] if vendor == "postgresql" else [])
    return [f"{table}_no_{operation}" for table in TABLES for operation in operations]


def _statements(vendor: str) -> Iterator[str]:
    if vendor == "postgresql":
        yield _FUNCTION
        for table in TABLES:
            for operation in ("update", "delete", "truncate"):
                each = "STATEMENT" if operation == "truncate" else "ROW"
                yield f"DROP TRIGGER IF EXISTS {table}_no_{operation} ON {table}"
                yield (
                    f"CREATE TRIGGER {table}_no_{operation} BEFORE {operation.upper()} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION audit_refuse()"
                )
        return
    for table in TABLES:
        for operation, condition in (("update", ""), ("delete", "WHEN NOT EXISTS (SELECT 1 FROM audit_door) ")):
            yield f"DROP TRIGGER IF EXISTS {table}_no_{operation}"
            yield (
                f"CREATE TRIGGER {table}_no_{operation} BEFORE {operation.upper()} ON {table} {condition}"
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
