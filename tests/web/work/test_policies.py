"""How long work may take and the days off, by pages; work that is given out by hand."""

from __future__ import annotations

import pytest
from django.urls import reverse

from vonggac.desk.work.models import ClockPolicy, DayOff, Task

pytestmark = pytest.mark.django_db

PROPOSAL = {
    "kind": "assignment", "priority": "2", "acknowledge_s": "2h", "finish_s": "3d", "warn_s": "30m", "climb_s": "1d", "source": "Công văn 12",
}  # fmt: skip


def test_proposed_then_decided(browser):
    client = browser("administrator")
    assert client.post(reverse("work-policy-new"), PROPOSAL).status_code == 302
    row = ClockPolicy.objects.get(kind="assignment", priority=2)
    assert (row.acknowledge_s, row.contain_s, row.finish_s, row.warn_s, row.is_binding) == (
        7200,
        None,
        259_200,
        1800,
        False,
    )
    address = reverse("work-policy-decide", args=[row.pk])
    values = {"version": row.version, "decision": "Quyết định 7/QĐ-UBND", "decided_on": "2026-01-05"}
    assert client.post(address, {**values, "version": row.version + 1}).status_code == 409
    assert client.post(address, values).status_code == 302
    assert client.post(address, values).status_code in (409, 422)  # it is no proposal any more
    assert ClockPolicy.objects.get(kind="assignment", priority=2, valid_until=None).is_binding
    page = browser("agency_officer").get("/work/policies").content.decode()
    assert "Quyết định 7/QĐ-UBND" in page
    assert "Nhập quyết định" not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"finish_s": "3"},
        {"finish_s": "x"},
        {"finish_s": "-1d"},
        {"finish_s": "99999d"},
        {"source": ""},
        {"contain_s": "1h"},
    ],
)
def test_what_cannot_stand_is_told_beside_its_field(browser, wrong):
    n = ClockPolicy.objects.count()
    response = browser("administrator").post(reverse("work-policy-new"), {**PROPOSAL, **wrong})
    assert response.status_code == 422
    assert f'id="id_{next(iter(wrong))}_error"' in response.content.decode()
    assert ClockPolicy.objects.count() == n


@pytest.mark.parametrize("role", ["leader", "analyst", "agency_officer"])
def test_times_of_the_province_are_decided_by_who_may_everywhere(browser, role):
    row = ClockPolicy.objects.filter(is_binding=False).first()
    values = {"version": row.version, "decision": "QĐ 1", "decided_on": "2026-01-05"}
    assert browser(role).post(reverse("work-policy-decide", args=[row.pk]), values).status_code == 403
    assert browser(role).post(reverse("work-days"), {"day": "2026-09-02", "name": "Quốc khánh"}).status_code == 403
    assert not ClockPolicy.objects.filter(is_binding=True).exists()
    assert not DayOff.objects.exists()


def test_days_are_added_once_and_taken_away(browser):
    client = browser("administrator")
    day = {"day": "2027-09-02", "name": "Quốc khánh", "source": "Bộ luật Lao động"}
    assert client.post(reverse("work-days"), day).status_code == 302
    assert client.post(reverse("work-days"), day).status_code == 422
    assert "Quốc khánh" in client.get("/work/calendar").content.decode()
    assert client.post(reverse("work-days"), {"remove": "2027-09-02"}).status_code == 302
    for odd in ("2027-09-02", "x", "2027-13-40"):
        assert client.post(reverse("work-days"), {"remove": odd}).status_code == 404
    assert not DayOff.objects.exists()


def test_work_is_given_out_by_hand(browser, province):
    values = {"organisation_id": "donghoa", "subject": "Rà soát máy chủ", "text": "Theo công văn 5", "priority": "2"}
    assert browser("agency_officer").post("/work/new", values).status_code == 403
    response = browser("analyst").post("/work/new", values)
    task = Task.objects.get()
    assert response["Location"] == f"/work/{task.pk}/"
    assert (task.kind, task.organisation_id, task.priority) == ("assignment", province.id("donghoa"), 2)
    page = browser("agency_officer").get(f"/work/{task.pk}/").content.decode()
    assert "Theo công văn 5" in page
