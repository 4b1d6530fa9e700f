"""The table of a letter: who answered what, counted once and right, for who may see it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from province import granted

if TYPE_CHECKING:
    from letter_of import Holiday

pytestmark = pytest.mark.django_db

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PEOPLE = [{"day": "31/12", "name": "Nguyễn Văn Mẫu", "phone": "0000 000 001"}]
REASON = "Thiếu công cụ quét"


def answer(issued: Holiday, code: str, place: int, result: str, **values: Any) -> None:
    """An organisation answers the clause in this place of its Tasks."""
    from vonggac.desk.work import actions

    task = issued.tasks(code)[place]
    who = granted(("agency_officer", issued.province[code]))
    actions.submit(who, task.pk, task.version, result=result, values=values)


def judge(issued: Holiday, code: str, place: int, *, accepts: bool) -> None:
    """The centre accepts or returns it."""
    from vonggac.desk.work import actions

    task = issued.tasks(code)[place]
    reviewer = replace(granted(("analyst", None)), user_id=77)
    if accepts:
        actions.accept(reviewer, [(task.pk, task.version)])
    else:
        actions.return_(reviewer, [(task.pk, task.version)], "Số máy chưa khớp")


def read(issued: Holiday, role: str = "leader", **filters: Any) -> Any:
    from vonggac.desk.directives.queries.table import Filters, table

    return table(issued.province.asker(role), issued.letter, Filters(**filters))


CHECKED = {"n_servers": 2, "n_workstations": 30, "n_checked": 32, "n_infected": 3, "n_cleaned": 3}


def test_each_cell_says_what_became_of_it_and_sums_are_of_what_counts(issued: Holiday) -> None:
    answer(issued, "donghoa", 0, "done", n_people=4, people=PEOPLE)
    answer(issued, "donghoa", 1, "done", **CHECKED)
    answer(issued, "tayson", 1, "partly", reason=REASON, **{**CHECKED, "n_cleaned": 1})
    answer(issued, "duongmai", 1, "done", **CHECKED)
    judge(issued, "donghoa", 0, accepts=True)
    judge(issued, "duongmai", 1, accepts=False)

    found = read(issued)
    by_name = {line.name: line for line in found.lines}
    donghoa, tayson, duongmai = (by_name[name] for name in ("Xã Đông Hòa", "Xã Tây Sơn", "Phường Đường Mai"))
    assert [column.mark for column in found.columns] == ["1.a", "1.c", "2.c"]
    assert [cell.state for cell in donghoa.cells] == ["accepted", "answered", ""]
    assert [cell.state for cell in tayson.cells] == ["waiting", "answered", ""]
    assert [cell.state for cell in duongmai.cells] == ["waiting", "returned", ""]
    assert [cell.state for cell in by_name["Viễn thông Thạch Lâm"].cells] == ["waiting"] * 3
    assert (donghoa.is_complete, tayson.is_complete) == (True, False)
    assert donghoa.cells[0].proof == "declared"

    machines = found.columns[1].clause_id
    # the returned answer of Đường Mai is not counted
    assert found.by_clause[machines].counts[machines, "n_checked"] == 64
    assert found.total.counts[machines, "n_cleaned"] == 4
    assert dict(found.by_clause[machines].outcomes) == {"done": 1, "partly": 1, "open": 2}
    assert found.total.outcomes["open"] == found.total.n - found.total.answered == 9 - 3
    assert (found.total.complete, found.total.owing, found.total.recipients) == (1, 3, 4)
    assert [(group.key, group.name, group.sum.recipients) for group in found.groups] == [
        ("communes", "Ủy ban nhân dân các xã, phường", 3),
        ("telcos", "Các doanh nghiệp viễn thông", 1),
    ]
    assert found.groups[1].sum.counts == {}
    assert [(one.line.name, one.what, one.text, one.n) for one in found.troubles] == [
        ("Xã Tây Sơn", "infected", "", 2),
        ("Xã Tây Sơn", "partly", REASON, 0),
    ]
    assert [(line.name, column.mark) for line, column, _cell in found.returned] == [("Phường Đường Mai", "1.c")]


def test_who_sees_the_office_sees_all_a_recipient_its_own_row_a_part_that_part(issued: Holiday) -> None:
    answer(issued, "tayson", 1, "done", **CHECKED)
    assert [line.name for line in read(issued, "agency_officer").lines] == ["Xã Đông Hòa"]
    assert read(issued, "agency_officer").total.counts == {}  # nothing of the neighbour's numbers
    assert not read(issued, "agency_officer").is_whole
    assert [line.name for line in read(issued, "telco_desk").lines] == ["Viễn thông Thạch Lâm"]
    assert len(read(issued).lines) == 4
    part = granted(("auditor", issued.province["tayson"]), ("auditor", issued.province["duongmai"]))
    from vonggac.desk.directives.queries.table import table

    assert {line.name for line in table(part, issued.letter).lines} == {"Xã Tây Sơn", "Phường Đường Mai"}
    assert table(granted(), issued.letter).lines == []


def test_filters_keep_lines_and_leave_the_sums_alone(issued: Holiday) -> None:
    from vonggac.desk.directives import actions

    answer(issued, "donghoa", 0, "no", reason=REASON)
    answer(issued, "donghoa", 1, "done", **CHECKED)
    actions.acknowledge(granted(("agency_officer", issued.province["tayson"])), issued.recipient("tayson").pk)

    def names(**filters: str) -> list[str]:
        found = read(issued, **filters)
        assert (found.total.recipients, found.total.answered) == (4, 2)
        return [line.name for line in found.lines]

    assert names(group="telcos") == ["Viễn thông Thạch Lâm"]
    assert names(group="telcos", show="complete") == []
    assert names(show="complete") == names(show="trouble") == ["Xã Đông Hòa"]
    assert names(show="unseen") == ["Phường Đường Mai", "Viễn thông Thạch Lâm"]
    assert names(show="late") == names(show="returned") == names(text="khong co ai") == []
    assert names(text="duong MAI") == ["Phường Đường Mai"]
    assert names(sort="name")[-1] == "Xã Tây Sơn"
    assert names(sort="lag")[-1] == "Xã Đông Hòa"


def test_late_is_said_as_soon_as_the_deadline_has_passed_and_of_what_was_given_late(issued: Holiday) -> None:
    from vonggac.desk.directives.models import Letter
    from vonggac.desk.directives.queries.table import table
    from vonggac.desk.work.models import Task

    past = timezone.now() - timedelta(hours=1)
    Task.objects.filter(batch_id=issued.letter.batch_id).update(finish_due_at=past, due_at=past)
    answer(issued, "donghoa", 1, "done", **CHECKED)
    found = table(issued.province.asker("leader"), Letter.objects.get(pk=issued.letter.pk))
    donghoa = next(line for line in found.lines if line.name == "Xã Đông Hòa")
    assert [(cell.is_late, cell.was_late) for cell in donghoa.cells] == [(True, False), (False, True), (False, False)]
    assert (found.total.late, found.total.late_recipients) == (8, 4)
    assert found.owing[-1].name == "Xã Đông Hòa"  # of those that are late, who answered most comes last


def test_days_to_come_are_not_owed_and_days_add_up(drafted: Callable[..., Holiday]) -> None:
    from vonggac.desk.directives.values import ClauseValues

    today = timezone.now().astimezone(HANOI).date()
    daily = ClauseValues(
        "Báo cáo hằng ngày", "1", kind="report_day", is_daily=True, due_at=timezone.now() + timedelta(minutes=1)
    )
    issued = drafted(
        clauses=(daily,), period_from=today, period_until=today + timedelta(days=2), deadline=timezone.now() + timedelta(days=4)
    ).issued()  # fmt: skip
    n_today = 3 - len([one for one in issued.tasks("donghoa") if one.details["day"] > today.isoformat()])
    before = read(issued).lines[0].cells[0]
    assert (before.n, before.n_to_come) == (len(issued.tasks("donghoa")) - 2, 2)
    answer(issued, "donghoa", -2, "something", n_incidents=2, what="Mất điện trung tâm dữ liệu")
    answer(issued, "donghoa", -1, "something", n_incidents=3, what="Tấn công từ chối dịch vụ")
    found = read(issued)
    cell = next(line for line in found.lines if line.name == "Xã Đông Hòa").cells[0]
    assert (cell.n_answered, cell.n_to_come, cell.counts) == (2, 0, {"n_incidents": 5})
    assert n_today in (0, 1)
    assert [one.text for one in found.troubles] == ["Mất điện trung tâm dữ liệu", "Tấn công từ chối dịch vụ"]


def test_a_letter_that_is_not_sent_or_withdrawn_has_its_table(drafted: Callable[..., Holiday]) -> None:
    from vonggac.desk.directives import actions

    drafts = drafted()
    assert read(drafts).lines == []
    issued = drafts.issued()
    leader = issued.province.asker("leader")
    actions.withdraw(leader, issued.letter.pk, issued.letter.version, "Ban hành nhầm")
    found = read(issued)
    assert {cell.state for line in found.lines for cell in line.cells} == {"withdrawn", ""}
    assert (found.total.n, found.total.owing, found.total.complete) == (0, 0, 0)


# ------------------------------------------------------------------------------------------------- the plain way as oracle


def _plainly(task: Any, now: datetime, today: str) -> dict[str, Any]:
    """One Task by its record alone, a query at a time: what the table must say of it."""
    from vonggac.desk.work.kinds import BY_NAME
    from vonggac.desk.work.models import Answer

    final = BY_NAME[task.kind].final
    given = task.state in {"submitted", "accepted", "rechecked", "closed"} and task.result in final
    answers = list(Answer.objects.filter(task=task).order_by("pk"))
    late = task.is_binding and task.due_at <= now
    counts = {}
    if given:
        for one in BY_NAME[task.kind].answer:
            if one.kind == "count" and one.name in answers[-1].values:
                counts[one.name] = answers[-1].values[one.name]
    return {
        "given": given,
        "late": late,
        "withdrawn": task.state == "withdrawn",
        "to_come": task.details.get("day", "") > today and not given and not late,
        "accepted": task.state in {"accepted", "rechecked", "closed"},
        "proven": given and task.proof == "proven",
        "counts": counts,
    }


def _scatter(issued: Holiday, chance: random.Random, now: datetime) -> None:
    """Every Task into a random state with random answers, as the actions could have left it."""
    from vonggac.desk.work.kinds import BY_NAME
    from vonggac.desk.work.models import FAR, Answer, Task
    from vonggac.desk.work.states import WITH_OWNER

    states = (
        "new",
        "reopened",
        "acknowledged",
        "in_progress",
        "returned",
        "submitted",
        "accepted",
        "closed",
        "withdrawn",
    )
    for task in Task.objects.filter(batch_id=issued.letter.batch_id):
        kind, task.state = BY_NAME[task.kind], chance.choice(states)
        task.result = task.proof = ""
        for _ in range(chance.randrange(3) + (task.state in {"submitted", "accepted", "closed", "returned"})):
            names = [one.name for one in kind.answer if one.kind == "count"]
            values = {name: chance.randrange(50) for name in names if chance.random() < 0.8}
            task.result = chance.choice(sorted(kind.final))
            Answer.objects.create(
                task=task, by_name="Cán bộ", result=task.result, values={**values, "reason": "Vì thế"}
            )
            task.proof = chance.choice(("declared", "proven"))
        if task.state in {"new", "reopened"}:
            task.result = task.proof = ""
        task.due_at = now + timedelta(hours=chance.randrange(-9, 9) or 1) if task.state in WITH_OWNER else FAR
        task.finish_due_at = now - timedelta(hours=2)
        task.finish_met_at = None if task.state in WITH_OWNER else now - timedelta(hours=chance.choice((1, 3)))
        task.save()


@pytest.mark.parametrize("seed", range(3))
def test_the_table_says_what_each_task_says_asked_one_by_one(drafted: Callable[..., Holiday], seed: int) -> None:
    from vonggac.desk.directives.models import Clause, Recipient
    from vonggac.desk.directives.queries.table import table
    from vonggac.desk.directives.values import ClauseValues
    from vonggac.desk.work.kinds import OBLIGATIONS
    from vonggac.desk.work.models import Task

    now = timezone.now()
    today = now.astimezone(HANOI).date()
    clauses = [ClauseValues(f"Khoản {kind.name}", str(n), kind=kind.name) for n, kind in enumerate(OBLIGATIONS)]
    clauses.append(ClauseValues("Hằng ngày", "9", kind="report_day", is_daily=True))
    issued = drafted(
        clauses=clauses, period_from=today - timedelta(days=1), period_until=today + timedelta(days=2), deadline=now + timedelta(days=3)
    ).issued()  # fmt: skip
    _scatter(issued, random.Random(seed), now)
    found = table(issued.province.asker("leader"), issued.letter, now=now)

    total: Counter[str] = Counter()
    for line in found.lines:
        recipient = Recipient.objects.get(pk=line.recipient_id)
        for column, cell in zip(found.columns, line.cells, strict=True):
            clause = Clause.objects.get(pk=column.clause_id)
            rows = Task.objects.filter(batch_id=issued.letter.batch_id, organisation_id=recipient.organisation_id)
            told = [_plainly(one, now, today.isoformat()) for one in rows if one.details["clause"] == clause.pk]
            asked = [one for one in told if not one["withdrawn"] and not one["to_come"]]
            assert cell.n == len(asked)
            assert cell.n_answered == sum(one["given"] for one in asked)
            assert cell.n_accepted == sum(one["accepted"] for one in asked)
            assert cell.n_proven == sum(one["proven"] for one in asked)
            assert cell.is_late == any(one["late"] for one in asked)
            counts: Counter[str] = Counter()
            for one in asked:
                counts.update(one["counts"])
            assert Counter(cell.counts) == counts
            total.update(counts)
    summed: Counter[str] = Counter()
    for (_clause, name), n in found.total.counts.items():
        summed[name] += n
    assert summed == total
    assert sum(group.sum.n for group in found.groups) == sum(one.n for one in found.by_clause.values()) == found.total.n


def test_it_is_read_with_a_handful_of_queries(issued: Holiday, django_assert_max_num_queries: Any) -> None:
    asker = issued.province.asker("leader")
    from vonggac.desk.directives.queries.table import table

    with django_assert_max_num_queries(6):
        table(asker, issued.letter)


def test_clauses_are_paired_by_title_else_by_the_only_ones_left_of_their_kind(drafted: Callable[..., Holiday]) -> None:
    from letter_of import CLAUSES

    from vonggac.desk.directives import actions
    from vonggac.desk.directives.queries.comparing import comparable, compared
    from vonggac.desk.directives.queries.table import table

    first = drafted().issued()
    answer(first, "donghoa", 1, "done", **CHECKED)
    clerk, leader = first.province.asker("records_clerk"), first.province.asker("leader")
    named_anew = (
        CLAUSES[0],
        replace(CLAUSES[1], title="Săn lùng mã độc"),
        replace(CLAUSES[0], title="Việc khác", kind="declare"),
    )
    values = replace(
        actions.draft_from(clerk, first.letter.pk), deadline=timezone.now() + timedelta(days=2), clauses=named_anew
    )
    row = actions.create(clerk, first.province.id("sokhcn"), values, source_id=first.letter.pk)
    row = actions.approve(leader, row.pk, row.version, confirms=True)
    later = replace(first, letter=actions.issue(clerk, row.pk, row.version))
    answer(later, "donghoa", 1, "done", **{**CHECKED, "n_checked": 40})

    assert [one.pk for one in comparable(leader, later.letter)] == [first.letter.pk]
    assert comparable(leader, first.letter) == []  # what came later is not what was before
    found = compared(leader, later.letter, table(leader, later.letter), first.letter.pk)
    assert [pair.other.title if pair.other else "" for pair in found.pairs] == [CLAUSES[0].title, CLAUSES[1].title, ""]
    assert [one.title for one in found.dropped] == [CLAUSES[2].title]
    checked = next(one for one in found.pairs[1].counts if one.name == "n_checked")
    assert (checked.before, checked.now, checked.difference) == (32, 40, 8)
    assert {one.before for one in found.pairs[2].counts} == {None}
    # a recipient compares its own
    own = granted(("agency_officer", first.province["tayson"]))
    mine = compared(own, later.letter, table(own, later.letter), first.letter.pk)
    assert (mine.now.answered, mine.before.answered) == (0, 0)
