"""Scans events with one peer, in its own environment: ``peer_scan.py sqlite|duckdb|zargunlite QUERIES EVENTS``.

Prints JSON: ``{"events": n, "hits": n, "rules_hit": n, "refused": n}``; refused are queries that the peer cannot run.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from windows_rows import Scalar, rows

FULLTEXT = "_fulltext"
Row = dict[str, Scalar]


def columns_of(events: Iterable[Row], fields: Iterable[str]) -> dict[str, str]:
    """All columns that the table needs, by their name in lower case: SQL tells no cases apart."""
    names = {name.lower(): name for name in fields}
    for event in events:
        for name in event:
            names.setdefault(name.lower(), name)
    return names


def with_fulltext(events: list[Row]) -> None:
    """Add the column in which keywords are looked for."""
    for event in events:
        event[FULLTEXT] = "\n".join(str(value) for value in event.values() if value is not None)


def quoted(name: str) -> str:
    """A column name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _regexp(pattern: str, value: object) -> bool:
    return value is not None and re.search(pattern, str(value)) is not None


def run_sqlite(queries: list[str], fields: list[str], path: Path) -> tuple[int, list[int | None]]:
    """One table in memory, one query per rule."""
    import sqlite3

    events = list(rows(path))
    with_fulltext(events)
    columns = columns_of(events, fields)
    database = sqlite3.connect(":memory:")
    database.create_function("regexp", 2, _regexp, deterministic=True)
    kinds = ", ".join(quoted(n) + (" INTEGER" if n == "EventID" else " TEXT COLLATE NOCASE") for n in columns.values())
    database.execute(f"CREATE TABLE logs ({kinds})")
    statement = f"INSERT INTO logs VALUES ({', '.join('?' * len(columns))})"
    database.executemany(
        statement, ([low.get(name) for name in columns] for event in events for low in [_lower(event)])
    )
    answers: list[int | None] = []
    for query in queries:
        try:
            answers.append(len(database.execute(query).fetchall()))
        except sqlite3.Error:
            answers.append(None)
    return len(events), answers


def _lower(event: Row) -> Row:
    return {name.lower(): value for name, value in event.items()}


def run_duckdb(queries: list[str], fields: list[str], path: Path) -> tuple[int, list[int | None]]:
    """One table in memory, loaded by DuckDB's own JSON reader from flat rows, one query per rule."""
    import tempfile

    import duckdb
    import orjson

    events = list(rows(path))
    columns = columns_of(events, fields)
    database = duckdb.connect(":memory:", config={"threads": "1"})  # the least overhead per CPU-second
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        for event in events:
            low = _lower(event)
            file.write(orjson.dumps({columns[name]: value for name, value in low.items()}) + b"\n")
        file.flush()
        kinds = ", ".join(f"{quoted(n)}: '{'BIGINT' if n == 'EventID' else 'VARCHAR'}'" for n in columns.values())
        database.execute(
            f"CREATE TABLE logs AS SELECT * FROM read_json('{file.name}', format='newline_delimited', columns={{{kinds}}})"
        )
    answers: list[int | None] = []
    for query in queries:
        try:
            answers.append(len(database.execute(query).fetchall()))
        except duckdb.Error:
            answers.append(None)
    return len(events), answers


def run_zargunlite(queries: list[str], fields: list[str], path: Path) -> tuple[int, list[int | None]]:
    """The table that zargunlite makes, with the queries of the SQLite backend (the ones it is made for)."""
    from sqlite3 import Error

    from zargunlite.core import ZargunCore

    events = list(rows(path))
    with_fulltext(events)
    columns = columns_of(events, fields)
    answers: list[int | None] = []
    with ZargunCore() as core:
        kinds = [(name, int if name == "EventID" else str) for name in columns.values()]
        core.load_data(({columns[n]: v for n, v in _lower(event).items()} for event in events), fields=kinds,
                       strict_field_name=False)  # fmt: skip
        for query in queries:
            try:
                answers.append(len(core.execute_sqlite_query(query)))
            except Error:
                answers.append(None)
    return len(events), answers


RUN = {"sqlite": run_sqlite, "duckdb": run_duckdb, "zargunlite": run_zargunlite}


def main() -> None:
    """Scan and print the counts."""
    prepared = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    queries = [query for rule in prepared["rules"] for query in rule["queries"]]
    n_events, answers = RUN[sys.argv[1]](queries, prepared["fields"], Path(sys.argv[3]))
    hits = [answer for answer in answers if answer]
    counts = {"events": n_events, "hits": sum(hits), "rules_hit": len(hits), "refused": answers.count(None)}
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
