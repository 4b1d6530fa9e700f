"""Organisations are made, edited, renamed, moved and closed, by those who may."""

from __future__ import annotations

import pytest
from province import admin

from vonggac.desk.organisations import queries

pytestmark = pytest.mark.django_db


def test_the_province_stands(province):
    assert province["donghoa"].parent == province["ubnd"]
    assert queries.organisations(province.asker("agency_officer")).get() == province["donghoa"]
    assert queries.contact_ladder(admin(), province.id("donghoa"))[0].value == "0000 000 123"
