"""The demonstration's story of work: three lists, and every unit at another point of it; all of it by actions, so that it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from vonggac.desk.directives.models import Letter, LetterReading, Recipient, ReportPart
from vonggac.desk.intel.models import ListVersion
from vonggac.desk.notices.models import Notice
from vonggac.desk.work import tallies
from vonggac.desk.work.models import Answer, Comment, HostSearch, Step, Task
from vonggac.jobs.scenario import desk, letters, work


@pytest.mark.django_db
def test_every_unit_is_at_another_point_of_the_story(tmp_path):
    desk.fill(django_settings.VONGGAC, tmp_path, lambda _user, _seed: None)
    now = timezone.now()
    tasks = {row.value: row for row in Task.objects.filter(kind="clean_address").select_related("organisation")}
    states = {
        work.MIRAI: ("closed", "proven"),
        work.CONFICKER: ("reopened", ""),
        work.NECURS: ("closed", "proven"),
        work.GAMARUE: ("returned", "declared"),
        work.MINER: ("new", ""),
        work.EMOTET: ("in_progress", ""),
        work.HOSPITALS: ("submitted", "declared"),
        work.BENMAY: ("new", ""),
        work.HOUSEHOLDS[0]: ("new", ""),
    }
    assert {row: (tasks[row.address].state, tasks[row.address].proof) for row in states} == states
    assert len(tasks) == len(states)
    silent = tasks[work.MINER.address]
    assert (silent.is_late, silent.is_binding, silent.acknowledge_met_at) == (True, True, None)
    assert Step.objects.filter(task=silent, verb="climb").exists()
    assert tasks[work.CONFICKER.address].n_reopened == 1
    assert not tasks[work.BENMAY.address].is_late
    assert timedelta() < tasks[work.BENMAY.address].due_at - now < timedelta(hours=2)
    versions = list(ListVersion.objects.order_by("n"))
    assert [(one.n, one.state, one.letter) for one in versions] == [
        (n, "published", letter) for n, (letter, _rows) in enumerate(work.VERSIONS, 1)
    ]
    assert [round((now - one.published_at).total_seconds() / 86_400) for one in versions] == [62, 32, 0]
    questions = Task.objects.filter(kind="identify_holder").order_by("pk")
    assert [row.state for row in questions] == ["closed", "new", "new"]
    assert tasks[work.SUBSCRIBERS[0]].organisation.code == "SV.X.TRASON"
    assert tasks[work.SUBSCRIBERS[0]].details["inner_address"].startswith("10.20.11.")
    assert work.OUTSIDER not in tasks
    assert {host["host"] for host in HostSearch.objects.get().found} == {"10.20.2.14"}
    assert Comment.objects.filter(task=tasks[work.EMOTET.address]).count() == 2
    assert not Step.objects.filter(at__gt=timezone.now()).exists()
    assert tallies.kept() == tallies.counted()
    assert not Notice.objects.filter(state="sent").exists()


@pytest.mark.django_db
def test_the_letter_of_this_morning_was_answered_in_every_way_and_its_report_lies_ready(tmp_path):
    desk.fill(django_settings.VONGGAC, tmp_path, lambda _user, _seed: None)
    order, letter, report, referral = Letter.objects.order_by("pk")
    assert (order.direction, letter.parent_id, referral.referral.task.organisation.code) == ("in", order.pk, "SV.YT")
    assert LetterReading.objects.get().state == "read"
    assert (letter.state, letter.reference) == ("issued", "01/SKHCN-ATTT")
    assert timedelta(hours=2) < letter.deadline - timezone.now() <= timedelta(hours=3)
    answers = Answer.objects.filter(task__batch_id=letter.batch_id)
    assert {"", "link", "phone", "mail"} <= set(answers.values_list("came_by", flat=True))
    assert {"accepted", "returned", ""} == set(answers.values_list("verdict", flat=True))
    silent = Recipient.objects.filter(letter=letter, organisation__code__in=letters.SILENT)
    assert [one.acknowledged_at for one in silent] == [None] * len(letters.SILENT)
    assert (report.form, report.state, report.about_id) == ("bao_cao", "draft", letter.pk)
    assert "41 đơn vị" in ReportPart.objects.get(letter=report, key="overview").made
    assert not Answer.objects.filter(at__gt=timezone.now()).exists()
