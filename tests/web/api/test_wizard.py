"""Over the API as in the portal: files in and out, the order of reach, reopening, undoing, one search."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from province import admin

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models import Import, Organisation

pytestmark = pytest.mark.django_db

HEAD = "Code,Name,Kind,Parent code,Basis of the name\n"
GOOD = f"{HEAD}moi,Xã Mới Lập,commune,ubnd,NQ 01/NQ-HĐND\n".encode()
BAD = f"{HEAD}moi,Xã Mới,commune,khong-co,\nm oi,,commune,ubnd,\n".encode()


@pytest.fixture
def upload(api):
    def send(role, data, name="co-quan.csv", content_type="application/octet-stream"):
        client = api(role).client
        return client.post(f"/api/v1/imports?file_name={name}", data=data, content_type=content_type)

    return send


def test_a_file_is_checked_looked_at_and_applied(api, upload):
    made = upload("administrator", GOOD)
    assert made.status_code == 201
    row = made.json()
    assert (row["state"], row["n_faults"], row["n_lines"]) == ("checked", 0, 1)
    ask, place = api("administrator"), f"/imports/{row['id']}"
    (line,) = ask("get", f"{place}/lines").json()["items"]
    assert line["changes"]["name_basis"] == ["", "NQ 01/NQ-HĐND"]
    assert not Organisation.objects.filter(code="moi").exists()
    assert ask("post", f"{place}/apply").json()["state"] == "applied"
    pk = Organisation.objects.get(code="moi").pk
    events = ask("get", f"/organisations/{pk}/history").json()
    assert [one["basis"] for one in events if one["what"] == "name"] == ["NQ 01/NQ-HĐND"]
    assert ask("post", f"{place}/apply").status_code == 409
    assert [one["id"] for one in ask("get", "/imports").json()["items"]] == [row["id"]]


def test_every_fault_is_told_by_row_and_nothing_is_applied(api, upload):
    row = upload("administrator", BAD).json()
    ask = api("administrator")
    faults = ask("get", f"/imports/{row['id']}/faults?warnings=false").json()["items"]
    assert {(one["row"], one["column"]) for one in faults} >= {(2, "Parent code"), (3, "Code"), (3, "Name")}
    assert ask("post", f"/imports/{row['id']}/apply").status_code == 400
    assert ask("post", f"/imports/{row['id']}/abandon").json()["state"] == "abandoned"


def test_uploads_that_are_refused_leave_nothing(api, upload):
    assert upload("agency_officer", GOOD).status_code == 403
    assert upload("administrator", b"").json()["faults"][0]["field"] == "body"
    assert upload("administrator", GOOD, content_type="multipart/form-data; boundary=x").status_code == 422
    assert not Import.objects.exists()
    row = upload("administrator", b"\0\1\2", name="..%2F..%2Fetc%2Fpasswd").json()
    assert row["file_name"] == "passwd"
    assert row["n_lines"] == 0
    assert row["n_faults"] or row["state"] == "refused"


def test_an_import_of_somebody_else_is_not_there_for_those_of_a_part(api, upload, province):
    row = upload("administrator", GOOD).json()
    for verb, place in (("get", ""), ("get", "/faults"), ("get", "/lines"), ("post", "/apply"), ("post", "/abandon")):
        assert api("records_clerk")(verb, f"/imports/{row['id']}{place}").status_code == 404
    assert Import.objects.get().state == "checked"


def test_the_directory_is_taken_along_as_far_as_one_may(api):
    answer = api("administrator")("get", "/export?form=xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    codes = {row[0].value for row in book.worksheets[0].iter_rows()}
    assert {"ubnd", "donghoa", "stranger"} <= codes
    assert api("administrator", ["organisations.view"])("get", "/export").status_code == 403


def test_contact_points_are_put_in_order(api, province):
    pk = province.id("donghoa")
    second = actions.add_contact(admin(), pk, channel="email", value="truc@donghoa.example")
    first = queries.contact_ladder(admin(), pk)[0]
    ask = api("agency_officer")
    told = ask("put", f"/organisations/{pk}/contacts/order", {"contact_ids": [second.pk, first.pk]})
    assert [one["id"] for one in told.json()] == [second.pk, first.pk]
    assert ask("put", f"/organisations/{pk}/contacts/order", {"contact_ids": [first.pk]}).status_code == 409
    theirs = province.id("trungtam")
    assert ask("put", f"/organisations/{theirs}/contacts/order", {"contact_ids": []}).status_code == 404


def test_a_closed_one_is_reopened_and_a_merger_undone(api, province):
    ask, pk = api("administrator"), province.id("tayson")
    at = "2026-01-01T00:00:00+07:00"
    closed = ask("post", f"/organisations/{pk}/end", {"version": 1, "at": at}).json()
    again = ask("post", f"/organisations/{pk}/reopen", {"version": closed["version"]})
    assert again.json()["valid_until"] is None
    assert ask("post", f"/organisations/{pk}/reopen", {"version": closed["version"]}).status_code == 409
    body = {"predecessor_ids": [pk], "successor_id": province.id("donghoa"), "at": at}
    assert ask("post", "/mergers", body).status_code == 200
    events = ask("get", f"/organisations/{pk}/history").json()
    (act,) = {one["reorganisation_id"] for one in events} - {None}
    assert api("agency_officer")("post", f"/reorganisations/{act}/undo").status_code in (403, 404)
    assert ask("post", f"/reorganisations/{act}/undo").status_code == 204
    assert Organisation.objects.get(pk=pk).valid_until is None


def test_a_renaming_names_its_document_and_the_old_name_is_found(api, province):
    ask, pk = api("administrator"), province.id("tayson")
    body = {"version": 1, "name": "Phường Mới", "since": "2025-07-01T00:00:00+07:00", "basis": "NQ 9/NQ-UBTVQH15"}
    assert ask("patch", f"/organisations/{pk}", body).status_code == 200
    name = ask("get", f"/organisations/{pk}/name?at=2025-07-02T00:00:00%2B07:00").json()
    assert (name["name"], name["basis"]) == ("Phường Mới", "NQ 9/NQ-UBTVQH15")
    (hit,) = ask("get", "/search?text=xa+tay+son").json()
    assert (hit["noun"], hit["label"], hit["former"]) == ("organisation", "Phường Mới", "Xã Tây Sơn")
    assert api("agency_officer")("get", "/search?text=xa+tay+son").json() == []
    lacking = ask("get", "/organisations?lacks=network").json()["items"]
    assert "soyte" in {one["code"] for one in lacking}
