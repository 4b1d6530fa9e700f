"""A letter that came in: entered, mended, taken up as work of the office; matters put before other bodies."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.actions import arriving, referring
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Letter, LetterFile, Recipient, Referral
from vonggac.desk.directives.queries import arriving as coming
from vonggac.desk.directives.values import AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.work.models import Evidence, Step, Task
from vonggac.desk.work.queries.tasks import timeline
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
CLAUSES = (
    ClauseValues("Các đơn vị", "1"),
    ClauseValues("Trực 24/7", "1.a", "", "stand_duty"),
    ClauseValues("Bóc gỡ mã độc", "1.b", "", "check_machines"),
)


def values(**more) -> ArrivalValues:
    said = LetterValues(
        "Bảo đảm an toàn dịp lễ", deadline=timezone.now() + timedelta(days=2), clauses=CLAUSES,
        addressees=[AddresseeValues("action", True, words="Ủy ban nhân dân các tỉnh")],
    )  # fmt: skip
    return replace(ArrivalValues(said, TODAY, "147/CATTT-GSVN", TODAY, "Cục An toàn Mẫu"), **more)


@pytest.fixture
def letter(province) -> Letter:
    """A letter in the register of the department for science."""
    return arriving.enter(province.asker("records_clerk"), province.id("sokhcn"), values())


def clause_ids(letter: Letter, *marks: str) -> list[int]:
    return [one.pk for one in queries.clauses(letter) if one.mark in marks]


def test_what_is_entered_is_seen_by_the_office_and_nobody_else(letter, province):
    assert (letter.state, letter.direction, letter.sent_at, letter.number) == ("issued", "in", None, 1)
    assert queries.letter(province.asker("leader"), letter.pk) == letter
    for role in ("agency_officer", "telco_desk", "stranger"):
        with pytest.raises(NotThere):
            queries.letter(province.asker(role), letter.pk)


def test_all_that_is_wrong_is_told_at_once(province):
    wrong = values(arrived_on=TODAY + timedelta(days=9), dated=dt.date(1900, 1, 1), issuer_name="")
    with pytest.raises(InvalidValues) as told:
        arriving.enter(
            province.asker("records_clerk"),
            province.id("sokhcn"),
            replace(wrong, said=replace(wrong.said, subject="", form="x")),
        )
    assert {fault.field for fault in told.value.faults} == {"arrived_on", "dated", "issuer_name", "subject", "form"}


def test_taking_up_makes_work_of_the_office_with_clocks(letter, province):
    clerk = province.asker("records_clerk")
    row = arriving.take_up(clerk, letter.pk, letter.version, clause_ids(letter, "1.a", "1.b"))
    tasks = coming.taken_up(row)
    assert [(task.kind, task.organisation_id, task.finish_due_at) for task in tasks] == [
        ("stand_duty", province.id("sokhcn"), letter.deadline),
        ("check_machines", province.id("sokhcn"), letter.deadline),
    ]
    assert Recipient.objects.get(letter=row).organisation_id == province.id("sokhcn")
    with pytest.raises(InvalidValues):
        arriving.take_up(clerk, row.pk, row.version, clause_ids(letter, "1.a"))
    with pytest.raises(NotThere):
        queries.letter(province.asker("agency_officer"), letter.pk)


def test_our_own_deadline_takes_the_place_of_the_letters(letter, province):
    soon = timezone.now() + timedelta(days=1)
    row = arriving.take_up(province.asker("records_clerk"), letter.pk, 1, clause_ids(letter, "1.a"), due_at=soon)
    assert [task.finish_due_at for task in coming.taken_up(row)] == [soon]


@pytest.mark.parametrize(
    ("marks", "due", "field"), [(("1",), 1, "clauses"), ((), 1, "clauses"), (("1.a",), -1, "due_at")]
)
def test_what_cannot_be_taken_up_is_told(letter, province, marks, due, field):
    with pytest.raises(InvalidValues) as told:
        arriving.take_up(
            province.asker("records_clerk"),
            letter.pk,
            1,
            clause_ids(letter, *marks),
            due_at=timezone.now() + timedelta(days=due),
        )
    assert {fault.field for fault in told.value.faults} == {field}
    assert not Task.objects.filter(batch_id__gt=0, kind="stand_duty").exists()


def test_a_report_on_each_day_is_taken_up_for_the_days_to_come(province):
    clerk, daily = province.asker("records_clerk"), ClauseValues("Báo cáo", "1", "", "report_day", is_daily=True)
    said = replace(
        values().said, clauses=[daily], period_from=TODAY - timedelta(days=3), period_until=TODAY + timedelta(days=2)
    )
    row = arriving.enter(clerk, province.id("sokhcn"), values(said=said))
    row = arriving.take_up(clerk, row.pk, row.version, clause_ids(row, "1"))
    assert 2 <= len(coming.taken_up(row)) <= 3
    late = arriving.enter(
        clerk,
        province.id("sokhcn"),
        values(reference="2/B", said=replace(said, period_until=TODAY - timedelta(days=2))),
    )
    with pytest.raises(InvalidValues) as told:
        arriving.take_up(clerk, late.pk, late.version, clause_ids(late, "1"))
    assert {fault.field for fault in told.value.faults} == {"clauses"}


def test_who_may_only_read_takes_nothing_up_and_mends_nothing(letter, province):
    leader = province.asker("leader")
    with pytest.raises(NotAllowed):
        arriving.take_up(leader, letter.pk, 1, clause_ids(letter, "1.a"))
    with pytest.raises(NotAllowed):
        arriving.correct(leader, letter.pk, 1, values())
    for role in ("stranger", "agency_officer"):
        with pytest.raises(NotThere):
            arriving.correct(province.asker(role), letter.pk, 1, values())
        with pytest.raises(NotThere):
            coming.register(province.asker(role), province.id("sokhcn"), "in", TODAY.year)


def test_an_entry_is_mended_and_its_number_stays(letter, province):
    clerk = province.asker("records_clerk")
    row = arriving.correct(clerk, letter.pk, 1, values(reference="148/CATTT-GSVN", handler="Phòng Chuyển đổi số"))
    assert (row.number, row.reference, row.handler) == (1, "148/CATTT-GSVN", "Phòng Chuyển đổi số")
    with pytest.raises(EditConflict):
        arriving.correct(clerk, letter.pk, 1, values())
    other = arriving.enter(clerk, province.id("sokhcn"), values(reference="149/CATTT-GSVN"))
    with pytest.raises(InvalidValues) as told:
        arriving.correct(clerk, other.pk, other.version, values(reference="148/cattt-gsvn"))
    assert told.value.letter.pk == row.pk


def test_a_letter_that_went_out_is_not_mended_as_one_that_came_in(issued, province):
    with pytest.raises(NotThere):
        arriving.correct(province.asker("records_clerk"), issued.letter.pk, issued.letter.version, values())


def test_what_carries_it_out_is_its_child_and_says_nothing_of_its_signer(letter, province):
    said = actions.draft_from(province.asker("records_clerk"), letter.pk)
    assert (said.parent_id, said.form, said.addressees) == (letter.pk, "cong_van", ())
    row = actions.create(province.asker("records_clerk"), province.id("sokhcn"), said, source_id=letter.pk)
    assert [one.title for one in queries.clauses(row)] == [one.title for one in CLAUSES]


def test_its_parent_is_found_by_its_number(letter, province):
    clerk = province.asker("records_clerk")
    row = arriving.enter(clerk, province.id("sokhcn"), values(reference="9/AB", parent_reference="147/cattt-gsvn"))
    assert row.parent_id == letter.pk
    assert (
        arriving.enter(clerk, province.id("sokhcn"), values(reference="10/AB", parent_reference="1/KHONG-CO")).parent_id
        is None
    )


# ----------------------------------------------------------------------------------------------------------- referrals


@pytest.fixture
def task(province) -> Task:
    """Work of the department itself, with two files."""
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work.actions.opening import Draft, open_task

    row = open_task(machine("tests"), Draft("assignment", province.id("sokhcn"), "Trang giả mạo cơ quan nhà nước"))
    for n in (1, 2):
        Evidence.objects.create(
            task=row, name=f"ảnh {n}.png", kind="png", size=10 + n, sha256=str(n) * 64, by_name="Ai"
        )
    return row


def referred(province, task, **more):
    said = {"why": "Có dấu hiệu lừa đảo.", "subject": "Chuyển vụ việc", "body_words": "Công an tỉnh Mẫu"} | more
    return referring.refer(province.asker("records_clerk"), province.id("sokhcn"), task.pk, **said)


def out(province, row: Referral) -> Letter:
    """The letter of a referral approved and issued."""
    leader, clerk = province.asker("leader"), province.asker("records_clerk")
    said = replace(actions.values_of(row.letter), symbol="SKHCN-CNTT", signer_title="GIÁM ĐỐC")
    letter = actions.edit(clerk, row.letter_id, row.letter.version, said)
    letter = actions.approve(leader, letter.pk, letter.version, confirms=True)
    return actions.issue(clerk, letter.pk, letter.version)


def test_only_the_files_that_were_chosen_go_along(province, task):
    first = Evidence.objects.filter(task=task).order_by("pk").first()
    row = referred(province, task, evidence_ids=[first.pk])
    files = LetterFile.objects.filter(letter=row.letter)
    assert [(one.part, one.sha256, one.name) for one in files] == [("attachment", "1" * 64, "ảnh 1.png")]
    assert row.letter.state == "draft"
    assert "Trang giả mạo" in row.letter.opening


def test_files_of_another_task_do_not_go_along(province, task):
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work.actions.opening import Draft, open_task

    other = open_task(machine("tests"), Draft("assignment", province.id("donghoa"), "Việc khác"))
    file = Evidence.objects.create(task=other, name="mật.png", kind="png", size=1, sha256="9" * 64, by_name="Ai")
    with pytest.raises(NotThere):
        referred(province, task, evidence_ids=[file.pk])
    with pytest.raises(NotThere):
        referred(province, other)
    assert not Letter.objects.exists()


def test_a_matter_goes_to_a_body_over_which_the_office_has_no_mandate_and_the_task_tells_so(province, task):
    from province import make_organisation

    police = make_organisation("ca", None, kind="police", name="Công an tỉnh Thạch Lâm")
    row = referred(province, task, body_words="", body_id=police.pk)
    letter = out(province, row)
    step = Step.objects.get(task=task, verb="refer")
    assert (step.note, step.values) == (letter.reference, {"letter": letter.pk})
    shown = {role: timeline(province.asker(role), task).steps for role in ("analyst", "agency_officer")}
    assert step in shown["analyst"]
    assert step not in shown["agency_officer"]  # that it is before the police is not its owner's to read
    assert not letter.batch_id
    assert [one.role for one in letter.recipients.all()] == ["information"]


def test_the_outcome_is_recorded_once_the_letter_is_out(province, task):
    clerk, row = province.asker("records_clerk"), referred(province, task)
    with pytest.raises(InvalidValues):
        referring.record_outcome(clerk, row.pk, row.version, "Đã tiếp nhận")
    out(province, row)
    with pytest.raises(NotAllowed):
        referring.record_outcome(province.asker("leader"), row.pk, row.version, "Đã tiếp nhận")
    with pytest.raises(NotThere):
        referring.record_outcome(province.asker("stranger"), row.pk, row.version, "Đã tiếp nhận")
    after = referring.record_outcome(clerk, row.pk, row.version, "Đã tiếp nhận, số 5/CAT")
    assert after.outcome_by_name == clerk.name
    with pytest.raises(EditConflict):
        referring.record_outcome(clerk, row.pk, row.version, "Khác")


def test_who_writes_no_letters_refers_nothing(province, task):
    said = {"why": "x", "subject": "y", "body_words": "z"}
    with pytest.raises(NotAllowed):
        referring.refer(province.asker("leader"), province.id("sokhcn"), task.pk, **said)
    with pytest.raises(NotThere):
        referring.refer(province.asker("stranger"), province.id("sokhcn"), task.pk, **said)
    with pytest.raises(InvalidValues):
        referred(province, task, body_words="")
    assert not coming.referrals(province.asker("agency_officer")).exists()
