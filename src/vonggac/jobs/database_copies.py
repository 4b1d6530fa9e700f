"""The database into a file and back, for both databases, and the facts by which a copy is compared with what it is of.

SQLite is copied with its online backup, PostgreSQL with ``pg_dump`` in the snapshot in which its rows were counted; neither
stops a writer. PostgreSQL's own programs are used, of at least the server's version.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from vonggac.errors import N_, InputError, VonggacError
from vonggac.jobs.logs import Redactor

Run = Callable[[str], Sequence[tuple[Any, ...]]]
_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
_POSTGRESQL_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'"
)
_EMPTY_POSTGRESQL = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
  LOOP EXECUTE 'DROP TABLE IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
  FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND p.prokind = 'f'
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
END $$;
"""
PAGES_AT_ONCE = -1
"""All pages in one step: a copy in several begins anew whenever somebody writes in between."""


class CopyFailed(VonggacError):
    """The database could not be copied or put back; nothing was changed (exit status 1)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What two states of a database are compared by. ``schema``: (app, migration)."""

    tables: dict[str, int]
    audit_seq: int
    audit_hash: str
    schema: frozenset[tuple[str, str]]


def facts(run: Run, tables: str) -> Facts:
    """The facts of the database in which ``run`` runs SQL; ``tables`` is the statement that lists its tables."""
    names = sorted(str(row[0]) for row in run(tables))
    counts = {name: int(run(f'SELECT count(*) FROM "{name}"')[0][0]) for name in names}  # noqa: S608  # names of its own catalogue
    head = run("SELECT seq, hash FROM audit_head WHERE id = 1") if "audit_head" in counts else []
    schema = run("SELECT app, name FROM django_migrations") if "django_migrations" in counts else []
    seq, digest = head[0] if head else (0, "")
    return Facts(counts, int(seq), str(digest), frozenset((str(app), str(name)) for app, name in schema))


def copy(target: Path) -> Facts:
    """Copy the desk's database, as it is at this moment, into the new file ``target``; its facts. Raises CopyFailed."""
    return _copy_sqlite(target) if connection.vendor == "sqlite" else _copy_postgresql(target)


def check(copied: Path, expected: Facts) -> bool:
    """Restore ``copied`` into a temporary database and compare; raises CopyFailed when it is not what it should be.

    False when it could only be read through: PostgreSQL, and our user may not make databases.
    """
    found = _facts_of_sqlite(copied) if connection.vendor == "sqlite" else _facts_of_dump(copied)
    if found is not None:
        compare(found, expected)
    return found is not None


def compare(found: Facts, expected: Facts) -> None:
    """Raise CopyFailed unless both are the same."""
    if found.tables != expected.tables:
        differing = sorted(
            name for name in {*found.tables, *expected.tables} if found.tables.get(name) != expected.tables.get(name)
        )
        raise CopyFailed(
            N_("the copy is not whole: {table} has {found} rows, not {expected}"),
            table=differing[0],
            found=found.tables.get(differing[0], 0),
            expected=expected.tables.get(differing[0], 0),
        )
    if (found.audit_seq, found.audit_hash) != (expected.audit_seq, expected.audit_hash):
        raise CopyFailed(N_("the copy is not whole: the head of its audit record is another"))


def put_back(copied: Path, expected: Facts) -> None:
    """Put ``copied`` in the place of the desk's database, all of it or nothing. Raises CopyFailed.

    Nobody else may use the database meanwhile. ``copied`` is used up.
    """
    if connection.vendor == "sqlite":
        compare(_facts_of_sqlite(copied), expected)
        _replace_sqlite(copied)
    else:
        _replace_postgresql(copied)
        compare(facts_now(), expected)


def facts_now() -> Facts:
    """The facts of the desk's database."""
    with connection.cursor() as cursor:

        def run(statement: str) -> Sequence[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        return facts(run, _SQLITE_TABLES if connection.vendor == "sqlite" else _POSTGRESQL_TABLES)


# ----------------------------------------------------------------------------------------------------------- SQLite


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CopyFailed(N_("SQLite says: {reason}"), reason=str(error)) from None


def _copy_sqlite(target: Path) -> Facts:
    name = str(connection.settings_dict["NAME"])
    with (
        _sqlite_errors(),
        closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=30)) as source,
        closing(sqlite3.connect(target)) as copied,
    ):
        source.backup(copied, pages=PAGES_AT_ONCE)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        return facts(lambda statement: copied.execute(statement).fetchall(), _SQLITE_TABLES)


def _facts_of_sqlite(copied: Path) -> Facts:
    with _sqlite_errors(), closing(sqlite3.connect(f"file:{copied}?mode=ro", uri=True)) as database:
        said = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise CopyFailed(N_("the copy is damaged: {reason}"), reason=str(said)[:200])
        return facts(lambda statement: database.execute(statement).fetchall(), _SQLITE_TABLES)


def _replace_sqlite(copied: Path) -> None:
    """One rename. The old database's log is folded into it first, so that it cannot be taken for one of the new file."""
    name = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    with _sqlite_errors():
        if name.exists():
            with closing(sqlite3.connect(name, timeout=5)) as old:
                mode = old.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            if mode != "delete":
                raise CopyFailed(N_("somebody else has the database open; stop that first"), where=str(name))
        copied.replace(name)
    handle = os.open(name.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ------------------------------------------------------------------------------------------------------- PostgreSQL


def _copy_postgresql(target: Path) -> Facts:
    import psycopg

    with psycopg.connect(**_connect(), autocommit=True) as database:
        # Rows are counted and dumped in one snapshot, so that both are of the same moment.
        database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = database.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101  # a function gives a row
        found = facts(lambda statement: database.execute(statement).fetchall(), _POSTGRESQL_TABLES)
        # Compressed once, by us.
        _tool("pg_dump", "-Fc", "-Z0", "--no-owner", "--no-privileges", f"--snapshot={row[0]}", "-f", str(target))
        database.execute("ROLLBACK")
    return found


def _facts_of_dump(copied: Path) -> Facts | None:
    import psycopg

    with psycopg.connect(**_connect(), autocommit=True) as database:
        row = database.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        if row is None or not row[0]:
            _tool("pg_restore", "-f", os.devnull, str(copied))
            return None
        scratch = f"vonggac_check_{secrets.token_hex(8)}"
        database.execute(f'CREATE DATABASE "{scratch}" TEMPLATE template0')
        try:
            _tool("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-d", scratch, str(copied))
            with psycopg.connect(**_connect() | {"dbname": scratch}) as restored:
                return facts(lambda statement: restored.execute(statement).fetchall(), _POSTGRESQL_TABLES)
        finally:
            database.execute(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)')


def _replace_postgresql(copied: Path) -> None:
    """One transaction: what is there is dropped, what was saved is made."""
    script, empty = copied.with_suffix(".sql"), copied.with_name("empty.sql")
    try:
        _tool("pg_restore", "--no-owner", "--no-privileges", "-f", str(script), str(copied))
        empty.write_text(_EMPTY_POSTGRESQL, "utf-8")
        connection.close()
        _tool("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(empty), "-f", str(script))
    except OSError as error:
        raise CopyFailed(N_("the database could not be put back: {reason}"), reason=str(error)) from None
    finally:
        script.unlink(missing_ok=True)
        empty.unlink(missing_ok=True)


def _connect() -> dict[str, Any]:
    """How psycopg connects as Django does."""
    values = connection.settings_dict
    options = {name: value for name, value in values["OPTIONS"].items() if isinstance(value, str | int)}
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {**options, **{ours: values[theirs] for ours, theirs in named.items() if values[theirs]}}


def _tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the desk's database; the password goes by the environment, never by arguments."""
    found = shutil.which(name)
    if found is None:
        raise CopyFailed(
            N_("{program} is missing. On Debian or Ubuntu, as root: apt-get install postgresql-client"), program=name
        )
    variables = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    variables |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
    given = {variables[name]: str(value) for name, value in _connect().items() if name in variables}
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL, our own arguments
        [found, *arguments],
        env={**os.environ, **given, "LC_ALL": "C.UTF-8", "PGOPTIONS": "-c client_min_messages=warning"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = Redactor([str(_connect().get("password", ""))]).text(said[0] if said else "?")
        raise CopyFailed(
            N_("{program} ended with status {status}: {reason}"), program=name, status=done.returncode, reason=reason
        )


def is_empty(found: Facts) -> bool:
    """Whether nothing was ever done here: every write leaves an entry in the audit record."""
    return found.audit_seq == 0 and not found.tables.get("accounts_user", 0)


def facts_of(manifest: dict[str, Any]) -> Facts:
    """The facts that a manifest tells."""
    return Facts(
        dict(manifest["tables"]),
        manifest["audit"]["seq"],
        manifest["audit"]["hash"],
        frozenset((app, name) for app, name in manifest["schema"]),
    )


def require_same_kind(kind: str, where: str) -> None:
    """Raise InputError when a backup of ``kind`` cannot go into the database that the settings name."""
    if kind != connection.vendor:
        raise InputError(
            N_("is a backup of {kind}, but the settings name {ours}; set “database” to the same kind"),
            where=where,
            kind={"sqlite": "SQLite", "postgresql": "PostgreSQL"}[kind],
            ours=connection.display_name,
        )
