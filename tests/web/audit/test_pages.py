"""The pages of the audit record, through the door that people use."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from vonggac.desk.audit import actions
from vonggac.desk.audit.anchors import Anchor, append
from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.audit.verify import verify
from vonggac.desk.scope.asker import machine
from vonggac.web.audit import exports
from vonggac.web.audit.forms import ErasureForm

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def test_an_auditor_sees_what_was_done_with_what_was_before_and_after(province, sign_in):
    page = text(sign_in("auditor").get("/audit/?entry=1"))
    assert "Sửa đơn vị" in page
    assert "Sở Thông tin" in page
    assert "Số 1 phố Cũ" in page
    assert "192.0.2.7" in page


def test_texts_of_strangers_do_no_harm(province, sign_in):
    for address in ("/audit/?entry=2", '/audit/?q=<script>alert(3)</script>&type=<img src=x>&object="><b>'):
        page = text(sign_in("auditor").get(address)) if address.endswith("2") else ""
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>" not in page


@pytest.mark.parametrize("role", ["analyst", "duty_officer", "agency_officer", "telco_desk", "records_clerk"])
def test_who_does_not_hold_it_is_refused(province, sign_in, role):
    visitor = sign_in(role)
    assert visitor.get("/audit/").status_code == 403
    assert visitor.post("/audit/export", {"form": "csv"}).status_code == 403
    assert visitor.post("/audit/erase", {"person": "Sở Thông", "reason": "because", "sure": "yes"}).status_code == 403
    assert Detail.objects.count() == 3


def test_nobody_is_sent_to_sign_in(province, client):
    for address in ("/audit/", "/audit/export", "/audit/erase"):
        assert client.get(address).status_code == 302
    assert client.post("/audit/erase", {"sure": "yes"}).status_code == 302


def test_a_leader_of_one_commune_sees_that_commune_alone(province, sign_in):
    visitor = sign_in("leader", province.low.pk)
    page = text(visitor.get("/audit/"))
    assert "entry=2" in page
    assert "entry=1" not in page
    assert "entry=3" not in page
    assert [visitor.get(f"/audit/?entry={seq}").status_code for seq in (1, 2, 3, 99)] == [404, 200, 404, 404]
    taken = b"".join(visitor.post("/audit/export", {"form": "csv"}).streaming_content).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(taken))] == ["seq", "2"]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("q=so+thong+tin", [1]), ("action=people.add", []), ("action=organisations", [1, 2, 3]), ("actor=77", [1, 2, 3]),
        ("actor=78", []), ("since=2001-01-01&until=2001-01-02", []), ("since=2001-01-01", [1, 2, 3]), ("before=2", [1]),
        ("since=nonsense&actor=abc&before=-1&action=no.such&entry=x", [1, 2, 3]), ("actor=99999999999999999999", [1, 2, 3]),
        ("until=9999-12-31", [1, 2, 3]),
    ],
)  # fmt: skip
def test_filters_come_from_the_address_and_nonsense_is_no_filter(province, sign_in, query, seen):
    response = sign_in("auditor").get(f"/audit/?{query}")
    assert response.status_code == 200
    page = text(response)
    assert [seq for seq in (1, 2, 3) if f"entry={seq}&" in page or f'entry={seq}"' in page] == seen


@pytest.mark.parametrize("query", ["q=%00", "type=%00&object=%00", "q=%FF", "before=%00"])
def test_bytes_that_no_database_takes_are_no_fault_of_ours(province, sign_in, query):
    assert sign_in("auditor").get(f"/audit/?{query}").status_code in {200, 400}


def test_an_export_harms_no_spreadsheet_and_is_itself_recorded(province, sign_in):
    visitor = sign_in("auditor")
    response = visitor.post("/audit/export", {"form": "csv", "action": "organisations"})
    assert response.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    taken = b"".join(response.streaming_content)
    assert taken.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(taken.decode("utf-8-sig"))))
    assert [row["object"] for row in rows] == ["'=cmd|'/c calc'!A1", "<script>alert(1)</script>", "Sở Thông tin"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert rows[0]["what"] == "Sửa đơn vị"
    last = Entry.objects.order_by("-seq").first()
    assert last.action == "audit.export"
    assert '"action":"organisations"' in last.detail.content
    assert '"form":"csv"' in last.detail.content


def test_a_workbook_holds_the_same(province, sign_in):
    response = sign_in("auditor").post("/audit/export", {"form": "xlsx", "action": "organisations"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [3, 2, 1]
    assert rows[1][10] == "'=cmd|'/c calc'!A1"


def test_a_workbook_that_would_be_too_large_is_refused_and_says_what_to_do(province, sign_in, monkeypatch):
    monkeypatch.setattr(exports, "MOST_IN_WORKBOOK", 2)
    response = sign_in("auditor").post("/audit/export", {"form": "xlsx"})
    assert response.status_code == 422
    assert "CSV" in text(response)
    assert Entry.objects.count() == 3


def test_erasing_counts_first_then_erases_and_the_chain_holds(province, sign_in):
    visitor = sign_in("administrator")
    wanted = {"person": "Sở Thông tin", "reason": "theo đơn số 12"}
    page = visitor.post("/audit/erase", wanted)
    assert Detail.objects.count() == 3
    assert 'name="sure"' in text(page)
    assert visitor.post("/audit/erase", wanted | {"sure": "yes"}).status_code == 302
    assert not Detail.objects.filter(pk=1).exists()
    assert verify().is_whole
    page = text(visitor.get("/audit/?entry=1"))
    assert "192.0.2.7" not in page
    assert "Số 1 phố Cũ" not in page


@pytest.mark.parametrize(
    "wanted",
    [
        {}, {"person": "abc"}, {"person": "Sở Thông tin"}, {"reason": "theo đơn"}, {"entries": "1-x", "reason": "theo đơn"},
        {"entries": "1-99999", "reason": "theo đơn"}, {"actor": "77", "entries": "1", "reason": "theo đơn"},
    ],
)  # fmt: skip
def test_faults_of_an_erasure_stand_beside_their_fields(province, sign_in, wanted):
    response = sign_in("administrator").post("/audit/erase", wanted | {"sure": "yes"})
    assert response.status_code == 422
    assert Detail.objects.count() == 3


def test_numbers_and_spans_of_entries():
    form = ErasureForm({"entries": " 3, 5-7 ,9–10,", "reason": "theo đơn"})
    assert form.is_valid()
    assert form.cleaned_data["entries"] == [3, 5, 6, 7, 9, 10]


def test_a_record_that_no_longer_holds_its_anchor_says_so(province, sign_in, settings, tmp_path, monkeypatch):
    from vonggac.web.audit import views

    path = tmp_path / "anchors.jsonl"
    monkeypatch.setattr(views, "path_of", lambda _settings: path)
    visitor = sign_in("auditor")
    assert 'class="notice error"' not in text(visitor.get("/audit/"))
    entry = Entry.objects.get(seq=2)
    append(path, Anchor(entry.at, 2, entry.hash))
    assert 'class="notice error"' not in text(visitor.get("/audit/"))
    append(path, Anchor(entry.at, 2, "0" * 64))
    assert 'class="notice error"' in text(visitor.get("/audit/"))


def test_the_number_of_questions_to_the_database_does_not_grow_with_the_list(
    province, sign_in, django_assert_max_num_queries
):
    for number in range(60):
        with actions.recording(
            machine("x"), "organisations.edit", on=province.top, organisation_id=province.top.pk
        ) as it:
            it.note(n=number)
    visitor = sign_in("auditor")
    visitor.get("/audit/")
    with django_assert_max_num_queries(16):
        visitor.get("/audit/?entry=1")
