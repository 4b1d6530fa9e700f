"""Letters that come in, over the portal: brought in, read, compared, entered; registers; matters put before other bodies."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta

import offices
import openpyxl
import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from offices import AGENCY, HOLIDAY

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
    assert answer.status_code == 302, [answer.context["form"].errors, [one for one in answer.context["clauses"].errors if one]]
    made = Letter.objects.get(direction="in")
    assert answer["Location"] == f"/letters/{made.pk}/arrival"
    assert (made.reference, made.number, made.year) == (HOLIDAY.reference, 1, timezone.localdate().year)
    assert [one.mark for one in made.clauses.order_by("n")] == HOLIDAY.paths
    file = LetterFile.objects.get(letter=made, part="original")
    assert file.sha256 == hashlib.sha256(WORD).hexdigest()
    assert clerk.get(f"/letters/{made.pk}/").status_code == 200
    assert clerk.get(answer["Location"]).status_code == 200
    assert clerk.get(f"/letters/readings/{row.pk}/")["Location"] == f"/letters/{made.pk}/"
