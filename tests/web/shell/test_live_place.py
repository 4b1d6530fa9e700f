"""A page says at which entry of the audit record it was made, so that what happens from then on is told to it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from province import admin

from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.queries import last_seq

pytestmark = pytest.mark.django_db
PLACE = re.compile(r'<meta name="vonggac-live-after" content="(\d+)">')


def test_a_page_names_the_entry_before_it_read_anything(signed_in, province, monkeypatch):
    browser = signed_in(Client(), province.users["administrator"])
    from vonggac.web.accounts.views import people

    before = last_seq()
    read = people.queries.accounts

    def meanwhile(*args, **kwargs):
        found = read(*args, **kwargs)
        with recording(admin(), "notices.hold"):
            pass
        return found

    monkeypatch.setattr(people.queries, "accounts", meanwhile)
    page = browser.get("/accounts/").content.decode()
    assert last_seq() > before
    assert PLACE.findall(page) == [str(before)]


def test_parts_of_pages_and_pages_without_a_stream_name_none(client, signed_in, province):
    assert not PLACE.search(client.get("/account/login/").content.decode())
    browser = signed_in(Client(), province.users["administrator"])
    part = browser.get("/organisations/", headers={"HX-Request": "true"}).content.decode()
    assert not PLACE.search(part)
