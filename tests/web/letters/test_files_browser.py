"""Files of a letter, and answers by workbook, in a real Chromium: a screen, a phone, nothing against the policy of content."""

from __future__ import annotations

import pytest
from django.conf import settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}


@pytest.fixture
def issued(province):
    """The holiday letter, out, with its files; signed by somebody whom nobody vouches for, and a forged file beside it."""
    from django.utils import timezone
    from letter_of import draft

    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store
    from vonggac.jobs.letter_files import Maker

    found = draft(province).issued()
    Maker(settings.VONGGAC).round()
    signer = {
        "kind": "signature", "signer": "Nguyễn Văn Mẫu", "organisation": "Sở Khoa học và Công nghệ tỉnh Thạch Lâm", "issuer": "Cấp chứng thư Mẫu",
        "claimed_at": timezone.now().isoformat(), "stamped_at": None, "chain": "unknown_root",
        "reasons": [{"name": "unknown_root", "params": {"signer": "Nguyễn Văn Mẫu"}}],
    }  # fmt: skip
    for name, state in (
        ("Công văn đã ký số.pdf", "valid_unknown_signer"),
        ("Công văn bị sửa sau khi ký – bản gửi lại lần hai.pdf", "altered"),
    ):
        with evidence_store.held(settings.VONGGAC):
            sha256 = evidence_store.keep(settings.VONGGAC, name.encode())
        LetterFile.objects.create(
            letter=found.letter, part="signed", name=name, kind="pdf", size=len(name.encode()), sha256=sha256, by_name="Người dùng văn thư",
            verdict={"state": state, "match": "yes", "reasons": [], "signatures": [signer]},
        )  # fmt: skip
    return found


def is_within(page) -> bool:
    """Whether nothing stands out of the screen sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_the_files_of_a_letter(opened, issued, viewport):
    page = opened("records_clerk", f"/letters/{issued.letter.pk}/files/", viewport=viewport)
    assert is_within(page)
    forged = page.locator(".letter-file-list > li", has_text="bị sửa")
    assert forged.locator(".bad").is_visible()
    page.locator("details.add > summary").click()
    assert is_within(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="01-SKHCN-CNTT.pdf").click()
    assert download.value.suggested_filename == "01-SKHCN-CNTT.pdf"


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_a_workbook_with_a_fault_then_a_good_one(opened, issued, viewport):
    from test_answer_workbook import Filled, title

    row, task = issued.recipient("donghoa"), issued.tasks("donghoa")[1]
    book = Filled(row).who("Trần Thị Bưởi, công chức văn hóa – xã hội", "0000 000 123")
    said = {
        "result": title("Done"),
        "n_servers": 1,
        "n_workstations": 2,
        "n_checked": 3,
        "n_infected": 0,
        "n_cleaned": 0,
    }
    bad = book.put(task, **{**said, "n_servers": "12 máy"}).data()
    good = book.put(task, n_servers=12).data()
    page = opened("agency_officer", f"/letters/received/{row.pk}/answers", viewport=viewport)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.set_input_files("#file", {"name": "tra-loi.xlsx", "mimeType": kind, "buffer": bad})
    page.locator("form[enctype] button[type=submit]").click()
    page.locator(".book-faults").wait_for()
    assert is_within(page)
    page.set_input_files("#file", {"name": "tra-loi.xlsx", "mimeType": kind, "buffer": good})
    page.locator("form[enctype] button[type=submit]").click()
    page.locator(".book-ready").wait_for()
    assert is_within(page)
    page.locator("form:has(input[name=token]) button[type=submit]").click()
    page.wait_for_url(f"**/letters/received/{row.pk}/")
    task.refresh_from_db()
    assert task.state == "submitted"
