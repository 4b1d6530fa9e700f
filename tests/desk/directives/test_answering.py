"""A recipient answers the clauses of a letter: at once, once, with nothing lost."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections
from province import admin, granted

from vonggac.desk.audit.models import Entry
from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.actions import Given
from vonggac.desk.directives.actions.answering import MOST_OF_DRAFT
from vonggac.desk.directives.models import AnswerDraft, Recipient
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.work import actions as work
from vonggac.desk.work.models import Answer, Evidence, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

DUTY = {"n_people": 3, "people": [{"day": "31/12", "name": "Trần Thị Mẫu", "phone": "0000 000 001"}]}
MACHINES = {"n_servers": 2, "n_workstations": 40, "n_checked": 42, "n_infected": 1, "n_cleaned": 1}


@pytest.fixture
def both(issued):
    """The answers of a commune to both clauses, as done."""
    duty, machines = issued.tasks("donghoa")
    return [Given(duty.pk, "done", DUTY), Given(machines.pk, "done", MACHINES)]


def _fields(told):
    return {fault.field for fault in told.value.faults}


def test_all_clauses_are_answered_at_once_in_one_entry_which_acknowledges(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    last = Entry.objects.latest("seq").seq
    told = actions.answer(officer, row.pk, both, told_by="Trần Thị Mẫu, 0000 000 001")
    assert len(told.made) == 2
    assert told.repeated == []
    assert {task.state for task in issued.tasks("donghoa")} == {"submitted"}
    assert {task.proof for task in issued.tasks("donghoa")} == {"declared"}
    row.refresh_from_db()
    assert row.acknowledged_via == "portal"
    entry = Entry.objects.get(seq__gt=last)
    assert (entry.action, entry.object_type, entry.object_id) == ("letters.answer", "directives.recipient", str(row.pk))
    assert {one.told_by for one in Answer.objects.all()} == {"Trần Thị Mẫu, 0000 000 001"}
    told_of = Notice.objects.filter(template="work_submitted", user=province.users["duty_officer"])
    assert sorted(told_of.values_list("channel", flat=True)) == ["email", "portal"]  # once, not for each clause


def test_what_is_not_given_stays_and_is_acknowledged(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, both[:1])
    assert [task.state for task in issued.tasks("donghoa")] == ["submitted", "acknowledged"]
    actions.answer(officer, row.pk, both[1:])
    assert [task.state for task in issued.tasks("donghoa")] == ["submitted", "submitted"]


def test_all_faults_of_all_clauses_come_at_once_and_nothing_is_written(issued, province):
    duty, machines = issued.tasks("donghoa")
    with pytest.raises(InvalidValues) as told:
        actions.answer(
            province.asker("agency_officer"), issued.recipient("donghoa").pk,
            [Given(duty.pk, "done", {"n_people": -1}), Given(machines.pk, "no", {})],
        )  # fmt: skip
    assert _fields(told) == {f"{duty.pk}.n_people", f"{duty.pk}.people", f"{machines.pk}.reason"}
    assert not Answer.objects.exists()
    assert issued.recipient("donghoa").acknowledged_at is None


@pytest.mark.parametrize("key", ["", "k1"])
def test_a_double_click_changes_nothing_and_is_a_success(issued, province, both, key):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, both, key=key)
    seq = Entry.objects.latest("seq").seq
    versions = [task.version for task in issued.tasks("donghoa")]
    again = actions.answer(officer, row.pk, both, key=key)
    assert again.made == []
    assert sorted(again.repeated) == [one.task_id for one in both]
    assert Entry.objects.latest("seq").seq == seq
    assert [task.version for task in issued.tasks("donghoa")] == versions
    assert Answer.objects.count() == 2


def test_progress_that_is_said_twice_stands_once(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    on_the_way = [Given(both[0].task_id, "in_progress", {})]
    actions.answer(officer, row.pk, on_the_way)
    actions.answer(officer, row.pk, on_the_way)
    assert Answer.objects.count() == 1
    actions.answer(officer, row.pk, [Given(both[0].task_id, "in_progress", {"difficulties": "Thiếu người"})])
    assert Answer.objects.count() == 2


def test_a_repetition_under_its_key_does_not_answer_what_was_returned_since(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, both, key="k1")
    task = issued.tasks("donghoa")[0]
    work.return_(province.asker("duty_officer"), [(task.pk, task.version)], "Thiếu số điện thoại")
    actions.answer(officer, row.pk, both, key="k1")
    assert issued.tasks("donghoa")[0].state == "returned"
    told = actions.answer(officer, row.pk, both[:1], key="k2")
    assert len(told.made) == 1
    assert issued.tasks("donghoa")[0].state == "submitted"


def test_the_same_key_with_other_content_is_no_repetition(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, [Given(both[0].task_id, "in_progress", {})], key="k1")
    actions.answer(officer, row.pk, both[:1], key="k1")
    assert issued.tasks("donghoa")[0].result == "done"


def test_an_accepted_clause_is_not_answered_again(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, both)
    work.accept(province.asker("duty_officer"), [(task.pk, task.version) for task in issued.tasks("donghoa")])
    with pytest.raises(InvalidValues) as told:
        actions.answer(officer, row.pk, [both[0]._replace(values={**DUTY, "n_people": 4})])
    assert _fields(told) == {f"{both[0].task_id}.result"}


def test_a_withdrawn_letter_is_not_answered(issued, province, both):
    actions.withdraw(province.asker("leader"), issued.letter.pk, issued.letter.version, "Ban hành nhầm")
    with pytest.raises(InvalidValues):
        actions.answer(province.asker("agency_officer"), issued.recipient("donghoa").pk, both)
    with pytest.raises(InvalidValues):
        actions.save_draft(province.asker("agency_officer"), issued.recipient("donghoa").pk, 0, {})


def test_the_second_of_two_people_is_told_and_overwrites_nothing(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    actions.answer(officer, row.pk, both)
    other = [both[0]._replace(values={**DUTY, "n_people": 9})]
    with pytest.raises(EditConflict):
        actions.answer(officer, row.pk, other)
    assert Answer.objects.filter(values__n_people=9).count() == 0


def test_progress_that_one_has_not_seen_is_a_conflict(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    made = actions.answer(officer, row.pk, [Given(both[0].task_id, "in_progress", {})]).made[0]
    with pytest.raises(EditConflict):
        actions.answer(officer, row.pk, [both[0]._replace(seen=0)])
    assert len(actions.answer(officer, row.pk, [both[0]._replace(seen=made.pk)]).made) == 1


@pytest.mark.parametrize("whose", ["tayson", "nhamang1"])
def test_a_task_of_another_recipient_is_not_there_and_nothing_is_written(issued, province, both, whose):
    foreign = issued.tasks(whose)[0]
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    with pytest.raises(NotThere):
        actions.answer(officer, row.pk, [*both, Given(foreign.pk, "done", DUTY)])
    with pytest.raises(NotThere):
        actions.save_draft(officer, row.pk, 0, {f"{foreign.pk}.people": "x"})
    assert not Answer.objects.exists()
    assert not AnswerDraft.objects.exists()
    assert {task.state for task in Task.objects.filter(batch_id=issued.letter.batch_id)} == {"new"}


def test_even_who_answers_everywhere_answers_one_recipient_at_a_time(issued, province, both):
    foreign = issued.tasks("tayson")[0]
    with pytest.raises(NotThere):
        actions.answer(admin(), issued.recipient("donghoa").pk, [Given(foreign.pk, "in_progress", {})])


def test_strangers_see_nothing_and_lookers_may_not(issued, province, both):
    row = issued.recipient("donghoa")
    with pytest.raises(NotThere):
        actions.answer(province.asker("stranger"), row.pk, both)
    with pytest.raises(NotThere):
        actions.save_draft(province.asker("stranger"), row.pk, 0, {})
    for role in ("leader", "records_clerk", "auditor"):
        with pytest.raises(NotAllowed):
            actions.answer(province.asker(role), row.pk, both)
        with pytest.raises(NotAllowed):
            actions.save_draft(province.asker(role), row.pk, 0, {})


def test_the_centre_enters_for_the_unit_and_says_whom_it_heard(issued, province, both):
    duty, row = province.asker("duty_officer"), issued.recipient("donghoa")
    with pytest.raises(InvalidValues) as told:
        actions.answer(duty, row.pk, both, came_by="phone")
    assert _fields(told) == {"told_by"}
    actions.answer(duty, row.pk, both, came_by="phone", told_by="Chị Mẫu, văn phòng")
    row.refresh_from_db()
    assert (row.acknowledged_via, row.acknowledged_by_name) == ("phone", "Chị Mẫu, văn phòng")
    assert {(one.came_by, one.by_name) for one in Answer.objects.all()} == {("phone", duty.name)}
    seen = [(task.pk, task.version) for task in issued.tasks("donghoa")]
    assert work.accept(duty, seen).n == 2  # what the unit said is not one's own answer


def test_a_unit_does_not_enter_for_itself(issued, province, both):
    with pytest.raises(NotAllowed):
        actions.answer(
            province.asker("agency_officer"), issued.recipient("donghoa").pk, both, came_by="letter", told_by="Tôi"
        )
    assert not Answer.objects.exists()


def test_nobody_reviews_what_they_answered_themselves(issued, province, both):
    duty = province.asker("duty_officer")
    actions.answer(duty, issued.recipient("donghoa").pk, both)
    for task in issued.tasks("donghoa"):
        with pytest.raises(InvalidValues):
            work.accept(duty, [(task.pk, task.version)])
    assert {task.state for task in issued.tasks("donghoa")} == {"submitted"}


def test_a_link_answers_for_its_recipient_alone(issued, province, both):
    only = frozenset({"letters.view", "work.view", "work.answer"})
    held = (Held("agency_officer", province.id("donghoa")),)
    link = Asker(None, "Trần Thị Mẫu", held, Origin("link"), only=only)
    actions.answer(link, issued.recipient("donghoa").pk, both)
    assert {one.came_by for one in Answer.objects.all()} == {"link"}
    assert issued.recipient("donghoa").acknowledged_via == "link"
    with pytest.raises(NotThere):
        actions.answer(link, issued.recipient("tayson").pk, [(issued.tasks("tayson")[0].pk, "done", DUTY, ())])


@pytest.mark.parametrize(
    "values",
    [
        {"difficulties": "\u202egnod"}, {"hotline": "a\0b"}, {"n_people": 10**30}, {"difficulties": "x" * 9000}, {"no_such": "1"},
        {"n_people": True}, {"people": "một dòng"}, {"people": [{"day": "31/12", "name": "x" * 500, "phone": "gọi sau"}]}, {"n_people": -1},
    ],
)  # fmt: skip
def test_hostile_values_are_faults_of_their_clause(issued, province, values):
    duty = issued.tasks("donghoa")[0]
    with pytest.raises(InvalidValues) as told:
        actions.answer(
            province.asker("agency_officer"),
            issued.recipient("donghoa").pk,
            [Given(duty.pk, "done", {**DUTY, **values})],
        )
    assert all(field.startswith(f"{duty.pk}.") for field in _fields(told))


@pytest.mark.parametrize("answers", [[], [(1, "done", {}, ()), (1, "no", {}, ())]])
def test_nothing_or_the_same_clause_twice_is_refused(issued, province, answers):
    with pytest.raises(InvalidValues):
        actions.answer(province.asker("agency_officer"), issued.recipient("donghoa").pk, answers)


def test_a_clause_that_needs_a_file_takes_the_one_that_came_before(drafted, province):
    from dataclasses import replace

    from letter_of import CLAUSES

    holiday = drafted(clauses=[replace(CLAUSES[0], needs_file=True)]).issued()
    officer, row, task = province.asker("agency_officer"), holiday.recipient("donghoa"), holiday.tasks("donghoa")[0]
    with pytest.raises(InvalidValues) as told:
        actions.answer(officer, row.pk, [Given(task.pk, "done", DUTY)])
    assert _fields(told) == {f"{task.pk}.evidence_ids"}
    file = work.add_evidence(officer, task.pk, name="lich.pdf", kind="pdf", size=9, sha256="a" * 64)
    actions.answer(officer, row.pk, [Given(task.pk, "done", DUTY, [file.pk])])
    assert Evidence.objects.get(pk=file.pk).answer_id is not None
    task.refresh_from_db()
    work.return_(province.asker("duty_officer"), [(task.pk, task.version)], "Ghi rõ số người")
    told = actions.answer(officer, row.pk, [Given(task.pk, "done", {**DUTY, "n_people": 5})])
    assert len(told.made) == 1


def test_a_file_of_another_recipients_task_proves_nothing_here(issued, province, both):
    foreign = issued.tasks("tayson")[0]
    file = work.add_evidence(admin(), foreign.pk, name="lich.pdf", kind="pdf", size=9, sha256="a" * 64)
    with pytest.raises(InvalidValues) as told:
        actions.answer(
            province.asker("agency_officer"), issued.recipient("donghoa").pk, [both[0]._replace(evidence_ids=[file.pk])]
        )
    assert _fields(told) == {f"{both[0].task_id}.evidence_ids"}
    assert Evidence.objects.get(pk=file.pk).answer_id is None


# --------------------------------------------------------------------------------------------------------- the draft


def test_a_draft_is_kept_by_version_and_goes_with_the_last_answer(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    first, second = (one.task_id for one in both)
    kept = actions.save_draft(officer, row.pk, 0, {f"{first}.people": "Ca 1", f"{second}.tool": "AV", "who": "Mẫu"})
    assert (kept.version, kept.by_name) == (1, officer.name)
    assert actions.save_draft(officer, row.pk, 1, {**kept.values}).version == 1
    with pytest.raises(EditConflict):
        actions.save_draft(officer, row.pk, 0, {f"{first}.people": "Khác"})
    assert AnswerDraft.objects.get().values[f"{first}.people"] == "Ca 1"
    actions.answer(officer, row.pk, both[:1])
    assert AnswerDraft.objects.get().values == {f"{second}.tool": "AV", "who": "Mẫu"}
    actions.answer(officer, row.pk, both[1:])
    assert not AnswerDraft.objects.exists()
    with pytest.raises(EditConflict):  # a window that is still open brings nothing back
        actions.save_draft(officer, row.pk, 2, {f"{first}.people": "Ca 1"})


@pytest.mark.parametrize(
    "values",
    [{"x": "1"}, {"1.people.more": "1"}, {"0.people": "1"}, {"who": 5}, {"who": ["a"]}, {"who": "x" * MOST_OF_DRAFT}, {"__proto__": "1"}],
)  # fmt: skip
def test_a_draft_holds_only_what_the_form_has(issued, province, values):
    with pytest.raises(InvalidValues):
        actions.save_draft(province.asker("agency_officer"), issued.recipient("donghoa").pk, 0, values)


def test_a_draft_keeps_what_no_database_can_hold_as_near_as_it_can(issued, province, both):
    name = f"{both[0].task_id}.people"
    kept = actions.save_draft(
        province.asker("agency_officer"), issued.recipient("donghoa").pk, 0, {name: "a\0b\ud800c"}
    )
    kept.refresh_from_db()
    assert kept.values[name] == "ab?c"


# ------------------------------------------------------------------------------------------------------- what waits


def test_what_waits_is_what_nobody_acknowledged_or_answered(issued, province, both):
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    assert list(queries.waiting(officer)) == [row]
    assert queries.n_to_answer(province.asker("stranger")) == 0
    assert queries.n_to_answer(granted(("leader", None))) == 0
    actions.acknowledge(officer, row.pk)
    assert queries.n_to_answer(officer) == 1
    actions.answer(officer, row.pk, both)
    assert queries.n_to_answer(officer) == 0
    told = queries.standings([Recipient.objects.select_related("letter").get(pk=row.pk)])[row.pk]
    assert (told.n, told.n_open, told.n_submitted) == (2, 0, 2)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_leave_one_answer_each_clause(issued, province, both):
    """On SQLite a transaction that writes is alone from its beginning on; the threads run on PostgreSQL, where it is not."""
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    officer, row = province.asker("agency_officer"), issued.recipient("donghoa")
    start, outcomes = threading.Barrier(4), []

    def send(n):
        who = str(n // 2)  # each of two people clicks twice
        mine = [one._replace(seen=0, values={**one.values, "difficulties": who}) for one in both]
        start.wait(20)
        try:
            told = actions.answer(officer, row.pk, mine, key=who)
            outcomes.append(("made" if told.made else "repeated", who))
        except EditConflict:
            outcomes.append(("conflict", who))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 4
    (winner,) = [who for told, who in outcomes if told == "made"]
    assert sorted(told for told, who in outcomes if who == winner) == ["made", "repeated"]
    assert [told for told, who in outcomes if who != winner] == ["conflict", "conflict"]
    assert Answer.objects.count() == 2
    assert {one.values["difficulties"] for one in Answer.objects.all()} == {winner}


@pytest.mark.django_db(transaction=True)
def test_recipients_who_answer_at_once_do_not_wait_for_each_other_for_ever(issued, province):
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    start, ended = threading.Barrier(3), []

    def send(code):
        row, tasks = issued.recipient(code), issued.tasks(code)
        given = [Given(task.pk, "no", {"reason": "Chưa có người"}) for task in reversed(tasks)]
        start.wait(20)
        try:
            ended.append(len(actions.answer(admin(), row.pk, given).made))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(code,)) for code in ("donghoa", "tayson", "nhamang1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == [2, 2, 3]
