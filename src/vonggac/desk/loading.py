"""Rows by the ten thousand into a table, past the objects of the mapper: as fast as the database takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

_EPOCH = np.datetime64(0, "s")


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, once: Sequence[str] = ()) -> int:
    """Write ``rows`` within the transaction that is open; gives how many. ``once``: rows that are there already by these columns are left alone.

    Values are as the database takes them; times are texts of :func:`utc_texts` or aware datetimes adapted by the connection.
    """
    if not rows:
        return 0
    names = ", ".join(columns)
    conflict = f" ON CONFLICT ({', '.join(once)}) DO NOTHING" if once else ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _copied(cursor, table, names, rows, conflict)
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}){conflict}", rows)  # noqa: S608  # names only
        return int(cursor.rowcount)


def _copied(cursor: Any, table: str, names: str, rows: Sequence[Sequence[Any]], conflict: str) -> int:
    """COPY into a table of this transaction's own, then over in one statement, so that conflicts and defaults are as in INSERT."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE loaded ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
    )
    with cursor.copy(f"COPY loaded ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM loaded{conflict}")  # noqa: S608  # names only
    n = int(cursor.rowcount)
    cursor.execute("DROP TABLE loaded")
    return n


def utc_texts(moments: Sequence[int | None]) -> list[str | None]:
    """Microseconds since 1970 as texts that both databases take for that time in UTC; None stays None."""
    if any(moment is not None and moment % 1_000_000 for moment in moments):
        return [None if moment is None else _text(moment) for moment in moments]
    seconds = np.array([0 if moment is None else moment // 1_000_000 for moment in moments], np.int64)
    texts = np.datetime_as_string(_EPOCH + seconds.astype("timedelta64[s]"), unit="s").tolist()
    end = "+00" if connection.vendor == "postgresql" else ""
    return [
        None if moment is None else text.replace("T", " ") + end for text, moment in zip(texts, moments, strict=True)
    ]


def _text(moment: int) -> str:
    at = datetime.fromtimestamp(moment // 1_000_000, UTC).replace(microsecond=moment % 1_000_000)
    return str(at if connection.vendor == "postgresql" else at.replace(tzinfo=None))
