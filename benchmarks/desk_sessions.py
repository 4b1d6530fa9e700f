"""Who walks over the portal, signed in by rows of sessions, and where each of them can go.

Django is ready when this is imported. What is asked for is read from the portal itself: every URL and every route of its API
that is read by GET, each with ids that the session's own scope holds, and the lists with their filters, sorts and last pages.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from vonggac.desk.accounts import queries as people_queries
from vonggac.desk.accounts.actions import create_token
from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.audit import queries as audit_queries
from vonggac.desk.intel.models import IndicatorList, ListVersion
from vonggac.desk.notices import queries as notices_queries
from vonggac.desk.organisations import queries
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.desk.work import queries as work_queries
from vonggac.web.api.core import api

ROLES = (
    ("leader", "root"), ("leader", "department"), ("duty_officer", ""), ("duty_officer", "root"), ("analyst", ""),
    ("analyst", "root"), ("responder", "root"), ("responder", "department"), ("agency_officer", "department"),
    ("agency_officer", "commune"), ("agency_officer", "commune"), ("telco_desk", "telco"), ("authority_liaison", "root"),
    ("records_clerk", "root"), ("auditor", ""), ("auditor", "root"), ("administrator", ""), ("administrator", "root"),
    ("administrator", "department"), ("duty_officer", ""),
)  # fmt: skip
"""Role and where it is held (empty: everywhere) of each session."""

NOT_PAGES = frozenset(
    {"healthz", "metrics", "account_logout", "sign_on", "sign_on_callback", "audit-export", "directory-export",
     "mfa_generate_recovery_codes", "mfa_view_recovery_codes", "directory-template", "list-version-export", "list-matrix-export",
     "work-cleanup-file", "work-report-workbook"}
)  # fmt: skip
"""What is no page: probes, ways out, files of the whole."""

FILES = frozenset(
    {
        "/api/v1/export",
        "/api/v1/work/cleanup",
        "/api/v1/work/reports/workbook",
        "/api/v1/lists/versions/{version_id}/export",
    }
)
"""Routes of the API that give files of the whole."""

LISTS = {
    "today": ("",),
    "organisations": ("view=list", "view=list&q=hoa+son", "q=hoa+son", "kind=department", "at=2021-01-01", "closed=1", "root={organisation_id}"),
    "networks": ("page=2", "page=200", "q=nha+mang", "q=10.1.2.0/24", "side=inner", "sort=organisation", "organisation={organisation_id}", "at=2022-02-02", "ended=1"),
    "network-owner": ("address=10.1.2.3&at=2023-05-05T10:00",),
    "systems": ("page=2", "page=200", "sort=level", "sort=level&page=100", "sort=code&page=100", "q=benh+vien", "q=khongcodau", "level=3", "level=none", "exposure=internet", "address=thachlam.example", "organisation={organisation_id}"),
    "people": ("page=2", "page=100", "q=nguyen+hoa", "q=khongcoai", "organisation={organisation_id}", "at=2022-02-02"),
    "search": ("q=dong+hoa", "q=10.1.2.3", "q=s7.thachlam.example", "q=khongcogi"),
    "suggestions": ("q=don", "q=10.1.2.3"),
    "organisation-pick": ("q=hoa",),
    "accounts": ("q=nguyen", "page=2", "page=20", "role=agency_officer"),
    "invitations": ("show=all",),
    "audit": ("before=1000", "action=people.add", "q=nguoi+77", "q=khongcoai", "organisation={organisation_id}", "actor=7", "since=2026-01-01&until=2026-01-31", "entry=500"),
    "notices": ("state=failed", "state=sent", "before=1000", "recipient=u7", "template=invitation"),
    "notices-mine": ("before=1000",),
    "work": ("state=open", "state=review", "state=done", "late=1", "state=closed&page=100", "priority=1", "q=10.1.2.3", "q=mirai", "sort=newest", "sort=priority", "organisation={organisation_id}", "kind=clean_address&state=submitted"),
    "organisation-networks": ("ended=1",),
    "organisation-systems": ("ended=1",),
}  # fmt: skip
"""Pages with what is asked of them beside the page as it is."""

API_LISTS = ("limit=200", "text=hoa+son", "text=khongcogi", "after=MTAwMDA")
NOUNS = {"organisations": "organisation_id", "networks": "network_id", "systems": "system_id", "people": "person_id",
         "contacts": "contact_id", "mandates": "mandate_id", "accounts": "user_id", "notices": "notice_id", "audit": "seq", "work": "task_id", "lists": "list_id", "indicators": "indicator_id"}  # fmt: skip


class Step(NamedTuple):
    """One thing to ask for: what it is called in the table, and its address."""

    label: str
    path: str


class Walker(NamedTuple):
    """A session with all that it may ask for."""

    name: str
    cookie: str
    steps: list[Step]


def walkers(n: int) -> list[Walker]:
    """``n`` sessions of different roles."""
    places = _places()
    chance = random.Random(11)  # no secret
    found = []
    for number in range(n):
        role, where = ROLES[number % len(ROLES)]
        place = chance.choice(places[where]) if where else None
        user = _somebody(f"walker{number}", role, place)
        asker = people_queries.asker_of(user, Origin("web"))
        found.append(Walker(f"{role}@{where or 'everywhere'}", _signed_in(user), list(_steps(_ids(asker), chance))))
    return found


def writer_token() -> str:
    """The secret of an API token that may change organisations everywhere."""
    user = _somebody("writer", "administrator", None)
    asker = people_queries.asker_of(user, Origin("web"))
    until = timezone.now() + timedelta(days=1)
    user.api_tokens.all().delete()
    Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {}}
    )  # tokens need it
    return create_token(
        asker, name="writer", permissions=["organisations.view", "organisations.edit"], expires_at=until
    )[1]


def _somebody(username: str, role: str, place: Organisation | None) -> User:
    """The user of this name, made when there is none."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(username=username, name=f"Người {username}", email=f"{username}@vonggac.example", password="!")
        user.organisation = place
        user.save()
        Grant.objects.create(user=user, role=role, organisation=place)
    return user


def _places() -> dict[str, list[Organisation]]:
    rows = list(Organisation.objects.filter(valid_until=None).order_by("pk"))
    root = rows[0]
    departments = [row for row in rows if row.parent_id == root.pk]
    communes = [row for row in rows if row.parent_id not in (None, root.pk)]
    return {"root": [root], "department": departments, "commune": communes or departments,
            "telco": [row for row in rows if row.kind == "telco"] or [root]}  # fmt: skip


def _signed_in(user: User) -> str:
    """The cookie of a new session of ``user``, who showed a second factor just now."""
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    now = int(time.time())
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "began_at": now,
            "seen_at": now,
            "strong": True,
            "account_authentication_methods": [{"method": "password", "at": now}],
            "account_authentication_methods_user": str(user.pk),
        }
    )
    session.create()
    UserSession.objects.create(user=user, session_key=session.session_key, ip="198.51.100.9", user_agent="Mozilla/5.0")
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _ids(asker: Asker) -> dict[str, list[int]]:
    """A few of everything that ``asker`` sees, by the name that it has in addresses."""
    reads: dict[str, Any] = {
        "organisation_id": queries.organisations, "network_id": queries.networks, "system_id": queries.systems,
        "person_id": queries.people, "contact_id": queries.contacts, "mandate_id": queries.mandates,
    }  # fmt: skip
    found = {name: [row.pk for row in read(asker)[:40]] for name, read in reads.items()}
    if asker.may("work.view"):
        found["task_id"] = [row.pk for row in work_queries.tasks(asker)[:40]]
        found["policy_id"] = [row.pk for row in work_queries.policies(asker)[:40]]
    if asker.may("lists.view"):
        found["list_id"] = list(IndicatorList.objects.values_list("pk", flat=True)[:40])
        found["version_id"] = list(ListVersion.objects.order_by("-pk").values_list("pk", flat=True)[:40])
    if asker.may("accounts.view"):
        found["user_id"] = [row.pk for row in people_queries.accounts(asker)[:40]]
    if asker.may("notices.view"):
        found["notice_id"] = [line.notice.pk for line in notices_queries.notices(asker, notices_queries.Filters())]
    if asker.may("audit.view"):
        found["seq"] = [row.seq for row in audit_queries.entries(asker, audit_queries.Filters()).entries[:40]]
    return found


def _steps(ids: dict[str, list[int]], chance: random.Random) -> Iterator[Step]:
    for name, route in _routes():
        for query in ("", *LISTS.get(name, ())):
            label = f"/{route}" + (f"?{query}" if query else "")
            path = _filled(label, ids, chance)
            if path and name not in NOT_PAGES:
                yield Step(re.sub(r"<int:\w+>|{\w+}", "N", label), path)
    for route, operations in api.get_openapi_schema()["paths"].items():
        if "get" not in operations or route in FILES:
            continue
        noun = route.removeprefix("/api/v1/").split("/")[0]
        known = {one["name"] for one in operations["get"].get("parameters", ())}
        for query in ("", *(query for query in API_LISTS if query.partition("=")[0] in known)):
            label = route.replace("{record_id}", "{" + NOUNS.get(noun, "") + "}") + (f"?{query}" if query else "")
            path = _filled(label, ids, chance)
            if path:
                yield Step(re.sub(r"{\w*}", "N", label), path)


def _routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    """Every URL of the portal but the API's: its name and its pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not route.startswith("api/"):
            yield from _routes(pattern, route)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, route


def _filled(route: str, ids: dict[str, list[int]], chance: random.Random) -> str:
    """``route`` with an id in each place; empty where the asker sees none."""
    names = re.findall(r"<int:(\w+)>|{(\w*)}", route)
    for one, other in names:
        known = ids.get(one or other)
        if not known:
            return ""
        route = re.sub(r"<int:\w+>|{\w*}", str(chance.choice(known)), route, count=1)
    return route
