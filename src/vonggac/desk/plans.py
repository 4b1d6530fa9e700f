"""How a database is led to the plan that is quick where it cannot know: what is found stays the same."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, F, Func, Model, QuerySet
from django.db.models.lookups import In

Row = TypeVar("Row", bound=Model)


def among(rows: QuerySet[Row], column: str, wanted: QuerySet[Any]) -> QuerySet[Row]:
    """Those of ``rows`` whose ``column`` (a number) is in the one column of ``wanted``, read in the order of the list.

    For IN, SQLite fetches row after row for all that is wanted, and sorts. With a plus before the column (sqlite.org/optoverview.html,
    2.1) it makes the list once, then goes along the index of the order and ends with the page. PostgreSQL chooses by itself.
    """
    if connection.vendor != "sqlite":
        return rows.filter(**{f"{column}__in": wanted})
    unindexed: Any = Func(F(column), template="+%(expressions)s", output_field=BigIntegerField())
    return rows.filter(In(unindexed, wanted.query))
