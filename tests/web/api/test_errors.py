"""Whatever goes wrong before a route is reached, programs get JSON in the one shape of errors, and nothing is kept in a cache."""

from __future__ import annotations

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def told(answer):
    """The code of an error in the one shape."""
    assert answer["Content-Type"].startswith("application/json"), answer.content[:200]
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"code", "message", "faults"}
    assert body["message"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("get", "/nothing", {}, 404, "not_there"),
        ("get", "/organisations/999999", {}, 404, "not_there"),
        ("get", "/organisations/%00", {}, 400, "malformed"),
        ("delete", "/organisations", {}, 405, "method_not_allowed"),
        ("options", "/organisations", {}, 405, "method_not_allowed"),
        ("post", "/organisations", {"data": "{", "content_type": "application/json"}, 400, "malformed"),
        ("post", "/organisations", {"data": b"\xff", "content_type": "text/csv"}, 400, "malformed"),
        ("post", "/organisations", {"data": "a" * 3_000_000, "content_type": "application/json"}, 413, "too_large"),
        ("post", "/organisations", {"data": {"code": "x"}}, 400, "malformed"),
    ],
)
def test_errors_outside_the_routes_have_the_one_shape(api, method, path, sent, status, code):
    client = api("administrator").client
    assert told(getattr(client, method)(f"/api/v1{path}", **sent)) == (status, code)


def test_a_body_over_the_limit_is_refused_unread_in_the_one_shape(client):
    answer = client.post("/api/v1/organisations", data="{}", content_type="application/json", CONTENT_LENGTH=str(2**30))
    assert told(answer) == (413, "too_large")


def test_a_fault_of_the_program_says_nothing_of_itself(api, monkeypatch):
    client = api("administrator").client
    client.raise_request_exception = False

    def fail(*_args, **_kwargs):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("vonggac.desk.accounts.queries.accounts", fail)
    answer = client.get("/api/v1/accounts")
    assert told(answer) == (500, "failed")
    assert b"secret" not in answer.content


def test_answers_to_a_token_are_kept_in_no_cache(api):
    assert api("administrator")("get", "/organisations")["Cache-Control"] == "no-store"


def test_the_language_is_the_one_asked_for(client):
    def message(language):
        return client.get("/api/v1/organisations", headers={"Accept-Language": language}).json()["message"]

    assert message("en-GB,en;q=0.8") != message("vi")
    assert message("xx") == message("vi")


def test_a_session_that_owes_a_step_is_told_so_and_not_sent_to_a_page(signed_in, province):
    user = province.users["administrator"]
    browser = signed_in(Client(), user, strong=False)
    assert told(browser.get("/api/v1/organisations")) == (403, "step_owed")
    officer = province.users["agency_officer"]
    type(officer).objects.filter(pk=officer.pk).update(must_change_password=True)
    assert told(signed_in(Client(), officer).get("/api/v1/organisations")) == (403, "step_owed")


def test_a_session_that_is_over_is_told_so(signed_in, province):
    browser = signed_in(Client(), province.users["agency_officer"])
    session = browser.session
    session["seen_at"] = 1
    session.save()
    assert told(browser.get("/api/v1/organisations")) == (401, "not_signed_in")


def test_a_session_without_the_token_of_forms_writes_nothing(signed_in, province):
    browser = signed_in(Client(enforce_csrf_checks=True), province.users["agency_officer"])
    answer = browser.post("/api/v1/people", data=json.dumps({}), content_type="application/json")
    assert told(answer) == (403, "not_allowed")
