"""Letters that come in, over the portal: brought in, read, compared, entered; registers; matters put before other bodies."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import offices
import openpyxl
import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from offices import HOLIDAY

from vonggac.desk.directives.models import Letter, LetterFile, LetterReading, Referral
from vonggac.desk.work.models import Step, Task
from vonggac.jobs import evidence_store, letter_arrival, spool

pytestmark = pytest.mark.django_db
SETTINGS = django_settings.VONGGAC
WORD = offices.word_table(HOLIDAY)


def bring(client, data: bytes = WORD, name: str = "công văn 1278.docx", office: int | None = None):
    body = {"file": SimpleUploadedFile(name, data)}
    return client.post("/letters/arrive", body if office is None else {**body, "office": office})


def filled(page) -> dict[str, object]:
    """What a browser would send of the form on a page of an entry."""
    form, clauses = page.context["form"], page.context["clauses"]
    said: dict[str, object] = {}
    for one in [form, clauses.management_form, *clauses]:
        for bound in one:
            value, kind = bound.value(), type(bound.field.widget).__name__
            if kind == "CheckboxInput":
                said |= {bound.html_name: "on"} if value else {}
            elif kind == "CheckboxSelectMultiple":
                said |= {bound.html_name: value} if value else {}
            else:
                shown = bound.field.widget.format_value(value)
                said[bound.html_name] = (shown[0] if isinstance(shown, list) else shown) or ""
    return said | ({"confirms": "on"} if "confirms" in form.fields else {})


@pytest.fixture
def clerk(browser):
    return browser("records_clerk")


@pytest.fixture
def row(clerk, province) -> LetterReading:
    """A letter that was brought in and read."""
    assert bring(clerk, office=province.id("sokhcn")).status_code == 302
    assert letter_arrival.run_pending(SETTINGS) == 1
    return LetterReading.objects.get()


@pytest.fixture
def letter(clerk, row) -> Letter:
    """The same, in the register."""
    page = clerk.get(f"/letters/readings/{row.pk}/")
    assert clerk.post(f"/letters/readings/{row.pk}/", filled(page)).status_code == 302
    return Letter.objects.get(direction="in")


def test_a_letter_goes_from_its_file_into_the_register(clerk, province):
    answer = bring(clerk, office=province.id("sokhcn"))
    row = LetterReading.objects.get()
    assert answer["Location"] == f"/letters/readings/{row.pk}/"
    assert evidence_store.path_of(SETTINGS, row.sha256).read_bytes() == WORD
    assert not list(spool.spool_folder(SETTINGS).iterdir())
    waits = clerk.get(answer["Location"])
    assert b'hx-trigger="every 2s"' in waits.content
    letter_arrival.run_pending(SETTINGS)
    page = clerk.get(answer["Location"])
    assert page.context["form"]["reference"].value() == HOLIDAY.reference
    assert page.context["form"]["issuer_name"].value() == "ỦY BAN NHÂN DÂN TỈNH SÔNG THƯỢNG"
    answer = clerk.post(f"/letters/readings/{row.pk}/", filled(page))
    assert answer.status_code == 302, [
        answer.context["form"].errors,
        [one for one in answer.context["clauses"].errors if one],
    ]
    made = Letter.objects.get(direction="in")
    assert answer["Location"] == f"/letters/{made.pk}/arrival"
    assert (made.reference, made.number, made.year) == (HOLIDAY.reference, 1, timezone.localdate().year)
    assert [one.mark for one in made.clauses.order_by("n")] == HOLIDAY.paths
    file = LetterFile.objects.get(letter=made, part="original")
    assert file.sha256 == hashlib.sha256(WORD).hexdigest()
    assert clerk.get(f"/letters/{made.pk}/").status_code == 200
    assert clerk.get(answer["Location"]).status_code == 200
    assert clerk.get(f"/letters/readings/{row.pk}/")["Location"] == f"/letters/{made.pk}/"


def test_a_file_over_the_limit_a_page_as_pdf_and_an_empty_one_are_told(clerk, province):
    office = province.id("sokhcn")
    assert bring(clerk, b"<html><script>alert(1)</script></html>", "cv.pdf", office).status_code == 422
    assert bring(clerk, b"", "cv.pdf", office).status_code == 422
    assert bring(clerk, b"%PDF-1.7\n" + b"\0" * (50 << 20), "cv.pdf", office).status_code == 413
    assert not LetterReading.objects.exists()
    assert not list(spool.spool_folder(SETTINGS).iterdir())


def test_who_has_several_offices_says_which(clerk, province):
    page = clerk.get("/letters/arrive")
    assert {one.pk for one in page.context["offices"]} == {province.id("sokhcn"), province.id("trungtam")}
    assert bring(clerk, office=province.id("donghoa")).status_code == 422
    assert not LetterReading.objects.exists()


def test_the_same_file_again_leads_to_what_it_became(clerk, province, letter):
    answer = bring(clerk, office=province.id("sokhcn"))
    assert answer["Location"] == f"/letters/{letter.pk}/"


def test_the_same_letter_as_another_file_is_told_with_the_way_to_it(clerk, province, letter):
    bring(clerk, offices.pdf_lines(HOLIDAY), "cv.pdf", province.id("sokhcn"))
    letter_arrival.run_pending(SETTINGS)
    other = LetterReading.objects.get(state="read")
    page = clerk.get(f"/letters/readings/{other.pk}/")
    answer = clerk.post(f"/letters/readings/{other.pk}/", filled(page))
    assert answer.status_code == 422
    assert f'href="/letters/{letter.pk}/"'.encode() in answer.content
    assert Letter.objects.filter(direction="in").count() == 1


def test_clauses_are_mended_taken_away_and_added(clerk, row):
    page = clerk.get(f"/letters/readings/{row.pk}/")
    said = filled(page) | {"clauses-0-title": "Tiêu đề khác", "clauses-1-DELETE": "on"}
    n = int(str(said["clauses-INITIAL_FORMS"]))
    said |= {
        f"clauses-{n}-mark": "9",
        f"clauses-{n}-text": "Một việc nữa\nvới chi tiết",
        f"clauses-{n}-kind": "declare",
    }
    assert clerk.post(f"/letters/readings/{row.pk}/", said).status_code == 302
    clauses = list(Letter.objects.get(direction="in").clauses.order_by("n"))
    assert clauses[0].title == "Tiêu đề khác"
    assert "1.a" not in [one.mark for one in clauses]
    assert (clauses[-1].mark, clauses[-1].title, clauses[-1].kind) == ("9", "Một việc nữa", "declare")


def test_faults_stand_beside_their_fields_and_nothing_is_lost(clerk, row):
    page = clerk.get(f"/letters/readings/{row.pk}/")
    said = filled(page) | {"issuer_name": "", "handler": "Phòng A", "clauses-0-kind": "", "clauses-0-is_daily": "on"}
    answer = clerk.post(f"/letters/readings/{row.pk}/", said)
    assert answer.status_code == 422
    assert answer.context["form"]["issuer_name"].errors
    assert answer.context["form"]["handler"].value() == "Phòng A"
    said |= {"issuer_name": "Cục"}
    answer = clerk.post(f"/letters/readings/{row.pk}/", said)
    assert answer.status_code == 422
    assert answer.context["clauses"][0]["kind"].errors


def test_of_two_clerks_the_second_is_led_to_the_letter(clerk, browser, row):
    page = clerk.get(f"/letters/readings/{row.pk}/")
    said = filled(page)
    assert clerk.post(f"/letters/readings/{row.pk}/", said).status_code == 302
    answer = browser("duty_officer").post(f"/letters/readings/{row.pk}/", said)
    assert answer["Location"] == f"/letters/{Letter.objects.get(direction='in').pk}/"
    assert Letter.objects.filter(direction="in").count() == 1


def test_a_file_that_cannot_be_read_is_read_again_entered_by_hand_or_thrown_away(clerk, province):
    bring(clerk, b"%PDF-1.7\nnothing", "hong.pdf", province.id("sokhcn"))
    letter_arrival.run_pending(SETTINGS)
    row = LetterReading.objects.get()
    page = clerk.get(f"/letters/readings/{row.pk}/")
    assert page.context["fault"]
    file = clerk.get(f"/letters/readings/{row.pk}/file")
    assert b"".join(file.streaming_content) == b"%PDF-1.7\nnothing"
    assert file.headers["Content-Security-Policy"].startswith("sandbox")
    clerk.post(f"/letters/readings/{row.pk}/again", {"version": row.version})
    row.refresh_from_db()
    assert row.state == "waiting"
    letter_arrival.run_pending(SETTINGS)
    row.refresh_from_db()
    assert clerk.post(f"/letters/readings/{row.pk}/drop", {"version": row.version})["Location"] == "/letters/arrive"
    assert clerk.get(f"/letters/readings/{row.pk}/").status_code == 404


def test_a_letter_on_paper_is_entered_by_hand(clerk, province):
    office = province.id("sokhcn")
    page = clerk.get(f"/letters/arrive/by-hand?office={office}")
    said = filled(page) | {
        "issuer_name": "Công an tỉnh",
        "subject": "Trao đổi thông tin",
        "reference": "5/CAT",
        "office": office,
    }
    answer = clerk.post("/letters/arrive/by-hand", said)
    made = Letter.objects.get(direction="in")
    assert answer["Location"] == f"/letters/{made.pk}/arrival"
    assert (made.office_id, made.symbol, made.files.count()) == (office, "CAT", 0)


def test_what_is_ours_becomes_work_and_the_rest_a_letter_of_our_own(clerk, letter):
    page = clerk.get(f"/letters/{letter.pk}/arrival")
    assert f"/letters/new?from={letter.pk}".encode() in page.content
    chosen = letter.clauses.get(mark="1.b")
    soon = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    said = {"version": letter.version, "clause": [chosen.pk]}
    assert clerk.post(f"/letters/{letter.pk}/take-up", said).status_code == 422  # of April: its day has passed
    assert clerk.post(f"/letters/{letter.pk}/take-up", said | {"due_at": soon}).status_code == 302
    letter.refresh_from_db()
    task = Task.objects.get(batch_id=letter.batch_id)
    assert (task.kind, task.organisation_id) == ("patch_systems", letter.office_id)
    assert clerk.get(f"/letters/{letter.pk}/arrival").status_code == 200
    assert clerk.get(f"/letters/{letter.pk}/correct").context["clauses"] is None


def test_an_entry_is_mended(clerk, letter):
    page = clerk.get(f"/letters/{letter.pk}/correct")
    said = filled(page) | {"handler": "Phòng Chuyển đổi số"}
    assert clerk.post(f"/letters/{letter.pk}/correct", said)["Location"] == f"/letters/{letter.pk}/arrival"
    letter.refresh_from_db()
    assert (letter.handler, letter.number) == ("Phòng Chuyển đổi số", 1)
    assert clerk.post(f"/letters/{letter.pk}/correct", said).status_code == 409


def test_the_register_shows_its_gaps_and_goes_as_a_workbook_without_formulas(clerk, province, letter):
    from vonggac.desk.audit.models import Entry
    from vonggac.desk.directives.actions import arriving
    from vonggac.desk.directives.arrivals import ArrivalValues
    from vonggac.desk.directives.values import LetterValues

    values = ArrivalValues(LetterValues("=1+1"), timezone.localdate(), issuer_name="@Cục", number=4)
    arriving.enter(province.asker("records_clerk"), province.id("sokhcn"), values)
    page = clerk.get("/letters/register")
    assert [(one.first, one.last) for one in page.context["gaps"]] == [(2, 3)]
    answer = clerk.get(f"/letters/register/{province.id('sokhcn')}/export?book=in")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == [1, "2–3", 4]
    assert rows[2][2] == "'@Cục"
    assert not any(str(cell).startswith(("=", "@")) for row in rows for cell in row)
    assert Entry.objects.filter(action="letters.export").count() == 1


def test_who_sees_no_letters_of_the_office_sees_no_register_of_it(browser, province, letter):
    stranger = browser("agency_officer")
    assert stranger.get(f"/letters/register?office={province.id('sokhcn')}").status_code == 404
    assert stranger.get(f"/letters/register/{province.id('sokhcn')}/export").status_code == 404
    assert HOLIDAY.reference.encode() not in stranger.get("/letters/register").content
    assert stranger.get(f"/letters/{letter.pk}/arrival").status_code == 404


def test_a_matter_is_put_before_a_body_from_the_page_of_a_task(clerk, province):
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work.actions.opening import Draft, open_task

    task = open_task(machine("tests"), Draft("assignment", province.id("sokhcn"), "Trang giả mạo"))
    link = f"/letters/referrals/new?task={task.pk}"
    assert link.encode() in clerk.get(f"/work/{task.pk}/").content
    assert clerk.get(link).status_code == 200
    said = {
        "task": task.pk,
        "office": province.id("sokhcn"),
        "body_words": "Công an tỉnh",
        "subject": "Chuyển vụ việc",
        "why": "Lừa đảo",
    }
    assert clerk.post("/letters/referrals/new", said | {"body_words": ""}).status_code == 422
    answer = clerk.post("/letters/referrals/new", said)
    row = Referral.objects.get()
    assert answer["Location"] == f"/letters/{row.letter_id}/"
    assert clerk.get("/letters/referrals/").status_code == 200
    page = clerk.get(f"/letters/referrals/{row.pk}/")
    assert not page.context["can_record"]
    assert clerk.post(f"/letters/referrals/{row.pk}/outcome", {"version": 1, "outcome": "Đã nhận"}).status_code == 422
    assert not Step.objects.filter(verb="refer").exists()


# ----------------------------------------------------------------------------------------------------------------- api


@pytest.fixture
def send(province):
    """``send(role, method, path, body)``: a call of the API as whoever has that role."""
    import json

    from django.test import Client
    from marked import token_of

    def call(role: str, method: str, path: str, body=None):
        headers = {"Authorization": f"Bearer {token_of(province.users[role])}"}
        is_file = isinstance(body, bytes)
        kind = "application/octet-stream" if is_file else "application/json"
        data = body if is_file else json.dumps(body) if body is not None else ""
        return Client().generic(method, f"/api/v1{path}", data, content_type=kind, headers=headers)

    return call


def test_a_letter_comes_in_over_the_api(send, province):
    office = province.id("sokhcn")
    assert (
        send("agency_officer", "POST", f"/letters/offices/{office}/readings?file_name=cv.docx", WORD).status_code == 404
    )
    answer = send("records_clerk", "POST", f"/letters/offices/{office}/readings?file_name=cv.docx", WORD)
    assert answer.status_code == 201
    pk = answer.json()["reading_id"]
    assert send("records_clerk", "GET", f"/letters/readings/{pk}").json()["state"] == "waiting"
    letter_arrival.run_pending(SETTINGS)
    told = send("records_clerk", "GET", f"/letters/readings/{pk}").json()
    found = told["proposal"]
    assert found["reference"] == HOLIDAY.reference
    entry = {**found, "arrived_on": timezone.localdate().isoformat()}
    body = {"version": told["version"], "confirms": True, "entry": entry}
    made = send("records_clerk", "POST", f"/letters/readings/{pk}/receive", body)
    assert made.status_code == 201, made.content
    assert (made.json()["number"], made.json()["direction"]) == (1, "in")
    again = send("records_clerk", "POST", f"/letters/offices/{office}/readings?file_name=cv.docx", WORD).json()
    assert again == {"reading_id": None, "letter_id": made.json()["id"]}


def test_the_register_is_read_by_cursor_since_a_time(send, province, letter):
    from vonggac.desk.directives.actions import arriving
    from vonggac.desk.directives.arrivals import ArrivalValues
    from vonggac.desk.directives.values import LetterValues

    after = timezone.now()
    for n in range(3):
        values = ArrivalValues(LetterValues(f"Văn bản {n}"), timezone.localdate(), issuer_name="Cục")
        arriving.enter(province.asker("records_clerk"), province.id("sokhcn"), values)
    path = f"/letters/register?limit=2&book=in&since={after.isoformat().replace('+', '%2B')}"
    first = send("records_clerk", "GET", path).json()
    assert [one["subject"] for one in first["items"]] == ["Văn bản 0", "Văn bản 1"]
    second = send("records_clerk", "GET", f"{path}&after={first['next']}").json()
    assert [one["subject"] for one in second["items"]] == ["Văn bản 2"]
    assert second["next"] is None
    assert send("agency_officer", "GET", "/letters/register").json()["items"] == []
