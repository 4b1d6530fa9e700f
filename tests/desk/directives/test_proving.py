"""Declared becomes proven where the machine finds all work from lists closed, and falls back when some of it comes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from letter_of import CLAUSES
from province import admin, granted

if TYPE_CHECKING:
    from letter_of import Holiday

    from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db
CHECKED = {"n_servers": 2, "n_workstations": 30, "n_checked": 32, "n_infected": 0, "n_cleaned": 0}
ADDRESS = "198.51.100.5"


@pytest.fixture
def issued(drafted: Callable[..., Holiday]) -> Holiday:
    """A letter whose second clause is proven by lists."""
    return drafted(clauses=(CLAUSES[0], replace(CLAUSES[1], proof="lists"))).issued()


@pytest.fixture
def reviewer() -> Any:
    return replace(granted(("analyst", None)), user_id=77)


@pytest.fixture
def accepted(issued: Holiday, reviewer: Any) -> Task:
    """Đông Hòa says that it looked at all machines, and the centre accepts."""
    from vonggac.desk.work import actions

    task = issued.tasks("donghoa")[1]
    actions.submit(
        granted(("agency_officer", issued.province["donghoa"])), task.pk, task.version, result="done", values=CHECKED
    )
    task.refresh_from_db()
    actions.accept(reviewer, [(task.pk, task.version)])
    task.refresh_from_db()
    return task


def infected(issued: Holiday, address: str = ADDRESS, code: str = "donghoa") -> Task:
    from vonggac.desk.work.actions import Draft, open_task

    details = {"address": address, "malware": "Mirai"}
    return open_task(
        admin(), Draft("clean_address", issued.province.id(code), f"{address} · Mirai", address, details)
    )  # fmt: skip


def clean(issued: Holiday, task: Task, reviewer: Any, *, rechecks: bool = True) -> None:
    from vonggac.desk.work import actions
    from vonggac.desk.work.actions.recheck import pass_recheck

    values = {
        "tool": "Quét",
        "n_checked": 1,
        "n_infected": 1,
        "n_cleaned": 1,
        "done_at": timezone.now(),
        "evidence": "Sạch",
    }
    who = granted(("agency_officer", issued.province["donghoa"]))
    actions.submit(who, task.pk, task.version, result="cleaned", values=values)
    task.refresh_from_db()
    actions.accept(reviewer, [(task.pk, task.version)])
    if rechecks:
        assert pass_recheck(admin(), [task.pk], "danh sách 3/BC") == 1
    task.refresh_from_db()


def proof(task: Task) -> str:
    task.refresh_from_db()
    return task.proof


def prove(**values: Any) -> tuple[int, int]:
    from vonggac.desk.directives.actions.proving import prove as run

    return run(admin(), **values)


def test_all_work_from_lists_closed_by_recheck_proves_the_answer(
    issued: Holiday, accepted: Task, reviewer: Any
) -> None:
    from vonggac.desk.audit.models import Entry
    from vonggac.desk.directives.queries.table import table

    task = infected(issued)
    assert prove() == (0, 0)  # it is open
    clean(issued, task, reviewer, rechecks=False)
    assert prove() == (0, 0)  # accepted is declared by its owner: nobody looked again
    from vonggac.desk.work.actions.recheck import pass_recheck

    pass_recheck(admin(), [task.pk], "danh sách 3/BC")
    assert prove() == (1, 0)
    assert proof(accepted) == "proven"
    assert accepted.steps.order_by("-pk").values_list("verb", flat=True)[0] == "prove"
    assert accepted.state == "closed"
    assert prove() == (0, 0)  # a second time changes nothing
    assert Entry.objects.filter(action="letters.prove").count() == 1
    found = table(issued.province.asker("leader"), issued.letter)
    line = next(line for line in found.lines if line.name == "Xã Đông Hòa")
    assert (line.cells[1].proof, found.total.proven) == ("proven", 1)


def test_without_any_work_from_lists_nothing_is_proven(issued: Holiday, accepted: Task) -> None:
    infected(issued, "198.51.100.33", "tayson")  # the neighbour's tells nothing of Đông Hòa
    assert prove() == (0, 0)
    assert proof(accepted) == "declared"


def test_it_falls_back_when_an_address_appears_again_and_rises_when_it_is_gone(
    issued: Holiday, accepted: Task, reviewer: Any
) -> None:
    from vonggac.desk.work.actions.recheck import reappear

    task = infected(issued)
    clean(issued, task, reviewer)
    assert prove() == (1, 0)
    reappear(admin(), [task.pk], None, "danh sách 4/BC")
    assert prove() == (0, 1)
    assert proof(accepted) == "declared"
    assert accepted.steps.order_by("-pk").values_list("verb", flat=True)[0] == "unprove"
    task.refresh_from_db()
    clean(issued, task, reviewer)
    assert prove() == (1, 0)
    infected(issued, "198.51.100.6")  # another one
    assert prove() == (0, 1)


def test_withdrawn_work_counts_neither_way(issued: Holiday, accepted: Task, reviewer: Any) -> None:
    from vonggac.desk.work import actions

    one, other = infected(issued), infected(issued, "198.51.100.6")
    actions.withdraw(reviewer, [(one.pk, one.version)], "Không phải của đơn vị")
    assert prove() == (0, 0)
    clean(issued, other, reviewer)
    assert prove() == (1, 0)


def test_only_done_and_accepted_answers_to_such_clauses_are_proven(issued: Holiday, reviewer: Any) -> None:
    from vonggac.desk.work import actions

    who = granted(("agency_officer", issued.province["donghoa"]))
    first, second = issued.tasks("donghoa")
    people = [{"day": "31/12", "name": "Nguyễn Văn Mẫu", "phone": "0000 000 001"}]
    actions.submit(who, first.pk, first.version, result="done", values={"n_people": 1, "people": people})
    actions.submit(who, second.pk, second.version, result="partly", values={**CHECKED, "reason": "Thiếu máy"})
    for task in issued.tasks("donghoa"):
        actions.accept(reviewer, [(task.pk, task.version)])
    clean(issued, infected(issued), reviewer)
    assert prove() == (0, 0)
    assert [task.proof for task in issued.tasks("donghoa")] == ["declared", "declared"]


def test_long_after_the_letter_its_answers_stay_what_they_are(issued: Holiday, accepted: Task, reviewer: Any) -> None:
    clean(issued, infected(issued), reviewer)
    assert prove() == (1, 0)
    infected(issued, "198.51.100.6")
    assert prove(now=timezone.now() + timedelta(days=40)) == (0, 0)
    assert proof(accepted) == "proven"


def test_the_worker_does_it(issued: Holiday, accepted: Task, reviewer: Any) -> None:
    from vonggac.jobs.worker import CHORES

    clean(issued, infected(issued), reviewer)
    next(chore for chore in CHORES if chore.name == "prove_answers").do(None)  # type: ignore[arg-type]
    assert proof(accepted) == "proven"
