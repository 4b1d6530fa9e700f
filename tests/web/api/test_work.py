"""Work over the API: the same rights as the portal, the same loop, cursors, many at once and the way back."""

from __future__ import annotations

import pytest

from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db

VALUES = {
    "tool": "Quét ngoại tuyến", "n_checked": 3, "n_infected": 1, "n_cleaned": 1, "evidence": "Nhật ký sạch",
    "received_at": "2026-01-01T08:00:00+07:00", "done_at": "2026-01-02T08:00:00+07:00",
}  # fmt: skip


def opened(ask, province, n=1, code="donghoa"):
    address = f"198.51.100.{n}"
    body = {
        "kind": "clean_address", "organisation_id": province.id(code), "subject": f"{address} · Mirai",
        "details": {"address": address, "malware": "Mirai"},
    }  # fmt: skip
    answer = ask("post", "/work/tasks", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def seen(task):
    return {"id": task["id"], "version": Task.objects.values_list("version", flat=True).get(pk=task["id"])}


def test_the_whole_loop(api, province):
    centre, unit = api("analyst"), api("agency_officer")
    task = opened(centre, province)
    assert (task["state"], task["value"], task["turn"]) == ("new", "198.51.100.1", "owner")
    assert unit("post", "/work/acknowledge", {"tasks": [seen(task)]}).json()["n"] == 1
    path = f"/work/tasks/{task['id']}"
    contained = unit("post", f"{path}/contain", {"version": seen(task)["version"], "note": "Đã ngắt"}).json()
    assert contained["state"] == "in_progress"
    body = {"version": seen(task)["version"], "result": "cleaned", "values": VALUES}
    assert unit("post", f"{path}/answers", body).status_code == 201
    assert unit("post", "/work/accept", {"tasks": [seen(task)]}).status_code == 403
    assert centre("post", "/work/accept", {"tasks": [seen(task)]}).json()["n"] == 1
    told = unit("get", f"{path}/timeline").json()
    assert [one["verb"] for one in told["steps"]] == ["acknowledge", "contain", "submit", "accept"]
    assert told["answers"][0]["values"]["tool"] == "Quét ngoại tuyến"


def test_a_page_ends_where_the_next_begins_and_filters_narrow(api, province):
    ask = api("analyst")
    made = [opened(ask, province, n)["id"] for n in range(1, 6)]
    found, after = [], ""
    while after is not None:
        page = ask("get", f"/work/tasks?limit=2&after={after}").json()
        found += [one["id"] for one in page["items"]]
        after = page["next"]
    assert found == made
    assert [one["id"] for one in ask("get", "/work/tasks?text=198.51.100.3").json()["items"]] == [made[2]]
    assert ask("get", "/work/tasks?state=done").json()["items"] == []
    assert ask("get", "/work/counts").json()["open"] == 5
    assert ask("get", "/work/tasks?state=nonsense").status_code == 422


def test_who_is_not_concerned_finds_nothing(api, province):
    task = opened(api("analyst"), province)
    stranger = api("stranger") if "stranger" in province.users else api("telco_desk")
    assert stranger("get", "/work/tasks").json()["items"] == []
    for method, path, body in (
        ("get", f"/work/tasks/{task['id']}", None),
        ("get", f"/work/tasks/{task['id']}/timeline", None),
        ("post", f"/work/tasks/{task['id']}/watch", None),
        ("post", f"/work/tasks/{task['id']}/comments", {"text": "x"}),
        ("post", "/work/acknowledge", {"tasks": [{"id": task["id"], "version": 1}]}),
    ):
        assert stranger(method, path, body).status_code == 404, path


def test_many_what_is_refused_and_the_way_back(api, province):
    centre, unit = api("analyst"), api("agency_officer")
    tasks = [opened(centre, province, n) for n in (1, 2, 3)]
    unit("post", f"/work/tasks/{tasks[2]['id']}/begin", {"version": 1})
    answer = unit("post", "/work/acknowledge", {"tasks": [seen(one) for one in tasks]}).json()
    assert answer["n"] == 2
    assert [one["id"] for one in answer["refused"]] == [tasks[2]["id"]]
    assert api("duty_officer")("post", "/work/undo", {"bulk_id": answer["bulk_id"]}).status_code == 404
    assert unit("post", "/work/undo", {"bulk_id": answer["bulk_id"]}).json() == {"n": 2}
    many = {"tasks": [seen(one) for one in tasks], "kind": "clean_address", "result": "cleaned", "values": VALUES}
    assert unit("post", "/work/answer", many).json()["n"] == 3
    assert unit("post", "/work/answer", many).status_code == 409  # what was seen is no more


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**VALUES, "done_at": "2026-01-02"}, "done_at"),
        ({**VALUES, "done_at": 5}, "done_at"),
        ({**VALUES, "tool": 5}, "tool"),
        ({**VALUES, "n_checked": "x"}, "n_checked"),
        ({**VALUES, "folded": "x"}, "folded"),
    ],
)
def test_values_of_a_report_that_cannot_stand(api, province, values, field):
    task = opened(api("analyst"), province)
    body = {"version": 1, "result": "cleaned", "values": values}
    answer = api("agency_officer")("post", f"/work/tasks/{task['id']}/answers", body)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["faults"]}


def test_a_repeated_write_is_done_once(api, province):
    centre, unit = api("analyst"), api("agency_officer")
    task = opened(centre, province)
    body = {"text": "Đang kiểm tra"}
    for _n in range(2):
        unit(
            "post",
            f"/work/tasks/{task['id']}/comments",
            body,
            Idempotency_Key="một-lần".encode("ascii", "ignore").decode(),
        )
    assert len(unit("get", f"/work/tasks/{task['id']}/timeline").json()["comments"]) == 1
