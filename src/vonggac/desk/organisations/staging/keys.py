"""Keys of records set aside before the records are made, so that staged rows can refer to each other by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction


def reserve(model: Any, n: int) -> Sequence[int]:
    """``n`` keys of ``model`` that nobody else will get; those that are never used leave a gap, nothing else."""
    if not n:
        return ()
    table = model._meta.db_table  # noqa: SLF001  # the documented name of Django's model API
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [f'"{table}"', n]
            )
            return [row[0] for row in cursor.fetchall()]
        # AUTOINCREMENT never goes below what this table of SQLite's says (https://sqlite.org/autoinc.html).
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq", [n, table])
        found = cursor.fetchone()
        if found is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, n])
            found = (n,)
        return range(found[0] - n + 1, found[0] + 1)
