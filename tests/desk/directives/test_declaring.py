"""What a unit declares of itself, and what becomes of it in the directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.directives.actions.declaring import accept_declaration
from vonggac.desk.directives.declaring import DIFFERS, MORE, NEW, REFUSED, SAME, day_of, known, preview
from vonggac.desk.directives.values import ClauseValues
from vonggac.desk.organisations import actions as directory
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network, SystemAddress
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.work import actions
from vonggac.desk.work.models import Bulk, Task
from vonggac.desk.work.states import CLOSED, SUBMITTED
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

CONTACT = {"label": "Bộ phận trực", "channel": "phone", "value": "0000 111 222"}
DECLARED: dict[str, Any] = {
    "contacts": [CONTACT, {"label": "Văn phòng", "channel": "email", "value": "vanphong@DongHoa.example"}],
    "hotline": "0000 999 000",
    "networks": [{"range": "203.0.113.0/28"}, {"range": "198.51.100.1-198.51.100.9"}],
    "systems": [
        {"name": "Hệ thống một cửa", "level": 3, "address": "motcua.donghoa.example"},
        {"name": "Cổng thông tin donghoa", "level": 2},
    ],
    "n_servers": 3,
    "n_workstations": 40,
}


@pytest.fixture
def asked(drafted):
    """A letter with the one clause that every recipient declares itself."""
    return drafted(
        clauses=(ClauseValues("Khai báo đầu mối, dải địa chỉ, hệ thống", "3", "Đề nghị khai báo.", "declare"),)
    ).issued()


def declare(province: Any, asked: Any, code: str = "donghoa", by: Asker | None = None, **values: Any) -> Task:
    """The unit answers; the Task as it waits for review."""
    (task,) = asked.tasks(code)
    asker = by or province.asker("agency_officer")
    actions.submit(asker, task.pk, task.version, result="done", values={**DECLARED, **values})
    task.refresh_from_db()
    return task


def told_of(task: Task) -> list[dict[str, Any]]:
    """The changes of the last entry about a Task."""
    import json

    entry = Entry.objects.filter(object_type="work.task", object_id=str(task.pk)).order_by("-seq").first()
    changes: list[dict[str, Any]] = json.loads(Detail.objects.get(entry_id=entry.seq).content)["changes"]
    return changes


def faults_of(province: Any, asked: Any, **values: Any) -> list[tuple[str, str]]:
    """Places and messages of what stands in the way of an answer."""
    with pytest.raises(InvalidValues) as refused:
        declare(province, asked, **values)
    return [(fault.field, fault.message) for fault in refused.value.faults]


# ------------------------------------------------------------------------------------------------------------ accepted


def test_accepted_it_stands_in_the_directory_from_that_day_on(province, asked):
    task = declare(province, asked)
    assert not ContactPoint.objects.filter(value="0000 111 222").exists()
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    task.refresh_from_db()
    today = day_of(timezone.now())
    here = {"organisation_id": province.id("donghoa"), "valid_from": today, "valid_until": None}
    assert task.state == CLOSED
    found = (
        ContactPoint.objects.filter(**here).order_by("rank").values_list("rank", "label", "channel", "value", "hours")
    )
    assert list(found) == [
        (2, "Bộ phận trực", "phone", "0000 111 222", ""),
        (3, "Văn phòng", "email", "vanphong@donghoa.example", ""),
        (4, "Hotline", "phone", "0000 999 000", "24/7"),
    ]
    assert list(Network.objects.filter(**here).values_list("text", "side", "note")) == [
        ("203.0.113.0/28", "public", "01/SKHCN-CNTT")
    ]
    system = InformationSystem.objects.get(**here)
    assert (system.name, system.level, system.code, system.exposure) == (
        "Hệ thống một cửa",
        3,
        "he-thong-mot-cua",
        "internet",
    )
    assert list(system.addresses.values_list("value", flat=True)) == ["motcua.donghoa.example"]


def test_the_record_says_by_which_letter(province, asked):
    task = declare(province, asked)
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    changes = told_of(task)
    note = next(change["note"] for change in changes if "note" in change)
    assert note == {
        "letter": "01/SKHCN-CNTT",
        "task": task.pk,
        "left_out": 0,
        "contacts": 3,
        "networks": 1,
        "systems": 1,
    }
    assert {change["type"] for change in changes if "type" in change} >= {
        "organisations.contactpoint", "organisations.network", "organisations.informationsystem", "work.task",
    }  # fmt: skip
    step = task.steps.get(verb="take_in")
    assert (step.values["contacts"], step.values["n_left_out"]) == (3, 0)


def test_before_it_is_accepted_nothing_is_there(province, asked):
    task = declare(province, asked)
    plan = preview(province.asker("duty_officer"), task.pk)
    assert plan.counts() == {"contacts": {NEW: 3}, "networks": {NEW: 1, SAME: 1}, "systems": {NEW: 1, SAME: 1}}
    assert [one.text for one in plan.absent] == ["0000 000 123"]
    assert Network.objects.filter(organisation=province["donghoa"]).count() == 1


def test_a_returned_one_leaves_no_trace(province, asked):
    task = declare(province, asked)
    actions.return_(province.asker("duty_officer"), [(task.pk, task.version)], "Thiếu số điện thoại trực")
    assert ContactPoint.objects.filter(organisation=province["donghoa"]).count() == 1


@pytest.mark.parametrize("result", ["no", "not_applicable"])
def test_a_no_is_no_declaration(province, asked, result):
    (task,) = asked.tasks("donghoa")
    officer = province.asker("agency_officer")
    actions.submit(officer, task.pk, task.version, result=result, values={**DECLARED, "reason": "Chưa có đầu mối"})
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version + 1)])
    assert ContactPoint.objects.filter(organisation=province["donghoa"]).count() == 1


def test_declared_again_it_changes_nothing(province, asked):
    duty = province.asker("duty_officer")
    task = declare(province, asked)
    actions.accept(duty, [(task.pk, task.version)])
    before = [
        list(model.objects.order_by("pk").values())
        for model in (ContactPoint, Network, InformationSystem, SystemAddress)
    ]
    task.refresh_from_db()
    actions.reopen(duty, [(task.pk, task.version)], "Khai báo lại cho chắc")
    again = [{**CONTACT, "channel": "mobile", "value": "+84000111222"}, DECLARED["contacts"][1]]
    task = declare(
        province, asked, contacts=again, networks=[{"range": "203.0.113.0 - 203.0.113.15"}, DECLARED["networks"][1]]
    )
    plan = preview(duty, task.pk)
    assert {line.status for line in plan.lines} == {SAME}
    actions.accept(duty, [(task.pk, task.version)])
    after = [
        list(model.objects.order_by("pk").values())
        for model in (ContactPoint, Network, InformationSystem, SystemAddress)
    ]
    assert after == before


def test_the_same_thing_twice_in_one_declaration_comes_once(province, asked):
    rows = [{"range": "203.0.113.0/28"}, {"range": "203.0.113.0-203.0.113.15"}]
    task = declare(province, asked, networks=rows, contacts=[{**CONTACT, "value": "0000999000"}])
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    assert Network.objects.filter(organisation=province["donghoa"], first__contains="cb0071").count() == 1
    assert ContactPoint.objects.filter(organisation=province["donghoa"]).count() == 2


# ---------------------------------------------------------------------------------- what the directory has and they not


def test_silence_ends_nothing_and_a_tick_does(province, asked):
    duty = province.asker("duty_officer")
    task = declare(province, asked, networks=[{"range": "203.0.113.0/28"}])
    was = Network.objects.get(organisation=province["donghoa"])
    plan = preview(duty, task.pk)
    assert [(one.part, one.text) for one in plan.absent] == [("contacts", "0000 000 123"), ("networks", was.text)]
    accept_declaration(duty, task.pk, task.version, ticked=[f"networks:{was.pk}"])
    was.refresh_from_db()
    assert was.valid_until == day_of(timezone.now())
    assert ContactPoint.objects.get(organisation=province["donghoa"], label="").valid_until is None


def test_what_is_another_units_cannot_be_ended_by_a_tick(province, asked):
    foreign = Network.objects.get(organisation=province["tayson"])
    task = declare(province, asked)
    accept_declaration(
        province.asker("duty_officer"), task.pk, task.version, ticked=[f"networks:{foreign.pk}", "level:1", "x"]
    )
    foreign.refresh_from_db()
    assert foreign.valid_until is None


def test_a_table_left_empty_asks_nothing(province, asked):
    task = declare(province, asked, networks=[], systems=[])
    assert {one.part for one in preview(province.asker("duty_officer"), task.pk).absent} == {"contacts"}


def test_another_level_needs_a_tick_and_a_missing_one_none(province, asked):
    duty = province.asker("duty_officer")
    directory.add_system(duty_admin(), province.id("donghoa"), code="mot-cua", name="Hệ thống một cửa")
    rows = [
        {"name": "hệ thống MỘT CỬA", "level": 3},
        {"name": "Cổng thông tin donghoa", "level": 4, "address": "203.0.113.7"},
    ]
    task = declare(province, asked, systems=rows)
    plan = preview(duty, task.pk)
    assert [line.status for line in plan.of("systems")] == [MORE, DIFFERS]
    actions.accept(duty, [(task.pk, task.version)])
    portal = InformationSystem.objects.get(code="donghoa-web")
    assert InformationSystem.objects.get(code="mot-cua").level == 3
    assert (portal.level, portal.version) == (2, 2)
    assert set(portal.addresses.values_list("value", flat=True)) == {"donghoa.example", "203.0.113.7"}
    task.refresh_from_db()
    actions.reopen(duty, [(task.pk, task.version)], "Xem lại cấp độ")
    task = declare(province, asked, systems=rows)
    accept_declaration(duty, task.pk, task.version, ticked=[f"level:{portal.pk}"])
    portal.refresh_from_db()
    assert portal.level == 4


def duty_admin() -> Asker:
    """The program itself."""
    from province import admin

    return admin()


# ------------------------------------------------------------------------------------------- what cannot be taken over


@pytest.mark.parametrize("text", ["198.51.100.32/29", "198.51.100.34", "198.51.100.0/24"])
def test_another_units_addresses_are_not_taken_and_the_rest_goes_in(province, asked, text):
    duty = province.asker("analyst")  # who may edit both networks, and by hand could nest one in the other
    task = declare(province, asked, networks=[{"range": text}, {"range": "203.0.113.0/28"}])
    plan = preview(duty, task.pk)
    assert [line.status for line in plan.of("networks")] == [REFUSED, NEW]
    assert plan.left_out[0].fault.params["organisation"] == "Xã Tây Sơn"
    actions.accept(duty, [(task.pk, task.version)])
    assert list(Network.objects.filter(organisation=province["donghoa"]).order_by("pk").values_list("text", flat=True)) == [
        "198.51.100.1-198.51.100.9", "203.0.113.0/28",
    ]  # fmt: skip
    assert task.steps.get(verb="take_in").values["left_out"] == [text]


def test_addresses_that_a_provider_handed_out_are_taken(province, asked):
    directory.add_network(duty_admin(), province.id("nhamang1"), text="203.0.113.0/25")
    task = declare(province, asked)
    assert [line.status for line in preview(province.asker("duty_officer"), task.pk).of("networks")] == [NEW, SAME]


def test_held_since_a_day_it_counts_from_that_day(province, asked):
    directory.end_network(
        duty_admin(), Network.objects.get(organisation=province["tayson"]).pk, 1, at=datetime(2025, 6, 1, tzinfo=UTC)
    )
    rows = [{"range": "203.0.113.0/28", "since": "15/03/2024"}, {"range": "198.51.100.32/29", "since": "2025-01-01"}]
    task = declare(province, asked, networks=rows)
    plan = preview(province.asker("duty_officer"), task.pk)
    assert [line.status for line in plan.of("networks")] == [NEW, REFUSED]  # Tây Sơn still had it then
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    row = Network.objects.get(organisation=province["donghoa"], text="203.0.113.0/28")
    assert timezone.localtime(row.valid_from) == datetime(2024, 3, 15, tzinfo=timezone.get_current_timezone())


def test_a_unit_that_is_no_more_gets_nothing(province, asked):
    task = declare(province, asked)
    row = province["donghoa"]
    row.refresh_from_db()
    row.valid_until = timezone.now()
    row.save()
    plan = preview(province.asker("duty_officer"), task.pk)
    assert plan.fault is not None
    assert plan.lines == ()
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    assert Network.objects.filter(organisation=row).count() == 1


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"systems": [{"name": "A", "level": 6}]}, "systems.0.level"),
        ({"systems": [{"name": "A", "level": 0}]}, "systems.0.level"),
        ({"systems": [{"name": "A", "level": "3"}]}, "systems.0.level"),
        ({"systems": [{"name": "A", "level": True}]}, "systems.0.level"),
        ({"systems": [{"level": 3}]}, "systems.0.name"),
        ({"systems": [{"name": "A", "address": "10.1.2.3"}]}, "systems.0.address"),
        ({"systems": [{"name": "A", "address": "không phải tên miền"}]}, "systems.0.address"),
        ({"networks": [{"range": "203.0.113.0/28"}, {}, {"range": "203.0.113.300"}]}, "networks.2.range"),
        ({"networks": [{"range": "203.0.113.1/28"}]}, "networks.0.range"),
        ({"networks": [{"range": "10.0.0.0/8"}]}, "networks.0.range"),
        ({"networks": [{"range": "192.168.1.0/24"}]}, "networks.0.range"),
        ({"networks": [{"range": "100.64.0.1"}]}, "networks.0.range"),
        ({"networks": [{"range": "9.255.255.250-10.0.0.5"}]}, "networks.0.range"),
        ({"networks": [{"range": "fd00::/8"}]}, "networks.0.range"),
        ({"networks": [{"range": "::ffff:10.0.0.1"}]}, "networks.0.range"),
        ({"networks": [{"range": "0.0.0.0/0"}]}, "networks.0.range"),
        ({"networks": [{"range": "203.0.113.7", "owner": "tayson"}]}, "networks.0.owner"),
        ({"networks": [{"range": ["203.0.113.7"]}]}, "networks.0.range"),
        ({"networks": "203.0.113.7"}, "networks"),
        ({"networks": ["203.0.113.7"]}, "networks.0"),
        ({"networks": {"range": "203.0.113.7"}}, "networks"),
        ({"networks": [{"range": "203.0.113.7", "since": "31/02/2025"}]}, "networks.0.since"),
        ({"networks": [{"range": "203.0.113.7", "since": "2999-01-01"}]}, "networks.0.since"),
        ({"networks": [{"range": "203.0.113.7", "since": "0001-01-01"}]}, "networks.0.since"),
        ({"networks": [{"range": "203.0.113.7", "since": 20250101}]}, "networks.0.since"),
        ({"contacts": []}, "contacts"),
        ({"contacts": [{**CONTACT, "value": "gọi anh Ba"}]}, "contacts.0.value"),
        ({"contacts": [{**CONTACT, "channel": "email"}]}, "contacts.0.value"),
        ({"contacts": [{**CONTACT, "channel": "pigeon"}]}, "contacts.0.channel"),
        ({"contacts": [{**CONTACT, "label": "Trực\u202eban"}]}, "contacts.0.label"),
        ({"contacts": [{**CONTACT, "label": "Trực\x00"}]}, "contacts.0.label"),
        ({"contacts": [{**CONTACT, "label": "x" * 121}]}, "contacts.0.label"),
    ],
)  # fmt: skip
def test_a_fault_names_its_cell(province, asked, values, place):
    assert place in [field for field, _message in faults_of(province, asked, **values)]


def test_all_faults_come_at_once(province, asked):
    found = faults_of(
        province, asked, networks=[{"range": "x"}, {"range": "10.0.0.1"}], systems=[{"name": "A", "level": 9}]
    )
    assert {field for field, _message in found} == {"networks.0.range", "networks.1.range", "systems.0.level"}


def test_200_rows_are_the_most(province, asked):
    rows = [{"label": f"Người {n}", "channel": "phone", "value": f"0001 {n:06d}"} for n in range(201)]
    assert [field for field, _message in faults_of(province, asked, contacts=rows)] == ["contacts"]
    task = declare(province, asked, contacts=rows[:200])
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    assert ContactPoint.objects.filter(organisation=province["donghoa"]).count() == 202


def test_a_roster_is_rows_too(issued, province):
    task = issued.tasks("donghoa")[0]
    officer = province.asker("agency_officer")
    rows = [{"day": "31/12", "name": "Trần Thị Mẫu", "phone": "0000 000 001", "is_leader": True, "shift": " "}]
    with pytest.raises(InvalidValues) as refused:
        actions.submit(
            officer, task.pk, task.version, result="done",
            values={"n_people": 1, "people": [*rows, {"day": "1/1", "name": "A", "phone": "hỏi sau", "is_leader": "yes"}]},
        )  # fmt: skip
    assert {fault.field for fault in refused.value.faults} == {"people.1.phone", "people.1.is_leader"}
    kept = actions.submit(officer, task.pk, task.version, result="done", values={"n_people": 1, "people": rows})
    assert kept.values["people"] == [
        {"day": "31/12", "name": "Trần Thị Mẫu", "phone": "0000 000 001", "is_leader": True}
    ]


# ----------------------------------------------------------------------------------------------------- who, and not who


def test_nobody_declares_for_another_unit(province, asked):
    (task,) = asked.tasks("tayson")
    for who in ("agency_officer", "stranger"):
        with pytest.raises(NotThere):
            actions.submit(province.asker(who), task.pk, task.version, result="done", values=DECLARED)


def test_who_may_not_review_neither_looks_nor_accepts(province, asked):
    task = declare(province, asked)
    officer, stranger = province.asker("agency_officer"), province.asker("stranger")
    for refused, who in ((NotAllowed, officer), (NotThere, stranger)):
        with pytest.raises(refused):
            preview(who, task.pk)
        with pytest.raises(refused):
            accept_declaration(who, task.pk, task.version)
    assert Network.objects.filter(organisation=province["donghoa"]).count() == 1


def test_two_reviewers_take_it_over_once(province, asked):
    task = declare(province, asked)
    accept_declaration(province.asker("duty_officer"), task.pk, task.version)
    with pytest.raises(EditConflict):
        accept_declaration(province.asker("analyst"), task.pk, task.version)


# ----------------------------------------------------------------------------------------------------------------- undo


def test_what_went_into_the_directory_is_not_half_undone(province, asked):
    duty = province.asker("duty_officer")
    first = declare(province, asked)
    second = declare(
        province, asked, "tayson", by=duty_admin(), networks=[], contacts=[CONTACT], systems=[], hotline=""
    )
    done = actions.accept(duty, [(first.pk, first.version), (second.pk, second.version)])
    assert (done.n, done.bulk_id) == (2, None)
    assert not Bulk.objects.exists()
    for task in (first, second):
        task.refresh_from_db()
        assert task.state == CLOSED


def test_beside_others_it_stays_accepted(drafted, province):
    clauses = (ClauseValues("Khai báo", "3", "", "declare"), ClauseValues("Báo cáo", "4", "", "carry_out"))
    letter = drafted(clauses=clauses).issued()
    declared, other = letter.tasks("donghoa")
    officer, duty = province.asker("agency_officer"), province.asker("duty_officer")
    actions.submit(officer, declared.pk, declared.version, result="done", values=DECLARED)
    actions.submit(officer, other.pk, other.version, result="done", values={})
    done = actions.accept(duty, [(declared.pk, declared.version + 1), (other.pk, other.version + 1)])
    assert done.bulk_id is not None
    assert actions.undo(duty, done.bulk_id) == 1
    declared.refresh_from_db()
    other.refresh_from_db()
    assert (declared.state, other.state) == (CLOSED, SUBMITTED)
    assert declared.answers.get().verdict == "accepted"
    assert Network.objects.filter(organisation=province["donghoa"]).count() == 2


def test_one_that_brought_nothing_new_can_be_undone(drafted, province):
    letter = drafted(
        clauses=(ClauseValues("Khai báo", "3", "", "declare"), ClauseValues("Báo cáo", "4", "", "carry_out"))
    ).issued()
    declared, other = letter.tasks("donghoa")
    officer, duty = province.asker("agency_officer"), province.asker("duty_officer")
    same = {"contacts": [{"label": "Trực", "channel": "mobile", "value": "0000000123"}]}
    actions.submit(officer, declared.pk, declared.version, result="done", values=same)
    actions.submit(officer, other.pk, other.version, result="done", values={})
    done = actions.accept(duty, [(declared.pk, declared.version + 1), (other.pk, other.version + 1)])
    assert actions.undo(duty, done.bulk_id) == 2


# -------------------------------------------------------------------------------------------- what the form begins with


def test_the_form_begins_with_what_the_directory_has(province, asked):
    (task,) = asked.tasks("donghoa")
    found = known(province.asker("agency_officer"), task)
    assert found == {
        "contacts": [{"label": "Nguyễn Văn Donghoa", "channel": "mobile", "value": "0000 000 123"}],
        "networks": [{"range": "198.51.100.1-198.51.100.9", "since": "2020-01-01"}],
        "systems": [{"name": "Cổng thông tin donghoa", "level": 2, "address": "donghoa.example"}],
    }
    actions.submit(province.asker("agency_officer"), task.pk, task.version, result="done", values=found)
    assert {line.status for line in preview(province.asker("duty_officer"), task.pk).lines} == {SAME}


def test_next_time_hotline_and_numbers_of_machines_are_there_too(province, asked):
    task = declare(province, asked)
    actions.accept(province.asker("duty_officer"), [(task.pk, task.version)])
    other = Task(kind="declare", organisation=province["donghoa"], details={})
    found = known(province.asker("agency_officer"), other)
    assert (found["hotline"], found["n_servers"], found["n_workstations"]) == ("0000 999 000", 3, 40)
    assert [one["label"] for one in found["contacts"]] == ["Nguyễn Văn Donghoa", "Bộ phận trực", "Văn phòng"]


def test_a_link_that_anybody_may_pass_on_shows_nothing_of_the_directory(province, drafted):
    by_link = Asker(
        None, "Người trực", (Held("agency_officer", province.id("donghoa")),), Origin("link"),
        only=frozenset({"letters.view", "work.view", "work.answer"}),
    )  # fmt: skip
    clauses = (ClauseValues("Khai báo", "3", "", "declare"),)
    open_to_all = drafted(clauses=clauses).issued()
    assert known(by_link, open_to_all.tasks("donghoa")[0]) == {}
    task = open_to_all.tasks("donghoa")[0]
    type(open_to_all.letter).objects.update(links_ask_code=True)
    assert known(by_link, task)["networks"] == [{"range": "198.51.100.1-198.51.100.9", "since": "2020-01-01"}]


def test_nothing_is_shown_of_another_unit(province, asked):
    (task,) = asked.tasks("tayson")
    assert known(province.asker("stranger"), task) == {}
    assert (
        known(replace(province.asker("agency_officer"), only=frozenset({"work.answer"})), asked.tasks("donghoa")[0])
        == {}
    )
