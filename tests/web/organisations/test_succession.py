"""Merging and splitting through the wizards, and finding owners in the past."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from province import admin

from vonggac.desk.organisations import queries

pytestmark = pytest.mark.django_db


def merge_values(province, **more):
    return {
        "from": [province.id("donghoa"), province.id("tayson")],
        "who": "new",
        "name": "Xã Đông Tây",
        "kind": "commune",
        "code": "dongtay",
        "parent_id": "ubnd",
        "at": "2025-07-01",
        "basis": "Nghị quyết 1234/NQ",
        "moves": ["people", "networks", "systems", "mandates"],
        **more,
    }


def test_two_communes_merge_and_an_address_finds_its_owner_then_and_now(browser, province):
    client, address = browser("administrator"), reverse("organisation-merge")
    checked = client.post(address, merge_values(province, step="check"))
    assert checked.status_code == 200
    assert "Xã Đông Tây" in checked.content.decode()
    assert not queries.organisations(admin(), text="dongtay").exists()  # a rehearsal writes nothing
    done = client.post(address, merge_values(province, step="confirm"))
    new = queries.organisations(admin(), text="dongtay")[0]
    assert done["Location"] == reverse("organisation-history", args=[new.pk])
    history = client.get(done["Location"]).content.decode()
    assert "Xã Đông Hòa" in history
    assert "Nghị quyết 1234/NQ" in history

    def owner(at):
        page = client.get(reverse("network-owner"), {"address": "198.51.100.5", "at": at}).content.decode()
        return page[page.index("<article") : page.index("</article>")]

    before, after = owner("2025-06-30T23:59"), owner("2025-07-01T00:00")
    assert f'href="{reverse("organisation", args=[province.id("donghoa")])}"' in before
    assert f'href="{reverse("organisation", args=[new.pk])}"' in before  # the way from then to now
    assert "0000 000 123" in before  # whom to reach today
    assert f'href="{reverse("organisation", args=[province.id("donghoa")])}"' not in after
    assert f'href="{reverse("organisation", args=[new.pk])}"' in after
    tree = client.get(reverse("organisations"), {"q": "dong hoa"}).content.decode()
    assert "<s><bdi>Xã Đông Hòa" in tree
    assert "Xã Đông Tây" in tree


def test_a_merger_can_be_taken_back_in_its_history(browser, province):
    client = browser("administrator")
    client.post(reverse("organisation-merge"), merge_values(province, step="confirm"))
    page = client.get(reverse("organisation-history", args=[province.id("donghoa")])).content.decode()
    address = re.search(r'href="([^"]+/undo)"', page)[1]
    assert client.get(address).status_code == 200
    assert browser("agency_officer").post(address).status_code == 403
    assert browser("stranger").post(address).status_code in {403, 404}
    assert client.post(address).status_code == 302
    assert queries.organisation(admin(), province.id("donghoa")).valid_until is None
    assert not queries.organisations(admin(), text="dongtay").exists()
    assert client.post(address).status_code == 404


def test_faults_of_a_merger_come_before_it_and_keep_what_was_typed(browser, province):
    client, address = browser("administrator"), reverse("organisation-merge")
    for more in ({"code": "ubnd"}, {"at": "2999-01-01"}, {"name": ""}, {"who": "existing", "successor": "tayson"}):
        response = client.post(address, merge_values(province, step="check", **more))
        assert response.status_code == 422, more
        assert "Nghị quyết 1234/NQ" in response.content.decode()
        assert client.post(address, merge_values(province, step="confirm", **more)).status_code == 422


def test_only_who_may_change_all_of_them_merges(browser, province):
    address = reverse("organisation-merge")
    assert browser("agency_officer").get(address).status_code == 403
    assert browser("stranger").post(address, merge_values(province, step="confirm")).status_code == 403
    assert queries.organisation(admin(), province.id("donghoa")).valid_until is None


def test_the_first_step_gathers_organisations_in_the_address(browser, province):
    client, address = browser("administrator"), reverse("organisation-merge")
    response = client.get(address, {"from": province.id("donghoa"), "add": "tayson"})
    assert response["Location"] == f"{address}?from={province.id('donghoa')}&from={province.id('tayson')}"
    page = client.get(response["Location"]).content.decode()
    assert "Xã Tây Sơn" in page
    assert client.get(f"{response['Location']}&step=edit").status_code == 200
    assert client.get(address, {"from": "999999"}).status_code == 404


def split_values(**more):
    return {
        "n_parts": "2",
        "part-0-who": "new",
        "part-0-name": "Xã Đông Hòa Thượng",
        "part-0-kind": "commune",
        "part-0-code": "thuong",
        "part-0-parent_id": "ubnd",
        "part-1-who": "existing",
        "part-1-successor": "tayson",
        "at": "2025-07-01",
        "basis": "Nghị quyết 7",
        **more,
    }


def test_a_split_asks_what_goes_to_whom_and_does_it(browser, province):
    client, address = browser("administrator"), reverse("organisation-split", args=[province.id("donghoa")])
    network = queries.networks(admin(), organisation_id=province.id("donghoa"))[0]
    assert client.get(address).status_code == 200
    asked = client.post(address, split_values(step="assign")).content.decode()
    assert f'name="goes-networks-{network.pk}"' in asked
    goes = split_values(rest="0", **{f"goes-networks-{network.pk}": "1"})
    checked = client.post(address, goes | {"step": "check"})
    assert checked.status_code == 200
    assert f'name="goes-networks-{network.pk}" value="1"' in checked.content.decode()
    assert not queries.organisations(admin(), text="thuong").exists()
    assert client.post(address, goes | {"step": "confirm"}).status_code == 302
    new = queries.organisations(admin(), text="thuong")[0]
    assert queries.networks(admin(), organisation_id=province.id("tayson"), text="198.51.100.5").exists()
    assert queries.systems(admin(), organisation_id=new.pk).exists()
    assert queries.organisation(admin(), province.id("donghoa")).valid_until is not None


def test_a_split_counts_its_parts_and_refuses_nonsense(browser, province):
    client, address = browser("administrator"), reverse("organisation-split", args=[province.id("donghoa")])
    more = client.post(address, split_values(step="more")).content.decode()
    assert 'name="part-2-name"' in more
    assert 'value="Xã Đông Hòa Thượng"' in more
    for values in (
        split_values(step="assign", **{"part-0-name": ""}),
        split_values(step="check", rest="0", **{"part-1-successor": "donghoa"}),
        split_values(step="confirm", rest="0", at=""),
    ):
        assert client.post(address, values).status_code == 422
    assert queries.organisation(admin(), province.id("donghoa")).valid_until is None


def test_networks_of_others_cannot_be_given_away_in_a_split(browser, province):
    client, address = browser("administrator"), reverse("organisation-split", args=[province.id("donghoa")])
    theirs = queries.networks(admin(), organisation_id=province.id("stranger"))[0]
    values = split_values(step="confirm", rest="0", **{f"goes-networks-{theirs.pk}": "1"})
    assert client.post(address, values).status_code == 302
    assert queries.network(admin(), theirs.pk).organisation_id == province.id("stranger")
    assert queries.network(admin(), theirs.pk).valid_until is None
