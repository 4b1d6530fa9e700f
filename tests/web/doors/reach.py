"""Through a door as somebody, and what that left in the database."""

from __future__ import annotations

import hashlib
import json
import zipfile
from functools import cache
from io import BytesIO
from typing import Any

from django.apps import apps
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test import Client
from doors import Door
from marked import MARK, World
from signing import sign_in

from vonggac.desk.accounts.models import User

NOT_COUNTED = (
    "django_session",  # signing in and out, and messages for the next page
    "usersessions_usersession",  # when a session was seen last
    "accounts_lockout",  # counters of wrong passwords
)
"""Tables that may change though nothing was done. API tokens count but for ``last_used_at``."""


class Ways:
    """Browsers and API clients of everybody, signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._cookies: dict[str, str] = {}
        users = {
            **world.askers,
            "ruler": world.ruler,
            "outside": world.outside.chief,
            "member": User.objects.get(pk=world.outside.id("user_id")),
        }
        users |= {f"{role} everywhere": one for role, one in world.everywhere.items()}
        for name, user in users.items():
            client = sign_in(Client(), user)
            self._cookies[name] = client.cookies["vonggac_session"].value

    def browser(self, name: str | None, **kwargs: Any) -> Client:
        """A browser of somebody, None: signed out."""
        client = Client(raise_request_exception=False, **kwargs)
        if name is not None:
            client.cookies["vonggac_session"] = self._cookies[name]
        return client

    def program(self, name: str | None) -> Client:
        """A program with somebody's token."""
        headers = {"Authorization": f"Bearer {self.world.secrets[name]}"} if name is not None else {}
        return Client(raise_request_exception=False, headers=headers)

    def client(self, door: Door, name: str | None) -> Client:
        """As a door is usually come to: the API by token, a page by session."""
        return self.program(name) if door.is_api else self.browser(name)


def go(client: Client, door: Door, path: str, body: Any = None, **headers: str) -> Any:
    """Through it. A body goes as JSON to the API and as a form to a page; an answer in parts is read to its end."""
    response = _sent(client, door, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return read(response)


def read(response: Any) -> Any:
    """An answer in parts, read to its end into ``whole``. Its end must not close the connection that a test's transaction is on."""
    if response.streaming:
        response.whole = b"".join(response.streaming_content)
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
    return response


def _sent(client: Client, door: Door, path: str, body: Any, headers: dict[str, str]) -> Any:
    send = getattr(client, door.method.lower())
    if isinstance(body, bytes):
        return send(f"{path}?file_name=a.xlsx", data=body, content_type="application/octet-stream", headers=headers)
    if door.method == "GET":
        return send(path, body or {}, headers=headers)
    if door.is_api:
        if body is None:
            return send(path, headers=headers)
        return send(path, data=json.dumps(body), content_type="application/json", headers=headers)
    return send(path, body or {}, headers=headers)


def text_of(response: Any) -> str:
    """Everything that an answer tells in small letters: head and body, and of a workbook or archive what is packed in it."""
    body = response.whole if response.streaming else response.content
    told = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    if body[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return (told + body.decode("utf-8", "replace")).lower()


def leaks(response: Any) -> bool:
    """Whether an answer tells anything of the marked side."""
    return MARK in text_of(response)


Rows = dict[str, dict[Any, tuple[Any, ...]]]


def rows() -> Rows:
    """All rows of all tables that count, by table and primary key."""
    found: Rows = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table in NOT_COUNTED:
            continue
        columns = [f.column for f in model._meta.concrete_fields if f.column != "last_used_at"]
        at = columns.index(model._meta.pk.column)
        listed = ", ".join(connection.ops.quote_name(one) for one in columns)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {listed} FROM {connection.ops.quote_name(table)}")
            found[table] = {row[at]: row for row in cursor.fetchall()}
    return found


def digest() -> str:
    """SHA-256 of all of them."""
    return hashlib.sha256(
        repr(sorted((t, sorted(r.items(), key=repr)) for t, r in rows().items())).encode()
    ).hexdigest()


def changed(before: Rows, after: Rows) -> list[tuple[str, Any, tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    """(table, key, before, after) of each row that differs; None: it was or is not there."""
    return [
        (table, key, before[table].get(key), after[table].get(key))
        for table in after
        for key in {**before[table], **after[table]}
        if before[table].get(key) != after[table].get(key)
    ]


def outside_of(before: Rows) -> set[tuple[str, Any]]:
    """(table, key) of every row of the marked side: those with the mark, and those that refer to one of them."""
    found = {(table, key) for table, some in before.items() for key, row in some.items() if MARK in repr(row).lower()}
    while True:
        more = {
            (table, key)
            for table, some in before.items()
            for key, row in some.items()
            if (table, key) not in found and refers(table, row, found)
        }
        if not more:
            return found
        found |= more


def refers(table: str, row: tuple[Any, ...], to: set[tuple[str, Any]]) -> bool:
    """Whether a row refers to one of the rows ``to``: by a foreign key, or as an audit entry by its organisation."""
    return any((target, row[place]) in to for place, target in _references(table))


@cache
def _references(table: str) -> list[tuple[int, str]]:
    model = next(m for m in apps.get_models(include_auto_created=True) if m._meta.db_table == table)
    fields = [f for f in model._meta.concrete_fields if f.column != "last_used_at"]
    found = [(n, f.related_model._meta.db_table) for n, f in enumerate(fields) if f.is_relation]
    if table == "audit_entry":
        found += [(n, "organisations_organisation") for n, f in enumerate(fields) if f.name == "organisation_id"]
    return found


class Watch:
    """Sees statements that may write (whatever is no plain reading), so that tables are read only after one."""

    def __init__(self) -> None:
        self.wrote = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """One statement."""
        words = sql.split(maxsplit=4)
        is_reading = words[0].upper() in {"SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET"}
        if not is_reading and not any(word.strip('"') in NOT_COUNTED for word in words[1:3]):
            self.wrote = True
        return execute(sql, params, many, context)


__all__ = ["Rows", "Watch", "Ways", "changed", "digest", "go", "leaks", "outside_of", "refers", "rows", "text_of"]
