"""Every URL and every route of the API, tried by everybody: no read and no write beyond what somebody holds."""

from __future__ import annotations

from pathlib import Path

import bodies
import doors
import of_exchange
import of_inside
import of_letters_answering
import of_letters_arriving
import of_letters_declaring
import of_letters_files
import of_letters_links
import of_letters_report
import of_letters_table
import of_letters_writing
import of_lists
import of_proofs
import of_work
import pytest
import yaml
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from doors import Door
from reach import go, leaks
from trying import Trier

import vonggac.desk.scope
from vonggac.desk.organisations.models import Organisation, Person
from vonggac.desk.scope.roles import PERMISSIONS, ROLES
from vonggac.web.shell.pages import PUBLIC, SIGNED_IN, page

pytestmark = pytest.mark.django_db

WRITTEN = yaml.safe_load((Path(vonggac.desk.scope.__file__).parent / "roles.yml").read_text("utf-8"))
"""roles.yml as it is written, past the code that reads it."""
INSIDERS = (*ROLES, "nobody in particular")
ON_BOTH = (None, "administrator", "agency_officer", "nobody in particular")
ANYBODY = [pytest.param(who, marks=[] if who in ON_BOTH else [pytest.mark.any_database]) for who in (None, *INSIDERS)]
"""None: somebody signed out. What is asked of the database is the same for all roles: some of them try it on both."""


@pytest.fixture(scope="module")
def trier(world, ways):
    return Trier.of(world, ways)


# ------------------------------------------------------------------------------------------------- every door is known


def undeclared():
    """Names of URLs that do not say who may come."""
    return [
        name
        for name, route, pattern in doors.patterns()
        if not getattr(pattern.callback, "permission", "")
        and name not in doors.WITHOUT_PERMISSION
        and not (route.startswith("/api/") and _is_described(route))
    ]


def _is_described(route):
    return route in {door.route for door in doors.routes()}


def test_every_url_says_who_may_come():
    assert undeclared() == []
    known = {*PERMISSIONS, PUBLIC, SIGNED_IN}
    assert {door.permission for door in doors.pages()} <= known
    names = {name for name, _route, _pattern in doors.patterns()}
    assert set(doors.WITHOUT_PERMISSION) <= names


def test_every_route_of_the_api_asks_who_it_is(world):
    for door in doors.routes():
        way = door.path(bodies.ids_for(door.name, world.outside))
        for headers in (
            {},
            {"Authorization": "Bearer vgt_guessed"},
            {"Authorization": "Basic eDp5"},
            {"Cookie": "x=y"},
        ):
            assert go(Client(headers=headers), door, way, {}).status_code == 401, (door, headers)


def test_there_is_something_to_send_through_every_door_that_writes(world):
    pages = {door.name for door in doors.pages() if door.method == "POST"}
    assert pages == {*bodies.pages(world.outside), *bodies.OWN}
    routes = {door.name for door in doors.routes() if door.method != "GET"}
    assert routes == set(bodies.routes(world.outside))
    assert {door.name for door in doors.routes()} == set(NEEDS)


# ------------------------------------------------------------------------------------------ what is tried would succeed

EMPTY_HANDED = (
    "directory-import-apply", "directory-import-check", "directory-import-abandon", "contact-order", "invitation-resend",
    "invitation-revoke", "account-token-revoke", "account_revoke_token",  # only POST does something: GET leads back
    "mfa_remove_webauthn", "mfa_edit_webauthn",  # of one's own passkeys only
    *of_work.EMPTY_HANDED,
    *of_proofs.EMPTY_HANDED,
    *of_letters_answering.EMPTY_HANDED,
    *of_letters_files.EMPTY_HANDED,
    *of_letters_links.EMPTY_HANDED,
    *of_lists.EMPTY_HANDED,
    *of_letters_report.EMPTY_HANDED,
    *of_letters_writing.EMPTY_HANDED,
    *of_letters_arriving.EMPTY_HANDED,
    *of_lists.NUMBERS_ONLY,
    *of_exchange.EMPTY_HANDED,
    "organisation_name_at", "list_grants",  # tell no text of the record; the first needs a time
)  # fmt: skip
"""Doors with an argument that show nothing of the record that it names."""


def test_who_may_reads_the_mark_behind_every_door(world, ways):
    silent = []
    for door in [*doors.pages(), *doors.routes()]:
        if door.method != "GET" or not door.arguments or door.name in EMPTY_HANDED:
            continue
        response = go(ways.browser("outside"), door, door.path(bodies.ids_for(door.name, world.outside)))
        if response.status_code != 200 or not leaks(response):
            silent.append((door.name, response.status_code))
    assert silent == []


NEED_THE_FILE = (
    "directory-import-apply", "directory-import-check", "apply_import", "check_import_again",
    *of_proofs.ONLY_LOOKS,
    *of_letters_files.ONLY_LOOKS,
    "list-version-ask", "ask_holders_of_list",  # of operators and rows of nobody, of which there are none here
)  # fmt: skip
"""They work with an uploaded file only, which is none here: that they then write is shown in the tests of their pages."""


def test_who_may_writes_through_every_door(world, ways, trier):
    forms, routes = bodies.pages(world.outside), bodies.routes(world.outside)
    idle = []
    for door in [*doors.pages(), *doors.routes()]:
        if door.method == "GET" or door.name in bodies.OWN:
            continue
        body = (routes if door.is_api else forms)[door.name]
        way = door.path(bodies.ids_for(door.name, world.outside))
        said = []
        for who in ("outside", "ruler", "member"):
            tried = trier.writes(door, who, way, body, by="browser")
            if tried.changes and tried.status < 400:
                break
            said.append(tried.said)
        else:
            idle += [] if door.name in NEED_THE_FILE else said
    assert idle == []


# ------------------------------------------------------------------------------------------------------ no read


@pytest.mark.parametrize("who", ANYBODY)
def test_nobody_reads_the_other_side(who, trier):
    faults = [*trier.reads(doors.pages(), who), *trier.reads(doors.routes(), who)]
    assert faults == []


@pytest.mark.parametrize("who", ["administrator", "agency_officer", "nobody in particular"])
def test_nobody_reads_the_other_side_over_the_api_by_their_session(who, trier):
    assert [*trier.reads(doors.routes(), who, by="browser")] == []


def test_a_token_of_nothing_reads_nothing(trier):
    assert [*trier.reads(doors.routes(), "a token of nothing")] == []


# ----------------------------------------------------------------------------------------------------- no write


def attempts(trier, who, *, found=None):
    """Faults of everything that writes about the marked side, from outside of it."""
    side = trier.world.outside
    forms, routes = {**bodies.OWN, **bodies.pages(side)}, bodies.routes(side)
    for door in found or [*doors.pages(), *doors.routes()]:
        if door.method == "GET":
            continue
        body = (routes if door.is_api else forms).get(door.name, {})
        tried = trier.writes(door, who, door.path(bodies.ids_for(door.name, side)), body)
        yield from trier.faults(tried, nothing=bool(door.arguments))


@pytest.mark.parametrize("who", ANYBODY)
def test_nobody_writes_on_the_other_side(who, trier):
    assert [*attempts(trier, who)] == []


def test_a_token_of_nothing_writes_nothing(trier):
    routes = bodies.routes(trier.world.outside)
    for door in doors.routes():
        if door.method != "GET":
            way = door.path(bodies.ids_for(door.name, trier.world.outside))
            tried = trier.writes(door, "a token of nothing", way, routes[door.name])
            assert tried.status in {403, 404, 422}, tried.said
            assert [*trier.faults(tried, nothing=True)] == []


@pytest.mark.any_database
@pytest.mark.parametrize("who", ["agency_officer", "analyst", "administrator"])
def test_ids_of_the_other_side_in_ones_own_forms_change_nothing_there(who, trier):
    inside, outside = trier.world.inside, trier.world.outside
    forms, routes = bodies.pages(inside), bodies.routes(inside)
    n = 0
    for door in [*doors.pages(), *doors.routes()]:
        body = (routes if door.is_api else forms).get(door.name)
        if door.method == "GET" or not isinstance(body, dict):
            continue
        way = door.path(bodies.ids_for(door.name, inside))
        theirs = bodies.swaps(outside, api=door.is_api)
        for name in theirs.keys() & ({*body, "person_id", "operator_id", "parent_id"} if door.is_api else body.keys()):
            tried = trier.writes(door, who, way, {**body, name: theirs[name]})  # one field at a time
            assert [*trier.faults(tried, nothing=False)] == [], name
            n += 1
    assert n > 40


@pytest.mark.any_database
@pytest.mark.parametrize("who", ["agency_officer", "administrator", "nobody in particular"])
def test_fields_that_a_form_does_not_have_are_assigned_nowhere(who, trier):
    inside = trier.world.inside
    more = bodies.extras(trier.world.outside)
    forms, routes = {**bodies.OWN, **bodies.pages(inside)}, bodies.routes(inside)
    for door in [*doors.pages(), *doors.routes()]:
        if door.method == "GET" or door.name in GIVES_ROLES or door.name == "upload_import":
            continue
        body = (routes if door.is_api else forms)[door.name] or {}
        if isinstance(body, bytes):
            continue  # the file itself is the body: there are no fields
        way = door.path(bodies.ids_for(door.name, inside))
        tried = trier.writes(door, who, way, {**more, **body} if not door.is_api else {**body, **more})
        assert [*trier.faults(tried, nothing=door.is_api and door.name not in WITHOUT_BODY)] == []
        given = [change for change in tried.changes if change[0] in {"accounts_grant", "accounts_invitedgrant"}]
        assert all(was is not None for _table, _key, was, _now in given) or door.name == "invite", tried.said
        assert not any("administrator" in str(now) for _t, _k, _was, now in given if now), tried.said


WITHOUT_BODY = (
    "undo_succession",
    "revoke_grant",
    "revoke_invitation",
    "apply_import",
    "check_import_again",
    "abandon_import",
    "watch_task",
    "unwatch_task",
    *of_exchange.OF_THEIR_OWN,
    *of_letters_report.OF_THEIR_OWN,
    *of_letters_files.OF_THEIR_OWN,
    *of_letters_arriving.OF_THEIR_OWN,
    *of_lists.OF_THEIR_OWN,
    "remove_evidence",
)
"""Operations that read no body: whatever is sent there is not looked at."""
GIVES_ROLES = ("account-grant",)
"""Whose form has a role and a place: what may stand there is tried by ``test_ids_of_the_other_side…`` and in tests/desk/accounts."""


# ------------------------------------------------------------------------------------------- methods and forged forms


@pytest.mark.any_database
def test_a_method_is_not_changed_by_what_is_sent(trier):
    side = trier.world.outside
    for door in [*doors.pages(), *doors.routes()]:
        if door.method != "GET":
            continue
        way = door.path(bodies.ids_for(door.name, side))
        tried = trier.writes(
            door, "ruler", way, {"_method": "DELETE", "version": 1},
            X_HTTP_Method_Override="DELETE", X_Method_Override="POST", X_HTTP_Method="PUT",
        )  # fmt: skip
        assert tried.status < 500, tried.said
        if door.name not in READS_THAT_ARE_RECORDED:
            assert tried.changes == [], tried.said


READS_THAT_ARE_RECORDED = (
    "directory-export",
    "export_directory",
    *of_proofs.READS_THAT_ARE_RECORDED,
    *of_letters_report.READS_THAT_ARE_RECORDED,
    *of_letters_table.READS_THAT_ARE_RECORDED,
    *of_letters_arriving.READS_THAT_ARE_RECORDED,
    *of_exchange.READS_THAT_ARE_RECORDED,
)
"""Taking something along is itself an entry of the audit record."""


@pytest.mark.any_database
def test_a_page_takes_no_other_method(world, ways):
    client = ways.browser("ruler")
    taken = {}
    for door in doors.pages():
        taken.setdefault(door.path(bodies.ids_for(door.name, world.outside)), set()).add(door.method)
    for way, methods in taken.items():
        for method in {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUATSCH"} - methods:
            response = client.generic(method, way)
            assert response.status_code in {404, 405}, (method, way, response.status_code)


@pytest.mark.any_database
def test_no_form_is_taken_without_its_token(world, ways, trier):
    forms = bodies.pages(world.outside)
    for door in doors.pages():
        if door.method == "POST":
            client = ways.browser("ruler", enforce_csrf_checks=True)
            body = {**bodies.OWN, **forms}[door.name]
            response = go(client, door, door.path(bodies.ids_for(door.name, world.outside)), body)
            assert response.status_code in {403, 404}, (door.name, response.status_code)
    for door in doors.routes():
        if door.method != "GET":
            client = ways.browser("ruler", enforce_csrf_checks=True)
            way = door.path(bodies.ids_for(door.name, world.outside))
            assert go(client, door, way, bodies.routes(world.outside)[door.name]).status_code == 403, door.name


# ------------------------------------------------------------------------------------------------------ who may what

NEEDS = {
    **{f"{verb}_{noun}": f"{nouns}.{right}"
       for noun, nouns in (("person", "people"), ("contact", "people"), ("network", "networks"), ("system", "systems"),
                           ("organisation", "organisations"), ("mandate", "organisations"))
       for verb, right in (("add", "edit"), ("read", "view"), ("change", "edit"), ("end", "edit"))},
    "list_organisations": "organisations.view", "list_people": "people.view", "list_contacts": "people.view",
    "list_networks": "networks.view", "list_systems": "systems.view", "list_mandates": "organisations.view",
    "organisation_history": "organisations.view", "organisation_name_at": "organisations.view",
    "merge_organisations": "organisations.edit", "split_organisation": "organisations.edit",
    "support_contacts": SIGNED_IN, "search": SIGNED_IN, "owner_at": "networks.view", "holders_at": "organisations.view", "me": SIGNED_IN,
    "list_accounts": "accounts.view", "read_account": "accounts.view", "change_account": "accounts.edit",
    "deactivate_account": "accounts.edit", "reactivate_account": "accounts.edit", "list_grants": "accounts.view",
    "add_grant": "accounts.edit", "revoke_grant": "accounts.edit", "list_invitations": "accounts.view",
    "invite": "accounts.edit", "revoke_invitation": "accounts.edit", "list_entries": "audit.view", "read_entry": "audit.view",
    "list_notices": "notices.view", "read_holding": "notices.view", "turn_holding": "notices.release",
    "list_imports": "directory.import", "read_import": "directory.import", "list_import_faults": "directory.import",
    "list_import_lines": "directory.import", "upload_import": "directory.import", "apply_import": "directory.import",
    "check_import_again": "directory.import", "abandon_import": "directory.import", "export_directory": "directory.export",
    "reopen_organisation": "organisations.edit", "undo_succession": "organisations.edit", "order_contacts": "people.edit",
    "release_notices": "notices.release", "drop_notices": "notices.release", "retry_notices": "notices.release",
    **of_work.NEEDS,
    **of_lists.NEEDS,
    **of_letters_writing.NEEDS,
    **of_letters_arriving.NEEDS,
    **of_exchange.NEEDS,
    **of_proofs.NEEDS,
    **of_inside.NEEDS,
    **of_letters_declaring.NEEDS,
    **of_letters_answering.NEEDS,
    **of_letters_files.NEEDS,
    **of_letters_report.NEEDS,
    **of_letters_table.NEEDS,
}  # fmt: skip
"""Operation of the API to the permission that it needs."""


def holds(role, permission):
    """Whether roles.yml gives a role a permission."""
    return permission in {PUBLIC, SIGNED_IN} or permission in WRITTEN[role]["permissions"]


def test_roles_are_what_is_written():
    assert {name: set(role.permissions) for name, role in ROLES.items()} == {
        name: set(role["permissions"]) for name, role in WRITTEN.items()
    }


@pytest.mark.parametrize(
    ("address", "roles"),
    [
        ("/audit/", {"leader", "auditor", "administrator"}),
        ("/accounts/", {"auditor", "administrator"}),
        ("/accounts/invite/", {"administrator"}),
        ("/audit/erase", {"administrator"}),
        ("/directory/import/", {"administrator"}),
        ("/notices/", {"leader", "duty_officer", "records_clerk", "auditor", "administrator"}),
        ("/operations/", {"auditor", "administrator"}),
        ("/organisations/new", {"administrator"}),
        ("/organisations/", set(ROLES)),
        ("/systems/", set(ROLES) - {"telco_desk", "authority_liaison", "records_clerk"}),
    ],
)
def test_these_roles_and_no_others_open(address, roles, ways):
    opened = {role for role in ROLES if ways.browser(f"{role} everywhere").get(address).status_code == 200}
    assert opened == roles


THIRDS = [
    pytest.param(role, third, marks=[] if third == number % 3 else [pytest.mark.slow])
    for number, role in enumerate(ROLES)
    for third in range(3)
]
"""Each role tries a third of the doors, and each door is tried by a third of the roles; ``-m slow`` tries the rest."""


@pytest.mark.any_database  # what a role may is asked of roles.yml
@pytest.mark.parametrize(("role", "third"), THIRDS)
def test_a_role_opens_what_roles_yml_gives_it_and_nothing_else(role, third, world, ways, trier):
    side, who = world.outside, f"{role} everywhere"
    forms, routes = bodies.pages(side), bodies.routes(side)
    for door in [*doors.pages(), *doors.routes()][third::3]:
        if door.name in bodies.OWN:
            continue
        may = holds(role, NEEDS[door.name] if door.is_api else door.permission)
        way = door.path(bodies.ids_for(door.name, side))
        if door.method == "GET":
            status = go(ways.client(door, who), door, way).status_code
            empty = door.is_api and not door.arguments  # a list of what one may not see is an empty one
            assert (status == 403) is (not may) or (status == 404 and not may) or empty, (door.name, status)
            continue
        tried = trier.writes(door, who, way, (routes if door.is_api else forms)[door.name])
        if not may:
            assert tried.status in {403, 404, 422}, (
                tried.said
            )  # 422: the fault stands beside the role or place that was asked for
            assert tried.changes == [], tried.said
        elif door.name not in MORE_THAN_A_PERMISSION:
            assert tried.status < 400, tried.said


MORE_THAN_A_PERMISSION = (
    "directory-import-apply", "directory-import-check", "directory-import-abandon",  # of those who uploaded it
    "apply_import", "check_import_again", "abandon_import", *of_work.OF_THEIR_OWN,
    "list-version-ask", "ask_holders_of_list",  # there is nobody to ask
    *of_letters_answering.MORE_THAN_A_PERMISSION,
)  # fmt: skip


# --------------------------------------------------------------------------------------------------- these tests can fail


def leaky(_request, person_id):
    return HttpResponse(Person.objects.get(pk=person_id).name)


@page(SIGNED_IN)
def unscoped(_request):
    return HttpResponse(" ".join(Organisation.objects.values_list("name", flat=True)))


@page(SIGNED_IN, "POST")
def careless(request, organisation_id):
    if request.method == "POST":
        Organisation.objects.filter(pk=organisation_id).update(note="x")
    return HttpResponse("")


class Leaky:
    """A portal with three pages as they must not be."""

    urlpatterns = (
        path("leak/<int:person_id>/", leaky, name="leaky"),
        path("all", unscoped, name="unscoped"),
        path("organisations/<int:organisation_id>/note", careless, name="careless"),
    )


@override_settings(ROOT_URLCONF=Leaky)
def test_a_page_without_scope_is_found(trier):
    assert undeclared() == ["leaky"]
    found = [
        Door("unscoped", "GET", "/all", SIGNED_IN),
        Door("leaky", "GET", "/leak/{person_id}/"),
        Door("careless", "POST", "/organisations/{organisation_id}/note", SIGNED_IN),
    ]
    faults = [*trier.reads(found, "agency_officer")]
    assert any(one.startswith("unscoped") and "tells" in one for one in faults)
    assert any(one.startswith("leaky") and "lets in" in one for one in faults)
    written = [*attempts(trier, "agency_officer", found=found)]
    assert len(written) == 1
    assert "organisations_organisation" in written[0]
    someone = Person.objects.order_by("pk").values_list("pk", flat=True)[0]
    assert Client().get(f"/leak/{someone}/").status_code == 200  # it is open to whoever is signed out, too
