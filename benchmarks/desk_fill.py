"""A portal at size, made by bulk: a generated province, people, accounts, messages, and an audit record whose chain is whole.

Django is ready when this is imported, and the database is migrated and empty. Everything is invented; the same for the same size.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from allauth.usersessions.models import UserSession
from bench_audit import rows as audit_rows
from django.contrib.sessions.models import Session
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.audit.models import Detail, Entry, Head
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.notices.models import FAILED, SENT, Notice, Received
from vonggac.desk.organisations import reach
from vonggac.desk.organisations.models import (
    ContactPoint,
    InformationSystem,
    Mandate,
    Name,
    Network,
    Organisation,
    Person,
    Placement,
    Succession,
    SystemAddress,
)
from vonggac.desk.organisations.spans import parse_span
from vonggac.desk.searching import search_form, sort_key

START = datetime(2020, 1, 1, tzinfo=UTC)
N_DAYS = 2000
BATCH = 2000
WORDS = (
    "Xã Phường Đông Tây Nam Bắc Hòa Sơn Lâm Thạch Mai Đường Trung tâm Sở Y tế Giáo dục Khoa học Công nghệ Nông nghiệp "
    "Văn hóa Thể thao Du lịch Bệnh viện Trường tiểu học Cơ sở Ủy ban Đội Điện Nước Ấp Ô Ăn"
).split()
PARTS = (0.02, 0.3, 1.0)
"""Which share of the organisations are departments, then with what is below them, then with what is below that."""
TELCOS = 3


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; a share of the whole for a quick look."""

    organisations: int = 2000
    networks: int = 20_000
    systems: int = 50_000
    people: int = 10_000
    users: int = 2000
    notices: int = 50_000
    entries: int = 2_000_000
    tasks: int = 0

    def share(self, part: float) -> Size:
        """The same province, smaller."""
        values = (max(40, int(n * part)) if (n := getattr(self, name)) else 0 for name in self.__slots__)
        return Size(*values)


WORK = Size(organisations=60, networks=3000, systems=3000, people=2000, users=400, tasks=500_000)
"""A province of 60 organisations with two years of lists."""


class Province:
    """What fills a database, in the order in which it must be made."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.chance = random.Random(5)  # no secret
        self.organisations: list[Organisation] = []

    def fill(self, tell: Callable[[str], object]) -> None:
        """Fill it; ``tell`` is given what is being made."""
        for name in ("graph", "networks", "systems", "people", "accounts", "notices", "audit", "work"):
            tell(name)
            getattr(self, f"_{name}")()
        tell("statistics")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _name(self, n: int = 5) -> str:
        return " ".join(self.chance.choice(WORDS) for _ in range(n))

    def _graph(self) -> None:
        total = self.size.organisations - TELCOS
        self._stand([None])
        level = self.organisations[:]
        for part in PARTS:
            first = len(self.organisations)
            self._stand([self.chance.choice(level) for _ in range(max(first + 1, int(total * part)) - first)])
            level = self.organisations[first:]
        self._stand([None] * TELCOS, "telco")
        made = self.organisations
        Name.objects.bulk_create(
            [Name(organisation=one, name=one.name, folded=search_form(one.name), valid_from=START) for one in made]
        )
        Placement.objects.bulk_create(
            [Placement(organisation=one, parent_id=one.parent_id, valid_from=START) for one in made]
        )
        Mandate.objects.bulk_create(
            [
                Mandate(holder=one, subject=subject, over=made[0], basis="Quyết định 12/QĐ", valid_from=START)
                for one in made[: max(4, len(made) // 20)]
                for subject in ("coordination", "support")
            ]
        )
        self._close(made[len(made) // 2 : len(made) // 2 + len(made) // 50])
        reach.rebuild()

    def _stand(self, parents: Sequence[Organisation | None], kind: str = "") -> None:
        first = len(self.organisations)
        rows = []
        for n, parent in enumerate(parents, start=first):
            code, name = f"H{n:05}", f"{self._name()} {n}"
            rows.append(
                Organisation(
                    code=code, kind=kind or ("department" if parent is None else "commune"), name=name, parent=parent,
                    folded=search_form(code, name), sort_key=sort_key(name), valid_from=START,
                )
            )  # fmt: skip
        self.organisations += Organisation.objects.bulk_create(rows)

    def _close(self, gone: Sequence[Organisation]) -> None:
        """Some exist no longer: others took over."""
        at = START + timedelta(days=N_DAYS)
        ids = [one.pk for one in gone]
        Organisation.objects.filter(pk__in=ids).update(valid_until=at)
        Name.objects.filter(organisation__in=ids).update(valid_until=at)
        Placement.objects.filter(organisation__in=ids).update(valid_until=at)
        heir = self.organisations[1]
        Succession.objects.bulk_create(
            [Succession(predecessor=one, successor=heir, kind="merge", at=at) for one in gone]
        )

    def _span(self) -> tuple[datetime, datetime | None]:
        begin = START + timedelta(days=self.chance.randrange(N_DAYS))
        return begin, begin + timedelta(days=N_DAYS) if self.chance.random() < 0.3 else None

    def _networks(self) -> None:
        rows = []
        for n in range(self.size.networks):
            text = f"2001:db8:{n:x}::/48" if n % 10 == 0 else f"10.{n >> 12}.{n >> 4 & 255}.{(n & 15) << 4}/28"
            span, (begin, end) = parse_span(text), self._span()
            rows.append(
                Network(
                    organisation=self.chance.choice(self.organisations), text=span.text, first=span.first, last=span.last,
                    provider="Nhà mạng", folded=search_form(span.text, "Nhà mạng", ""), valid_from=begin, valid_until=end,
                    side="inner" if n % 7 == 0 else "public",
                )
            )  # fmt: skip
        Network.objects.bulk_create(rows, batch_size=BATCH)

    def _systems(self) -> None:
        rows = []
        for n in range(self.size.systems):
            code, name, (begin, end) = f"S{n:06}", f"Hệ thống {self._name(4)} {n}", self._span()
            rows.append(
                InformationSystem(
                    organisation=self.chance.choice(self.organisations), code=code, name=name, folded=search_form(code, name),
                    sort_key=sort_key(name), level=self.chance.choice((None, 1, 2, 2, 3, 3, 4, 5)), valid_from=begin, valid_until=end,
                    exposure=self.chance.choice(("internet", "inner", "isolated")),
                )
            )  # fmt: skip
        rows = InformationSystem.objects.bulk_create(rows, batch_size=BATCH)
        addresses = []
        for n, row in enumerate(rows):
            value = f"s{n}.thachlam.example" if n % 2 else f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
            addresses.append(SystemAddress(system=row, value=value, key="" if n % 2 else parse_span(value).first))
        SystemAddress.objects.bulk_create(addresses, batch_size=BATCH)

    def _people(self) -> None:
        rows = []
        for n in range(self.size.people):
            name, email = f"Nguyễn {self._name(2)} {n}", f"nguoi{n}@thachlam.example"
            rows.append(
                Person(
                    organisation=self.chance.choice(self.organisations), name=name, position="Cán bộ", email=email,
                    folded=search_form(name, "Cán bộ", email, ""), sort_key=sort_key(name), valid_from=START,
                )
            )  # fmt: skip
        rows = Person.objects.bulk_create(rows, batch_size=BATCH)
        ContactPoint.objects.bulk_create(
            [
                ContactPoint(
                    organisation=row.organisation, person=row, channel="mobile", value=f"0000 {n:06}", rank=1 + n % 3,
                    is_support=n < 5,
                )
                for n, row in enumerate(rows)
            ],
            batch_size=BATCH,
        )  # fmt: skip

    def _accounts(self) -> None:
        rows = []
        for n in range(self.size.users):
            name, email = f"Nguyễn {self._name(2)}", f"u{n}@vonggac.example"
            rows.append(
                User(
                    username=f"u{n}", name=name, email=email, organisation=self.chance.choice(self.organisations), password="!",
                    folded=search_form(f"u{n}", name, email), **_sorted_by(User, name),
                )
            )  # fmt: skip
        rows = User.objects.bulk_create(rows, batch_size=BATCH)
        Grant.objects.bulk_create(
            [Grant(user=row, role="agency_officer", organisation=row.organisation, valid_from=START) for row in rows]
        )
        keys = [f"{n:032x}" for n in range(len(rows))]
        until = timezone.now() + timedelta(hours=12)
        Session.objects.bulk_create([Session(session_key=key, session_data="", expire_date=until) for key in keys])
        UserSession.objects.bulk_create(
            [
                UserSession(user=row, session_key=key, ip="198.51.100.7", user_agent="Mozilla/5.0")
                for row, key in zip(rows, keys, strict=True)
            ]
        )

    def _notices(self) -> None:
        users = list(User.objects.order_by("pk")[: self.size.users])
        values = {"file": "danh-ba.xlsx", "n_created": 3, "n_changed": 1, "n_same": 9, "link": "/networks/"}
        with transaction.atomic():
            enqueue(
                template="import_finished", organisation_id=self.organisations[0].pk, user_id=users[0].pk, key="first",
                email="u0@vonggac.example", values=values,
            )  # fmt: skip
        one = Notice.objects.filter(channel="email").get()
        wanted = {column.attname: getattr(one, column.attname) for column in Notice._meta.concrete_fields}  # noqa: SLF001
        rows, now = [], timezone.now()
        for n in range(self.size.notices):
            user, at = users[n % len(users)], now - timedelta(minutes=7 * (self.size.notices - n))
            own = {
                "id": None, "key": f"k{n}", "recipient": user.email, "user_id": user.pk, "organisation_id": user.organisation_id,
                "state": FAILED if n % 50 == 0 else SENT, "created_at": at, "due_at": at, "ended_at": at,
            }  # fmt: skip
            rows.append(Notice(**wanted | own))
        Notice.objects.bulk_create(rows, batch_size=BATCH)
        Received.objects.bulk_create(
            [
                Received(user=users[n % 40], message_id=f"m{n}", subject="Nhập xong", text="Tệp danh-ba.xlsx", at=now)
                for n in range(self.size.notices // 10)
            ],
            batch_size=BATCH,
        )

    def _audit(self) -> None:
        made = audit_rows(self.size.entries, [one.pk for one in self.organisations])
        last: Entry | None = None
        with connection.schema_editor() as editor:  # built once at the end, they take a third of the time
            for index in Entry._meta.indexes:  # noqa: SLF001
                editor.remove_index(Entry, index)
        while pairs := list(islice(made, 20_000)):
            with transaction.atomic():
                write_rows(Entry, (entry for entry, _detail in pairs))
                write_rows(Detail, (detail for _entry, detail in pairs))
            last = pairs[-1][0]
        assert last is not None  # a size is over zero
        Head.objects.update_or_create(pk=1, defaults={"seq": last.seq, "hash": last.hash})
        with connection.schema_editor() as editor:
            for index in Entry._meta.indexes:  # noqa: SLF001
                editor.add_index(Entry, index)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Entry]):
                cursor.execute(statement)

    def _work(self) -> None:
        if self.size.tasks:
            from desk_fill_work import fill_work

            now = [one for one in self.organisations if one.valid_until is None]
            fill_work(now, self.size.tasks, write_rows)


def _sorted_by(model: type[Model], name: str) -> dict[str, str]:
    """The sort key of a model that has one."""
    return {"sort_key": sort_key(name)} if any(one.name == "sort_key" for one in model._meta.concrete_fields) else {}  # noqa: SLF001


def write_rows(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert ``rows`` with all their columns, as fast as the database takes them (COPY, executemany)."""
    columns = model._meta.concrete_fields  # noqa: SLF001
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for values in _values(columns, rows):
                    copy.write_row(values)
        else:
            marks = ", ".join(["?"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # names of ours
            cursor.connection.executemany(statement, _values(columns, rows))


def _values(columns: Sequence[Any], rows: Iterable[Model]) -> Iterator[tuple[Any, ...]]:
    adapted: dict[str, Callable[[Any], Any]] = {}
    for column in columns:
        if column.get_internal_type() == "DateTimeField":
            adapted[column.attname] = connection.ops.adapt_datetimefield_value
        elif column.get_internal_type() == "JSONField":
            adapted[column.attname] = partial(column.get_db_prep_save, connection=connection)
    names = [column.attname for column in columns]
    for row in rows:
        values = [getattr(row, name) for name in names]
        for n, value in enumerate(values):
            if isinstance(value, DatabaseDefault):  # what an unsaved row has where the database knows the value
                values[n] = columns[n].db_default
        yield tuple(
            adapted[name](value) if name in adapted else value for name, value in zip(names, values, strict=True)
        )


def quickly() -> None:
    """A database that may be lost while it is filled: nothing waits for the disk on this connection."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for pragma in ("synchronous=OFF", "cache_size=-400000", "wal_autocheckpoint=20000"):
                cursor.execute(f"PRAGMA {pragma}")
        else:
            cursor.execute("SET synchronous_commit = off")
