"""Anchors: when they are due, how they are kept, what is made of a file that is not whole."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vonggac.config import Settings
from vonggac.desk.audit import anchors, chain, guard
from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.anchors import Anchor, ChainBroken, due
from vonggac.desk.audit.models import Head
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import machine
from vonggac.errors import DeskError, InputError
from vonggac.jobs import anchors as job

NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
HANOI = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, True), (NOW, False), (NOW - timedelta(minutes=29), False), (NOW - timedelta(minutes=31), True),
        (NOW + timedelta(hours=23), False), (NOW + timedelta(days=30), True), (NOW.astimezone(HANOI), False),
        (datetime(2026, 11, 24, 6, 59, tzinfo=HANOI), True), (datetime(2026, 11, 24, 7, 0, tzinfo=HANOI), False),
    ],
)  # fmt: skip
def test_one_is_due_for_each_day(last, expected):
    assert due(NOW, last) is expected


def test_a_file_is_appended_for_its_owner_only_and_read_again(tmp_path):
    path = tmp_path / "new" / "anchors.jsonl"
    made = [Anchor(NOW + timedelta(days=n), n, f"{n:064x}") for n in range(200)]
    assert anchors.last(path) is None
    for anchor in made:
        anchors.append(path, anchor)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert anchors.read(path) == made
    assert anchors.last(path) == made[-1]


def test_a_write_that_was_cut_off_spoils_its_own_line_only(tmp_path):
    path = tmp_path / "anchors.jsonl"
    first, second = Anchor(NOW, 1, "1" * 64), Anchor(NOW, 2, "2" * 64)
    anchors.append(path, first)
    with path.open("ab") as file:
        file.write(second.line()[:40])
    assert anchors.last(path) == first
    anchors.append(path, second)
    assert anchors.last(path) == second
    with pytest.raises(InputError, match=r"anchors\.jsonl:2: no anchor"):
        anchors.read(path)


@pytest.mark.parametrize(
    "line",
    [
        "{}", "[]", "1", "nonsense", '{"at": "2026-11-20T01:00:00", "seq": 1, "hash": "' + "0" * 64 + '"}',
        '{"at": "2026-11-20T01:00:00+00:00", "seq": true, "hash": "' + "0" * 64 + '"}',
        '{"at": "2026-11-20T01:00:00+00:00", "seq": -1, "hash": "' + "0" * 64 + '"}',
        '{"at": "2026-11-20T01:00:00+00:00", "seq": 1, "hash": "0"}', '{"at": 5, "seq": 1, "hash": "0"}', "\ufeff",
    ],
)  # fmt: skip
def test_what_is_no_anchor_is_named_by_its_line(tmp_path, line):
    path = tmp_path / "anchors.jsonl"
    path.write_text(Anchor(NOW, 1, "1" * 64).line().decode() + "\n" + line + "\n")
    with pytest.raises(InputError, match=":3: no anchor"):
        anchors.read(path)


def test_a_file_that_cannot_be_written_or_read_says_why(tmp_path):
    with pytest.raises(DeskError, match="the anchor could not be written"):
        anchors.append(tmp_path, Anchor(NOW, 1, "1" * 64))
    with pytest.raises(InputError, match="the anchors could not be read"):
        anchors.read(tmp_path / "absent")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path, anchor_mail="anchors@records.example")


def act(n: int = 1) -> None:
    for _ in range(n):
        with recording(machine("tester"), "organisations.edit"):
            pass


@pytest.mark.django_db
def test_the_job_anchors_once_a_day_into_the_file_and_by_mail(settings, tmp_path):
    act(3)
    made = job.run(settings, NOW)
    assert made == Anchor(NOW, 3, Head.objects.get().hash)
    assert job.run(settings, NOW + timedelta(hours=2)) is None
    act()
    assert job.run(settings, NOW + timedelta(days=1)).seq == 4
    assert [anchor.seq for anchor in anchors.read(tmp_path / "audit-anchors.jsonl")] == [3, 4]
    mails = Notice.objects.filter(recipient__contains="anchors@records.example")
    assert mails.count() == 2
    assert job.path_of(Settings(data_dir=tmp_path, anchor_file=tmp_path / "x")) == tmp_path / "x"


@pytest.mark.django_db
def test_an_empty_record_has_an_anchor_too(settings):
    assert job.write(settings, NOW) == Anchor(NOW, 0, chain.START)
    assert job.write(settings, NOW).seq == 0


@pytest.mark.django_db
def test_a_record_that_no_longer_holds_its_last_anchor_gets_no_new_one(settings, tmp_path):
    act(2)
    job.write(settings, NOW)
    with guard.away():
        Head.objects.update(hash="0" * 64)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_entry SET hash = %s WHERE seq = 2", ["0" * 64])
    with pytest.raises(ChainBroken, match="vonggac audit verify"):
        job.run(settings, NOW + timedelta(days=1))
    assert len(anchors.read(tmp_path / "audit-anchors.jsonl")) == 1
