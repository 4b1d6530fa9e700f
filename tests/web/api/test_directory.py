"""The directory over the API: the same rights as the portal, one error shape, writes that may be repeated."""

from __future__ import annotations

import pytest
from django.test import Client

from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations.models import Organisation

pytestmark = pytest.mark.django_db

COMMUNE = {"code": "moi", "kind": "commune", "name": "Xã Mới Lập"}


def test_the_description_names_every_noun(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for noun in ("organisations", "people", "contacts", "networks", "systems", "mandates"):
        assert f"/api/v1/{noun}" in paths
        assert f"/api/v1/{noun}/{{record_id}}/end" in paths


def test_without_a_session_or_token_nothing_is_read(client):
    for headers in ({}, {"Authorization": "Bearer vgt_wrong"}):
        answer = client.get("/api/v1/organisations", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_signed_in"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_page_ends_where_the_next_begins(api):
    ask = api("administrator")
    seen, after = [], ""
    while after is not None:
        page = ask("get", f"/organisations?limit=3&after={after}").json()
        assert len(page["items"]) <= 3
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert seen == list(Organisation.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["!", "x" * 41, "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_made_up_cursor_is_told(api, cursor):
    answer = api("administrator")("get", f"/organisations?after={cursor}")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["field"].endswith("after")


def test_a_nul_in_an_address_is_refused_in_the_shape_of_errors(api):
    answer = api("administrator")("get", "/organisations?text=%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_stranger_sees_and_changes_only_their_own(api, province):
    ask = api("agency_officer")  # of one commune
    listed = ask("get", "/organisations").json()["items"]
    assert [one["code"] for one in listed] == ["donghoa"]
    other = province["tayson"]
    assert ask("get", f"/organisations/{other.pk}").status_code == 404
    body = {"organisation_id": other.pk, "name": "Người Lạ"}
    assert ask("post", "/people", body).status_code in (403, 404)
    assert ask("post", "/organisations", COMMUNE).status_code == 403
    assert not Organisation.objects.filter(code="moi").exists()


def test_a_field_that_is_not_there_is_refused_and_not_dropped(api, province):
    body = {"organisation_id": province.id("donghoa"), "name": "An", "id": 1, "version": 9}
    answer = api("agency_officer")("post", "/people", body)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["faults"]} == {"body.id", "body.version"}


def test_all_faults_come_at_once_beside_their_fields(api):
    answer = api("administrator")("post", "/organisations", {"code": "a b", "kind": "commune", "name": "Xã \u202eLạ"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_values"
    assert {one["field"] for one in answer.json()["faults"]} == {"code", "name"}


def test_a_change_names_the_version_that_was_read(api, province):
    ask, pk = api("administrator"), province.id("donghoa")
    row = ask("get", f"/organisations/{pk}").json()
    first = ask("patch", f"/organisations/{pk}", {"version": row["version"], "address": "Đường Mới 1"})
    assert first.json()["address"] == "Đường Mới 1"
    second = ask("patch", f"/organisations/{pk}", {"version": row["version"], "address": "Đường Cũ 2"})
    assert (second.status_code, second.json()["code"]) == (409, "edit_conflict")
    assert Organisation.objects.get(pk=pk).address == "Đường Mới 1"


def test_a_repeated_write_is_done_once_and_answered_alike(api):
    ask = api("administrator")
    first = ask("post", "/organisations", COMMUNE, Idempotency_Key="k-1")
    n = Entry.objects.count()
    again = ask("post", "/organisations", COMMUNE, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Entry.objects.count() == n
    other = ask("post", "/organisations", {**COMMUNE, "code": "khac"}, Idempotency_Key="k-1")
    assert other.status_code == 422
    assert other.json()["faults"][0]["field"] == "Idempotency-Key"


def test_a_write_that_failed_may_be_tried_again_with_its_key(api):
    ask = api("administrator")
    assert ask("post", "/organisations", {**COMMUNE, "code": "a b"}, Idempotency_Key="k-2").status_code == 422
    assert ask("post", "/organisations", COMMUNE, Idempotency_Key="k-2").status_code == 201


def test_a_key_of_one_owner_says_nothing_to_another(api):
    assert api("administrator")("post", "/organisations", COMMUNE, Idempotency_Key="k-3").status_code == 201
    assert api("analyst")("post", "/organisations", COMMUNE, Idempotency_Key="k-3").status_code == 403


def test_a_token_may_less_than_its_owner(api):
    ask = api("administrator", ["networks.view"])
    assert ask("get", "/networks").status_code == 200
    assert ask("get", "/organisations").json()["items"] == []
    assert ask("post", "/organisations", COMMUNE).status_code == 403


def test_merge_then_the_owner_of_the_past(api, province):
    ask = api("administrator")
    at = "2026-01-01T00:00:00+07:00"
    body = {
        "predecessor_ids": [province.id("donghoa"), province.id("tayson")],
        "successor": {"code": "donghoatay", "kind": "commune", "name": "Xã Đông Hòa Tây", "parent_id": province.id("ubnd")},
        "at": at, "basis": "Nghị quyết 01",
    }  # fmt: skip
    merged = ask("post", "/mergers", body).json()
    past = ask("get", "/owner?address=198.51.100.5&at=2025-06-01T00:00:00%2B07:00").json()
    now = ask("get", "/owner?address=198.51.100.5&at=2026-02-01T00:00:00%2B07:00").json()
    assert [one["organisation"]["code"] for one in past] == ["donghoa"]
    assert [one["organisation"]["id"] for one in now] == [merged["id"]]
    assert {"took_over"} <= {one["what"] for one in ask("get", f"/organisations/{merged['id']}/history").json()}
    name = ask("get", f"/organisations/{province.id('donghoa')}/name?at=2025-06-01T00:00:00%2B07:00").json()
    assert name["name"] == "Xã Đông Hòa"


def test_a_session_writes_only_with_the_csrf_token(province):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(province.users["records_clerk"])
    answer = browser.post("/api/v1/people", data="{}", content_type="application/json")
    assert answer.status_code == 403


def test_everybody_signed_in_sees_whom_to_call(api):
    assert [one["value"] for one in api("agency_officer")("get", "/support").json()] == ["0000 000 123"]


@pytest.mark.parametrize("offset", ["%2B23:59", "-23:59", "-19:18"])
@pytest.mark.parametrize("year", ["0001", "2026", "9999"])
@pytest.mark.parametrize("where", ["/networks?", "/mandates?", "/owner?address=198.51.100.5&"])
def test_an_offset_that_no_database_takes_is_a_time_like_any_other(api, where, year, offset):
    assert api("analyst")("get", f"{where}at={year}-01-01T00:00:00{offset}").status_code == 200
