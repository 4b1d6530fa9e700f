"""Who was it inside? The telco is asked, and what it answers reaches whoever has to clean: no more than is meant for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from province import admin

from vonggac.desk.audit.models import Entry
from vonggac.desk.notices.models import Notice
from vonggac.desk.organisations import actions as directory
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions import Question
from vonggac.desk.work.models import Comment, Step, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

AT = datetime(2026, 3, 3, 3, 3, 3, tzinfo=UTC)
SECRET = "Thuê bao 0000 000 999, hợp đồng số 7"


def seen(task):
    task.refresh_from_db()
    return task.pk, task.version


@pytest.fixture
def telco(province):
    """The telco holds all around the communes, and a part of it is a commune's."""
    directory.add_network(
        admin(), province.id("nhamang1"), text="198.51.100.0/24", valid_from=datetime(2024, 1, 1, tzinfo=UTC)
    )
    return province["nhamang1"]


def answered(province, task, result="identified", **values):
    """The telco answers and the centre accepts."""
    actions.submit(province.asker("telco_desk"), *seen(task), result=result, values={"evidence": SECRET, **values})
    actions.accept(province.asker("analyst"), [seen(task)])
    return task


def test_the_telco_in_whose_range_the_address_lay_is_asked_and_the_owner_learns_what_is_meant_for_it(
    province, telco, infected
):
    analyst, officer = province.asker("analyst"), province.asker("agency_officer")
    mine = infected(details={"port": 51514, "destination": "203.0.113.9", "destination_port": 443})
    question = actions.ask_holder(analyst, Question("198.51.100.5", 51514, AT, parent_id=mine.pk, about=mine.details))
    assert (question.organisation_id, question.parent_id, question.state) == (telco.pk, mine.pk, "new")
    assert question.details["destination"] == "203.0.113.9"
    assert question.subject == "198.51.100.5:51514 · 2026-03-03 03:03:03 UTC"
    answered(province, question, holder=province.id("donghoa"), inner_address="10.1.2.3", held_from=AT)
    passed = actions.pass_on(analyst, *seen(question))
    assert (passed.way, passed.task_id) == ("told", mine.pk)
    mine.refresh_from_db()
    assert mine.details["inner_address"] == "10.1.2.3"
    line = queries.timeline(officer, queries.task(officer, mine.pk))
    assert [step.verb for step in line.steps] == ["ask", "told"]
    assert SECRET not in repr([(step.note, step.values) for step in line.steps] + [one.text for one in line.comments])
    with pytest.raises(NotThere):
        queries.task(officer, question.pk)
    entry = Entry.objects.filter(action="work.pass_on").get()
    assert (entry.object_id, entry.organisation_id) == (
        str(question.pk),
        None,
    )  # it holds what happened to the work of another


def test_the_work_is_handed_to_the_holder_that_the_answer_names(province, telco, infected):
    directory.add_contact(admin(), province.id("tayson"), channel="email", value="truc@tayson.example")
    analyst, mine = province.asker("analyst"), infected()
    question = actions.ask_holder(analyst, Question("198.51.100.5", None, AT, parent_id=mine.pk))
    answered(province, question, holder=province.id("tayson"), inner_address="10.9.9.9")
    assert actions.pass_on(analyst, *seen(question)).way == "handed"
    mine.refresh_from_db()
    assert (mine.organisation_id, mine.state) == (province.id("tayson"), "new")
    assert mine.details["inner_address"] == "10.9.9.9"
    assert Notice.objects.filter(organisation=province["tayson"], template="work_new").exists()


def test_where_the_holder_has_the_same_work_already_that_is_told_and_the_other_says_so(province, telco, infected):
    analyst, mine, theirs = province.asker("analyst"), infected(), infected(code="tayson")
    question = actions.ask_holder(
        analyst, Question("198.51.100.5", None, AT, parent_id=mine.pk, about={"malware": "Mirai"})
    )
    answered(province, question, holder=province.id("tayson"), inner_address="10.9.9.9")
    passed = actions.pass_on(analyst, *seen(question))
    assert (passed.way, passed.task_id) == ("told", theirs.pk)
    assert Task.objects.get(pk=theirs.pk).details["inner_address"] == "10.9.9.9"
    assert Step.objects.filter(task=mine).values_list("verb", flat=True).last() == "same_elsewhere"
    assert Task.objects.get(pk=mine.pk).organisation_id == province.id("donghoa")


def test_a_name_that_is_not_in_the_directory_is_for_the_centre_alone(province, telco, infected):
    analyst, officer, mine = province.asker("analyst"), province.asker("agency_officer"), infected()
    question = actions.ask_holder(analyst, Question("198.51.100.5", None, AT, parent_id=mine.pk))
    answered(province, question, holder_name="Hộ kinh doanh Mây", inner_address="10.9.9.9")
    assert actions.pass_on(analyst, *seen(question)).way == "named"
    assert not queries.timeline(officer, mine).comments
    note = Comment.objects.get(task=mine)
    assert (note.text, note.is_internal) == ("Hộ kinh doanh Mây · 10.9.9.9", True)
    assert "inner_address" not in Task.objects.get(pk=mine.pk).details


def test_what_cannot_be_told_is_said(province, telco, infected):
    analyst, mine = province.asker("analyst"), infected()
    question = actions.ask_holder(analyst, Question("198.51.100.5", None, AT, parent_id=mine.pk))
    answered(province, question, result="not_known")
    assert actions.pass_on(analyst, *seen(question)).way == "unknown"
    assert Step.objects.filter(task=mine).values_list("verb", flat=True).last() == "holder_unknown"


def test_an_answer_is_passed_on_once_and_only_when_it_was_accepted(province, telco, infected):
    analyst, mine = province.asker("analyst"), infected()
    question = actions.ask_holder(analyst, Question("198.51.100.5", None, AT, parent_id=mine.pk))
    with pytest.raises(InvalidValues, match="no accepted answer"):
        actions.pass_on(analyst, *seen(question))
    actions.submit(province.asker("telco_desk"), *seen(question), result="not_known", values={})
    with pytest.raises(InvalidValues, match="no accepted answer"):
        actions.pass_on(analyst, *seen(question))
    actions.accept(analyst, [seen(question)])
    before = seen(question)
    assert queries.n_to_pass_on(analyst) == 1
    actions.pass_on(analyst, *before)
    assert queries.n_to_pass_on(analyst) == 0
    with pytest.raises(EditConflict):
        actions.pass_on(analyst, *before)
    with pytest.raises(InvalidValues, match="passed on already"):
        actions.pass_on(analyst, *seen(question))
    with pytest.raises(InvalidValues, match="no accepted answer"):
        actions.pass_on(analyst, *seen(mine))


def test_rows_that_nobody_owns_are_asked_at_once_each_telco_told_once(province, telco):
    analyst = province.asker("analyst")
    about = {"malware": "Mirai", "unheard": "x" * 9}
    asked = [Question(f"198.51.100.{n}", 1000 + n, AT, about=about) for n in (201, 202, 203)]
    before_the_telco = Question("198.51.100.204", 1, datetime(2023, 1, 1, tzinfo=UTC))
    found = actions.ask_holders(analyst, [*asked, before_the_telco], title="Danh sách 3/BC")
    assert (found.n, found.per_organisation, found.unknown) == (3, {telco.pk: 3}, (3,))
    assert Notice.objects.filter(organisation=telco, template="work_new", channel="email").count() == 1
    with pytest.raises(InvalidValues, match="already"):
        actions.ask_holders(analyst, asked, title="Danh sách 3/BC")
    again = actions.ask_holders(analyst, [*asked, Question("198.51.100.205", 5, AT)], title="Danh sách 3/BC")
    assert again.n == 1
    first = Task.objects.filter(kind="identify_holder").order_by("pk").first()
    assert first.details == {"malware": "Mirai", "address": "198.51.100.201", "port": 1201, "at": AT.isoformat()}
    answered(province, first, holder=province.id("benhvien"), inner_address="10.3.3.3")
    passed = actions.pass_on(analyst, *seen(first))
    made = Task.objects.get(pk=passed.task_id)
    assert (passed.way, made.kind, made.organisation_id) == ("opened", "clean_address", province.id("benhvien"))
    assert made.details["inner_address"] == "10.3.3.3"
    first.refresh_from_db()
    assert first.parent_id == made.pk
    # the same address told again goes to the same work
    other = Task.objects.filter(kind="identify_holder", value="198.51.100.201").get()
    assert other.pk == first.pk


def test_a_telco_that_was_merged_is_asked_through_who_took_over(province, telco):
    heir = {"code": "vt-moi", "kind": "telco", "name": "Viễn thông Mới", "parent_id": None}
    merged = directory.merge(
        admin(), [telco.pk, province.id("stranger")], successor=heir, at=datetime(2026, 6, 1, tzinfo=UTC), basis="QĐ 1",
        moves=["networks"],
    )  # fmt: skip
    question = actions.ask_holder(province.asker("analyst"), Question("198.51.100.77", 80, AT))
    assert question.organisation_id == merged.pk


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        (Question("không phải", 70_000, AT), {"address", "port"}),
        (Question("198.51.100.5", 0, timezone.now() + timedelta(days=2)), {"port", "at"}),
        (Question("192.0.2.200", 80, AT), {"organisation_id"}),
        (Question("198.51.100.5", 80, datetime(9999, 12, 31, tzinfo=UTC)), {"at"}),
        (Question("198.51.100.5\u202e", 80, AT), {"address"}),
    ],
)
def test_what_cannot_be_asked_is_said(province, telco, question, fields):
    with pytest.raises(InvalidValues) as refused:
        actions.ask_holder(province.asker("analyst"), question)
    assert {fault.field for fault in refused.value.faults} == fields
    assert not Task.objects.exists()


def test_who_has_the_work_is_not_asked_who_held_it(province, telco, infected):
    mine = infected()
    with pytest.raises(InvalidValues, match="have the work itself"):
        actions.ask_holder(
            province.asker("analyst"),
            Question("198.51.100.5", 80, AT, organisation_id=province.id("donghoa"), parent_id=mine.pk),
        )


@pytest.mark.parametrize("role", ["agency_officer", "telco_desk", "stranger", "responder", "auditor", "leader"])
def test_who_gives_no_work_out_neither_asks_nor_passes_on(province, telco, infected, role):
    asker, mine = province.asker(role), infected()
    question = answered(
        province,
        actions.ask_holder(province.asker("analyst"), Question("198.51.100.5", 80, AT, parent_id=mine.pk)),
        holder=province.id("donghoa"),
    )
    n_tasks = Task.objects.count()
    with pytest.raises((NotThere, NotAllowed, InvalidValues)):
        actions.ask_holder(asker, Question("198.51.100.6", 80, AT, parent_id=mine.pk))
    with pytest.raises((NotThere, NotAllowed, InvalidValues)):
        actions.ask_holders(asker, [Question("198.51.100.6", 80, AT)], title="x")
    with pytest.raises((NotThere, NotAllowed)):
        actions.pass_on(asker, *seen(question))
    assert Task.objects.count() == n_tasks
    assert queries.n_to_pass_on(asker) == 0


def test_another_telco_gets_the_question_with_its_history(province, telco):
    analyst = province.asker("analyst")
    other = directory.create_organisation(admin(), code="nm2", kind="telco", name="Nhà mạng Hai", parent_id=None)
    question = actions.ask_holder(analyst, Question("198.51.100.77", 80, AT))
    actions.submit(
        province.asker("telco_desk"), *seen(question), result="not_ours", values={"evidence": "Đã chuyển mạng"}
    )
    actions.hand_over(analyst, *seen(question), to_organisation_id=other.pk, why="Đã chuyển sang nhà mạng khác")
    question.refresh_from_db()
    assert (question.organisation_id, question.state) == (other.pk, "new")
    with pytest.raises(InvalidValues, match="no accepted answer"):
        actions.pass_on(analyst, *seen(question))
