"""Every page of the directory: who may open it, and that it bears what people write."""

from __future__ import annotations

import pytest
from django.urls import reverse

from vonggac.desk.organisations import queries

pytestmark = pytest.mark.django_db


def things(province, code):
    """What belongs to one organisation: ids for every argument of a URL."""
    admin = province.asker("administrator")
    pk = province.id(code)
    return {
        "organisation_id": pk,
        "network_id": queries.networks(admin, organisation_id=pk)[0].pk,
        "system_id": queries.systems(admin, organisation_id=pk)[0].pk,
        "person_id": queries.people(admin, organisation_id=pk)[0].pk,
        "contact_id": queries.contacts(admin, organisation_id=pk)[0].pk,
    }


OPEN = ("organisations", "networks", "network-owner", "systems", "people", "organisation-pick")
OF_ONE = {
    "organisation_id": (
        "organisation organisation-networks organisation-systems organisation-people organisation-history "
        "organisation-edit organisation-rename organisation-move organisation-close organisation-reopen organisation-split "
        "mandate-add network-add system-add person-add contact-add"
    ).split(),
    "network_id": ["network-edit", "network-end"],
    "system_id": ["system", "system-edit", "system-end"],
    "person_id": ["person", "person-edit", "person-end"],
    "contact_id": ["contact-edit", "contact-end"],
}
PAGES = [(name, argument) for argument, names in OF_ONE.items() for name in names]


@pytest.mark.parametrize("name", OPEN)
def test_lists_open_for_whoever_may_see_them(browser, name):
    assert browser("administrator").get(reverse(name)).status_code == 200


def test_pages_of_one_thing_open_for_whoever_may_see_and_change_it(browser, province):
    client, ids = browser("administrator"), things(province, "donghoa")
    for name, argument in PAGES:
        assert client.get(reverse(name, args=[ids[argument]])).status_code == 200, name
