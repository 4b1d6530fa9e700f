"""A Task from its opening to its end, by everybody who has a part in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from province import make_user

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.models import Entry
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Origin
from vonggac.desk.work import actions, queries
from vonggac.desk.work.models import FAR, Answer, Evidence, Step, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

CLEANED = {
    "tool": "Quét ngoại tuyến", "n_checked": 12, "n_infected": 1, "n_cleaned": 1, "done_at": datetime(2026, 11, 1, tzinfo=UTC),
    "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def seen(task: Task) -> tuple[int, int]:
    return task.pk, Task.objects.values_list("version", flat=True).get(pk=task.pk)


def states(task: Task) -> list[str]:
    return list(Step.objects.filter(task=task).order_by("pk").values_list("verb", "after"))


def test_the_whole_loop(province, infected):
    officer, analyst = province.asker("agency_officer"), province.asker("analyst")
    task = infected()
    assert queries.n_mine(officer) == 1
    assert actions.acknowledge(officer, [seen(task)]).n == 1
    actions.submit(officer, *seen(task), result="in_progress", values={"difficulties": "Chờ nhà cung cấp"})
    actions.contain(officer, *seen(task), note="Đã rút dây mạng")
    answer = actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    assert queries.n_to_review(analyst) == 1
    assert queries.n_mine(officer) == 0
    actions.return_(analyst, [seen(task)], "Chưa thấy biên bản quét")
    answer.refresh_from_db()
    assert (answer.verdict, answer.verdict_reason) == ("returned", "Chưa thấy biên bản quét")
    actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    actions.accept(analyst, [seen(task)])
    task.refresh_from_db()
    assert (task.state, task.proof, task.due_at) == ("accepted", "declared", FAR)
    assert actions.pass_recheck(analyst, [task.pk], "3/BC") == 1
    assert actions.pass_recheck(analyst, [task.pk], "3/BC") == 0
    task.refresh_from_db()
    assert (task.state, task.proof) == ("closed", "proven")
    assert actions.reappear(analyst, [task.pk], None, "4/BC") == 1
    task.refresh_from_db()
    assert (task.state, task.n_reopened, task.proof) == ("reopened", 1, "")
    assert task.due_at > timezone.now()
    assert [verb for verb, _state in states(task)] == [
        "acknowledge", "progress", "contain", "submit", "return", "submit", "accept", "recheck", "close", "reappear",
    ]  # fmt: skip
    assert Answer.objects.filter(task=task).count() == 3


def test_every_change_of_a_task_is_one_entry_on_its_organisation(province, infected):
    task = infected()
    before = Entry.objects.count()
    actions.acknowledge(province.asker("agency_officer"), [seen(task)])
    entry = Entry.objects.order_by("seq").last()
    assert Entry.objects.count() == before + 1
    assert (entry.action, entry.organisation_id) == ("work.acknowledge", province.id("donghoa"))
    assert (entry.object_type, entry.object_id) == ("work.task", str(task.pk))


@pytest.mark.parametrize("role", ["stranger", "telco_desk"])
def test_who_is_not_concerned_finds_nothing(province, infected, role):
    task, asker = infected(), province.asker(role)
    assert not queries.tasks(asker).exists()
    with pytest.raises(NotThere):
        queries.task(asker, task.pk)
    for act in (
        lambda: actions.acknowledge(asker, [seen(task)]),
        lambda: actions.submit(asker, *seen(task), result="cleaned", values=CLEANED),
        lambda: actions.accept(asker, [seen(task)]),
        lambda: actions.comment(asker, task.pk, "xin chào"),
        lambda: actions.watch(asker, task.pk),
        lambda: actions.hand_over(asker, *seen(task), to_organisation_id=province.id("stranger"), why="của tôi"),
    ):
        with pytest.raises((NotThere, InvalidValues)):
            act()
    assert Step.objects.count() == 0


def test_the_owner_does_not_review(province, infected):
    officer, task = province.asker("agency_officer"), infected()
    actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    with pytest.raises(NotAllowed):
        actions.accept(officer, [seen(task)])


def test_nobody_reviews_their_own_answer_but_what_was_told_by_telephone(province, infected):
    analyst = province.asker("analyst")
    task, other = infected(), infected("198.51.100.6")
    actions.submit(analyst, *seen(task), result="cleaned", values=CLEANED)
    with pytest.raises(InvalidValues, match="their own"):
        actions.accept(analyst, [seen(task)])
    actions.submit(analyst, *seen(other), result="cleaned", values=CLEANED, came_by="phone", told_by="Chị Hà")
    assert actions.accept(analyst, [seen(other)]).n == 1


def test_the_second_of_two_reviewers_is_told(province, infected):
    task = infected()
    actions.submit(province.asker("agency_officer"), *seen(task), result="cleaned", values=CLEANED)
    both = seen(task)
    actions.accept(province.asker("analyst"), [both])
    with pytest.raises(EditConflict):
        actions.return_(province.asker("duty_officer"), [both], "thiếu biên bản")


@pytest.mark.parametrize(
    ("result", "values", "fields"),
    [
        ("cleaned", {}, {"done_at", "tool", "n_checked", "n_infected", "n_cleaned", "evidence"}),
        ("cleaned", {**CLEANED, "n_cleaned": 3}, {"n_cleaned"}),
        ("cleaned", {**CLEANED, "n_infected": 13}, {"n_infected"}),
        ("cleaned", {**CLEANED, "done_at": datetime(2190, 1, 1, tzinfo=UTC)}, {"done_at"}),
        ("cleaned", {**CLEANED, "tool": "x\u202ey"}, {"tool"}),
        ("cleaned", {**CLEANED, "n_checked": -1}, {"n_checked"}),
        ("done", {}, {"result"}),
        ("in_progress", {"password": "1"}, {"password"}),
    ],
)
def test_what_cannot_stand_is_said_all_at_once_and_nothing_is_written(province, infected, result, values, fields):
    task = infected()
    with pytest.raises(InvalidValues) as refused:
        actions.submit(province.asker("agency_officer"), *seen(task), result=result, values=values)
    assert {fault.field for fault in refused.value.faults} == fields
    assert not Answer.objects.exists()


def test_time_under_review_is_not_the_owners(province, infected):
    officer, task = province.asker("agency_officer"), infected()
    actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    Task.objects.filter(pk=task.pk).update(finish_met_at=timezone.now() - timedelta(days=2))
    was = task.finish_due_at
    actions.return_(province.asker("analyst"), [seen(task)], "thiếu biên bản")
    task.refresh_from_db()
    assert timedelta(days=2) <= task.finish_due_at - was < timedelta(days=2, minutes=1)
    assert task.due_at == task.finish_due_at


def test_handed_over_it_is_the_others_with_its_history(province, infected):
    task = infected()
    actions.acknowledge(province.asker("agency_officer"), [seen(task)])
    actions.hand_over(
        province.asker("analyst"), *seen(task), to_organisation_id=province.id("tayson"), why="Dải này của xã khác"
    )
    task.refresh_from_db()
    assert (task.organisation_id, task.state) == (province.id("tayson"), "new")
    assert task.key.startswith(f"{province.id('tayson')}|")
    assert not queries.tasks(province.asker("agency_officer")).exists()
    assert [verb for verb, _state in states(task)] == ["acknowledge", "hand_over"]


def test_what_is_done_is_not_handed_over(province, infected):
    analyst, officer = province.asker("analyst"), province.asker("agency_officer")
    task, other = infected(), infected("198.51.100.6")
    actions.withdraw(analyst, [seen(task)], "không cần nữa")
    actions.submit(officer, *seen(other), result="cleaned", values=CLEANED)
    actions.accept(analyst, [seen(other)])
    for row in (task, other):
        with pytest.raises(InvalidValues, match="state"):
            actions.hand_over(analyst, *seen(row), to_organisation_id=province.id("tayson"), why="của xã khác")
    assert set(Task.objects.values_list("state", flat=True)) == {"withdrawn", "accepted"}


def test_what_is_not_theirs_is_not_accepted_as_done_but_handed_over_and_so_judged(province, infected):
    analyst, officer, task = province.asker("analyst"), province.asker("agency_officer"), infected()
    answer = actions.submit(officer, *seen(task), result="not_ours", values={"evidence": "Dải của xã khác"})
    with pytest.raises(InvalidValues, match="not theirs"):
        actions.accept(analyst, [seen(task)])
    actions.hand_over(analyst, *seen(task), to_organisation_id=province.id("tayson"), why="Đúng là của xã khác")
    answer.refresh_from_db()
    assert (answer.verdict, answer.verdict_reason) == ("accepted", "Đúng là của xã khác")


def test_who_no_longer_sees_a_task_is_told_nothing_of_it(province, infected):
    officer, analyst, task = province.asker("agency_officer"), province.asker("analyst"), infected()
    actions.watch(officer, task.pk)
    actions.watch(province.asker("duty_officer"), task.pk)
    actions.hand_over(analyst, *seen(task), to_organisation_id=province.id("tayson"), why="của xã khác")
    actions.comment(analyst, task.pk, "Xã Tây Sơn chưa có người trực")
    told = Notice.objects.filter(template="work_comment").values_list("user_id", flat=True)
    assert set(told) == {province.users["duty_officer"].pk}


def test_what_reviewers_say_among_themselves_is_in_no_entry_of_the_owner(province, infected):
    analyst, task = province.asker("analyst"), infected()
    make_user("truong", ("leader", province["donghoa"]))
    actions.comment(analyst, task.pk, "Đơn vị này hay chậm", is_internal=True)
    entry = Entry.objects.filter(action="work.comment").get()
    assert entry.organisation_id is None


def test_work_is_given_to_people_of_the_organisation_by_them_and_to_anybody_who_may_by_reviewers(province, infected):
    officer, analyst, task = province.asker("agency_officer"), province.asker("analyst"), infected()
    duty = province.users["duty_officer"]
    with pytest.raises(InvalidValues):
        actions.assign(officer, [seen(task)], duty.pk)
    assert not Step.objects.exists()
    assert actions.assign(officer, [seen(task)], province.users["agency_officer"].pk).n == 1
    assert actions.assign(analyst, [seen(task)], duty.pk).n == 1


def test_hosts_that_a_log_showed_stay_with_whose_log_it_was(province, infected):
    analyst, officer, task = province.asker("analyst"), province.asker("agency_officer"), infected()
    log = actions.drop_log(officer, task.pk, file_name="fw.log", size=9, sha256="a" * 64, spool="x")
    assert queries.search(officer, log.pk).pk == log.pk
    actions.hand_over(analyst, *seen(task), to_organisation_id=province.id("tayson"), why="của xã khác")
    theirs = asker_of(make_user("tayson", ("agency_officer", province["tayson"])), Origin("web"))
    assert queries.task(theirs, task.pk)
    assert not queries.searches(theirs, task.pk).exists()
    with pytest.raises(NotThere):
        queries.search(theirs, log.pk)
    mine = actions.drop_log(theirs, task.pk, file_name="fw.log", size=9, sha256="a" * 64, spool="y")
    assert [row.pk for row in queries.searches(theirs, task.pk)] == [mine.pk]


def test_a_file_that_somebody_took_away_meanwhile_is_not_there(province, infected, monkeypatch):
    from vonggac.desk.work.actions import evidence

    officer, task = province.asker("agency_officer"), infected()
    file = actions.add_evidence(officer, task.pk, name="a.png", kind="png", size=9, sha256="a" * 64)

    def found(asker, evidence_id):
        row = queries.one_evidence(asker, evidence_id)
        Evidence.objects.all().delete()
        return row

    monkeypatch.setattr(evidence, "one_evidence", found)
    with pytest.raises(NotThere):
        actions.remove_evidence(officer, file.pk)


def test_a_second_task_of_the_same_thing_is_refused(province, infected):
    infected()
    with pytest.raises(InvalidValues):
        infected()
    infected(code="tayson")


def test_an_organisation_is_told_once_of_what_it_got(province, infected):
    make_user("hai", ("agency_officer", province["donghoa"]))
    task = infected()
    told = Notice.objects.filter(template="work_new", channel="portal")
    assert told.count() == 2
    assert set(told.values_list("organisation_id", flat=True)) == {province.id("donghoa")}
    assert told.first().values["link"] == f"/work/{task.pk}/"


def test_comments_among_reviewers_are_not_for_the_owner(province, infected):
    officer, analyst, task = province.asker("agency_officer"), province.asker("analyst"), infected()
    actions.comment(officer, task.pk, "Máy này ở đâu?")
    actions.comment(analyst, task.pk, "Đơn vị này hay chậm", is_internal=True)
    assert [one.text for one in queries.timeline(officer, task).comments] == ["Máy này ở đâu?"]
    assert len(queries.timeline(analyst, task).comments) == 2
    with pytest.raises(NotAllowed):
        actions.comment(officer, task.pk, "bí mật", is_internal=True)


def test_what_blocks_closing_is_said(province, infected):
    task = infected()
    assert len(queries.blocks_closing(task)) == 3
    actions.submit(province.asker("agency_officer"), *seen(task), result="cleaned", values=CLEANED)
    task.refresh_from_db()
    assert queries.blocks_closing(task)[0].startswith("The result waits")
