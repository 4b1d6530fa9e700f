"""Letters received over the API: the same rights as the portal, all clauses at once, repeated without harm."""

from __future__ import annotations

import pytest

from vonggac.desk.audit.models import Entry
from vonggac.desk.directives.models import AnswerDraft
from vonggac.desk.work.models import Answer

pytestmark = pytest.mark.django_db
PEOPLE = [{"day": "31/12", "name": "Trần Thị Mẫu", "phone": "0000 000 001"}]


@pytest.fixture
def issued(province):
    """A holiday letter of three clauses to all communes and telcos."""
    from letter_of import draft

    return draft(province).issued()


@pytest.fixture
def unit(api):
    """The officer of Đông Hòa."""
    return api("agency_officer")


def path_of(issued, code="donghoa"):
    return f"/letters/received/{issued.recipient(code).pk}"


def both(issued):
    """Answers to both clauses."""
    duty, machines = issued.tasks("donghoa")
    counts = {"n_servers": 2, "n_workstations": 40, "n_checked": 42, "n_infected": 0, "n_cleaned": 0}
    return {
        "answers": [
            {"task_id": duty.pk, "result": "done", "values": {"n_people": 1, "people": PEOPLE}, "seen_answer_id": 0},
            {"task_id": machines.pk, "result": "done", "values": counts, "seen_answer_id": 0},
        ],
        "told_by": "Trần Thị Mẫu",
    }


def test_a_program_reads_acknowledges_and_answers(unit, issued):
    (row,) = unit("get", "/letters/received?waiting=true").json()["items"]
    assert (row["reference"], row["acknowledged_at"]) == (issued.letter.reference, None)
    read = unit("get", path_of(issued)).json()
    duty, machines = read["obligations"]
    assert [one["kind"] for one in (duty, machines)] == ["stand_duty", "check_machines"]
    assert duty["results"]["done"]
    people = next(field for field in duty["fields"] if field["name"] == "people")
    assert {"name", "phone"} <= {column["name"] for column in people["columns"]}
    assert issued.recipient("donghoa").opened_at is None
    assert unit("post", f"{path_of(issued)}/acknowledge", {}).json()["acknowledged_via"] == "portal"
    told = unit("post", f"{path_of(issued)}/answer", both(issued))
    assert told.status_code == 200, told.content
    assert len(told.json()["answers"]) == 2
    assert unit("get", "/letters/received?waiting=true").json()["items"] == []
    read = unit("get", path_of(issued)).json()
    assert [one["answers"][0]["result"] for one in read["obligations"]] == ["done", "done"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "abc"}])
def test_the_same_again_is_a_success_and_changes_nothing(unit, issued, headers):
    first = unit("post", f"{path_of(issued)}/answer", both(issued), **headers)
    seq = Entry.objects.latest("seq").seq
    again = unit("post", f"{path_of(issued)}/answer", both(issued), **headers)
    assert first.status_code == again.status_code == 200
    assert Answer.objects.count() == 2
    assert Entry.objects.latest("seq").seq == seq


def test_faults_are_named_by_task_and_field(unit, issued):
    duty, machines = issued.tasks("donghoa")
    body = both(issued)
    body["answers"][0]["values"] = {"n_people": "ba", "people": PEOPLE, "difficulties": ["x"]}
    body["answers"][1]["values"] = {"n_servers": 1, "lạ": "x"}
    told = unit("post", f"{path_of(issued)}/answer", body)
    assert told.status_code == 422
    assert {fault["field"] for fault in told.json()["faults"]} == {f"{duty.pk}.difficulties"}
    del body["answers"][0]["values"]["difficulties"]
    told = unit("post", f"{path_of(issued)}/answer", body)
    fields = {fault["field"] for fault in told.json()["faults"]}
    assert {f"{duty.pk}.n_people", f"{machines.pk}.lạ", f"{machines.pk}.n_checked"} <= fields
    assert not Answer.objects.exists()


@pytest.mark.parametrize("values", [{"n_people": {"a": 1}, "people": {"b": 2}}, {"people": [1, None, "x"], "n_people": 1.5}, {"people": [{"day": {}}], "n_people": [1]}])  # fmt: skip
def test_values_of_the_wrong_shape_are_faults(unit, issued, values):
    body = both(issued)
    body["answers"][0]["values"] = values
    assert unit("post", f"{path_of(issued)}/answer", body).status_code == 422
    assert not Answer.objects.exists()


def test_somebody_elses_newer_answer_is_a_conflict(unit, issued):
    body = both(issued)
    first = unit(
        "post",
        f"{path_of(issued)}/answer",
        {"answers": [{**body["answers"][0], "result": "in_progress", "values": {}}]},
    )
    assert first.status_code == 200
    assert unit("post", f"{path_of(issued)}/answer", body).status_code == 409
    body["answers"][0]["seen_answer_id"] = first.json()["answers"][0]["id"]
    assert unit("post", f"{path_of(issued)}/answer", body).status_code == 200


def test_a_task_of_another_recipient_is_not_there(unit, issued):
    body = both(issued)
    body["answers"].append({"task_id": issued.tasks("tayson")[0].pk, "result": "in_progress"})
    assert unit("post", f"{path_of(issued)}/answer", body).status_code == 404
    assert not Answer.objects.exists()


def test_strangers_find_nothing_and_lookers_may_not(api, issued):
    stranger, clerk = api("stranger"), api("records_clerk")
    assert stranger("get", "/letters/received").json()["items"] == []
    for method, more, body in (
        ("get", "", None), ("get", "/draft", None), ("post", "/acknowledge", {}), ("post", "/answer", both(issued)),
        ("put", "/draft", {"version": 0}),
    ):  # fmt: skip
        assert stranger(method, path_of(issued) + more, body).status_code == 404, more
        if more:
            assert clerk(method, path_of(issued) + more, body).status_code == 403, more
    assert not Answer.objects.exists()


def test_the_centre_enters_what_it_was_told(api, issued):
    centre = api("duty_officer")
    body = {**both(issued), "came_by": "phone", "told_by": ""}
    assert centre("post", f"{path_of(issued)}/answer", body).status_code == 422
    assert centre("post", f"{path_of(issued)}/answer", {**body, "told_by": "Chị Mẫu"}).status_code == 200
    assert {one.came_by for one in Answer.objects.all()} == {"phone"}


def test_a_draft_is_kept_by_version(unit, issued):
    duty = issued.tasks("donghoa")[0]
    assert unit("get", f"{path_of(issued)}/draft").json()["version"] == 0
    body = {"version": 0, "values": {f"{duty.pk}.n_people": "3", "who": "Mẫu"}}
    assert unit("put", f"{path_of(issued)}/draft", body).json()["version"] == 1
    assert unit("put", f"{path_of(issued)}/draft", {**body, "values": {"who": "Khác"}}).status_code == 409
    assert unit("get", f"{path_of(issued)}/draft").json()["values"] == body["values"]
    assert unit("put", f"{path_of(issued)}/draft", {"version": 1, "values": {"lạ": "x"}}).status_code == 422
    assert AnswerDraft.objects.get().version == 1
