"""Files of a letter over the portal: seen, got, attached, taken off, come back signed."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafted(province):
    from letter_of import draft

    return draft(province)


@pytest.fixture
def made(drafted):
    """An issued letter with its files."""
    from django.conf import settings

    from vonggac.jobs.letter_files import Maker

    found = drafted.issued()
    Maker(settings.VONGGAC).round()
    return found


def docx(extra: dict[str, bytes] | None = None) -> bytes:
    from docx import Document

    file = io.BytesIO()
    document = Document()
    document.add_paragraph("Danh sách kèm theo")
    document.save(file)
    with zipfile.ZipFile(file, "a") as archive:
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return file.getvalue()


def pdf_of(letter) -> bytes:
    from django.conf import settings

    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store

    row = LetterFile.objects.get(letter=letter, part="pdf")
    return evidence_store.path_of(settings.VONGGAC, row.sha256).read_bytes()


def upload(client, url, data, name="kèm theo.docx"):
    return client.post(url, {"file": SimpleUploadedFile(name, data)})


# ----------------------------------------------------------------------------------------------------------- seeing


def test_a_recipient_gets_the_letter_and_nothing_else(browser, made, province):
    from vonggac.desk.directives.models import LetterFile

    pk = made.letter.pk
    files = {one.part: one for one in LetterFile.objects.filter(letter=pk)}
    forged = LetterFile.objects.create(
        letter_id=pk, part="signed", name="gia.pdf", kind="pdf", size=1, sha256="0" * 64,
        verdict={"state": "altered", "match": "yes"}, by_name="x",
    )  # fmt: skip
    officer = browser("agency_officer")
    answer = officer.get(f"/letters/{pk}/files/{files['pdf'].pk}")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert b"".join(officer.get(f"/letters/{pk}/files/{files['docx'].pk}").streaming_content).startswith(b"PK")
    assert officer.get(f"/letters/{pk}/files/{forged.pk}").status_code == 404
    assert browser("stranger").get(f"/letters/{pk}/files/{files['pdf'].pk}").status_code == 404


def test_a_file_is_found_under_its_own_letter_alone(browser, made, drafted, province):
    from vonggac.desk.directives import actions
    from vonggac.desk.directives.models import LetterFile

    other = actions.create(province.asker("records_clerk"), made.letter.office_id, actions.values_of(made.letter))
    file = LetterFile.objects.get(letter=made.letter, part="pdf")
    clerk = browser("records_clerk")
    assert clerk.get(f"/letters/{other.pk}/files/{file.pk}").status_code == 404
    assert b"".join(clerk.get(f"/letters/{made.letter.pk}/files/{file.pk}").streaming_content)


def test_a_letter_that_waits_is_nobodys_but_its_offices(browser, drafted, province):
    from django.conf import settings

    from vonggac.desk.directives import actions
    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs.letter_files import Maker

    row = actions.approve(province.asker("leader"), drafted.letter.pk, drafted.letter.version, confirms=True)
    row = actions.issue(province.asker("records_clerk"), row.pk, row.version, sends=False)
    Maker(settings.VONGGAC).round()
    file = LetterFile.objects.get(letter=row, part="pdf")
    assert browser("agency_officer").get(f"/letters/{row.pk}/files/{file.pk}").status_code == 404
    page = browser("records_clerk").get(f"/letters/{row.pk}/files/").content.decode()
    assert "01-SKHCN-CNTT.pdf" in page
    assert f"/letters/{row.pk}/files/signed" in page


def test_a_draft_is_shown_as_a_document_to_its_office_alone(browser, drafted):
    pk = drafted.letter.pk
    clerk = browser("records_clerk")
    answer = clerk.get(f"/letters/{pk}/preview.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"] == 'attachment; filename="du-thao.pdf"'
    assert clerk.get(f"/letters/{pk}/preview.docx").content.startswith(b"PK")
    assert browser("agency_officer").get(f"/letters/{pk}/preview.docx").status_code == 404
    assert browser("stranger").get(f"/letters/{pk}/preview.docx").status_code == 404


def test_where_no_pdf_can_be_made_the_preview_says_what_to_install(browser, province, monkeypatch):
    from letter_of import draft

    drafted = draft(province, subject="Công văn mà chưa ai xem trước")  # of others the PDF may be kept
    monkeypatch.setenv("PATH", "/nowhere")
    answer = browser("records_clerk").get(f"/letters/{drafted.letter.pk}/preview.pdf", follow=True)
    assert "apt-get install libreoffice-writer-nogui" in answer.content.decode()


def test_the_preview_of_an_issued_letter_is_not_made(browser, made):
    assert browser("records_clerk").get(f"/letters/{made.letter.pk}/preview.docx").status_code == 404


# -------------------------------------------------------------------------------------------------------- attaching


def test_a_file_is_attached_and_taken_off_again(browser, drafted):
    from vonggac.desk.directives.models import LetterFile

    url = f"/letters/{drafted.letter.pk}/files/"
    clerk = browser("records_clerk")
    assert upload(clerk, f"{url}add", docx(), "Danh sách kèm theo.docx").status_code == 302
    file = LetterFile.objects.get()
    assert (file.part, file.kind, file.name) == ("attachment", "docx", "Danh sách kèm theo.docx")
    page = clerk.get(url).content.decode()
    assert "Danh sách kèm theo.docx" in page
    assert clerk.get(f"/letters/attachments/{file.pk}/remove").status_code == 302
    assert LetterFile.objects.count() == 1
    clerk.post(f"/letters/attachments/{file.pk}/remove")
    assert not LetterFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("macro.docx", docx({"word/vbaProject.bin": b"x"})),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("program.pdf", b"MZ" + bytes(100)),
        ("script.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
        ("log.txt", b"text is no attachment of a letter"),
        ("empty.pdf", b""),
        ("outside.docx", docx({"word/_rels/x.rels": b'<Relationships><Relationship TargetMode="External" Type="http://x/attachedTemplate" Target="http://x.example/t.dotm"/></Relationships>'})),
    ],
)  # fmt: skip
def test_what_is_hostile_or_of_no_use_is_not_attached(browser, drafted, name, data):
    from vonggac.desk.directives.models import LetterFile

    answer = upload(browser("records_clerk"), f"/letters/{drafted.letter.pk}/files/add", data, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not LetterFile.objects.exists()


def test_who_may_not_write_letters_attaches_nothing(browser, drafted, made):
    from vonggac.desk.directives.models import LetterFile

    n = LetterFile.objects.count()
    for role, status in (("agency_officer", 403), ("stranger", 403), ("leader", 403)):
        answer = upload(browser(role), f"/letters/{made.letter.pk}/files/add", docx())
        assert answer.status_code in (status, 404), role
    assert upload(browser("records_clerk"), f"/letters/{made.letter.pk}/files/add", docx()).status_code == 422
    assert LetterFile.objects.count() == n


# ---------------------------------------------------------------------------------------------------- the signed file


@pytest.fixture(scope="module")
def house():
    from signed_letters import house

    return house()


@pytest.fixture
def believed(house, tmp_path):
    """The authority of ``house`` is one that this installation believes."""
    from vonggac.web.letters import files

    path = tmp_path / "goc.pem"
    path.write_bytes(house.root.pem)
    old = files.SETTINGS
    files.SETTINGS = replace(old, signature_roots=(path,))
    yield
    files.SETTINGS = old


def waiting(drafted, province):
    """The letter with its number, not sent, and its files."""
    from django.conf import settings

    from vonggac.desk.directives import actions
    from vonggac.jobs.letter_files import Maker

    row = actions.approve(province.asker("leader"), drafted.letter.pk, drafted.letter.version, confirms=True)
    row = actions.issue(province.asker("records_clerk"), row.pk, row.version, sends=False)
    Maker(settings.VONGGAC).round()
    return row


def signed(pdf: bytes, house) -> bytes:
    from signed_letters import party, sign

    now = timezone.now()
    signer = party("Nguyễn Văn Mẫu", house.root, begins=now - timedelta(days=5), ends=now + timedelta(days=300))
    return sign(pdf, signer, claimed=now)


def panel(province, row):
    from vonggac.web.letters.panel import files_panel

    return files_panel(province.asker("records_clerk"), row)


def kept(row):
    from vonggac.desk.directives.models import LetterFile

    return LetterFile.objects.get(letter=row, part="signed")


def itself(row):
    from vonggac.desk.directives.models import LetterFile
    from vonggac.desk.directives.queries import letter_itself

    return letter_itself(list(LetterFile.objects.filter(letter=row)))


@pytest.mark.usefixtures("believed")
def test_a_good_signed_file_is_the_letter_and_offers_to_send_it(browser, drafted, province, house):
    row = waiting(drafted, province)
    clerk = browser("records_clerk")
    url = f"/letters/{row.pk}/files/"
    assert not panel(province, row).can_send
    assert upload(clerk, f"{url}signed", signed(pdf_of(row), house), "đã ký.pdf").status_code == 302
    assert (kept(row).verdict["state"], kept(row).verdict["match"]) == ("valid", "yes")
    page = clerk.get(url).content.decode()
    assert "Nguyễn Văn Mẫu" in page
    assert panel(province, row).can_send
    assert "never goes out" not in page
    assert "không bao giờ" not in page
    assert itself(row) == kept(row)
    assert upload(clerk, f"{url}signed", signed_again := open_file(kept(row)), "lần hai.pdf").status_code == 302
    assert kept(row).name == "đã ký.pdf"
    assert signed_again.startswith(b"%PDF-")


def open_file(file) -> bytes:
    from django.conf import settings

    from vonggac.jobs import evidence_store

    return evidence_store.path_of(settings.VONGGAC, file.sha256).read_bytes()


def test_a_signer_whom_nobody_vouches_for_is_told_so(browser, drafted, province, house):
    row = waiting(drafted, province)
    clerk = browser("records_clerk")
    upload(clerk, f"/letters/{row.pk}/files/signed", signed(pdf_of(row), house))
    assert kept(row).verdict["state"] == "valid_unknown_signer"
    page = clerk.get(f"/letters/{row.pk}/files/").content.decode()
    assert "Chứng thư" in page
    assert itself(row).part == "signed"


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("how", ["changed", "appended", "unsigned", "of another letter", "cut"])
def test_what_is_forged_altered_or_another_letter_is_kept_and_called_so_and_never_sent(
    browser, drafted, province, house, how
):
    row = waiting(drafted, province)
    good = signed(pdf_of(row), house)
    at = good.index(b"/CreationDate(D:") + 20
    other = signed(other_pdf(row), house)
    data = {
        "changed": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
        "appended": good + b"\n% more\n",
        "unsigned": pdf_of(row),
        "of another letter": other,
        "cut": good[: len(good) // 2],
    }[how]
    clerk = browser("records_clerk")
    url = f"/letters/{row.pk}/files/"
    answer = upload(clerk, f"{url}signed", data, "giả.pdf")
    assert answer.status_code == 302
    page = clerk.get(url).content.decode()
    assert kept(row).name == "giả.pdf"
    assert itself(row).part == "pdf"
    assert not panel(province, row).can_send
    if how in ("changed", "appended", "of another letter"):
        assert 'class="bad"' in page
    assert (kept(row).verdict["state"] == "valid") is (how == "of another letter")


def other_pdf(row) -> bytes:
    """A letter like ``row`` under another number."""
    from vonggac.documents.pdf import to_pdf
    from vonggac.documents.rendering import render_letter
    from vonggac.jobs.letter_files import official_of

    return to_pdf(render_letter(replace(official_of(row), number=77)))


def test_a_letter_without_a_number_takes_no_signed_file(browser, drafted, house):
    from signed_letters import letter

    url = f"/letters/{drafted.letter.pk}/files/signed"
    assert upload(browser("records_clerk"), url, signed(letter(), house), "x.pdf").status_code == 422
    assert upload(browser("records_clerk"), url, docx(), "x.docx").status_code == 422


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ("Số: 01/SKHCN-CNTT\nV/v tăng cường bảo đảm\nan toàn thông tin mạng dịp nghỉ lễ", "yes"),
        ("Số:01 / SKHCN – CNTT V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", "yes"),
        ("Số: 01/SKHCN-CNTT V/v việc khác", "partly"),
        ("V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", "partly"),
        ("Số: 101/SKHCN-CNTT V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", "no"),
        ("Số: 02/SKHCN-CNTT sửa đổi Công văn số 01/SKHCN-CNTT V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", "no"),
        ("Số: 01/SKHCN-CNTTS V/v việc khác", "no"),
        ("", "no_text"),
        (None, "no_text"),
    ],
)  # fmt: skip
def test_a_signed_text_is_held_against_number_and_subject(drafted, words, match):
    from vonggac.jobs.letter_uploads import match_of

    row = drafted.letter
    row.reference, row.number = "01/SKHCN-CNTT", 1
    assert match_of(row, words) == match
