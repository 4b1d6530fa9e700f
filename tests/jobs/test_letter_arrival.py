"""Letters that come in: files of offices, through the store and the child that reads them, into the register."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import threading
import zipfile
from dataclasses import replace

import offices
import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.utils import timezone
from layouts import LETTERS, PRINTED, SCANNED
from offices import AGENCY, HOLIDAY

from vonggac.desk.directives import readings
from vonggac.desk.directives.actions import arriving
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Letter, LetterFile, LetterReading
from vonggac.desk.directives.queries import arriving as queries
from vonggac.desk.directives.values import LetterValues
from vonggac.errors import EditConflict, InputError, InvalidValues, NotAllowed, NotThere, UnsafeInput
from vonggac.jobs import evidence_store, letter_arrival, spool
from vonggac.jobs.letter_scans import is_there

pytestmark = pytest.mark.django_db
SETTINGS = django_settings.VONGGAC
TODAY = timezone.localdate()


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
    assert (letter.reference, letter.dated, letter.issuer_name) == (
        spec.reference,
        min(spec.dated, TODAY),
        " ".join(spec.issuer),
    )
    assert (letter.subject, letter.urgency, letter.form) == (spec.subject, spec.urgency, spec.form)
    assert [one.mark for one in letter.clauses.order_by("n")] == spec.paths
    assert [one.words for one in letter.addressees.order_by("n")] == spec.addressed


def test_what_a_letter_says_is_proposed_clause_by_clause(province):
    from vonggac.desk.directives import actions
    from vonggac.desk.scope.asker import machine

    actions.save_group(machine("tests"), None, 0, code="nha-mang", name="Các doanh nghiệp viễn thông", kinds=["telco"])
    row = read(taken(province, offices.word_table(HOLIDAY), "cv.docx"))
    said = values_of(row).said
    kinds = {one.mark: one.kind for one in said.clauses}
    assert (kinds["1"], kinds["1.a"], kinds["1.b"], kinds["1.c"], kinds["1.d"], kinds["1.đ"]) == (
        "", "stand_duty", "patch_systems", "check_machines", "carry_out", "report_day",
    )  # fmt: skip
    assert {one.mark: list(one.groups) for one in said.clauses if one.mark in ("1.a", "2", "2.a")} == {
        "1.a": [], "2": ["nha-mang"], "2.a": ["nha-mang"],
    }  # fmt: skip
    dues = {one.mark: one.due_at for one in said.clauses}
    zone = dt.timezone(dt.timedelta(hours=7))
    assert dues["1.c"] == dt.datetime(2026, 4, 28, 16, 0, tzinfo=zone)
    assert dues["1.a"].astimezone(zone).date() == dt.date(2026, 4, 25)
    assert next(one for one in said.clauses if one.mark == "1.đ").is_daily
    assert (said.period_from, said.period_until) == (dt.date(2026, 4, 29), dt.date(2026, 5, 3))
    assert values_of(row).parent_reference == "147/CATTT-GSVN"


def test_the_same_file_and_the_same_letter_lead_to_what_is_there(province):
    data = offices.word_table(AGENCY)
    row = read(taken(province, data, "cv.docx"))
    assert taken(province, data, "bản khác.docx").pk == row.pk
    letter = confirmed(province, row)
    again = taken(province, data, "cv.docx")
    assert isinstance(again, Letter)
    assert again.pk == letter.pk
    other = read(taken(province, offices.pdf_lines(AGENCY), "cv.pdf"))
    with pytest.raises(InvalidValues) as told:
        confirmed(province, other)
    assert told.value.letter.pk == letter.pk
    assert Letter.objects.count() == 1
    assert LetterFile.objects.count() == 1


def test_numbers_of_arrival_run_on_and_none_is_given_twice(province):
    clerk = province.asker("records_clerk")

    def entered(subject: str, **values):
        said = LetterValues(subject)
        return arriving.enter(clerk, province.id("sokhcn"), ArrivalValues(said, TODAY, issuer_name="Cục Mẫu", **values))

    assert [entered("Một").number, entered("Hai").number, entered("Ba", number=7).number, entered("Bốn").number] == [
        1,
        2,
        7,
        8,
    ]
    with pytest.raises(InvalidValues):
        entered("Năm", number=7)
    rows = queries.register(clerk, province.id("sokhcn"), "in", TODAY.year)
    assert [one.subject for one in rows] == ["Một", "Hai", "Ba", "Bốn"]
    assert [(one.first, one.last) for one in queries.gaps(rows)] == [(3, 6)]
    with pytest.raises(InvalidValues):
        arriving.enter(
            clerk,
            province.id("sokhcn"),
            ArrivalValues(LetterValues("Mai"), TODAY + dt.timedelta(days=2), issuer_name="Cục"),
        )


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"MZ" + b"\0" * 600, "cv.docx", UnsafeInput),
        (b"<html><script>1</script></html>", "cv.pdf", UnsafeInput),
        (b"%PDF-1.7\n1 0 obj<</JavaScript 2 0 R>>", "cv.pdf", UnsafeInput),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cv.doc", UnsafeInput),
        (b"not a letter at all", "cv.txt", InvalidValues),
    ],
)
def test_what_is_no_letter_is_told_at_once_and_leaves_nothing(province, data, name, kind):
    with pytest.raises(kind):
        taken(province, data, name)
    assert not LetterReading.objects.exists()
    assert not list(spool.spool_folder(SETTINGS).iterdir())


def _word(change=lambda xml: xml, extra=None) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(offices.word_table(AGENCY))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            body = old.read(info.filename)
            new.writestr(info.filename, change(body) if info.filename == "word/document.xml" else body)
        for path, body in (extra or {}).items():
            new.writestr(path, body)
    return out.getvalue()


_DOCTYPE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document'


@pytest.mark.parametrize(
    "data",
    [
        lambda: _word(extra={"word/vbaProject.bin": b"\xd0\xcf"}),
        lambda: _word(lambda xml: xml.replace(b"<w:document", _DOCTYPE, 1)),
        lambda: _word(lambda xml: xml + b" " * (200 << 20)),
    ],
    ids=["macros", "entities", "bomb"],
)
def test_a_hostile_word_file_is_refused_before_or_while_it_is_read(province, data):
    try:
        row = taken(province, data(), "cv.docx")
    except UnsafeInput:
        assert not LetterReading.objects.exists()
        return
    assert read(row).state == "failed"


def test_a_file_that_cannot_be_read_says_why_and_is_kept_for_whoever_enters_it_by_hand(province):
    row = read(taken(province, b"%PDF-1.7\nnothing of it is right", "hỏng.pdf"))
    assert row.state == "failed"
    assert row.fault["message"]
    said = ArrivalValues(LetterValues("Văn bản trên giấy"), TODAY, "5/AB", TODAY, "Cục Mẫu")
    letter = letter_arrival.receive(SETTINGS, province.asker("records_clerk"), row.pk, row.version, said)
    assert LetterFile.objects.get(letter=letter).sha256 == row.sha256


def test_a_child_that_takes_too_long_is_ended_and_the_file_is_told_to_be_unreadable(tmp_path):
    path = tmp_path / "letter"
    path.write_bytes(offices.word_table(AGENCY))
    with pytest.raises(InputError, match="too long"):
        letter_arrival.read_apart(path, "cv.docx", lambda: None, seconds=0.0)


def test_a_killed_worker_leaves_nothing_stuck(province):
    row = taken(province, offices.word_table(AGENCY), "cv.docx")
    run = readings.claim(row)
    row.refresh_from_db()
    assert (row.state, bool(run)) == ("reading", True)
    assert letter_arrival.run_pending(SETTINGS) == 0  # somebody is at it
    LetterReading.objects.filter(pk=row.pk).update(beat_at=timezone.now() - dt.timedelta(minutes=3))
    assert read(row).state == "read"
    readings.settle(row, str(run), {"late": True})  # whoever was taken for dead changes nothing any more
    row.refresh_from_db()
    assert "late" not in row.found


def test_a_file_that_is_gone_from_the_store_is_said_to_be(province):
    row = taken(province, offices.word_table(AGENCY), "cv.docx")
    evidence_store.path_of(SETTINGS, row.sha256).unlink()
    assert read(row).state == "failed"


def test_the_sweep_leaves_what_a_reading_needs_and_takes_what_was_thrown_away(province):
    row = read(taken(province, offices.word_table(AGENCY), "cv.docx"))
    place = evidence_store.path_of(SETTINGS, row.sha256)
    os.utime(place, (1, 1))
    evidence_store.sweep(SETTINGS)
    assert place.is_file()
    arriving.drop_reading(province.asker("records_clerk"), row.pk, row.version)
    evidence_store.sweep(SETTINGS)
    assert not place.exists()


def test_two_clerks_with_the_same_reading(province):
    row = read(taken(province, offices.word_table(AGENCY), "cv.docx"))
    confirmed(province, row)
    with pytest.raises(EditConflict):
        letter_arrival.receive(
            SETTINGS, province.asker("duty_officer"), row.pk, row.version, values_of(row), confirms=True
        )
    assert Letter.objects.count() == 1


def test_who_is_no_clerk_of_the_office_neither_brings_nor_sees(province):
    for role in ("leader", "auditor"):
        with pytest.raises(NotAllowed):
            taken(province, offices.word_table(AGENCY), "cv.docx", role)
    for role in ("agency_officer", "stranger"):
        with pytest.raises(NotThere):
            taken(province, offices.word_table(AGENCY), "cv.docx", role)
    row = read(taken(province, offices.word_table(AGENCY), "cv.docx"))
    for role in ("leader", "agency_officer", "stranger", "auditor"):
        with pytest.raises(NotThere):
            queries.reading(province.asker(role), row.pk)
    letter = confirmed(province, row)
    from vonggac.desk.directives.queries import letters

    for role in ("agency_officer", "stranger", "telco_desk"):
        assert not letters(province.asker(role)).filter(pk=letter.pk).exists()
    assert letters(province.asker("leader")).filter(pk=letter.pk).exists()


def test_questions_are_to_be_confirmed(province):
    row = read(taken(province, offices.word_table(replace(AGENCY, dated=dt.date(2026, 1, 2))), "cv.docx"))
    LetterReading.objects.filter(pk=row.pk).update(
        found={**row.found, "doubts": [{"field": "x", "message": "m", "params": {}, "where": {}}]}
    )
    with pytest.raises(InvalidValues) as told:
        letter_arrival.receive(SETTINGS, province.asker("records_clerk"), row.pk, row.version, values_of(row))
    assert told.value.faults[0].field == "confirms"


def test_the_signature_of_a_pdf_is_looked_at_and_what_is_said_is_kept(province):
    row = read(taken(province, offices.pdf_lines(AGENCY), "cv.pdf"))
    letter = confirmed(province, row)
    assert LetterFile.objects.get(letter=letter).verdict["state"] == "unsigned"


def test_the_issuer_is_known_by_the_name_of_that_day_and_by_its_mandate(province):
    from vonggac.desk.organisations import actions as directory
    from vonggac.desk.organisations.models import Organisation
    from vonggac.desk.scope.asker import machine

    zone = dt.timezone(dt.timedelta(hours=7))
    by = machine("tests")
    body = directory.create_organisation(
        by, code="cuc", kind="authority", name="Cục An toàn Mẫu", valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    )
    office = province.id("sokhcn")
    assert not queries.standing(office, "CỤC AN TOÀN MẪU", TODAY, zone).may_ask
    directory.add_mandate(
        by,
        body.pk,
        subject="coordination",
        over_id=None,
        basis="QĐ 1",
        valid_from=dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
    )
    assert queries.standing(office, "CỤC AN TOÀN MẪU", TODAY, zone).subjects == ["coordination"]
    assert queries.standing(office, "CỤC AN TOÀN MẪU", dt.date(2024, 5, 5), zone).subjects == []
    row = Organisation.objects.get(pk=body.pk)
    march = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    directory.edit_organisation(by, body.pk, row.version, name="Cục Tên Mới", since=march, basis="QĐ 2")
    assert queries.standing(office, "Cục An toàn Mẫu", TODAY, zone).issuer is None
    assert queries.standing(office, "Cục An toàn Mẫu", dt.date(2026, 2, 1), zone).issuer == row
    assert queries.standing(office, "ubnd tỉnh", TODAY, zone).is_above


@pytest.mark.django_db(transaction=True)
def test_clerks_who_confirm_and_enter_at_the_same_moment_make_one_letter_and_numbers_run_on(province):
    """On SQLite a transaction that writes is alone from its beginning on; the threads run on PostgreSQL, where it is not."""
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    row, clerk, office = (
        read(taken(province, offices.word_table(AGENCY), "cv.docx")),
        province.asker("records_clerk"),
        province.id("sokhcn"),
    )
    said, paper = values_of(row), ArrivalValues(LetterValues("Trên giấy"), TODAY, "8/AB", TODAY, "Cục Mẫu")
    start, outcomes = threading.Barrier(8), []

    def work(n):
        start.wait(20)
        try:
            if n < 4:
                made = arriving.receive(clerk, row.pk, row.version, said, confirms=True)
            else:
                made = arriving.enter(clerk, office, replace(paper, reference="8/AB" if n < 6 else f"{n}/XY"))
            outcomes.append(made.number)
        except (EditConflict, InvalidValues) as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, outcomes)) == [
        "1",
        "2",
        "3",
        "4",
        "AlreadyThere",
        "EditConflict",
        "EditConflict",
        "EditConflict",
    ]
    assert LetterFile.objects.filter(part="original").count() == 1
