"""The shipped letter and groups, letters made from earlier ones, and what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from vonggac.desk.directives import actions, beginning, queries
from vonggac.desk.directives.comparing import difference, parts_of
from vonggac.desk.directives.models import Clause, Letter, Recipient, RecipientGroup
from vonggac.desk.directives.shipped import Dates, fill, propose_groups, templates
from vonggac.desk.directives.values import AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.organisations import actions as directory
from vonggac.desk.work.models import Task
from vonggac.errors import NotThere

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def holiday_dates(days: int = 10) -> Dates:
    """A holiday of four days that begins in so many."""
    first = timezone.now().astimezone(ZONE).date() + timedelta(days=days)
    last = first + timedelta(days=3)
    return Dates(first, last, datetime.combine(last + timedelta(days=2), datetime.min.time(), ZONE).replace(hour=16))


@pytest.fixture
def mandated(province):
    """The department manages the field in the province."""
    from province import admin

    directory.add_mandate(
        admin(), province.id("sokhcn"), subject="state_management", over_id=None, basis="Quyết định 1"
    )
    return province


def test_groups_are_proposed_once_and_never_over_those_of_an_office(province):
    codes = set(RecipientGroup.objects.values_list("code", flat=True))
    assert {"so-nganh", "xa-phuong", "vien-thong", "nen-tang-so"} <= codes
    RecipientGroup.objects.exclude(code="so-nganh").delete()
    RecipientGroup.objects.update(name="Tên của tỉnh")
    propose_groups()
    assert list(RecipientGroup.objects.values_list("name", flat=True)) == ["Tên của tỉnh"]


def test_every_shipped_clause_and_line_can_stand():
    from vonggac.desk.directives.states import MACHINE_PROOFS, ROLES
    from vonggac.desk.work.kinds import OBLIGATIONS

    codes = set(RecipientGroup.objects.values_list("code", flat=True))
    kinds = {kind.name for kind in OBLIGATIONS}
    for one in templates():
        assert {clause.get("kind", "") for clause in one.said["clauses"]} <= {"", *kinds}
        assert {code for clause in one.said["clauses"] for code in clause.get("groups", ())} <= codes
        assert {clause.get("proof", "") for clause in one.said["clauses"]} <= set(MACHINE_PROOFS)
        assert {line.get("role", "action") for line in one.said["to"]} <= set(ROLES)
        asked = {clause.get("kind") for clause in one.said["clauses"]}
        assert {
            "stand_duty",
            "check_machines",
            "patch_systems",
            "handle_cases",
            "report_day",
            "declare",
            "carry_out",
        } <= asked
        assert any(clause.get("proof") == "lists" for clause in one.said["clauses"])


def test_the_shipped_letter_is_ready_to_go_out_but_for_who_signs(mandated):
    province, dates = mandated, holiday_dates()
    clerk, leader = province.asker("records_clerk"), province.asker("leader")
    said = beginning.from_template("holiday", province["sokhcn"], dates, "dịp nghỉ lễ Quốc khánh 02/9")
    assert "dịp nghỉ lễ Quốc khánh 02/9" in said.subject
    assert "{" not in said.opening + said.closing + "".join(one.text for one in said.clauses)
    row = actions.create(clerk, province.id("sokhcn"), replace(said, signer_title="GIÁM ĐỐC"), template="holiday")
    check = queries.checked(row)
    assert [(fault.field, fault.message) for fault in check.faults] == []
    row = actions.approve(leader, row.pk, row.version, confirms=True)
    row = actions.issue(clerk, row.pk, row.version)
    names = set(Recipient.objects.filter(letter=row, role="action").values_list("name", flat=True))
    assert "Xã Đông Hòa" in names
    assert "Viễn thông Thạch Lâm" in names
    assert "Sở Khoa học và Công nghệ" not in names  # nobody writes to themselves
    days = Task.objects.filter(batch_id=row.batch_id, kind="report_day", organisation_id=province.id("donghoa"))
    assert days.count() == 4
    duty = Task.objects.get(batch_id=row.batch_id, kind="stand_duty", organisation_id=province.id("donghoa"))
    assert duty.finish_due_at.astimezone(ZONE).date() == dates.first - timedelta(days=1)


def test_those_of_whom_nobody_is_there_are_left_out(mandated):
    said = beginning.from_template("holiday", mandated["sokhcn"], holiday_dates())
    used = {code for one in said.clauses for code in one.groups}
    assert "nen-tang-so" not in used  # no platform in this province
    assert "vien-thong" in used


def test_a_day_that_has_passed_already_is_no_deadline_of_a_clause(mandated):
    said = beginning.from_template("holiday", mandated["sokhcn"], holiday_dates(days=0))
    assert all(one.due_at is None or one.due_at > timezone.now() or one.is_daily for one in said.clauses)


def test_what_is_filled_in_is_never_read_again():
    assert (
        fill("{occasion} {first} {other}", {"occasion": "{first}{{7*7}}", "first": "01/01/2027"})
        == "{first}{{7*7}} 01/01/2027 {other}"
    )


def test_the_next_letter_has_every_day_moved_even_in_its_text(mandated):
    province, dates = mandated, holiday_dates()
    clerk = province.asker("records_clerk")
    said = beginning.from_template("holiday", province["sokhcn"], dates)
    old = actions.create(clerk, province.id("sokhcn"), said, template="holiday")
    then = holiday_dates(days=60)
    new = beginning.from_letter(clerk, old.pk, province["sokhcn"], then)
    assert (new.period_from, new.period_until, new.deadline) == (then.first, then.last, then.deadline)
    assert f"{then.first:%d/%m/%Y}" in new.opening
    assert f"{dates.first:%d/%m/%Y}" not in new.opening
    duty = next(one for one in new.clauses if one.kind == "stand_duty")
    assert duty.due_at.astimezone(ZONE).date() == then.first - timedelta(days=1)
    assert duty.due_at.astimezone(ZONE).hour == 16


def test_made_from_one_that_came_in_it_has_our_head_and_its_clauses(mandated):
    province = mandated
    clerk = province.asker("records_clerk")
    came = Letter.objects.create(
        office=province["sokhcn"], direction="in", state="issued", issuer_name="Cục An toàn thông tin", reference="99/CATTT",
        subject="Bảo đảm an toàn", symbol="CATTT", signer_title="CỤC TRƯỞNG", dated=date(2026, 11, 1),
    )  # fmt: skip
    Clause.objects.create(letter=came, n=0, mark="1", title="Trực", kind="stand_duty")
    said = beginning.from_letter(clerk, came.pk, province["sokhcn"], Dates())
    assert said.parent_id == came.pk
    assert said.symbol != "CATTT"
    assert said.signer_title == ""
    assert "99/CATTT ngày 01/11/2026" in said.opening
    assert [one.title for one in said.clauses] == ["Trực"]
    assert said.addressees


def test_what_amends_or_replaces_says_so_and_keeps_its_days(issued, province):
    clerk = province.asker("records_clerk")
    said = beginning.from_letter(clerk, issued.letter.pk, province["sokhcn"], Dates(), change="replaces")
    assert (said.change, said.about_id, said.deadline) == ("replaces", issued.letter.pk, issued.letter.deadline)
    assert issued.letter.reference in said.closing
    amends = beginning.from_letter(clerk, issued.letter.pk, province["sokhcn"], Dates(), change="amends")
    assert amends.subject.startswith("Sửa đổi, bổ sung Công văn số 01/")


def test_a_stranger_makes_nothing_from_it(issued, province):
    with pytest.raises(NotThere):
        beginning.from_letter(province.asker("stranger"), issued.letter.pk, province["stranger"], Dates())


# ------------------------------------------------------------------------------------------------------ what changed


def clause(title, **values):
    return ClauseValues(title, **values)


def compared(was, now):
    return difference(LetterValues("a", clauses=was), LetterValues("a", clauses=now), str)


def test_a_clause_is_the_same_one_after_its_title_was_touched_and_it_was_moved():
    was = [clause("Trực 24/7", mark="1"), clause("Cập nhật bản vá", mark="2"), clause("Báo cáo", mark="3")]
    now = [clause("Báo cáo", mark="1"), clause("Trực và giám sát 24/7", mark="2"), clause("Cập nhật bản vá", mark="3")]
    found = compared(was, now)
    assert [one.what for one in found.clauses] == ["changed"] * 3
    assert [one.is_moved for one in found.clauses] == [True, False, False]


def test_what_is_gone_stands_after_what_it_followed():
    was = [clause("Một"), clause("Hai hai hai"), clause("Ba")]
    found = compared(was, [clause("Một"), clause("Ba"), clause("Hoàn toàn khác")])
    assert [(one.what, (one.now or one.was).title) for one in found.clauses] == [
        ("same", "Một"), ("gone", "Hai hai hai"), ("same", "Ba"), ("new", "Hoàn toàn khác"),
    ]  # fmt: skip
    assert [one.what for one in compared([clause("Một")], []).clauses] == ["gone"]


def test_the_difference_of_a_text_gives_back_both():
    was, now = "Trước ngày 01/01/2027, các đơn vị báo cáo.", "Trước ngày 03/01/2027, mọi đơn vị báo cáo ngay."
    parts = parts_of(was, now)
    assert "".join(text for what, text in parts if what != "new") == was
    assert "".join(text for what, text in parts if what != "gone") == now
    assert ("gone", "01/01/2027, các ") in parts


def test_huge_texts_and_many_clauses_are_compared_in_a_moment():
    many = [clause(f"Nội dung số {n} {'x' * 100}", text="a b " * 3000) for n in range(200)]
    other = [clause(f"Điều khác {n * 7} {'y' * 100}", text="b a " * 3000) for n in range(200)]
    assert len(compared(many, other).clauses) == 400
    assert compared(many, many).is_empty


def test_recipients_that_came_and_went_are_named():
    was = LetterValues("a", addressees=[AddresseeValues(words="VT"), AddresseeValues(words="Sở A")])
    now = LetterValues("b", addressees=[AddresseeValues(words="VT"), AddresseeValues(words="Sở B")])
    found = difference(was, now, lambda one: one.words)
    assert (found.gone, found.new) == (["Sở A"], ["Sở B"])
    assert [value.name for value in found.head] == ["subject"]
