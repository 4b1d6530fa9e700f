"""Lists over the API: a file from upload to work, by a client with a token."""

from __future__ import annotations

import pytest
from listing import file_of, row

pytestmark = pytest.mark.django_db
ROWS = [row("198.51.100.5"), row("198.51.100.6"), row("203.0.113.77")]


def upload(api, list_id, data, **asked):
    query = "&".join(f"{name}={value}" for name, value in {"file_name": "ds.csv", **asked}.items())
    way = f"/api/v1/lists/{list_id}/versions?{query}"
    return api.client.post(way, data=data, content_type="application/octet-stream")


def test_a_file_becomes_work(api):
    analyst, officer = api("analyst"), api("agency_officer")
    made = analyst("post", "/lists", {"code": "botnet", "name": "Danh sách botnet"})
    assert made.status_code == 201
    pk = made.json()["id"]
    taken = upload(analyst, pk, file_of(ROWS), letter="12/BC")
    assert taken.status_code == 201, taken.json()
    version = taken.json()
    assert (version["state"], version["letter"], version["counts"]["owned"]) == ("checked", "12/BC", 2)
    way = f"/lists/versions/{version['id']}"
    assert officer("get", way).status_code == 404
    assert analyst("post", f"{way}/confirm", {"version": version["version"] + 1}).status_code == 409
    done = analyst("post", f"{way}/confirm", {"version": version["version"]}).json()
    assert (done["state"], done["n"], done["is_rechecked"]) == ("published", 1, True)
    rows = analyst("get", f"{way}/rows?limit=2&attribution=owner").json()
    assert [(one["value"], one["task_state"]) for one in rows["items"]] == [
        ("198.51.100.5", "new"),
        ("198.51.100.6", "new"),
    ]
    again = upload(analyst, pk, file_of(ROWS)).json()
    assert (again["id"], again["is_repeated"]) == (version["id"], True)
    found = analyst("get", f"{way}/difference").json()
    assert (found["n_nobody"], [line["n_new"] for line in found["organisations"]]) == (1, [2])
    cells = analyst("get", f"/lists/{pk}/matrix").json()["cells"]
    assert [(one["n_rows"], one["n_tasks"], one["n_open"]) for one in cells] == [(2, 2, 2)]


def test_pages_of_rows_follow_each_other(api):
    analyst = api("analyst")
    pk = analyst("post", "/lists", {"code": "botnet", "name": "Danh sách botnet"}).json()["id"]
    version = upload(analyst, pk, file_of([row(f"198.51.100.{n}") for n in range(1, 8)])).json()
    way, after, seen = f"/lists/versions/{version['id']}/rows?limit=3", "", []
    while after is not None:
        page = analyst("get", f"{way}&after={after}").json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen)


def test_who_may_not_import_leaves_no_file(api):
    from listing import spooled

    before = spooled()
    pk = api("analyst")("post", "/lists", {"code": "botnet", "name": "Danh sách botnet"}).json()["id"]
    assert upload(api("auditor"), pk, file_of(ROWS)).status_code == 403
    assert upload(api("agency_officer"), pk, file_of(ROWS)).status_code == 404
    assert upload(api("analyst"), pk, b"").status_code == 422
    assert spooled() == before
