"""People, contact points, networks and systems: entered, edited and ended by those who may; found by those who see them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from province import START, admin, granted

from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.domains import parse_domain
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network, Person
from vonggac.desk.scope.asker import nobody
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

DAY = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def officer(graph):
    return granted(("agency_officer", graph["donghoa"]))


@pytest.fixture
def stranger(graph):
    return granted(("agency_officer", graph["stranger"]))


def test_overlaps_are_refused_naming_whose_and_since_when_to_those_who_see_it(graph, stranger):
    with pytest.raises(
        InvalidValues, match=r"“198\.51\.100\.1-198\.51\.100\.9” belongs to Xã Đông Hòa since 2020-01-01"
    ):
        actions.add_network(admin(), graph.id("tayson"), text="198.51.100.1-198.51.100.9")
    with pytest.raises(InvalidValues, match="belongs to Xã Đông Hòa"):
        actions.add_network(admin(), graph.id("tayson"), text="198.51.100.8/29")
    for text in ("198.51.100.1-198.51.100.9", "198.51.100.3", "198.51.100.0/24", "198.51.100.8/29"):
        with pytest.raises(InvalidValues) as caught:
            actions.add_network(stranger, graph.id("stranger"), text=text)
        assert str(caught.value) == "text: these addresses belong to another organisation at that time"


def test_no_overlap_at_another_time_on_the_inside_or_inside_an_operators_network(graph, stranger):
    row = Network.objects.get(organisation=graph["donghoa"])
    actions.end_network(admin(), row.pk, row.version, at=DAY)
    actions.add_network(stranger, graph.id("stranger"), text=row.text, valid_from=DAY)
    with pytest.raises(InvalidValues):
        actions.add_network(stranger, graph.id("stranger"), text="198.51.100.2", valid_from=DAY - timedelta(seconds=1))
    for code in ("tayson", "duongmai"):
        actions.add_network(admin(), graph.id(code), text="10.0.0.0/8", side="inner")
    actions.add_network(admin(), graph.id("nhamang1"), text="203.0.113.0/25")
    actions.add_network(stranger, graph.id("stranger"), text="203.0.113.8/29")
    # who is charged with both may say that one lies in the other
    actions.add_network(admin(), graph.id("sokhcn"), text="192.0.2.0/26")


def test_one_cannot_have_the_same_twice_nor_move_into_anothers(graph, officer):
    with pytest.raises(InvalidValues, match="is there already"):
        actions.add_network(officer, graph.id("donghoa"), text="198.51.100.1 - 198.51.100.9")
    row = Network.objects.get(organisation=graph["donghoa"])
    with pytest.raises(InvalidValues, match="another organisation"):
        actions.edit_network(officer, row.pk, row.version, text="192.0.2.65")
    row = actions.edit_network(officer, row.pk, row.version, text="198.51.100.2-198.51.100.9")
    assert (row.version, row.first[-2:]) == (2, "02")
    with pytest.raises(EditConflict):
        actions.edit_network(officer, row.pk, 1, note="khác")


def test_the_ladder_keeps_its_order(graph, officer):
    here = graph.id("donghoa")
    first = queries.contact_ladder(officer, here)[0]
    second = actions.add_contact(officer, here, channel="email", value="truc@donghoa.example")
    third = actions.add_contact(officer, here, channel="phone", value="0000 000 124", hours="24/7")
    assert [row.pk for row in queries.contact_ladder(officer, here)] == [first.pk, second.pk, third.pk]
    actions.reorder_contacts(officer, here, [third.pk, first.pk, second.pk])
    assert [row.pk for row in queries.contact_ladder(officer, here)] == [third.pk, first.pk, second.pk]
    second.refresh_from_db()
    actions.end_contact(officer, second.pk, second.version, at=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(EditConflict):
        actions.reorder_contacts(officer, here, [third.pk, first.pk])
    with pytest.raises(EditConflict):
        actions.reorder_contacts(officer, here, [third.pk, first.pk, second.pk, ContactPoint.objects.first().pk])


def test_a_contact_point_is_of_its_own_organisations_people(graph, officer):
    other = Person.objects.get(organisation=graph["stranger"])
    with pytest.raises(InvalidValues, match="no such person"):
        actions.add_contact(officer, graph.id("donghoa"), channel="chat", value="@truc", person_id=other.pk)


@pytest.mark.parametrize(
    ("channel", "value"),
    [("email", "x"), ("phone", "call me"), ("mobile", "javascript:alert(1)"), ("pigeon", "x"), ("chat", "\u2066x")],
)
def test_contact_values_that_cannot_stand(graph, officer, channel, value):
    with pytest.raises(InvalidValues):
        actions.add_contact(officer, graph.id("donghoa"), channel=channel, value=value)


def test_support_is_for_everybody_who_is_signed_in(graph, stranger):
    assert [row.organisation.code for row in queries.support_contacts(stranger)] == ["trungtam"]
    assert queries.support_contacts(granted()) != []
    assert queries.support_contacts(nobody()) == []
    assert [row.organisation.code for row in queries.contacts(stranger)] == ["stranger"]


def test_a_person_leaves_with_their_contact_points(graph, officer):
    row = Person.objects.get(organisation=graph["donghoa"])
    later = datetime.now(UTC) + timedelta(days=2)
    actions.end_person(officer, row.pk, row.version, at=later)
    assert queries.contact_ladder(officer, graph.id("donghoa"), later) == []
    assert not queries.people(officer, at=later)
    row.refresh_from_db()
    with pytest.raises(InvalidValues, match="ended before"):
        actions.end_person(officer, row.pk, row.version, at=later + timedelta(days=1))


def test_systems_with_their_addresses(graph, officer):
    row = InformationSystem.objects.get(organisation=graph["donghoa"])
    row = actions.edit_system(
        officer,
        row.pk,
        row.version,
        level=3,
        addresses=["Đông-Hòa.example", "2001:DB8::1", "198.51.100.4", "198.51.100.4"],
    )
    values = sorted(one.value for one in queries.system(officer, row.pk).addresses.all())
    assert values == ["198.51.100.4", "2001:db8::1", parse_domain("đông-hòa.example")]
    assert [one.pk for one in queries.systems(officer, address="2001:db8:0::1")] == [row.pk]
    assert [one.pk for one in queries.systems(officer, level=3)] == [row.pk]
    actions.edit_system(officer, row.pk, row.version, name="Cổng mới")
    assert row.addresses.count() == 3
    for values, words in (
        ({"level": 6}, "whole number"),
        ({"level": True}, "whole number"),
        ({"exposure": "moon"}, "not possible"),
        ({"addresses": ["a b"]}, "neither"),
        ({"addresses": ["a.example"] * 201}, "too many"),
        ({"operator_id": graph.id("stranger")}, "no such organisation"),
        ({"operator_id": 10**12}, "no such organisation"),
    ):
        with pytest.raises(InvalidValues, match=words):
            actions.edit_system(officer, row.pk, row.version + 1, **values)
    with pytest.raises(InvalidValues, match="another system"):
        actions.add_system(officer, graph.id("donghoa"), code="donghoa-web", name="Khác")


def test_a_stranger_changes_nothing_by_trying_ids(graph, stranger):
    network, person = (
        Network.objects.get(organisation=graph["donghoa"]),
        Person.objects.get(organisation=graph["donghoa"]),
    )
    contact = ContactPoint.objects.get(organisation=graph["donghoa"])
    system, here = InformationSystem.objects.get(organisation=graph["donghoa"]), graph.id("donghoa")
    n = Entry.objects.count()
    for attack in (
        lambda: actions.add_person(stranger, here, name="X"),
        lambda: actions.edit_person(stranger, person.pk, 1, name="X"),
        lambda: actions.end_person(stranger, person.pk, 1, at=DAY),
        lambda: actions.add_contact(stranger, here, channel="chat", value="x"),
        lambda: actions.edit_contact(stranger, contact.pk, 1, value="x"),
        lambda: actions.end_contact(stranger, contact.pk, 1, at=DAY),
        lambda: actions.reorder_contacts(stranger, here, [contact.pk]),
        lambda: actions.add_network(stranger, here, text="203.0.113.1"),
        lambda: actions.edit_network(stranger, network.pk, 1, note="x"),
        lambda: actions.end_network(stranger, network.pk, 1, at=DAY),
        lambda: actions.add_system(stranger, here, code="x", name="X"),
        lambda: actions.edit_system(stranger, system.pk, 1, name="X"),
        lambda: actions.end_system(stranger, system.pk, 1, at=DAY),
        lambda: queries.person(stranger, person.pk),
        lambda: queries.contact(stranger, contact.pk),
        lambda: queries.network(stranger, network.pk),
        lambda: queries.system(stranger, system.pk),
        lambda: queries.holders(stranger, "orders", here, DAY),
    ):
        with pytest.raises(NotThere):
            attack()
    assert Entry.objects.count() == n
    telco = granted(("telco_desk", graph["donghoa"]))
    with pytest.raises(NotAllowed):
        actions.add_system(granted(("responder", graph["donghoa"])), here, code="x", name="X")
    with pytest.raises(NotThere):  # a telco desk does not even see systems
        actions.edit_system(telco, system.pk, 1, name="X")


def nouns(hits):
    return [(hit.noun, hit.organisation.code) for hit in hits]


def test_search_finds_with_or_without_marks(graph, officer):
    for text in ("Đường Mai", "duong mai", "DUONG  MAI", "mai đường"):
        assert nouns(queries.search(admin(), text)) == [("organisation", "duongmai")]
    assert nouns(queries.search(admin(), "nguyen van donghoa")) == [("person", "donghoa")]
    assert nouns(queries.search(admin(), "cong thong tin dong")) == [("system", "donghoa")]
    assert queries.search(officer, "duong mai") == []
    assert queries.search(admin(), "x") == []
    assert queries.search(admin(), "%%") == []
    assert queries.search(admin(), "xa") != []


def test_names_before_a_renaming_are_found_and_told(graph, officer, stranger):
    row = graph["donghoa"]
    since = datetime(2024, 1, 1, tzinfo=UTC)
    row = actions.edit_organisation(admin(), row.pk, row.version, name="Phường Bình Minh", since=since)
    actions.edit_organisation(admin(), graph.id("tayson"), 1, name="Xã Đông Hòa Hai")
    hits = [(hit.label, hit.former) for hit in queries.search(admin(), "xã đông hòa") if hit.noun == "organisation"]
    assert hits == [("Xã Đông Hòa Hai", ""), ("Phường Bình Minh", "Xã Đông Hòa")]
    found = queries.organisations(officer, text="xã đông hòa")
    assert list(found) == [row]
    assert queries.former_names(found, "xã đông hòa") == {row.pk: "Xã Đông Hòa"}
    assert queries.former_names(found, "binh minh") == {}
    assert list(queries.organisations(officer, text="binh minh")) == [row]
    assert queries.search(stranger, "dong hoa") == []
    assert not queries.organisations(stranger, text="dong hoa")


def test_lists_of_what_is_missing_are_as_long_as_its_count(graph, officer):
    known = queries.gaps(admin())
    assert queries.organisations(admin(), lacks="contact").count() == known.without_contact == 7
    assert queries.organisations(admin(), lacks="network").count() == known.without_network == 5
    assert not queries.organisations(officer, lacks="contact")
    assert queries.n_lacking(admin()) == 7
    assert queries.n_lacking(granted(("analyst", None))) == 0


def test_search_by_address_and_domain(graph, officer, stranger):
    row = InformationSystem.objects.get(organisation=graph["donghoa"])
    actions.edit_system(officer, row.pk, row.version, addresses=["198.51.100.5", "www.donghoa.example"])
    assert nouns(queries.search(officer, "198.51.100.5")) == [("system", "donghoa"), ("network", "donghoa")]
    assert nouns(queries.search(officer, "::ffff:198.51.100.5")) == [("system", "donghoa"), ("network", "donghoa")]
    assert nouns(queries.search(admin(), "198.51.100.0/24")) == [("network", "tayson"), ("network", "donghoa")]
    assert ("system", "donghoa") in nouns(queries.search(officer, "donghoa.example"))
    assert queries.search(stranger, "198.51.100.5") == []
    assert queries.search(stranger, "donghoa.example") == []


def test_the_tree_shows_what_the_asker_sees_with_counts(graph, officer):
    roots = {node.code: node for node in queries.tree(admin())}
    assert set(roots) == {"ubnd", "nhamang1", "stranger"}
    top = roots["ubnd"]
    assert top.n_below == 7
    assert [node.name for node in top.children][-1] == "Xã Tây Sơn"
    found = {node.code: node for node in top.walk()}
    assert (found["trungtam"].depth, found["trungtam"].counts.networks, found["trungtam"].counts.systems) == (2, 2, 1)
    (only,) = queries.tree(officer)
    assert (only.code, only.depth, only.counts.people, only.counts.networks) == ("donghoa", 0, 1, 1)
    (liaison,) = queries.tree(granted(("authority_liaison", graph["donghoa"])))
    assert (liaison.counts.networks, liaison.counts.people) == (None, 1)
    assert queries.tree(admin(), START - timedelta(days=1)) == []
    assert queries.totals(officer).organisations == 1
    assert queries.totals(admin()).by_kind["commune"] == 3


def test_the_tree_of_the_past_is_that_of_the_past(graph):
    row = graph["benhvien"]
    actions.edit_organisation(
        admin(), row.pk, row.version, since=DAY, parent_id=graph.id("sokhcn"), name="Bệnh viện Mới"
    )

    def place(at):
        return {
            node.id: (node.name, parent.code)
            for root in queries.tree(admin(), at)
            for parent in root.walk()
            for node in parent.children
        }[row.pk]

    assert place(DAY) == ("Bệnh viện Mới", "sokhcn")
    assert place(DAY - timedelta(days=1)) == ("Bệnh viện Đa khoa tỉnh", "soyte")
    assert place(None) == ("Bệnh viện Mới", "sokhcn")


def test_lists_page_through_everything_once(graph):
    rnd = random.Random(1)
    for number in range(30):
        actions.add_person(admin(), graph.id("tayson"), name=rnd.choice(["An", "Bình"]), email=f"n{number}@x.example")
    rows = queries.people(admin())
    pages = [row.pk for start in range(0, 40, 7) for row in rows[start : start + 7]]
    assert sorted(pages) == sorted(Person.objects.values_list("pk", flat=True))


def test_systems_by_level_have_those_not_yet_approved_last(graph):
    here = graph.id("tayson")
    for code, level in (("a", None), ("b", 5), ("c", 1)):
        actions.add_system(admin(), here, code=code, name=code, level=level)
    assert [row.code for row in queries.systems(admin(), organisation_id=here, sort="level")] == ["b", "c", "a"]
