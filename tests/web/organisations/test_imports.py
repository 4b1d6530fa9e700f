"""The wizard of imports through the portal: faults then without, who may what, uploads that attack."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations.models import Import, Organisation
from vonggac.jobs import directory_import, spool
from vonggac.web.organisations.imports import urls

pytestmark = pytest.mark.django_db
SPOOL = spool.spool_folder(django_settings.VONGGAC)
UPLOAD = "/directory/import/"


@pytest.fixture(autouse=True)
def _clean():
    yield
    for path in SPOOL.iterdir():
        path.unlink()


def book(*rows, sheet="Organisations") -> bytes:
    made = Workbook()
    made.active.title = sheet
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


HEADS = ("Code", "Name", "Kind", "Parent code")
GOOD = (HEADS, ("moi", "Xã Mới <b>đậm</b>", "commune", "ubnd"))


def send(client, data: bytes, name="danh-ba.xlsx", **options):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)}, **options)


def test_with_faults_then_without(browser, province):
    client = browser("administrator")
    assert "50 MB" in client.get(UPLOAD).content.decode()
    bad = send(client, book(HEADS, ("moi", "", "làng", "không-có")), follow=True)
    text = bad.content.decode()
    assert bad.status_code == 200
    for value in ("làng", "không-có", "Parent code"):
        assert value in text
    assert "/apply" not in text
    row = Import.objects.get()
    faults = client.get(reverse("directory-import-faults", args=[row.pk]))
    assert zipfile.is_zipfile(io.BytesIO(b"".join(faults.streaming_content)))
    good = send(client, book(*GOOD), follow=True)
    text = good.content.decode()
    assert "Xã Mới &lt;b&gt;đậm&lt;/b&gt;" in text
    assert "<b>đậm" not in text
    row = Import.objects.latest("pk")
    assert not Organisation.objects.filter(code="moi").exists()
    done = client.post(reverse("directory-import-apply", args=[row.pk]), follow=True).content.decode()
    assert Organisation.objects.get(code="moi").name == "Xã Mới <b>đậm</b>"
    entry = Entry.objects.get(action="directory.apply")
    assert f"/audit/?entry={entry.seq}" in done
    assert entry.actor_id == province.users["administrator"].pk
    same = send(client, book(*GOOD), follow=True).content.decode()
    assert "/apply" not in same
    assert client.get(UPLOAD).content.decode().count("danh-ba.xlsx") == 3


def test_every_page_is_for_those_who_may(browser, province):
    row = Import.objects.create(asker_name="x", via="web", file_name="x", size=1, sha256="0" * 64, state="checked")
    officer, administrator = browser("agency_officer"), browser("administrator")
    for one in urls.urlpatterns:
        address = reverse(one.name, args=[row.pk] if "import_id" in str(one.pattern) else [])
        assert Client().get(address).status_code == 302, one.name
        expected = 200 if one.name == "directory-export" else 403
        for client, statuses in ((officer, (expected,)), (administrator, (200, 302))):
            answer = client.get(address)
            assert answer.status_code in statuses, one.name
            _body = b"".join(answer.streaming_content) if answer.streaming else b""
    assert browser("responder").get("/directory/export/").status_code == 403
    for name in ("apply", "check", "abandon"):
        address = reverse(f"directory-import-{name}", args=[row.pk])
        assert officer.post(address).status_code == 403
        assert Client().post(address).status_code in (302, 403)
        assert administrator.post(address).status_code in (403, 409)  # it is of somebody else
    assert Import.objects.get(pk=row.pk).state == "checked"


def test_an_import_of_somebody_else_is_not_there_for_who_imports_a_part_only(browser, province):
    from vonggac.desk.accounts.models import Grant

    user = province.users["records_clerk"]
    Grant.objects.create(user=user, role="administrator", organisation=province["soyte"])
    row = Import.objects.create(
        asker_name="x", via="web", file_name="bí mật.xlsx", size=1, sha256="0" * 64, state="applied"
    )
    client = browser("records_clerk")
    assert "bí mật" not in client.get(UPLOAD).content.decode()
    for name in ("one", "apply", "faults", "check", "abandon"):
        address = reverse(f"directory-import-{name}", args=[row.pk])
        answer = client.post(address) if name in ("apply", "check", "abandon") else client.get(address)
        assert answer.status_code == 404, name


def test_an_upload_needs_the_token_and_a_refused_one_leaves_nothing(province):
    from vonggac.web.accounts.heard import STRONG

    client = Client(enforce_csrf_checks=True)
    client.force_login(province.users["administrator"])
    session = client.session
    session[STRONG] = True
    session.save()
    assert send(client, book(*GOOD)).status_code == 403
    assert not list(SPOOL.iterdir())
    assert not Import.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(UPLOAD).content.decode())[1]
    data = {"csrfmiddlewaretoken": token, "file": SimpleUploadedFile("x.xlsx", book(*GOOD))}
    assert client.post(UPLOAD, data).status_code == 302


@pytest.mark.parametrize("who", ["nobody", "agency_officer"])
def test_who_may_not_import_writes_nothing_into_the_spool(browser, province, who):
    client = Client() if who == "nobody" else browser(who)
    assert send(client, book(*GOOD)).status_code in (302, 403)
    assert not list(SPOOL.iterdir())


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x.xlsx", "..\\..\\boot.ini", "/abs/x.xlsx", "a\u202excod.xlsx", "x" * 400]
)
def test_names_of_files_lead_nowhere(browser, province, name):
    before = {path for path in SPOOL.parent.rglob("*") if "spool" not in path.parts}
    client = browser("administrator")
    assert send(client, book(*GOOD), name=name).status_code == 302
    kept = Import.objects.get()
    assert "/" not in kept.file_name
    assert "\\" not in kept.file_name
    assert re.fullmatch(r"[0-9a-f]{32}", kept.spool)
    assert {path.name for path in SPOOL.iterdir()} == {kept.spool}
    assert (SPOOL / kept.spool).stat().st_mode & 0o777 == 0o600
    assert {path for path in SPOOL.parent.rglob("*") if "spool" not in path.parts} == before


def test_nothing_chosen_and_an_empty_file_are_told(browser, province):
    client = browser("administrator")
    assert client.post(UPLOAD, {}).status_code == 422
    assert send(client, b"").status_code == 422
    assert not Import.objects.exists()
    assert not list(SPOOL.iterdir())


def test_a_bomb_and_a_lie_are_refused_as_pages(browser, province):
    client = browser("administrator")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"0" * (900 << 20))
    xxe = io.BytesIO()
    with zipfile.ZipFile(xxe, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Types>&a;</Types>'
        )
        archive.writestr("xl/workbook.xml", "<workbook/>")
    for data in (bomb.getvalue(), xxe.getvalue(), b"PK\x03\x04broken"):
        send(client, data)
        directory_import.run_pending(django_settings.VONGGAC)
        answer = client.get(reverse("directory-import-one", args=[Import.objects.latest("pk").pk]))
        assert answer.status_code == 200
        assert "root:" not in answer.content.decode()
        assert Import.objects.latest("pk").state == "refused"
    assert not list(SPOOL.iterdir())


class Endless(io.RawIOBase):
    """A body of any length that nobody keeps: how much was read of it is counted."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.left, self.n_read = head, size, 0

    def read(self, size: int = -1) -> bytes:
        if self.head:
            piece, self.head = self.head[:size], self.head[size:]
        else:
            piece = b"x" * min(self.left, size if size > 0 else 1 << 16)
            self.left -= len(piece)
        self.n_read += len(piece)
        return piece


def post_endless(client, size: int):
    """A POST whose file has ``size`` bytes."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="gross.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = Endless(head, size)
    said = {"wsgi.input": body, "CONTENT_LENGTH": str(len(head) + size)}
    return client.generic("POST", UPLOAD, b"-", content_type="multipart/form-data; boundary=b", **said), body


def test_a_gigabyte_is_refused_before_it_is_read(browser, province):
    client = browser("administrator")
    answer, body = post_endless(client, 1 << 30)
    assert (answer.status_code, body.n_read) == (413, 0)
    answer, body = post_endless(client, spool.UPLOAD_LIMIT + (200 << 10))
    assert (answer.status_code, body.n_read) == (413, 0)
    assert "50 MB" in answer.content.decode()
    assert not list(SPOOL.iterdir())


def test_a_body_longer_than_the_limit_ends_while_it_comes(browser, province, monkeypatch):
    """A length that is said to be in order, with a limit of the file that is passed on the way."""
    monkeypatch.setattr(spool.Spool, "__init__", _small_spool(spool.Spool.__init__))
    client = browser("administrator")
    client.get(UPLOAD)
    tracemalloc.start()
    try:
        answer, body = post_endless(client, 40 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 413
    assert body.n_read < 8 << 20
    assert peak < 20 << 20
    assert not list(SPOOL.iterdir())
    assert not Import.objects.exists()


def _small_spool(original):
    return lambda self, settings, _limit: original(self, settings, 4 << 20)


def test_a_large_file_waits_for_the_worker_and_the_page_asks_again(browser, province, monkeypatch):
    monkeypatch.setattr(directory_import, "SMALL_ROWS", 2)
    client = browser("administrator")
    rows = [HEADS, *((f"moi{n}", f"Xã {n}", "commune", "ubnd") for n in range(5))]
    page = send(client, book(*rows), follow=True).content.decode()
    row = Import.objects.get()
    assert row.state == "reading"
    assert 'hx-trigger="every 2s"' in page
    directory_import.run_pending(django_settings.VONGGAC)
    page = client.get(reverse("directory-import-one", args=[row.pk])).content.decode()
    assert "hx-trigger" not in page.partition('id="import"')[2].partition(">")[0]
    client.post(reverse("directory-import-apply", args=[row.pk]))
    assert Import.objects.get().state == "applying"
    directory_import.run_pending(django_settings.VONGGAC)
    assert Organisation.objects.filter(code__startswith="moi").count() == 5


def test_what_changed_meanwhile_is_told_on_the_page(browser, province):
    from vonggac.desk.organisations import actions

    client = browser("administrator")
    send(client, book(("Code", "Name", "Kind"), ("donghoa", "Xã Đổi", "commune")))
    row = Import.objects.get()
    actions.edit_organisation(province.asker("administrator"), province.id("donghoa"), 1, name="Xã Khác")
    page = client.post(reverse("directory-import-apply", args=[row.pk]), follow=True).content.decode()
    assert "Xã Khác" in page
    assert 'role="alert"' in page
    assert Organisation.objects.get(code="donghoa").name == "Xã Khác"


def test_downloads_are_whole_files(browser, province):
    client = browser("administrator")
    for address in ("/directory/export/", "/directory/export/?form=csv", "/directory/import/template"):
        answer = client.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    assert not list(SPOOL.iterdir())
    assert SPOOL.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_is_told_on_the_page(browser, province, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.os, "fsync", full)
    answer = send(browser("administrator"), book(*GOOD))
    assert answer.status_code == 422
    assert "ổ đĩa đã đầy" in answer.content.decode()
    assert not list(SPOOL.iterdir())
    assert not Import.objects.exists()
