"""The queue: filters in the address, counts, kept views, one act on many with its preview and its way back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.work import actions, queries
from vonggac.desk.work.models import Answer, ClockPolicy, SavedView, Task

pytestmark = pytest.mark.django_db


def rows_in(response):
    return re.findall(r'<tr id="task-(\d+)"', response.content.decode())


def chosen(*tasks):
    found = dict(Task.objects.filter(pk__in=[one.pk for one in tasks]).values_list("pk", "version"))
    return [f"{one.pk}:{found[one.pk]}" for one in tasks]


def states(*tasks):
    found = dict(Task.objects.values_list("pk", "state"))
    return [found[one.pk] for one in tasks]


def test_each_comes_to_what_is_theirs_to_do(browser, infected):
    first, second = infected(), infected("198.51.100.6")
    officer, analyst = browser("agency_officer"), browser("analyst")
    assert set(rows_in(officer.get("/work/"))) == {str(first.pk), str(second.pk)}
    assert rows_in(analyst.get("/work/")) == []
    assert len(rows_in(analyst.get("/work/?state=open"))) == 2
    assert "Việc của tôi" in officer.get("/").content.decode()


def test_filters_narrow(browser, infected, province):
    first, other = infected(priority=1), infected("192.0.2.70", code="benhvien")
    analyst = browser("analyst")

    def found(query):
        return rows_in(analyst.get(f"/work/?{query}"))

    assert found("q=198.51.100.5") == [str(first.pk)]
    assert found("q=mirai&state=open&organisation=benhvien") == [str(other.pk)]
    assert found(f"organisation={province.id('donghoa')}") == [str(first.pk)]
    assert found("priority=1&state=all") == [str(first.pk)]
    assert found("state=new&kind=assignment") == []
    assert found("late=1") == []
    assert found("mine=1&state=all") == []
    actions.assign(province.asker("analyst"), [(other.pk, other.version)], province.users["analyst"].pk)
    assert found("mine=1&state=all") == [str(other.pk)]
    assert len(found("state=nonsense&batch=-1&priority=x&sort=y&kind=z&task=zz")) == 2  # nothing of it can be read


def test_counts_stand_on_the_chips(browser, infected, province):
    tasks = [infected(f"198.51.100.{n}") for n in range(1, 4)]
    actions.acknowledge(province.asker("agency_officer"), [(tasks[0].pk, 1)])
    page = browser("agency_officer").get("/work/").content.decode()
    assert re.search(r'Cần làm <span class="count">3<', page)
    assert re.search(r'Chưa tiếp nhận <span class="count">2<', page)


def make_late(task, *, is_binding):
    past = timezone.now() - timedelta(hours=2)
    policy = ClockPolicy.objects.filter(kind=task.kind).first()
    Task.objects.filter(pk=task.pk).update(due_at=past, acknowledge_due_at=past, is_binding=is_binding, policy=policy)


def test_only_a_binding_clock_shouts(browser, infected):
    task, officer = infected(), browser("agency_officer")
    make_late(task, is_binding=False)
    page = officer.get("/work/").content.decode()
    assert 'class="clock overdue"' not in page
    assert "đề xuất" in page
    make_late(task, is_binding=True)
    assert 'class="clock overdue"' in officer.get("/work/").content.decode()


def test_many_are_acknowledged_after_a_look_and_that_is_undone(browser, infected, province):
    first, second = infected(), infected("198.51.100.6")
    actions.begin(province.asker("agency_officer"), second.pk, 1)
    officer = browser("agency_officer")
    page = officer.post("/work/bulk", {"do": "acknowledge", "chosen": chosen(first, second)})
    text = page.content.decode()
    assert page.status_code == 200
    assert states(first, second) == ["new", "in_progress"]  # only looked at
    assert "“Đang xử lý”" in text  # why the other stays
    response = officer.post(
        "/work/bulk", {"do": "acknowledge", "sure": "1", "chosen": chosen(first), "next": "/work/?state=open"}
    )
    assert response["Location"] == "/work/?state=open"
    third = infected("198.51.100.7")
    officer.post("/work/bulk", {"do": "acknowledge", "sure": "1", "chosen": chosen(third, infected("198.51.100.8"))})
    assert states(first, third) == ["acknowledged", "acknowledged"]
    bulk = queries.undoable(province.asker("agency_officer"))
    assert f'name="bulk" value="{bulk.pk}"' in officer.get("/work/").content.decode()
    assert officer.post("/work/undo", {"bulk": str(bulk.pk)}).status_code == 302
    assert states(first, third) == ["acknowledged", "new"]
    assert browser("analyst").post("/work/undo", {"bulk": str(bulk.pk)}).status_code == 404


def test_the_preview_leaves_nothing_behind(browser, infected):
    from vonggac.desk.audit.models import Entry
    from vonggac.desk.notices.models import Notice

    tasks = [infected(), infected("198.51.100.6")]
    before = (Entry.objects.count(), Notice.objects.count(), states(*tasks))
    browser("analyst").post("/work/bulk", {"do": "withdraw", "chosen": chosen(*tasks)})
    assert (Entry.objects.count(), Notice.objects.count(), states(*tasks)) == before


def test_what_was_changed_meanwhile_is_told_and_nothing_is_done(browser, infected, province):
    first, second = infected(), infected("198.51.100.6")
    seen = chosen(first, second)
    actions.set_priority(province.asker("duty_officer"), [(second.pk, 1)], 1)
    response = browser("analyst").post("/work/bulk", {"do": "withdraw", "why": "Trùng", "sure": "1", "chosen": seen})
    assert response.status_code == 409
    assert states(first, second) == ["new", "new"]


CLEANED = {
    "result": "cleaned", "tool": "Quét ngoại tuyến", "n_checked": "12", "n_infected": "1", "n_cleaned": "1",
    "done_at": "2026-01-02T08:00", "received_at": "2026-01-01T08:00", "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def test_one_report_for_many(browser, infected, province):
    tasks = [infected(f"198.51.100.{n}") for n in (1, 2, 3)]
    officer = browser("agency_officer")
    body = {"do": "answer", "chosen": chosen(*tasks)}
    assert 'name="result"' in officer.post("/work/bulk", body).content.decode()
    assert officer.post("/work/bulk", {**body, "sure": "1", **CLEANED, "tool": ""}).status_code == 422
    assert not Answer.objects.exists()
    assert officer.post("/work/bulk", {**body, "sure": "1", **CLEANED}).status_code == 302
    assert states(*tasks) == ["submitted"] * 3
    assert Answer.objects.count() == 3
    assert actions.undo(province.asker("agency_officer"), queries.undoable(province.asker("agency_officer")).pk) == 3
    assert states(*tasks) == ["new"] * 3


def test_tasks_of_others_cannot_be_slipped_in(browser, infected):
    own, other = infected(), infected("192.0.2.70", code="benhvien")
    officer = browser("agency_officer")
    officer.post("/work/bulk", {"do": "acknowledge", "sure": "1", "chosen": chosen(own, other)})
    assert states(own, other) == ["acknowledged", "new"]
    assert officer.post("/work/bulk", {"do": "acknowledge", "chosen": chosen(other)}).status_code == 404
    assert (
        officer.post("/work/bulk", {"do": "withdraw", "why": "Trùng", "sure": "1", "chosen": chosen(own)}).status_code
        == 422
    )
    for odd in (["x"], ["1:"], [":"], ["9" * 30 + ":1"], []):
        assert officer.post("/work/bulk", {"do": "acknowledge", "chosen": odd}).status_code == 302


def test_views_are_kept_shown_with_their_counts_and_dropped(browser, infected, province):
    infected()
    analyst = browser("analyst")
    response = analyst.post(
        "/work/views", {"name": "Cần đốc thúc", "query": "state=open&kind=clean_address", "is_shared": "1"}
    )
    assert response["Location"] == "/work/?state=open&kind=clean_address"
    page = browser("duty_officer").get("/work/").content.decode()
    assert re.search(r"Cần đốc thúc</bdi> <span class=\"count\">1<", page)
    row = SavedView.objects.get()
    assert browser("duty_officer").post("/work/views", {"do": "delete", "view": str(row.pk)}).status_code == 404
    assert (
        browser("agency_officer").post("/work/views", {"name": "x", "query": "", "is_shared": "1"}).status_code == 403
    )
    assert analyst.post("/work/views", {"do": "delete", "view": str(row.pk)}).status_code == 302
    assert not SavedView.objects.exists()


def test_one_stands_beside_the_others(browser, infected):
    task = infected()
    page = browser("agency_officer").get(f"/work/?task={task.pk}").content.decode()
    beside = page[page.index('<aside id="beside"') :]
    assert 'id="task"' in beside
    assert "Tiếp nhận" in beside


def test_a_number_of_a_batch_tells_its_title_only_to_who_has_work_of_it(province, browser):
    from django.utils import timezone

    from vonggac.desk.audit.actions import recording
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work import actions

    batch = actions.hide_batch("Công văn mật 9/BC", "intel.listversion", 9, "/lists/9/")
    draft = actions.Draft("clean_address", province.id("donghoa"), "192.0.2.9", "192.0.2.9", {"address": "192.0.2.9"})
    actions.stage(batch, [draft], timezone.now())
    with recording(machine("tests"), "work.open") as record:
        actions.publish(record, batch, timezone.now())
    for role, is_told in (("agency_officer", True), ("stranger", False)):
        page = browser(role).get(f"/work/?batch={batch.pk}").content.decode()
        assert ("Công văn mật 9/BC" in page) is is_told
