"""What the database refuses through nobody's fault is told as such, to people and to programs."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client

from vonggac.desk.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in, province):
    browser = signed_in(Client(), province.users["administrator"])
    browser.raise_request_exception = False
    return browser


def failing(monkeypatch, fail):
    monkeypatch.setattr("vonggac.desk.accounts.queries.accounts", fail)


def test_who_comes_second_with_a_name_is_told(browser, monkeypatch, caplog):
    taken = User.objects.values().first()

    def fail(*_args, **_kwargs):
        with transaction.atomic():
            User.objects.create(**{**taken, "id": None})

    failing(monkeypatch, fail)
    assert browser.get("/accounts/").status_code == 409
    answer = browser.get("/api/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (409, "edit_conflict")
    assert taken["username"] not in answer.content.decode()
    assert "two wrote the same at once" in caplog.text
    assert taken["username"] not in caplog.text


def test_a_database_that_is_busy_or_away_is_told_and_when_to_come_back(browser, monkeypatch, caplog):
    def fail(*_args, **_kwargs):
        raise OperationalError("could not connect to host=db.inside.example user=vonggac")

    failing(monkeypatch, fail)
    for answer in (browser.get("/accounts/"), browser.get("/api/v1/accounts")):
        assert answer.status_code == 503
        assert answer["Retry-After"] == "30"
        assert "db.inside" not in answer.content.decode()
    assert json.loads(answer.content)["code"] == "unavailable"
    assert "could not connect" in caplog.text


def test_a_value_that_is_missing_is_a_fault_of_ours(browser, monkeypatch):
    def fail(*_args, **_kwargs):
        raise IntegrityError("NOT NULL constraint failed")

    failing(monkeypatch, fail)
    assert browser.get("/accounts/").status_code == 500
