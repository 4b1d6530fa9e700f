"""Letters over the API: one is written, checked, approved, numbered, sent, withdrawn as through the pages."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.directives.models import Letter, RecipientGroup
from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db


def send(client, method, path, body=None, **headers):
    """Status and body of a call."""
    got = getattr(client, method)(
        f"/api/v1{path}", data=None if body is None else json.dumps(body), content_type="application/json", headers=headers
    )  # fmt: skip
    return got.status_code, json.loads(got.content) if got.content else None


@pytest.fixture
def call(browser):
    """``call("records_clerk", "post", "/letters", {...})``: status and body."""
    clients = {}

    def do(role, method, path, body=None, **headers):
        client = clients.setdefault(role, browser(role))
        return send(client, method, path, body, **headers)

    return do


def said(province, **values):
    """What a client sends for a small letter."""
    group = RecipientGroup.objects.get(code="xa-phuong")
    return {
        "office_id": province.id("sokhcn"), "subject": "Rà soát an toàn thông tin", "symbol": "SKHCN-CNTT", "signer_title": "GIÁM ĐỐC",
        "signer_name": "Nguyễn Văn Mẫu", "deadline": (timezone.now() + timedelta(days=3)).isoformat(),
        "clauses": [{"mark": "1", "title": "Rà soát máy chủ", "kind": "check_machines"}],
        "addressees": [{"role": "action", "is_addressed": True, "group_id": group.pk}], **values,
    }  # fmt: skip


def test_a_letter_goes_its_whole_way(call, province):
    status, letter = call(
        "records_clerk", "post", "/letters", said(province), **{"Idempotency-Key": "một".encode().hex()}
    )
    assert status == 201
    again = call(
        "records_clerk", "post", "/letters", said(province, deadline=letter["deadline"]), **{"Idempotency-Key": "hai"}
    )
    assert again[0] == 201
    pk = letter["id"]
    changed = {name: value for name, value in said(province, subject="Trích yếu khác").items() if name != "office_id"}
    status, letter = call("records_clerk", "put", f"/letters/{pk}", {**changed, "version": letter["version"]})
    assert (status, letter["subject"], letter["clauses"][0]["kind"]) == (200, "Trích yếu khác", "check_machines")
    assert call("records_clerk", "put", f"/letters/{pk}", {**changed, "version": 1})[0] == 409
    status, check = call("leader", "get", f"/letters/{pk}/check")
    assert (check["faults"], check["n_units"], check["n_pieces"]) == ([], 3, 3)
    assert [one["field"] for one in check["warnings"]] == ["office", "addressees"][: len(check["warnings"])]
    assert call("leader", "post", f"/letters/{pk}/approve", {"version": letter["version"]})[0] in (403, 422)
    status, letter = call(
        "administrator", "post", f"/letters/{pk}/approve", {"version": letter["version"], "confirms": True}
    )
    assert (status, letter["state"]) == (200, "approved")
    status, letter = call(
        "records_clerk", "post", f"/letters/{pk}/issue", {"version": letter["version"], "sends": False}
    )
    assert (status, letter["reference"], letter["sent_at"]) == (200, "01/SKHCN-CNTT", None)
    status, letter = call("records_clerk", "post", f"/letters/{pk}/send", {"version": letter["version"]})
    assert status == 200
    assert Task.objects.filter(details__letter=pk).count() == 3
    assert call("records_clerk", "post", f"/letters/{pk}/send", {"version": letter["version"]})[0] == 422
    status, letter = call("leader", "post", f"/letters/{pk}/withdraw", {"version": letter["version"], "why": "Nhầm"})
    assert (status, letter["state"], letter["withdraw_reason"]) == (200, "withdrawn", "Nhầm")


def test_a_recipient_reads_its_letter_without_who_else_got_it(call, issued):
    status, letter = call("agency_officer", "get", f"/letters/{issued.letter.pk}")
    assert status == 200
    assert len(letter["clauses"]) == 3
    assert letter["addressees"] is None
    assert call("agency_officer", "get", f"/letters/{issued.letter.pk}/check")[0] == 403
    assert call("stranger", "get", f"/letters/{issued.letter.pk}")[0] == 404
    status, listed = call("stranger", "get", "/letters")
    assert (status, listed["items"]) == (200, [])


def test_a_letter_is_begun_with_its_days(call, province, issued):
    first = (timezone.now() + timedelta(days=9)).date()
    body = {
        "office_id": province.id("sokhcn"), "template": "holiday", "period_from": first.isoformat(),
        "period_until": (first + timedelta(days=2)).isoformat(), "deadline": f"{first + timedelta(days=4)}T16:00:00+07:00",
    }  # fmt: skip
    status, letter = call("records_clerk", "post", "/letters/begin", body)
    assert status == 201
    assert f"{first:%d/%m/%Y}" in letter["opening"]
    assert call("records_clerk", "post", "/letters/begin", {**body, "template": "khong-co"})[0] == 422
    assert call("records_clerk", "post", "/letters/begin", {**body, "source_id": issued.letter.pk})[0] == 422
    status, letter = call(
        "records_clerk", "post", "/letters/begin", {**body, "template": "", "source_id": issued.letter.pk}
    )
    assert (status, letter["source_id"]) == (201, issued.letter.pk)
    assert call("records_clerk", "post", "/letters/begin", {**body, "office_id": province.id("soyte")})[0] in (403, 404)
    assert not Letter.objects.filter(office_id=province.id("soyte")).exists()


def test_shipped_letters_and_groups_are_listed_for_who_writes(call, province):
    assert [one["code"] for one in call("records_clerk", "get", "/letters/templates")[1]["items"]] == ["holiday"]
    groups = {one["code"]: one for one in call("records_clerk", "get", "/letters/groups")[1]["items"]}
    assert groups["xa-phuong"]["n"] == 3
    assert call("agency_officer", "get", "/letters/groups")[0] == 403
    body = {"name": "Các bệnh viện", "code": "benh-vien", "organisations": [province.id("benhvien")]}
    assert call("records_clerk", "post", "/letters/groups", body)[0] == 403
    status, group = call("administrator", "post", "/letters/groups", body)
    assert (status, group["n"]) == (201, 1)
    change = {"version": group["version"], "name": "Bệnh viện", "kinds": ["agency"]}
    assert call("administrator", "put", f"/letters/groups/{group['id']}", change)[1]["name"] == "Bệnh viện"
    assert call("administrator", "put", f"/letters/groups/{group['id']}", change)[0] == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"clauses": [{"title": "x"}] * 201}, {"clauses": [{"title": "x", "kind": "zzz"}]}, {"subject": ""}, {"unknown": 1},
        {"deadline": "hôm nào"}, {"addressees": [{"role": "action"}]}, {"parent_id": 2**62}, {"subject": "\u202eđảo"},
        {"addressees": [{"organisation_id": 2**62}]}, {"period_from": "2026-01-01", "period_until": "2026-12-31"},
    ],
)  # fmt: skip
def test_what_cannot_stand_is_told_and_nothing_is_kept(call, province, wrong):
    status, told = call("records_clerk", "post", "/letters", said(province, **wrong))
    assert status == 422
    assert told["faults"]
    assert not Letter.objects.exists()
