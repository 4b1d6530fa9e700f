"""Files that attack: through cells, names, pictures and sizes; and what leaves again in a workbook."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from vonggac.desk.intel.models import ListRow, ListVersion
from vonggac.jobs import list_import, pictures, spool

pytestmark = pytest.mark.django_db
EVIL = "<script>zq()</script>"
FORMULA = '=HYPERLINK("http://203.0.113.1","x")'


def send(client, botnet, data, name="x.xlsx", **options):
    form = {"tlp": "amber", "confidence": "70", "file": SimpleUploadedFile(name, data)}
    return client.post(f"/lists/{botnet.pk}/import", form, **options)


def left(name):
    folder = settings.VONGGAC.data_dir / name
    return list(folder.iterdir()) if folder.is_dir() else []


def test_texts_of_cells_run_nowhere(browser, botnet, bring, book, line):
    row = bring(
        book(line(1, "198.51.100.5", f"{EVIL}", f"{EVIL} xã"), line(2, EVIL)), f"{EVIL}.xlsx", letter=f"12/{EVIL}"
    )
    client = browser("analyst")
    home = f"/lists/versions/{row.pk}/"
    seen = 0
    for path in (home, f"{home}?step=columns", f"{home}?tab=faults", f"/lists/{botnet.pk}/", f"{home}?q={EVIL}"):
        text = client.get(path).content.decode()
        assert "<script>zq" not in text
        seen += "&lt;script&gt;zq" in text
    assert seen >= 4


def test_no_cell_that_leaves_is_a_formula(browser, bring, book, line):
    row = bring(book(line(1, "198.51.100.5", FORMULA, "+84 000"), line(2, FORMULA)), publish=True)
    ListRow.objects.filter(version=row).update(note="@x", told_organisation=FORMULA, sheet="-1+1")
    answer = browser("analyst").get(f"/lists/versions/{row.pk}/export")
    read = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    cells = [cell for sheet in read for line_ in sheet.iter_rows() for cell in line_]
    assert any(FORMULA in str(cell.value) for cell in cells)
    assert [
        cell.value for cell in cells if cell.data_type == "f" or str(cell.value or "").startswith(("=", "+", "-", "@"))
    ] == []


def test_the_roll_up_leaves_without_formulas(browser, province, bring, book, line, botnet):
    from vonggac.desk.organisations.models import Organisation

    Organisation.objects.filter(code="donghoa").update(name=FORMULA)
    bring(book(line(1, "198.51.100.5")), publish=True)
    answer = browser("analyst").get(f"/lists/{botnet.pk}/matrix/export")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=3)] == [f"'{FORMULA}"]
    assert [cell.value for cell in sheet[3]][1:] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x.xlsx", "..\\..\\boot.ini", "/abs/x.xlsx", "a\u202excod.xlsx", "x" * 400]
)
def test_a_name_climbs_nowhere(bring, book, line, name):
    row = bring(book(line(1, "198.51.100.5")), name)
    assert "/" not in row.file_name
    assert len(row.file_name) <= 120
    assert {path.name for path in left("spool")} <= {row.spool}


def test_what_says_that_it_is_too_large_is_not_read(browser, botnet):
    answer = browser("analyst").post(
        f"/lists/{botnet.pk}/import", b"x", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=str(1 << 30)
    )
    assert answer.status_code == 413
    assert not ListVersion.objects.exists()
    assert left("spool") == []


def test_what_becomes_too_large_while_it_comes_leaves_nothing(browser, botnet):
    data = b"\0" * (spool.UPLOAD_LIMIT + 1)
    assert send(browser("analyst"), botnet, data).status_code == 413
    assert left("spool") == []
    assert not ListVersion.objects.exists()


def test_a_bomb_is_refused_by_its_reader(browser, botnet):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", b" " * (300 << 20))
    answer = send(browser("analyst"), botnet, file.getvalue(), follow=True)
    assert answer.status_code == 200
    list_import.run_pending(settings.VONGGAC)
    assert ListVersion.objects.get().state == "refused"
    assert left("spool") == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        b"\xff\xd8\xff\xe0" + b"A" * 500,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"%PDF-1.7\n" + b"1 0 obj <<>> stream\n" * 50,
    ],
)
def test_a_damaged_picture_is_told_and_kept_nowhere(browser, botnet, data):
    answer = send(browser("analyst"), botnet, data, "anh.png", follow=True)
    assert answer.status_code in (200, 422)
    assert left("pictures") == []
    assert not ListVersion.objects.exclude(state="refused").exists()


def test_a_picture_of_too_many_dots_is_not_opened(browser, botnet):
    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    assert send(browser("analyst"), botnet, file.getvalue(), "to.png").status_code == 422
    assert left("pictures") == []


def test_a_picture_is_of_who_brought_it(browser, province, botnet):
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (60, 60), 255).save(file, "PNG")
    answer = send(browser("analyst"), botnet, file.getvalue(), "a.png")
    name = answer["Location"].partition("picture=")[2].partition("&")[0]
    where = f"/lists/picture?picture={name}&page=1"
    own = browser("analyst").get(where)
    assert (own.status_code, own["Content-Type"]) == (200, "image/png")
    assert b"".join(own.streaming_content).startswith(b"\x89PNG")
    assert browser("duty_officer").get(where).status_code == 404
    assert browser("agency_officer").get(where).status_code == 403
    assert Client().get(where).status_code == 302
    for other in ("..%2F..%2Fsecret.key", f"{name}-1", "", "1-zz"):
        assert browser("analyst").get(f"/lists/picture?picture={other}&page=1").status_code == 404
    for page in ("0", "99", "-1", "x", "1.bare"):
        assert browser("analyst").get(f"/lists/picture?picture={name}&page={page}").status_code == 404
    user_id = province.users["analyst"].pk
    assert pictures.n_pages(settings.VONGGAC, user_id, name) == 1
    assert pictures.n_pages(settings.VONGGAC, user_id + 1, name) == 0


@pytest.mark.parametrize("role", ["agency_officer", "telco_desk", "records_clerk", "stranger"])
def test_who_does_not_see_lists_finds_no_door(browser, bring, book, line, botnet, role):
    row = bring(book(line(1, "198.51.100.5")), publish=True)
    client = browser(role)
    for path in (
        "/lists/",
        f"/lists/{botnet.pk}/",
        f"/lists/versions/{row.pk}/",
        f"/lists/versions/{row.pk}/export",
        f"/lists/{botnet.pk}/matrix",
    ):
        assert client.get(path).status_code == 403, path
    assert send(client, botnet, b"x").status_code == 403


def test_who_looks_only_cannot_bring_publish_or_decide(browser, bring, book, line, botnet):
    row = bring(book(line(1, "198.51.100.5")))
    client = browser("auditor")
    assert client.get(f"/lists/versions/{row.pk}/").status_code == 200
    assert send(client, botnet, b"x").status_code == 403
    for verb in ("confirm", "abandon", "columns", "decide", "ask"):
        assert (
            client.post(f"/lists/versions/{row.pk}/{verb}", {"version": row.version, "reason": "x"}).status_code == 403
        )
    assert ListVersion.objects.get(pk=row.pk).state == "checked"
