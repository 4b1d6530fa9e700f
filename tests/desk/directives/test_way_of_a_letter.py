"""A letter from its draft to the work that it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone
from letter_of import CLAUSES

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import Link, Recipient
from vonggac.desk.notices.models import Notice
from vonggac.desk.work.models import Tally, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db


def test_the_letter_opens_one_task_per_clause_and_recipient_whom_it_concerns(issued, province):
    assert issued.letter.reference == "01/SKHCN-CNTT"
    assert [task.kind for task in issued.tasks("donghoa")] == ["stand_duty", "check_machines"]
    assert [task.kind for task in issued.tasks("nhamang1")] == ["stand_duty", "check_machines", "handle_cases"]
    assert issued.tasks("ubnd") == []
    for task in issued.tasks("donghoa"):
        assert task.finish_due_at == issued.letter.deadline
        assert task.is_binding
        assert task.acknowledge_due_at is not None
    assert Tally.objects.filter(batch_id=issued.letter.batch_id).count() > 0


def test_names_stay_those_of_the_day_of_issue(issued, province):
    from province import admin

    from vonggac.desk.organisations import actions as directory

    row = province["donghoa"]
    row.refresh_from_db()
    directory.edit_organisation(admin(), row.pk, row.version, name="Xã Đông Hòa Mới")
    assert issued.recipient("donghoa").name == "Xã Đông Hòa"


def test_everybody_is_told_once_and_the_contact_gets_a_link_whose_token_is_kept_nowhere(issued):
    told = Notice.objects.filter(template__in=["letter_new", "letter_link", "letter_copy"])
    assert told.filter(template="letter_new").exists()
    for link in Link.objects.all():
        assert len(link.digest) == 64
    assert not any("/a/" in str(notice.values) for notice in told)


def test_a_recipient_sees_its_own_letter_and_nobody_elses_recipient(issued, province):
    officer, stranger = province.asker("agency_officer"), province.asker("stranger")
    assert queries.letter(officer, issued.letter.pk).pk == issued.letter.pk
    assert [one.name for one in queries.recipients(officer, issued.letter)] == ["Xã Đông Hòa"]
    with pytest.raises(NotThere):
        queries.letter(stranger, issued.letter.pk)
    with pytest.raises(NotThere):
        queries.recipient(officer, issued.recipient("tayson").pk)
    with pytest.raises(NotThere):
        actions.acknowledge(officer, issued.recipient("tayson").pk)


def test_a_draft_is_seen_by_its_office_alone(drafted, province):
    holiday = drafted()
    with pytest.raises(NotThere):
        queries.letter(province.asker("agency_officer"), holiday.letter.pk)
    with pytest.raises(NotAllowed):
        actions.approve(province.asker("records_clerk"), holiday.letter.pk, holiday.letter.version)


def test_acknowledging_meets_the_clock_of_every_task(issued, province):
    officer = province.asker("agency_officer")
    row = actions.acknowledge(officer, issued.recipient("donghoa").pk)
    assert row.acknowledged_via == "portal"
    assert {task.state for task in issued.tasks("donghoa")} == {"acknowledged"}
    assert all(task.acknowledge_met_at for task in issued.tasks("donghoa"))
    assert actions.acknowledge(officer, row.pk).version == row.version


def test_numbers_run_on_and_none_is_given_twice(drafted, province):
    clerk, leader = province.asker("records_clerk"), province.asker("leader")
    first = drafted().issued()
    again = actions.create(
        clerk,
        province.id("sokhcn"),
        replace(actions.values_of(first.letter), change="amends", about_id=first.letter.pk),
    )
    again = actions.approve(leader, again.pk, again.version, confirms=True)
    with pytest.raises(InvalidValues):
        actions.issue(clerk, again.pk, again.version, number=1)
    assert actions.issue(clerk, again.pk, again.version).reference == "02/SKHCN-CNTT"


def test_what_replaces_a_letter_ends_its_work(drafted, province):
    clerk, leader = province.asker("records_clerk"), province.asker("leader")
    first = drafted().issued()
    new = actions.create(
        clerk,
        province.id("sokhcn"),
        replace(actions.values_of(first.letter), change="replaces", about_id=first.letter.pk),
    )
    new = actions.approve(leader, new.pk, new.version, confirms=True)
    actions.issue(clerk, new.pk, new.version)
    first.letter.refresh_from_db()
    assert first.letter.state == "withdrawn"
    assert set(Task.objects.filter(batch_id=first.letter.batch_id).values_list("state", flat=True)) == {"withdrawn"}
    assert not Link.objects.filter(recipient__letter=first.letter, revoked_at=None).exists()


def test_a_daily_clause_asks_for_each_day(drafted):
    today = timezone.localdate()
    daily = [replace(CLAUSES[0], kind="report_day", is_daily=True)]
    holiday = drafted(
        clauses=daily, period_from=today + timedelta(days=1), period_until=today + timedelta(days=4)
    ).issued()
    tasks = holiday.tasks("donghoa")
    assert [task.details["day"] for task in tasks] == [(today + timedelta(days=n)).isoformat() for n in range(1, 5)]
    assert len({task.finish_due_at for task in tasks}) == 4


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"deadline": None}, "clauses.0"),
        ({"symbol": ""}, "symbol"),
        ({"addressees": ()}, "addressees"),
        ({"clauses": [replace(CLAUSES[0], groups=("schools",))]}, "clauses.0"),
        ({"clauses": [replace(CLAUSES[0], is_daily=True)]}, "clauses.0"),
        ({"closing": "Danh sách gửi kèm theo công văn này."}, "files"),
        ({"closing": "Báo cáo kết quả trước ngày 02/01/2020."}, "clauses"),
    ],
)
def test_what_is_wrong_is_found_before_approval(drafted, province, values, field):
    holiday = drafted(**values)
    with pytest.raises(InvalidValues) as told:
        actions.approve(province.asker("leader"), holiday.letter.pk, holiday.letter.version)
    assert field in {fault.field for fault in told.value.faults}


def test_no_mandate_no_order_to_those_over_whom_one_holds_nothing(drafted, province):
    from vonggac.desk.organisations.models import Mandate

    holiday = drafted()
    Mandate.objects.all().delete()
    assert "office" in {fault.field for fault in queries.checked(holiday.letter).warnings}
    with pytest.raises(NotAllowed):
        actions.approve(province.asker("leader"), holiday.letter.pk, holiday.letter.version, confirms=True)


def test_withdrawing_ends_what_is_open_and_tells_them(issued, province):
    row = actions.withdraw(province.asker("leader"), issued.letter.pk, issued.letter.version, "Ban hành nhầm")
    assert row.state == "withdrawn"
    assert {task.state for task in issued.tasks("donghoa")} == {"withdrawn"}
    assert Notice.objects.filter(template="letter_withdrawn").exists()
    with pytest.raises(InvalidValues):
        actions.acknowledge(province.asker("agency_officer"), issued.recipient("donghoa").pk)


def test_two_people_with_one_draft(drafted, province):
    holiday, clerk = drafted(), province.asker("records_clerk")
    said = actions.values_of(holiday.letter)
    actions.edit(clerk, holiday.letter.pk, 1, replace(said, subject="Một"))
    with pytest.raises(EditConflict):
        actions.edit(clerk, holiday.letter.pk, 1, replace(said, subject="Hai"))


def test_a_letter_waits_for_its_signed_file(drafted, province):
    clerk, leader = province.asker("records_clerk"), province.asker("leader")
    holiday = drafted()
    row = actions.approve(leader, holiday.letter.pk, holiday.letter.version, confirms=True)
    row = actions.issue(clerk, row.pk, row.version, sends=False)
    assert row.sent_at is None
    assert not Task.objects.filter(details__letter=row.pk).exists()
    with pytest.raises(NotThere):
        queries.letter(province.asker("agency_officer"), row.pk)
    row = actions.send(clerk, row.pk, row.version)
    assert Task.objects.filter(batch_id=row.batch_id).count() == 3 * 2 + 3
    assert Recipient.objects.filter(letter=row, sent_at__isnull=False).count() > 0


def test_a_draft_from_a_letter_has_its_text_and_no_day(issued, province):
    said = actions.draft_from(province.asker("records_clerk"), issued.letter.pk)
    assert said.deadline is None
    assert [one.title for one in said.clauses] == [one.title for one in CLAUSES]
    assert isinstance(issued.letter.dated, date)
