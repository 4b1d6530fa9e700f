"""What everybody tries at every door; each function returns what went wrong, so that a test can also show that something does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import bodies
import of_letters_writing
from django.db import connection
from doors import Door
from marked import World, undone
from reach import Rows, Watch, Ways, changed, go, leaks, outside_of, refers, rows

UNASKED = (
    "components",
    "directory-template",
    "operations",
    "healthz",
    "metrics",
    "theme",
    "language",
    *of_letters_writing.UNASKED,
)
"""Pages without data of organisations, as are those of one's own account: they are opened once and asked nothing."""
PRIVILEGED = (
    "username",
    "organisation_id",
    "is_active",
    "must_change_password",
    "password_expires_at",
    "totp_step",
    "created_at",
)
"""Columns of an account that its owner cannot change."""


@dataclass
class Trier:
    """Tries doors and compares the database with what it was."""

    world: World
    ways: Ways
    before: Rows
    outside: set[tuple[str, Any]]

    @classmethod
    def of(cls, world: World, ways: Ways) -> Trier:
        """With the database as it is now."""
        before = rows()
        return cls(world, ways, before, outside_of(before))

    # ------------------------------------------------------------------------------------------------------ reading

    def reads(self, doors: Iterable[Door], who: str | None, *, by: str = "usual") -> Iterator[str]:
        """Faults: an answer tells something of the marked side, or lets somebody in by its ids."""
        side = self.world.outside
        for door in doors:
            if door.method != "GET":
                continue
            path = door.path(bodies.ids_for(door.name, side))
            for asked, headers in self._askings(door):
                client = self._client(door, who, by)
                with undone():
                    response = go(client, door, path, asked, **headers)
                    said = f"{door.name} {path} {asked} {headers} as {who}: {response.status_code}"
                    if response.status_code >= 500:
                        yield f"{said} broke"
                    if leaks(response):
                        yield f"{said} tells of the other side"
                    if door.arguments and response.status_code == 200:
                        yield f"{said} lets in"
                if response.status_code in {401, 403}:
                    break

    def _askings(self, door: Door) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        yield {}, {}
        if not door.arguments and door.name not in UNASKED and not door.route.startswith("/account/"):
            yield from ((asked, {}) for asked in bodies.queries(self.world.outside))

    def _client(self, door: Door, who: str | None, by: str) -> Any:
        return self.ways.client(door, who) if by == "usual" else self.ways.browser(who)

    # ------------------------------------------------------------------------------------------------------ writing

    def writes(self, door: Door, who: str | None, path: str, body: Any, *, by: str = "usual", **headers: str) -> Try:
        """Send it, and see what it left; it is taken back."""
        watch = Watch()
        client = self._client(door, who, by)
        with undone(), connection.execute_wrapper(watch):
            response = go(client, door, path, body, **headers)
            told = leaks(response)
            after = rows() if watch.wrote else self.before
            if response.status_code in {302, 303} and not door.is_api:
                told = told or leaks(client.get(response.headers["Location"]))
        if hasattr(body, "get") and hasattr(body.get("file"), "seek"):
            body["file"].seek(0)
        changes = changed(self.before, after) if watch.wrote else []
        said = f"{door.method} {door.name} {path} as {who}: {response.status_code}"
        user = self.world.askers.get(who or "")
        return Try(said, response.status_code, told, changes, None if user is None else user.pk)

    def faults(self, tried: Try, *, nothing: bool) -> Iterator[str]:
        """What is wrong about a try: ``nothing`` may have changed, or at least nothing of the marked side."""
        if tried.status >= 500:
            yield f"{tried.said} broke"
        if tried.told:
            yield f"{tried.said} tells of the other side"
        for table, key, was, now in tried.changes:
            what = f"{tried.said} changed {table} {key}: {was} → {now}"
            row = now or was
            if nothing or (table, key) in self.outside or (row is not None and refers(table, row, self.outside)):
                yield what
            elif now is not None and {bodies.STAMP, "zz-gán-bừa"}.intersection(map(str_or_number, now)):
                yield f"{what}: assigned what nobody may assign"
            elif (table, key) == ("accounts_user", tried.user_id) and not _same(was, now):
                yield f"{what}: somebody changed about themselves what only an administrator may"


@dataclass
class Try:
    """One try: what it was, its status, whether it told something, which rows it changed, whose account tried."""

    said: str
    status: int
    told: bool
    changes: list[tuple[str, Any, Any, Any]]
    user_id: int | None = None


def str_or_number(value: Any) -> Any:
    """A value that can be looked up in a set."""
    return value if isinstance(value, str | int) else None


def _same(was: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    from vonggac.desk.accounts.models import User

    columns = [field.column for field in User._meta.concrete_fields]
    return all(was[columns.index(name)] == now[columns.index(name)] for name in PRIVILEGED)
