"""The form in which a unit declares itself, and the page on which its declaration is accepted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from vonggac.desk.directives.values import ClauseValues
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network
from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db

ROW = {
    "contacts-0-label": "Bộ phận trực", "contacts-0-channel": "phone", "contacts-0-value": "0000 111 222",
    "networks-0-range": "203.0.113.0/28", "systems-0-name": "Hệ thống một cửa", "systems-0-level": "3",
    "systems-0-address": "motcua.donghoa.example",
}  # fmt: skip


@pytest.fixture
def task(province: Any) -> Task:
    """What the commune Đông Hòa is asked to declare."""
    from letter_of import draft

    clause = ClauseValues("Khai báo đầu mối, dải địa chỉ, hệ thống", "3", "Đề nghị khai báo.", "declare")
    (found,) = draft(province, clauses=(clause,)).issued().tasks("donghoa")
    return found


def send(client: Any, task: Task, **values: str) -> Any:
    """The form as a browser sends it."""
    return client.post(f"/work/{task.pk}/answer", {"version": str(task.version), "result": "done", **values})


def test_the_form_begins_with_the_directory_and_has_room_for_more(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    page = client.get(f"/work/{task.pk}/answer").content.decode()
    values = dict(re.findall(r'name="(\w+-\d+-\w+)" id="[^"]*" value="([^"]+)"', page))
    assert values == {
        "contacts-0-label": "Nguyễn Văn Donghoa", "contacts-0-value": "0000 000 123",
        "networks-0-range": "198.51.100.1-198.51.100.9", "networks-0-since": "2020-01-01", "systems-0-name": "Cổng thông tin donghoa",
        "systems-0-level": "2", "systems-0-address": "donghoa.example",
    }  # fmt: skip
    assert 'name="networks-1-range"' in page


def test_sent_and_accepted_it_is_in_the_directory(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    assert send(client, task, **ROW).status_code == 302
    signed_in(client, province.users["duty_officer"])
    page = client.get(f"/work/{task.pk}/accept").content.decode()
    assert "203.0.113.0/28" in page
    assert "Hệ thống một cửa (3)" in page
    task.refresh_from_db()
    was = Network.objects.get(organisation=province["donghoa"])
    assert f'value="networks:{was.pk}"' in page
    done = client.post(
        f"/work/{task.pk}/accept", {"version": str(task.version), "note": "", "ticked": [f"networks:{was.pk}"]}
    )
    assert done.status_code == 302
    was.refresh_from_db()
    assert was.valid_until is not None
    assert Network.objects.get(organisation=province["donghoa"], valid_until=None).text == "203.0.113.0/28"
    assert ContactPoint.objects.filter(organisation=province["donghoa"], value="0000 111 222").exists()
    assert InformationSystem.objects.get(name="Hệ thống một cửa").level == 3
    page = client.get(f"/work/{task.pk}/").content.decode()
    assert "0000 111 222" in page


def test_the_reviewer_reads_what_is_not_possible_before_anything_happens(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    send(client, task, **{**ROW, "networks-0-range": "198.51.100.32/29"})
    signed_in(client, province.users["duty_officer"])
    page = client.get(f"/work/{task.pk}/accept").content.decode()
    assert "Xã Tây Sơn" in page
    assert Network.objects.filter(organisation=province["donghoa"]).count() == 1


def test_a_fault_stands_beside_its_cell_and_nothing_is_lost(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    answer = send(client, task, **{**ROW, "networks-0-range": "203.0.113.0/28", "networks-4-range": "10.0.0.1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_networks-1-range-error"' in page  # the gap is closed: it is the second row now
    assert 'id="id_networks-0-range-error"' not in page
    assert 'value="0000 111 222"' in page
    assert not Task.objects.get(pk=task.pk).answers.exists()


def test_rows_that_were_emptied_are_gone(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    empty = {"contacts-1-label": " ", "contacts-1-channel": "", "contacts-1-value": "", "networks-7-range": ""}
    assert send(client, task, **ROW, **empty).status_code == 302
    values = Task.objects.get(pk=task.pk).answers.get().values
    assert (len(values["contacts"]), len(values["networks"])) == (1, 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"networks-٣-range": "203.0.113.0/28"}, {"networks-99999-range": "203.0.113.0/28"}, {"networks-0-owner": "tayson"},
        {"networks-0-__class__": "x"}, {"networks--1-range": "203.0.113.0/28"}, {"xnetworks-0-range": "203.0.113.0/28"},
    ],
)  # fmt: skip
def test_names_that_no_form_has_are_not_read(client, signed_in, province, task, odd):
    signed_in(client, province.users["agency_officer"])
    contact = {key: value for key, value in ROW.items() if key.startswith("contacts")}
    assert send(client, task, **contact, **odd).status_code == 302
    assert "networks" not in Task.objects.get(pk=task.pk).answers.get().values


def test_hostile_text_is_shown_as_text(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    hostile = {
        "contacts-0-label": '"><script>alert(1)</script>',
        "systems-0-name": "{{ 7*7 }}<img src=x onerror=alert(1)>",
    }
    assert send(client, task, **{**ROW, **hostile}).status_code == 302
    again = client.get(f"/work/{task.pk}/").content.decode()
    signed_in(client, province.users["duty_officer"])
    review = client.get(f"/work/{task.pk}/accept").content.decode() + client.get(f"/work/{task.pk}/").content.decode()
    for page in (again, review):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "{{ 7*7 }}" in page


def test_more_rows_than_a_table_takes_are_refused_with_what_was_typed(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    rows = {f"networks-{n}-range": f"203.0.{n}.0/28" for n in range(201)}
    answer = send(client, task, **{**ROW, **rows})
    assert answer.status_code == 422
    assert 'value="203.0.200.0/28"' in answer.content.decode()


def test_another_unit_is_not_there(client, signed_in, province, task):
    signed_in(client, province.users["stranger"])
    assert send(client, task, **ROW).status_code == 404
    assert client.get(f"/work/{task.pk}/accept").status_code in (403, 404)


def test_a_program_declares_with_lists_of_rows(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    url = f"/api/v1/work/tasks/{task.pk}/answers"
    body = {
        "version": task.version, "result": "done",
        "values": {"contacts": [{"label": "Trực", "channel": "phone", "value": "0000 1"}], "networks": [{"range": "10.0.0.1"}]},
    }  # fmt: skip
    refused = client.post(url, body, "application/json")
    assert refused.status_code == 422, refused.content
    assert "networks.0.range" in refused.content.decode()
    body["values"]["networks"] = [{"range": "203.0.113.0/28"}]
    made = client.post(url, body, "application/json")
    assert made.status_code in (200, 201), made.content
    assert made.json()["values"]["networks"] == [{"range": "203.0.113.0/28"}]


def test_a_program_reads_what_would_happen_and_accepts_with_ticks(client, signed_in, province, task):
    signed_in(client, province.users["agency_officer"])
    url = f"/api/v1/letters/declarations/{task.pk}"
    begun = client.get(f"{url}/beginning").json()["values"]
    assert begun["networks"] == [{"range": "198.51.100.1-198.51.100.9", "since": "2020-01-01"}]
    assert client.get(url).status_code == 403
    assert send(client, task, **ROW).status_code == 302
    task.refresh_from_db()
    signed_in(client, province.users["duty_officer"])
    plan = client.get(url).json()
    assert [(one["part"], one["status"]) for one in plan["lines"]] == [
        ("contacts", "new"), ("networks", "new"), ("systems", "new"),
    ]  # fmt: skip
    key = next(one["key"] for one in plan["absent"] if one["part"] == "networks")
    body = {"version": task.version, "ticked": [key]}
    assert client.post(f"{url}/accept", body, "application/json").json()["n"] == 1
    assert list(
        Network.objects.filter(organisation=province["donghoa"], valid_until=None).values_list("text", flat=True)
    ) == ["203.0.113.0/28"]
    signed_in(client, province.users["stranger"])
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/accept", body, "application/json").status_code == 404


def test_on_the_page_of_the_letter_it_is_looked_at_by_itself(client, signed_in, province, task):
    url = f"/letters/received/{task.details['recipient']}/"
    signed_in(client, province.users["agency_officer"])
    page = client.get(url).content.decode()
    assert f'name="{task.pk}.networks-0-range"' in page
    assert 'value="198.51.100.1-198.51.100.9"' in page
    fields = {f"{task.pk}.{name}": value for name, value in {**ROW, "result": "done", "seen": "0"}.items()}
    assert client.post(url, {"do": "answer", "key": "k", **fields}).status_code == 302
    assert len(Task.objects.get(pk=task.pk).answers.get().values["networks"]) == 1
    signed_in(client, province.users["duty_officer"])
    page = client.get(url).content.decode()
    assert f'href="/work/{task.pk}/accept?next=' in page
    assert f'value="{task.pk}:' in page  # to return it
    assert 'name="do" value="accept"' not in page
