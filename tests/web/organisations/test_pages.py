"""Every page of the directory: who may open it, what it costs, and that it bears what people write."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from province import admin, make_organisation

from vonggac.desk.organisations import actions, queries
from vonggac.web.organisations.urls import urlpatterns

pytestmark = pytest.mark.django_db

OPEN = (
    "organisations",
    "organisation-pick",
    "organisation-mine",
    "networks",
    "network-owner",
    "systems",
    "people",
)
"""Pages for everybody who may see such things: they show what is in scope."""
MAKING = ("organisation-add", "organisation-merge")
OF_OTHERS = {"contact-order", "succession-undo"}
"""Pages that only write, tried in tests of their own."""


def things(province, code):
    """What belongs to one organisation: an id for every argument of a URL."""
    pk = province.id(code)
    mandates = queries.mandates(admin(), holder_id=pk)
    mandate = mandates[0] if mandates else actions.add_mandate(admin(), pk, subject="support", over_id=pk)
    return {
        "organisation_id": pk,
        "network_id": queries.networks(admin(), organisation_id=pk)[0].pk,
        "system_id": queries.systems(admin(), organisation_id=pk)[0].pk,
        "person_id": queries.people(admin(), organisation_id=pk)[0].pk,
        "contact_id": queries.contacts(admin(), organisation_id=pk)[0].pk,
        "mandate_id": mandate.pk,
    }


def pages_of_one():
    """(name, argument) of each page of one thing, from the urls themselves."""
    for one in urlpatterns:
        arguments = getattr(one.pattern, "converters", {}) if hasattr(one, "name") else {}
        if len(arguments) == 1 and one.name not in OF_OTHERS:
            yield one.name, next(iter(arguments))


def test_every_page_is_tried():
    names = {one.name for one in urlpatterns if getattr(one, "name", None)}
    assert names == {name for name, _ in pages_of_one()} | set(OPEN) | set(MAKING) | OF_OTHERS


def test_an_administrator_opens_every_page(browser, province):
    client, ids = browser("administrator"), things(province, "donghoa")
    for name in (*OPEN[:2], *OPEN[3:], *MAKING):
        assert client.get(reverse(name)).status_code == 200, name
    for name, argument in pages_of_one():
        assert client.get(reverse(name, args=[ids[argument]])).status_code == 200, name


def test_nobody_opens_anything_without_signing_in(client, province):
    ids = things(province, "donghoa")
    addresses = [reverse(name) for name in (*OPEN, *MAKING)]
    addresses += [reverse(name, args=[ids[argument]]) for name, argument in pages_of_one()]
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 302, address
        assert "login" in response["Location"], address


def test_a_stranger_gets_404_or_403_and_reads_nothing(browser, province):
    client, ids = browser("stranger"), things(province, "donghoa")
    secrets = ("Đông Hòa", "198.51.100.", "Nguyễn Văn Donghoa", "donghoa-web", "donghoa.example")
    for name, argument in pages_of_one():
        for answer in (client.get, client.post):
            response = answer(reverse(name, args=[ids[argument]]))
            assert response.status_code in {403, 404, 405}, name
            assert not [text for text in secrets if text in response.content.decode()], name
    for name in OPEN:
        for asked in ({}, {"q": "dong hoa"}, {"q": "198.51.100.5"}, {"address": "198.51.100.5"}, {"view": "list"}):
            page = client.get(reverse(name), asked, follow=True).content.decode()
            page = page.replace("198.51.100.5", "")  # what was asked comes back
            assert not [text for text in secrets if text in page], (name, asked)


def test_who_may_only_look_may_not_change(browser, province):
    client, ids = browser("duty_officer"), things(province, "donghoa")
    page = client.get(reverse("organisation", args=[ids["organisation_id"]])).content.decode()
    assert "0000 000 123" in page
    assert reverse("contact-add", args=[ids["organisation_id"]]) not in page
    for name, argument in pages_of_one():
        if name.rpartition("-")[2] in {"edit", "end", "add", "rename", "move", "close", "reopen", "split"}:
            for answer in (client.get, client.post):
                assert answer(reverse(name, args=[ids[argument]])).status_code == 403, name


def test_an_officer_sees_what_is_missing_on_one_page(browser, province):
    response = browser("agency_officer").get(reverse("organisation-mine"), follow=True)
    page = response.content.decode()
    assert response.redirect_chain[0][0] == reverse("organisation", args=[province.id("donghoa")])
    assert reverse("system-add", args=[province.id("donghoa")]) not in page  # it has one: nothing is missing
    empty = browser("administrator").get(reverse("organisation", args=[province.id("tayson")])).content.decode()
    assert reverse("contact-add", args=[province.id("tayson")]) in empty
    assert 'id="missing"' in empty


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_markup_in_every_text_comes_out_as_text(browser, province):
    one = make_organisation("evil", province["ubnd"], name=f"A{EVIL}", short_name=EVIL, address=EVIL, note=EVIL)
    person = actions.add_person(admin(), one.pk, name=EVIL, position=EVIL)
    actions.add_contact(admin(), one.pk, channel="chat", value=EVIL, label=EVIL, hours=EVIL, person_id=person.pk)
    actions.add_network(admin(), one.pk, text="203.0.113.9", provider=EVIL, note=EVIL)
    system = actions.add_system(admin(), one.pk, code="e", name=EVIL, purpose=EVIL)
    actions.add_mandate(admin(), one.pk, subject="support", over_id=one.pk, basis=EVIL)
    client, ids = browser("administrator"), things(province, "evil") if "evil" in province.orgs else None
    ids = {"organisation_id": one.pk, "system_id": system.pk, "person_id": person.pk}
    ids |= {
        "network_id": queries.networks(admin(), organisation_id=one.pk)[0].pk,
        "contact_id": queries.contacts(admin(), organisation_id=one.pk)[0].pk,
        "mandate_id": queries.mandates(admin(), holder_id=one.pk)[0].pk,
    }
    addresses = [reverse(name, args=[ids[argument]]) for name, argument in pages_of_one()]
    addresses += [reverse(name) for name in OPEN]
    addresses += [
        f"{reverse('organisation-pick')}?q=script",
        f"{reverse('network-owner')}?address=203.0.113.9",
        f"{reverse('organisations')}?view=list&q=%3Cscript%3Ealert(1)",
        f"{reverse('organisation-merge')}?from={one.pk}&step=edit",
        f"{reverse('systems')}?q=%22%3E%3Cimg%20src=x%20onerror=alert(2)%3E",
    ]
    for address in addresses:
        page = client.get(address, follow=True).content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert 'style="' not in page, address


def test_lists_and_the_tree_cost_the_same_for_few_and_for_many(browser, province):
    client = browser("administrator")
    addresses = [reverse(name) for name in ("organisations", "networks", "systems", "people")]
    addresses += [f"{reverse('organisations')}?view=list", reverse("organisation", args=[province.id("ubnd")])]

    def cost(address):
        with CaptureQueriesContext(connection) as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    for address in addresses:
        cost(address)
    before = [cost(address) for address in addresses]
    for i in range(25):
        one = make_organisation(f"many{i}", province["ubnd"])
        actions.add_network(admin(), one.pk, text=f"10.9.{i}.0/24", side="inner")
        actions.add_person(admin(), one.pk, name=f"Người {i}")
        actions.add_system(
            admin(), one.pk, code="s", name=f"Hệ thống {i}", addresses=[f"10.9.{i}.1"], operator_id=one.pk
        )
    assert [cost(address) for address in addresses] == before
    assert max(before) < 30


def test_a_large_tree_sends_what_is_deep_only_when_asked(browser, province):
    above = [make_organisation(f"h{i}", province["ubnd"], kind="district") for i in range(4)]
    for i in range(160):
        make_organisation(f"x{i}", above[i % 4])
    client = browser("administrator")
    page = client.get(reverse("organisations")).content.decode()
    assert "Xã h1" in page
    assert "Xã x1<" not in page
    branch = client.get(reverse("organisations"), {"root": above[1].pk}).content.decode()
    assert "Xã x1<" in branch
    assert "Xã x2<" not in branch
    assert "Xã x77<" in client.get(reverse("organisations"), {"q": "xa x77"}).content.decode()


@pytest.mark.parametrize("text", ["dong hoa", "ĐÔNG HÒA", "Xa Dong"])
def test_names_are_found_with_and_without_marks(browser, province, text):
    for view in ("", "list"):
        page = browser("administrator").get(reverse("organisations"), {"q": text, "view": view}).content.decode()
        assert "Xã Đông Hòa" in page
        assert "Sở Y tế" not in page.partition('id="content"')[2]


def test_a_name_before_a_renaming_is_found_everywhere_and_told(browser, province):
    row = province["tayson"]
    actions.edit_organisation(admin(), row.pk, row.version, name="Phường Mới", since=datetime(2024, 1, 1, tzinfo=UTC))
    client = browser("administrator")
    for address in (
        "/organisations/?view=list&q=xa+tay+son",
        "/organisations/?q=xa+tay+son",
        "/organisations/pick?q=xa+tay+son&list=x",
        "/search?q=xa+tay+son",
        "/search/suggestions?q=xa+tay+son",
    ):
        text = client.get(address).content.decode()
        assert "Phường Mới" in text, address
        assert re.search(r"tên cũ: (<bdi>)?Xã Tây Sơn", text), address


def test_the_list_narrows_to_what_is_missing(browser, province):
    client = browser("administrator")
    text = client.get("/organisations/?view=list&state=no_network").content.decode()
    assert "Sở Y tế" in text
    assert "Xã Đông Hòa" not in text
    text = client.get("/organisations/?view=list&state=no_contact").content.decode()
    assert "Bệnh viện" in text
    assert "Xã Đông Hòa" not in text
    today = client.get("/").content.decode()
    for address in ("/organisations/?view=list&amp;state=no_contact", "/organisations/?view=list&amp;state=no_network"):
        assert address in today


def test_filters_that_make_no_sense_filter_nothing_and_break_nothing(browser, province):
    client = browser("administrator")
    for name in ("organisations", "networks", "systems", "people"):
        for query in (
            "at=2025-13-77",
            "kind=nonsense",
            "sort=nonsense",
            "page=99999999999",
            "organisation=zzz",
            "level=9",
            "root=x",
        ):
            assert client.get(f"{reverse(name)}?{query}").status_code == 200, (name, query)
        assert client.get(f"{reverse(name)}?q=%00").status_code == 400, name
