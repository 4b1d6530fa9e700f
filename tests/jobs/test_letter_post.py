"""A letter by e-mail, with the file: through a real mail server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from mail_server import MailServer

from vonggac.documents import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def settings(tmp_path):
    from vonggac.desk.notices.models import Switch

    Switch.objects.update_or_create(pk=1, defaults={"is_on": False})
    return replace(
        django_settings.VONGGAC,
        data_dir=tmp_path,
        mail_from="vong-gac@tinh.example",
        public_url="https://gac.tinh.example",
    )


@pytest.fixture
def letter(province):
    """A draft; two of its recipients have an e-mail contact."""
    from letter_of import draft
    from province import admin

    from vonggac.desk.organisations import actions

    for code in ("tayson", "ubnd"):
        actions.add_contact(admin(), province.id(code), channel="email", value=f"vanthu@{code}.example")
    return draft(province).letter


def attach(settings, letter, name, data, kind="docx", part="attachment", verdict=None):
    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store

    sha256 = evidence_store.keep(settings, data)
    return LetterFile.objects.create(
        letter=letter,
        part=part,
        name=name,
        kind=kind,
        size=len(data),
        sha256=sha256,
        by_name="x",
        verdict=verdict or {},
    )


def issue(province, letter):
    from letter_of import Holiday

    return Holiday(province, letter, {}).issued().letter


def carried(settings) -> list:
    """What one round of the courier brings to the mail server."""
    from vonggac.jobs.deliver import Courier

    with MailServer() as server:
        Courier(replace(settings, smtp_url=f"smtp+plain://localhost:{server.port}")).round()
    return server.messages


def files_of(message) -> dict[str, bytes]:
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def test_everybody_gets_the_letter_as_pdf_with_what_is_attached(province, letter, settings):
    from vonggac.desk.notices.models import Notice
    from vonggac.jobs.letter_files import Maker

    attach(settings, letter, "Danh sách kèm theo – đợt 1.docx", b"PK attached")
    issue(province, letter)
    Maker(settings).round()
    messages = carried(settings)
    told = Notice.objects.filter(channel="email", template__startswith="letter_")
    assert len(messages) == told.count() > 3
    assert {notice.state for notice in told} == {"sent"}
    for message in messages:
        found = files_of(message)
        assert set(found) == {"01-SKHCN-CNTT.pdf", "Danh sách kèm theo – đợt 1.docx"}
        assert found["01-SKHCN-CNTT.pdf"].startswith(b"%PDF-")
        assert found["Danh sách kèm theo – đợt 1.docx"] == b"PK attached"
        text = message.get_body(("plain",)).get_content()
        assert "Danh sách kèm theo – đợt 1.docx" in text
        assert "01-SKHCN-CNTT.pdf" in message.get_body(("html",)).get_content()


def test_the_signed_file_goes_in_the_place_of_ours_and_a_forged_one_never(province, letter, settings):
    from vonggac.jobs.letter_files import Maker

    row = issue(province, letter)
    Maker(settings).round()
    good = {"state": "valid", "match": "yes"}
    attach(settings, row, "giả.pdf", b"%PDF- forged", "pdf", "signed", {"state": "altered", "match": "yes"})
    attach(settings, row, "khác.pdf", b"%PDF- other", "pdf", "signed", {"state": "valid", "match": "no"})
    attach(settings, row, "đã ký.pdf", b"%PDF- signed", "pdf", "signed", good)
    attach(settings, row, "hỏng.pdf", b"%PDF- cut", "pdf", "signed", {"state": "cannot_tell", "match": "yes"})
    assert {tuple(files_of(one)) for one in carried(settings)} == {("đã ký.pdf",)}


def test_a_message_waits_for_the_pdf_but_not_for_ever(province, letter, settings, monkeypatch):
    from vonggac.desk.notices.models import Notice
    from vonggac.jobs.letter_files import Maker

    issue(province, letter)
    told = Notice.objects.filter(channel="email", template__startswith="letter_")
    assert carried(settings) == []
    assert {notice.state for notice in told} == {"waiting"}
    assert all(timezone.now() < notice.due_at < timezone.now() + timedelta(seconds=6) for notice in told)
    assert not any(notice.n_attempts for notice in told)
    monkeypatch.setattr(pdf, "to_pdf", broken)
    Maker(settings).round()
    told.update(due_at=timezone.now())
    assert carried(settings) == []
    told.update(due_at=timezone.now(), created_at=timezone.now() - timedelta(minutes=2, seconds=1))
    assert {tuple(files_of(one)) for one in carried(settings)} == {("01-SKHCN-CNTT.docx",)}


def broken(_docx: bytes) -> bytes:
    raise OSError("no pages today")


def test_where_nothing_could_be_made_the_message_goes_alone_in_the_end(province, letter, settings):
    from vonggac.desk.notices.models import Notice

    issue(province, letter)
    Notice.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert {tuple(files_of(one)) for one in carried(settings)} == {()}


def test_without_libreoffice_the_docx_goes_at_once(province, letter, settings, monkeypatch):
    from vonggac.jobs.letter_files import Maker

    issue(province, letter)
    monkeypatch.setattr(pdf, "is_there", lambda: False)
    Maker(settings).round()
    assert {tuple(files_of(one)) for one in carried(settings)} == {("01-SKHCN-CNTT.docx",)}


def test_what_is_too_large_stays_at_the_link_and_the_mail_says_so(province, letter, settings, monkeypatch):
    from vonggac.jobs import letter_post
    from vonggac.jobs.letter_files import Maker

    attach(settings, letter, "nhỏ.docx", b"PK small")
    attach(settings, letter, "rất lớn.docx", b"PK" + bytes(400_000))
    issue(province, letter)
    Maker(settings).round()
    monkeypatch.setattr(letter_post, "MOST_BYTES", 300_000)
    message = carried(settings)[0]
    assert set(files_of(message)) == {"01-SKHCN-CNTT.pdf", "nhỏ.docx"}
    text = message.get_body(("plain",)).get_content()
    assert text.count("rất lớn.docx") == 1
    assert text.index("nhỏ.docx") < text.index("rất lớn.docx")


def test_a_file_that_is_gone_keeps_no_message(province, letter, settings, caplog):
    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store
    from vonggac.jobs.letter_files import Maker

    row = issue(province, letter)
    Maker(settings).round()
    evidence_store.path_of(settings, LetterFile.objects.get(letter=row, part="pdf").sha256).unlink()
    messages = carried(settings)
    assert messages
    assert {tuple(files_of(one)) for one in messages} == {()}
    assert "not in the store" in caplog.text


def test_a_letter_that_was_withdrawn_meanwhile_is_attached_to_nothing(province, letter, settings):
    from vonggac.desk.directives import actions
    from vonggac.jobs import letter_post
    from vonggac.jobs.letter_files import Maker

    row = issue(province, letter)
    Maker(settings).round()
    assert letter_post.parcel(settings, row.pk).files
    row.refresh_from_db()
    actions.withdraw(province.asker("leader"), row.pk, row.version, "Ban hành nhầm")
    assert letter_post.parcel(settings, row.pk) == letter_post.Parcel()
    assert letter_post.parcel(settings, 0) == letter_post.Parcel()


def test_the_portal_carries_no_files(province, letter, settings):
    from vonggac.desk.notices.models import Notice

    issue(province, letter)
    assert set(Notice.objects.filter(channel="portal").values_list("files", flat=True)) == {""}
    told = Notice.objects.filter(channel="email", template__in=("letter_new", "letter_link", "letter_copy"))
    assert set(told.values_list("files", flat=True)) == {f"letter:{letter.pk}"}
