"""The store of evidence: a content is there before its row, once, private; what nothing rests on goes, what is gone is told."""

from __future__ import annotations

import errno
import hashlib
import os
import time

import pytest
from django.conf import settings as django_settings
from proofs import PDF, docx, png

from vonggac.desk.audit.models import Entry
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions.evidence import add_evidence, remove_evidence
from vonggac.desk.work.models import Evidence, Step, Task
from vonggac.desk.work.queries.evidence import one_evidence
from vonggac.errors import InvalidValues, NotAllowed, NotThere, UnsafeInput
from vonggac.jobs import doctor, evidence_store, spool
from vonggac.jobs.spool import DiskFull, Spool

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(tmp_path):
    from dataclasses import replace

    return replace(django_settings.VONGGAC, data_dir=tmp_path)


@pytest.fixture
def task(province):
    draft = actions.Draft(
        "clean_address", province.id("donghoa"), "198.51.100.5 · Mirai", "198.51.100.5", {"address": "198.51.100.5", "malware": "Mirai"}
    )  # fmt: skip
    return actions.open_task(province.asker("analyst"), draft)


def spooled(ours, data):
    one = Spool(ours, evidence_store.UPLOAD_LIMIT)
    one.write(data)
    return one.done()


def take(ours, asker, task, data, name="anh.png"):
    return evidence_store.take(ours, asker, task.pk, spooled(ours, data), name)


def test_a_file_is_kept_under_its_content_for_this_account_only(ours, province, task):
    row = take(ours, province.asker("agency_officer"), task, png(), "C:\\ảnh\u202e.exe")
    path = evidence_store.path_of(ours, hashlib.sha256(png()).hexdigest())
    assert (row.kind, row.name, row.size) == ("png", "ảnh.exe.png", len(png()))
    assert path.read_bytes() == png()
    assert [oct(one.stat().st_mode)[-2:] for one in (path, path.parent, path.parent.parent)] == ["00"] * 3
    assert list(spool.spool_folder(ours).iterdir()) == []
    assert Entry.objects.order_by("seq").last().action == "work.add_evidence"
    assert not Step.objects.exists()  # the file itself stands in the timeline
    task.refresh_from_db()
    assert task.version == 1  # a report that somebody writes meanwhile is not disturbed


def test_the_same_content_again_is_the_file_that_is_there(ours, province, task):
    officer = province.asker("agency_officer")
    first, before = take(ours, officer, task, png()), Entry.objects.count()
    assert take(ours, officer, task, png(), "khac.png").pk == first.pk
    assert Entry.objects.count() == before


@pytest.mark.parametrize("role", ["stranger", "telco_desk"])
def test_who_does_not_see_the_task_finds_no_file(ours, province, task, role):
    row, asker = take(ours, province.asker("agency_officer"), task, png()), province.asker(role)
    for act in (
        lambda: one_evidence(asker, row.pk),
        lambda: remove_evidence(asker, row.pk),
        lambda: take(ours, asker, task, PDF),
        lambda: add_evidence(asker, task.pk, name="a.png", kind="png", size=row.size, sha256=row.sha256),
    ):
        with pytest.raises(NotThere):
            act()
    assert Evidence.objects.count() == 1
    assert len(list(evidence_store.contents(ours))) == 1


@pytest.mark.parametrize("role", ["auditor", "leader", "records_clerk"])
def test_who_only_looks_adds_nothing(ours, province, task, role):
    row = take(ours, province.asker("agency_officer"), task, png())
    for act in (
        lambda: take(ours, province.asker(role), task, PDF),
        lambda: remove_evidence(province.asker(role), row.pk),
    ):
        with pytest.raises((NotAllowed, NotThere)):
            act()
    assert Evidence.objects.count() == 1


def test_what_is_refused_leaves_nothing(ours, province, task):
    with pytest.raises(UnsafeInput):
        take(ours, province.asker("agency_officer"), task, b"<svg onload=alert(1)>")
    assert list(evidence_store.contents(ours)) == []
    assert list(spool.spool_folder(ours).iterdir()) == []
    assert not Evidence.objects.exists()


def test_a_task_takes_no_more_than_it_may_and_nothing_once_it_is_done(ours, province, task):
    officer = province.asker("agency_officer")
    Evidence.objects.create(task=task, name="a.png", kind="png", size=(200 << 20) - 10, sha256="0" * 64, by_name="x")
    with pytest.raises(InvalidValues, match="200 MB"):
        take(ours, officer, task, png())
    Evidence.objects.all().delete()
    Task.objects.filter(pk=task.pk).update(state="closed")
    with pytest.raises(InvalidValues, match="done"):
        take(ours, officer, task, png())
    Task.objects.filter(pk=task.pk).update(state="new")


def test_a_file_on_which_an_answer_rests_stays(ours, province, task):
    officer = province.asker("agency_officer")
    row, other = take(ours, officer, task, png()), take(ours, officer, task, PDF, "bien-ban.pdf")
    actions.submit(officer, task.pk, 1, result="in_progress", values={}, evidence_ids=[row.pk])
    with pytest.raises(InvalidValues, match="rests on"):
        remove_evidence(officer, row.pk)
    remove_evidence(officer, other.pk)
    assert [one.pk for one in queries.timeline(officer, task).evidence] == [row.pk]
    assert Entry.objects.order_by("seq").last().action == "work.remove_evidence"
    assert (Step.objects.last().verb, Step.objects.last().note) == ("remove_evidence", "bien-ban.pdf")


def age(ours):
    for _name, path in evidence_store.contents(ours):
        os.utime(path, (time.time() - 7200,) * 2)


def test_the_sweep_takes_what_nothing_rests_on_and_only_that(ours, province, task):
    officer = province.asker("agency_officer")
    kept, gone = take(ours, officer, task, png()), take(ours, officer, task, PDF, "a.pdf")
    remove_evidence(officer, gone.pk)
    assert evidence_store.sweep(ours) == 0  # somebody may be about to name it
    age(ours)
    with evidence_store.held(ours):
        assert evidence_store.sweep(ours) == 0
    assert evidence_store.sweep(ours) == 1
    assert [name for name, _path in evidence_store.contents(ours)] == [kept.sha256]
    with evidence_store.opened(ours, kept) as file:
        assert file.read() == png()


def test_a_run_that_dies_between_file_and_row_leaves_what_the_sweep_takes(ours, province, task, monkeypatch):
    monkeypatch.setattr(evidence_store, "add_evidence", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(ours, province.asker("agency_officer"), task, png())
    assert not Evidence.objects.exists()
    age(ours)
    assert evidence_store.sweep(ours) == 1


def test_a_full_disk_is_told_and_leaves_no_row(ours, province, task, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    one = spooled(ours, png())
    monkeypatch.setattr(evidence_store, "sync_folder", full)
    with pytest.raises(DiskFull):
        evidence_store.take(ours, province.asker("agency_officer"), task.pk, one, "a.png")
    assert not Evidence.objects.exists()


def test_a_link_in_the_store_opens_nothing(ours, province, task, tmp_path):
    row = take(ours, province.asker("agency_officer"), task, png())
    path = evidence_store.path_of(ours, row.sha256)
    secret = tmp_path / "secret"
    secret.write_bytes(png())
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(evidence_store.Missing, match="backup"):
        evidence_store.opened(ours, row)


def test_the_doctor_tells_what_is_gone_and_what_was_changed(ours, province, task):
    officer = province.asker("agency_officer")
    one, two, three = (take(ours, officer, task, data) for data in (png(), PDF, docx()))

    def verdicts():
        return [one.line.verdict for one in doctor.examine(ours) if one.check == "evidence"]

    assert verdicts() == ["ok"]
    evidence_store.path_of(ours, one.sha256).unlink()
    evidence_store.path_of(ours, two.sha256).write_bytes(b"x" * two.size)
    evidence_store.path_of(ours, three.sha256).write_bytes(b"x")
    assert sorted(evidence_store.faults(ours, 1 << 20)) == sorted(
        [(one.sha256, "missing"), (two.sha256, "changed"), (three.sha256, "changed")]
    )
    assert verdicts() == ["fail"]
