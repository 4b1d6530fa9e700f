"""Answers by workbook and the reply as a letter, over the portal."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(province):
    from letter_of import draft

    return draft(province).issued()


def filled(issued, code="donghoa", **values) -> bytes:
    """The workbook of a recipient with the second clause answered."""
    from test_answer_workbook import Filled, title

    task = issued.tasks(code)[1]
    said = {
        "result": title("Done"),
        "n_servers": 1,
        "n_workstations": 2,
        "n_checked": 3,
        "n_infected": 0,
        "n_cleaned": 0,
    }
    return Filled(issued.recipient(code)).who("Trần Thị Bưởi").put(task, **{**said, **values}).data()


def choose(client, url, data, name="tra-loi.xlsx"):
    return client.post(url, {"file": SimpleUploadedFile(name, data)})


def token_in(page: str) -> str:
    return page.split('name="token" value="')[1].split('"', maxsplit=1)[0]


def test_get_it_fill_it_in_look_send(browser, issued):
    from openpyxl import load_workbook

    from vonggac.desk.work.models import Answer

    row = issued.recipient("donghoa")
    home = f"/letters/received/{row.pk}/"
    officer = browser("agency_officer")
    answer = officer.get(f"{home}answers.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="tra-loi-01-SKHCN-CNTT.xlsx"'
    load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    shown = choose(officer, f"{home}answers", filled(issued))
    assert shown.status_code == 200
    assert not Answer.objects.exists()
    page = shown.content.decode()
    assert "Trần Thị Bưởi" in page
    token = token_in(page)
    sent = officer.post(f"{home}answers/send", {"token": token})
    assert (sent.status_code, sent["Location"]) == (302, home)
    assert Answer.objects.get().result == "done"
    officer.post(f"{home}answers/send", {"token": token})
    assert Answer.objects.count() == 1
    again = choose(officer, f"{home}answers", filled_again(officer, home))
    assert again.status_code == 200
    assert 'name="token"' not in again.content.decode()


def filled_again(client, home) -> bytes:
    return b"".join(client.get(f"{home}answers.xlsx").streaming_content)


def test_faults_stand_there_by_cell_and_nothing_can_be_sent(browser, issued):
    row = issued.recipient("donghoa")
    shown = choose(browser("agency_officer"), f"/letters/received/{row.pk}/answers", filled(issued, n_servers="12 máy"))
    page = shown.content.decode()
    assert shown.status_code == 422
    assert "12 máy" in page
    assert 'name="token"' not in page


def test_a_token_is_of_one_recipient_and_one_person(browser, issued, province):
    from vonggac.desk.work.models import Answer

    row, other = issued.recipient("donghoa"), issued.recipient("tayson")
    page = choose(browser("agency_officer"), f"/letters/received/{row.pk}/answers", filled(issued)).content.decode()
    token = token_in(page)
    analyst = browser("analyst")
    analyst.post(f"/letters/received/{other.pk}/answers/send", {"token": token})
    analyst.post(f"/letters/received/{row.pk}/answers/send", {"token": token, "came_by": "mail", "told_by": "x"})
    browser("agency_officer").post(f"/letters/received/{row.pk}/answers/send", {"token": token[:-2]})
    assert not Answer.objects.exists()


def test_the_centre_enters_what_came_by_mail(browser, issued):
    from vonggac.desk.work.models import Answer

    row = issued.recipient("donghoa")
    analyst = browser("analyst")
    page = choose(analyst, f"/letters/received/{row.pk}/answers", filled(issued)).content.decode()
    assert 'name="came_by"' in page
    analyst.post(
        f"/letters/received/{row.pk}/answers/send", {"token": token_in(page), "came_by": "mail", "told_by": "Chị Bưởi"}
    )
    answer = Answer.objects.get()
    assert (answer.came_by, answer.told_by) == ("mail", "Chị Bưởi")


def test_nobody_else_gets_it_or_sends_it(browser, issued):
    row = issued.recipient("donghoa")
    for role in ("stranger", "telco_desk"):
        for part in ("answers.xlsx", "reply.docx", "answers"):
            assert browser(role).get(f"/letters/received/{row.pk}/{part}").status_code in (403, 404), (role, part)
    assert browser("leader").get(f"/letters/received/{row.pk}/reply.docx").status_code == 403
    assert choose(browser("stranger"), f"/letters/received/{row.pk}/answers", filled(issued)).status_code == 404


@pytest.mark.parametrize("data", [b"", b"MZ program", b"%PDF-1.4 x", b"PK\x03\x04 cut"])
def test_what_is_no_workbook_is_told(browser, issued, data):
    row = issued.recipient("donghoa")
    shown = choose(browser("agency_officer"), f"/letters/received/{row.pk}/answers", data)
    assert shown.status_code == 422
    assert 'role="alert"' in shown.content.decode()


def test_the_reply_is_a_document_of_the_unit(browser, issued):
    row = issued.recipient("donghoa")
    answer = browser("agency_officer").get(f"/letters/received/{row.pk}/reply.docx")
    assert answer["Content-Disposition"] == 'attachment; filename="bao-cao-01-SKHCN-CNTT.docx"'
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_behind_a_link_it_is_the_same(province):
    from by_link import mailboxes, token_of
    from django.test import Client
    from letter_of import draft

    from vonggac.desk.directives.models import LinkUse
    from vonggac.desk.work.models import Answer

    mailboxes(province)
    issued = draft(province).issued()
    client = Client()
    assert client.get("/a/book").status_code == 404
    assert client.get("/a/answers.xlsx").status_code == 404
    client.post(f"/a/{token_of('vanthu@tayson.example')}")
    row = issued.recipient("tayson")
    assert "/a/book" in client.get("/a/form").content.decode()
    got = client.get("/a/answers.xlsx")
    assert b"".join(got.streaming_content).startswith(b"PK")
    assert b"".join(client.get("/a/reply.docx").streaming_content).startswith(b"PK")
    page = client.get("/a/book").content.decode()
    assert "/a/book?of=" in page
    other = choose(client, "/a/book", filled(issued, "donghoa"))
    assert other.status_code == 422
    assert "Đông Hòa" not in other.content.decode()
    shown = choose(client, f"/a/book?of={row.pk}", filled(issued, "tayson"))
    assert shown.status_code == 200, shown.content.decode()
    assert 'name="came_by"' not in shown.content.decode()
    sent = client.post("/a/book/send", {"token": token_in(shown.content.decode())})
    assert sent["Location"] == f"/a/form?of={row.pk}"
    assert (Answer.objects.get().came_by, Answer.objects.get().task.organisation_id) == ("link", row.organisation_id)
    assert LinkUse.objects.filter(what="answered").exists()
    assert LinkUse.objects.filter(what="file").exists()
