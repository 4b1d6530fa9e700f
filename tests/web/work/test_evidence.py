"""Files of a Task through pages and the API: whatever they are, a browser only keeps them; whoever does not see the Task finds none."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from proofs import PDF, jpeg, mail, png
from signing import sign_in

from vonggac.desk.work import actions
from vonggac.desk.work.models import Evidence, Task
from vonggac.jobs import evidence_store, spool

pytestmark = pytest.mark.django_db


def add(client, task, data, name="anh.png", **headers):
    return client.post(
        reverse("task-evidence", args=[task.pk]), {"file": SimpleUploadedFile(name, data)}, headers=headers
    )


def waits(data):
    """Whether a file of these bytes is in the spool still."""
    return any(path.read_bytes() == data for path in spool.spool_folder(settings.VONGGAC).iterdir())


def read(response):
    return b"".join(response.streaming_content)


def test_added_shown_and_given_out_as_a_download_that_runs_nowhere(browser, infected):
    officer, task = browser("agency_officer"), infected()
    response = add(officer, task, png(), '<img src=x onerror=alert(1)>"\u202egnp.html')
    assert response.status_code == 302
    file = Evidence.objects.get()
    page = officer.get(reverse("task", args=[task.pk])).content.decode()
    assert file.name in page.replace("&lt;", "<")
    assert "<img src=x" not in page
    response = officer.get(reverse("evidence-file", args=[file.pk]))
    assert read(response) == png()
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("anh.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("anh.png", b"<!doctype html><script>alert(1)</script>"),
        ("anh.gif", b"GIF89a=1;alert(1)"),
        ("anh.pdf", PDF + b"<script>alert(1)</script>"),
        ("a.exe", b"MZ\x90\0" + b"\0" * 90),
        ("a.eml", mail("hoa-don.exe", b"MZ" + b"\0" * 90)),
        ("rong.txt", b""),
    ],
)
def test_what_is_not_taken_is_told_beside_the_form_and_nothing_is_left(browser, infected, name, data):
    response = add(browser("agency_officer"), infected(), data, name)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Evidence.objects.exists()
    assert not waits(data)


def test_too_large_is_refused_before_it_is_read(browser, infected):
    response = add(browser("agency_officer"), infected(), b"a" * (evidence_store.UPLOAD_LIMIT + 200_000), "a.txt")
    assert response.status_code == 413
    assert not Evidence.objects.exists()


def test_a_part_of_the_page_comes_back_for_the_script(browser, infected):
    officer, task = browser("agency_officer"), infected()
    response = add(officer, task, png(), **{"HX-Request": "true"})
    assert response.status_code == 200
    assert response.content.decode().count('id="evidence"') == 1
    assert b"<html" not in response.content
    assert add(officer, task, b"\0\1", **{"HX-Request": "true"}).status_code == 422


def test_a_forged_form_adds_nothing(province, infected):
    from django.test import Client

    task = infected()
    client = sign_in(Client(enforce_csrf_checks=True), province.users["agency_officer"])
    assert add(client, task, png()).status_code == 403
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("role", ["stranger", "telco_desk"])
def test_who_does_not_see_the_task_gets_404_for_its_files(browser, infected, role):
    task = infected()
    add(browser("agency_officer"), task, png())
    file = Evidence.objects.get()
    client = browser(role)
    for name in ("evidence-file", "evidence-preview"):
        assert client.get(reverse(name, args=[file.pk])).status_code == 404
    assert client.post(reverse("evidence-remove", args=[file.pk])).status_code == 404
    assert add(client, task, PDF).status_code == 404
    assert Evidence.objects.count() == 1


def test_the_same_content_elsewhere_opens_nothing(browser, infected):
    """A stranger who knows a content has it under their own Task only: not who else has it, nor their file."""
    mine, theirs = infected(), infected("203.0.113.200", "stranger")
    add(browser("agency_officer"), mine, png(), "cua-toi.png")
    add(browser("stranger"), theirs, png(), "cua-ho.png")
    file = Evidence.objects.get(task=mine)
    assert browser("stranger").get(reverse("evidence-file", args=[file.pk])).status_code == 404
    page = browser("stranger").get(reverse("task", args=[theirs.pk])).content.decode()
    assert "cua-toi" not in page


@pytest.mark.parametrize("role", ["auditor", "records_clerk"])
def test_who_only_looks_reads_and_adds_nothing(browser, infected, role, province):
    task = infected()
    add(browser("agency_officer"), task, png())
    file = Evidence.objects.get()
    client = browser(role)
    seen = client.get(reverse("evidence-file", args=[file.pk]))
    assert seen.status_code == (200 if role == "auditor" else 404)
    assert not seen.streaming or read(seen) == png()
    assert add(client, task, PDF).status_code == 403
    assert client.post(reverse("evidence-remove", args=[file.pk])).status_code == 403
    assert Evidence.objects.count() == 1


def test_the_preview_is_made_of_dots_alone(browser, infected):
    officer, task = browser("agency_officer"), infected()
    data = jpeg(with_place=True)
    assert b"Dien thoai bi mat" in data
    add(officer, task, data, "a.jpg")
    file = Evidence.objects.get()
    for _again in range(2):
        response = officer.get(reverse("evidence-preview", args=[file.pk]))
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        shown = read(response)
        assert b"Exif" not in shown
        assert b"bi mat" not in shown
        with Image.open(io.BytesIO(shown)) as picture:
            assert picture.size == (48, 64)  # turned upright as its EXIF said
    with evidence_store.opened(settings.VONGGAC, file) as kept:
        assert kept.read() == data  # the proof itself is untouched


@pytest.mark.parametrize("data", [png(60_000, 1)[:-20] + png()[-20:], PDF])
def test_what_has_no_picture_shows_none(browser, infected, data):
    officer = browser("agency_officer")
    add(officer, infected(), data, "a")
    assert officer.get(reverse("evidence-preview", args=[Evidence.objects.get().pk])).status_code == 404


def test_taken_away_until_an_answer_rests_on_it(browser, infected, province):
    officer, task = browser("agency_officer"), infected()
    add(officer, task, png())
    add(officer, task, PDF, "bien-ban.pdf")
    kept, gone = Evidence.objects.order_by("pk")
    actions.submit(
        province.asker("agency_officer"), task.pk, 1, result="in_progress", values={}, evidence_ids=[kept.pk]
    )
    for file in (kept, gone):
        officer.post(reverse("evidence-remove", args=[file.pk]))
    assert list(Evidence.objects.all()) == [kept]
    assert Task.objects.get(pk=task.pk).version == 2


def test_a_file_that_is_gone_is_told_and_nothing_breaks(browser, infected):
    officer, task = browser("agency_officer"), infected()
    add(officer, task, png())
    file = Evidence.objects.get()
    evidence_store.path_of(settings.VONGGAC, file.sha256).unlink()
    assert officer.get(reverse("evidence-file", args=[file.pk])).status_code == 400
    assert officer.get(reverse("evidence-preview", args=[file.pk])).status_code == 400


def test_the_report_takes_what_was_added_on_its_page(browser, infected):
    officer, task = browser("agency_officer"), infected()
    assert "data-evidence" in officer.get(reverse("task-answer", args=[task.pk])).content.decode()
    add(officer, task, png())
    file = Evidence.objects.get()
    values = {"version": 1, "result": "in_progress", "evidence_ids": [file.pk]}
    assert officer.post(reverse("task-answer", args=[task.pk]), values).status_code == 302
    file.refresh_from_db()
    assert file.answer_id is not None
