"""The invented province in the portal: its directory, a merger of two communes, somebody for every role, and a list that became work."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from vonggac.config import Settings, zone_from
from vonggac.desk.accounts.actions import GrantValues, accept, deactivate, factor_added, invite
from vonggac.desk.accounts.actions.people import FIRST
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.organisations import actions
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.staging import life
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.desk.scope.roles import ROLES
from vonggac.jobs import directory_import, spool
from vonggac.jobs.scenario import work
from vonggac.jobs.scenario.directory import (
    AUTHORITY,
    CENTRE,
    MERGED,
    MERGER,
    REORGANISED,
    SUPERVISOR,
    TELCOS,
    directory,
)

WORKBOOK = "danh-ba.xlsx"

PEOPLE = {
    "administrator": ("quantri", "Lý Sao Hôm", CENTRE, None),
    "leader": ("lanhdao", "Hồ Núi Lam", SUPERVISOR, None),
    "duty_officer": ("trucban", "Đỗ Trăng Ngàn", CENTRE, None),
    "analyst": ("phantich", "Ngô Suối Biếc", CENTRE, None),
    "responder": ("ungcuu", "Võ Rừng Phong", CENTRE, None),
    "agency_officer": ("canbo", "Bùi Hoa Mộc", "SV.YT", "SV.YT"),
    "telco_desk": ("nhamang", "Phan Biển Lặng", TELCOS[0][0], TELCOS[0][0]),
    "authority_liaison": ("daumoi", "Đặng Mây Trắng", AUTHORITY, AUTHORITY),
    "records_clerk": ("vanthu", "Trần Lá Thu", SUPERVISOR, SUPERVISOR),
    "auditor": ("kiemtra", "Phạm Sông Ngân", AUTHORITY, None),
}
"""Role to the name that signs in, the person's name, the code of their home, and where they hold it (None: everywhere)."""


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody of the demonstration signs in. ``totp``: the seed of their one-time codes, empty where none is needed."""

    role: str
    username: str
    name: str
    password: str
    totp: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    n_organisations: int
    n_people: int
    n_networks: int
    n_systems: int
    logins: tuple[Login, ...]


def fill(settings: Settings, folder: Path, set_up_factor: Callable[[User, str], None]) -> Filled:
    """Fill an empty installation whose tables are there; its workbook is left in ``folder``.

    The workbook goes the way that anybody's would: checked, then applied. ``set_up_factor(user, seed)`` gives a user
    one-time codes.
    """
    asker = machine("vonggac demo", origin=Origin("cli"))
    workbook = folder / WORKBOOK
    counts = write_workbook(workbook)
    _import(settings, asker, workbook)
    _merge(settings, asker)
    logins = tuple(_person(asker, role, set_up_factor) for role in PEOPLE)
    for first in User.objects.filter(
        username=FIRST
    ):  # nobody knows the one-time password: the administrator above signs in
        deactivate(asker, first.pk, first.version)
    work.tell(settings)
    return Filled(counts["organisations"], counts["people"], counts["networks"], counts["systems"], logins)


def write_workbook(path: Path) -> dict[str, int]:
    """The directory as a workbook with a sheet for every kind; how many rows each has."""
    book = Workbook(write_only=True)
    counts = {}
    for name, rows in vars(directory()).items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
        counts[name] = len(rows)
    book.save(path)
    return counts


def _import(settings: Settings, asker: Asker, workbook: Path) -> None:
    spooled = spool.spool_file(settings, workbook, spool.UPLOAD_LIMIT)
    row = directory_import.receive(settings, asker, spooled, workbook.name)
    directory_import.advance(settings, asker, row)
    life.start_applying(asker, row.pk)
    directory_import.advance(settings, asker, row)
    directory_import.sweep(settings)


def _merge(settings: Settings, asker: Asker) -> None:
    """The two communes of before became one: what they held went over, and the past stays answerable."""
    ids = dict(Organisation.objects.filter(code__in=(*MERGED, MERGER)).values_list("code", "pk"))
    at = datetime.fromisoformat(REORGANISED).replace(tzinfo=zone_from(settings.zone))
    basis = "Nghị quyết 07/NQ-HĐND (giả định)"
    actions.merge(asker, [ids[code] for code in MERGED], successor=ids[MERGER], at=at, basis=basis)


def _person(asker: Asker, role: str, set_up_factor: Callable[[User, str], None]) -> Login:
    username, name, home, where = PEOPLE[role]
    ids = dict(Organisation.objects.filter(code__in=filter(None, (home, where))).values_list("code", "pk"))
    grants = [GrantValues(role, None if where is None else ids[where])]
    email = f"{username}@songvan.example"
    _row, token = invite(asker, email=email, name=name, organisation_id=ids[home], grants=grants)
    password = "-".join(secrets.token_hex(2) for _part in range(4))
    user = accept(token, Origin("cli"), username=username, name=name, password=password, again=password, language="vi")
    seed = ""
    if ROLES[role].mfa:
        seed = base64.b32encode(secrets.token_bytes(20)).decode()
        set_up_factor(user, seed)
        factor_added(asker_of(user, Origin("cli")), user, kind="totp", this_session="")
    return Login(role, username, name, password, seed)
