"""The page that takes a workbook: checked first, sent after, for whoever may."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from proofs import png

from vonggac.desk.work.models import Answer
from vonggac.jobs import spool

pytestmark = pytest.mark.django_db

CLEANED = {
    "result": "Tìm thấy và đã bóc gỡ", "received_at": "01/11/2026 08:00", "done_at": "01/11/2026 08:30", "tool": "Quét ngoại tuyến", "n_checked": 2,
    "n_infected": 1, "n_cleaned": 1, "evidence": "<script>alert(1)</script> Không còn kết nối",
}  # fmt: skip


def workbook(client, **values):
    response = client.get(reverse("work-report-workbook"))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book.worksheets[1]
    names = [cell.value for cell in sheet[1]]
    for name, value in values.items():
        sheet.cell(3, 1 if name == "task" else names.index(name) + 1).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def check(client, data, **values):
    return client.post(reverse("work-report"), {"file": SimpleUploadedFile("a.xlsx", data), **values})


def waiting():
    return {path.name for path in spool.spool_folder(settings.VONGGAC).iterdir()}


def title(key):
    from django.utils.translation import gettext, override

    from vonggac.desk.work.kinds import CLEAN_ADDRESS

    with override("vi"):
        return gettext(CLEAN_ADDRESS.results[key])


def token_in(response):
    return response.context["token"]


def test_got_filled_in_checked_and_sent_in_vietnamese(browser, infected):
    officer, task, before = browser("agency_officer"), infected(), waiting()
    data = workbook(officer, **{**CLEANED, "result": title("cleaned")})
    response = check(officer, data)
    assert response.status_code == 200
    assert not Answer.objects.exists()
    assert task.subject in response.content.decode()
    sent = officer.post(reverse("work-report-send"), {"token": token_in(response)})
    assert sent.headers["Location"] == reverse("work")
    assert Answer.objects.get().task_id == task.pk
    assert waiting() == before
    again = check(officer, data)
    assert again.context["plan"].n_same == 1
    assert not token_in(again)


def test_faults_stand_beside_their_row_and_run_nothing(browser, infected):
    officer, before = browser("agency_officer"), waiting()
    infected()
    response = check(officer, workbook(officer, result="<script>alert(1)</script>"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert not token_in(response)
    assert waiting() == before


def test_only_who_checked_a_workbook_sends_it(browser, infected):
    officer, analyst = browser("agency_officer"), browser("analyst")
    infected()
    token = token_in(check(officer, workbook(officer, **{**CLEANED, "result": "cleaned"})))
    forged = signing.dumps(["../../etc/passwd", 1, "0" * 64, "a", 1, "", ""], salt="other")
    for client, text in (
        (analyst, token),
        (officer, token[:-2]),
        (officer, forged),
        (officer, ""),
        (officer, "x" * 9000),
    ):
        assert client.post(reverse("work-report-send"), {"token": text}).headers["Location"] == reverse("work-report")
    assert not Answer.objects.exists()


def test_the_centre_says_who_told_it(browser, infected):
    analyst = browser("analyst")
    infected()
    data = workbook(analyst, **{**CLEANED, "result": "cleaned"})
    assert check(analyst, data, came="phone").status_code == 422
    response = check(analyst, data, came="phone", told_by="Chị Hà")
    analyst.post(reverse("work-report-send"), {"token": token_in(response)})
    assert (Answer.objects.get().came_by, Answer.objects.get().told_by) == ("phone", "Chị Hà")


def test_another_file_is_told(browser, infected):
    response = check(browser("agency_officer"), png())
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("role", ["auditor", "leader", "records_clerk"])
def test_who_answers_for_nobody_has_no_such_page(browser, role):
    client = browser(role)
    for name in ("work-report", "work-report-workbook", "work-report-send"):
        assert client.get(reverse(name)).status_code == 403
    assert check(client, b"x").status_code == 403


def test_an_organisation_that_is_not_ones_own_gives_an_empty_workbook(browser, infected):
    infected()
    response = browser("telco_desk").get(reverse("work-report-workbook"), {"organisation": "donghoa"})
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.worksheets[1].max_row == 1
