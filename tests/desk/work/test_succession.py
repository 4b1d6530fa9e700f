"""Work of an organisation that became another one: whoever took over sees it, does it, and is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from province import admin, make_user

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.notices.models import Notice
from vonggac.desk.organisations import actions as directory
from vonggac.desk.organisations.models import Reorganisation
from vonggac.desk.scope.asker import Origin, machine
from vonggac.desk.work import actions, queries
from vonggac.desk.work.models import Task
from vonggac.errors import InvalidValues, NotThere

CLEANED = {
    "tool": "Quét ngoại tuyến", "n_checked": 12, "n_infected": 1, "n_cleaned": 1, "done_at": datetime(2026, 11, 1, tzinfo=UTC),
    "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def seen(task: Task) -> tuple[int, int]:
    return task.pk, Task.objects.values_list("version", flat=True).get(pk=task.pk)


@pytest.fixture
def old(infected):
    """The work of Đông Hòa before it was merged."""
    return infected()


@pytest.fixture
def new(province, old):
    """Whoever took over from Đông Hòa and Tây Sơn, with an officer of its own."""
    values = {"code": "dongtay", "kind": "commune", "name": "Xã Đông Tây", "parent_id": province.id("ubnd")}
    row = directory.merge(
        admin(), [province.id("donghoa"), province.id("tayson")], successor=values, at=timezone.now(), basis="NQ 1"
    )
    make_user("dongtay", ("agency_officer", row))
    return row


@pytest.fixture
def heir(new):
    """The officer of the new one."""
    from vonggac.desk.accounts.models import User

    return lambda: asker_of(User.objects.get(username="dongtay"), Origin("web"))


def test_the_successor_does_the_work_and_the_counts_stay_right(province, old, new, heir):
    assert queries.n_mine(heir()) == 1
    assert [row.pk for row in queries.tasks(heir())] == [old.pk]
    actions.acknowledge(heir(), [seen(old)])
    actions.submit(heir(), *seen(old), result="cleaned", values=CLEANED)
    actions.accept(province.asker("analyst"), [seen(old)])
    old.refresh_from_db()
    assert (old.state, old.organisation_id) == ("accepted", province.id("donghoa"))


def test_the_successor_is_told_of_what_becomes_of_it(province, old, new, heir):
    actions.ring(machine("clocks"), old.acknowledge_due_at + timedelta(seconds=1))
    actions.submit(heir(), *seen(old), result="cleaned", values=CLEANED)
    actions.return_(province.asker("analyst"), [seen(old)], "thiếu biên bản")
    told = Notice.objects.filter(user_id=heir().user_id, channel="portal").values_list("template", flat=True)
    assert set(told) == {"work_late", "work_returned"}


def test_when_nobody_there_has_an_account_its_contact_is_told(province, old, new, heir):
    from vonggac.desk.accounts.models import Grant

    Grant.objects.filter(role="agency_officer").delete()
    directory.add_contact(admin(), new.pk, channel="email", value="truc@dongtay.example")
    actions.ring(machine("clocks"), old.acknowledge_due_at + timedelta(seconds=1))
    assert Notice.objects.filter(template="work_late", recipient="truc@dongtay.example").exists()


def test_after_a_split_both_see_it_and_are_told(province, old):
    parts = [
        {"code": code, "kind": "commune", "name": f"Xã {code}", "parent_id": province.id("ubnd")}
        for code in ("x1", "x2")
    ]
    rows = directory.split(admin(), province.id("donghoa"), successors=parts, at=timezone.now())
    for n, row in enumerate(rows):
        asker = asker_of(make_user(f"x{n}", ("agency_officer", row)), Origin("web"))
        assert queries.task(asker, old.pk).pk == old.pk
    actions.ring(machine("clocks"), old.acknowledge_due_at + timedelta(seconds=1))
    assert Notice.objects.filter(template="work_late", channel="portal", user__username__in=("x0", "x1")).count() == 2
    with pytest.raises(NotThere):
        queries.task(province.asker("stranger"), old.pk)


def test_a_merger_under_which_work_was_given_out_is_not_taken_back(province, infected):
    values = {"code": "dongtay", "kind": "commune", "name": "Xã Đông Tây", "parent_id": province.id("ubnd")}
    new = directory.merge(admin(), [province.id("donghoa")], successor=values, at=timezone.now())
    province.orgs["dongtay"] = new
    infected(code="dongtay")
    with pytest.raises(InvalidValues):
        directory.undo_succession(admin(), Reorganisation.objects.get().pk)
    assert Task.objects.get().organisation_id == new.pk


def test_nothing_is_given_out_to_an_organisation_that_is_no_more(province, old, new):
    draft = actions.Draft("assignment", province.id("donghoa"), "Rà soát")
    with pytest.raises(InvalidValues):
        actions.open_task(province.asker("analyst"), draft)
