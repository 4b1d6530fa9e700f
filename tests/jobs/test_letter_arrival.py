"""Letters that come in: files of offices, through the store and the child that reads them, into the register."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import offices
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from layouts import LETTERS, PRINTED, SCANNED
from offices import AGENCY, DEPARTMENT, HOLIDAY, REPORT


from vonggac.desk.directives import readings
from vonggac.desk.directives.actions.arriving import drop_reading
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Letter, LetterFile, LetterReading
from vonggac.desk.directives.queries import arriving as queries
from vonggac.errors import InputError, NotAllowed, NotThere, UnsafeInput
from vonggac.jobs import evidence_store, letter_arrival, spool
from vonggac.jobs.letter_scans import is_there

pytestmark = pytest.mark.django_db
SETTINGS = django_settings.VONGGAC
TODAY = timezone.now().date()


def taken(province, data: bytes, name: str, role: str = "records_clerk"):
    new = spool.Spool(SETTINGS, 60 << 20)
    new.write(data)
    return letter_arrival.take(SETTINGS, province.asker(role), province.id("sokhcn"), new.done(), name)


def read(row: LetterReading) -> LetterReading:
    assert letter_arrival.run_pending(SETTINGS) == 1
    row.refresh_from_db()
    return row


def values_of(row: LetterReading) -> ArrivalValues:
    found = queries.proposal(row)
    assert found is not None
    # Some letters of tests are of days to come: nobody can have got one of those.
    return replace(found.values, dated=min(found.values.dated or TODAY, TODAY))


def confirmed(province, row: LetterReading) -> Letter:
    asker = province.asker("records_clerk")
    return letter_arrival.receive(SETTINGS, asker, row.pk, row.version, values_of(row), confirms=True)


EVERY = {**LETTERS, **PRINTED, **SCANNED}


@pytest.mark.any_database
@pytest.mark.parametrize("name", EVERY)
def test_a_letter_of_every_layout_comes_into_the_register(province, name):
    spec, make = EVERY[name]
    if name in PRINTED and not offices.has_libreoffice():
        pytest.skip("LibreOffice is missing: apt-get install libreoffice-writer")
    if name in SCANNED and not is_there():
        pytest.skip("Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-vie")
    data = offices.by_libreoffice(make(spec)) if name in PRINTED else make(spec)
    row = read(taken(province, data, "công văn đến.pdf"))
    assert row.state == "read", row.fault
    letter = confirmed(province, row)
    row.refresh_from_db()
    assert (row.state, row.letter_id) == ("kept", letter.pk)
    assert (letter.direction, letter.state, letter.sent_at, letter.number) == ("in", "issued", None, 1)
    original = LetterFile.objects.get(letter=letter)
    assert (original.part, original.sha256) == ("original", hashlib.sha256(data).hexdigest())
    assert evidence_store.path_of(SETTINGS, original.sha256).read_bytes() == data
    if name in SCANNED:
        assert letter.clauses.count() >= len(spec.paths) - 1
        return
    assert (letter.reference, letter.dated, letter.issuer_name) == (spec.reference, min(spec.dated, TODAY), " ".join(spec.issuer))
    assert (letter.subject, letter.urgency, letter.form) == (spec.subject, spec.urgency, spec.form)
    assert [one.mark for one in letter.clauses.order_by("n")] == spec.paths
    assert [one.words for one in letter.addressees.order_by("n")] == spec.addressed
