"""Organisations are made, edited, renamed, moved and closed, by those who may; and what reaches what stays exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from province import START, admin, granted, make_organisation

from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations import actions, queries, reach
from vonggac.desk.organisations.models import Name, Network, Organisation, Placement, Succession
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.rule import may_on
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

DAY = datetime(2024, 3, 1, tzinfo=UTC)


def slow_closure():
    """The oracle: step from above to below until nothing new is reached."""
    steps = {(row.parent_id, row.pk) for row in Organisation.objects.exclude(parent=None)}
    steps |= {(row.successor_id, row.predecessor_id) for row in Succession.objects.all()}
    found = {(pk, pk) for pk in Organisation.objects.values_list("pk", flat=True)}
    while True:
        more = {(a, c) for a, b in found for b2, c in steps if b == b2} - found
        if not more:
            return found
        found |= more


def reaches():
    return set(Reach.objects.values_list("ancestor_id", "descendant_id"))


def test_the_province_stands_and_everybody_sees_their_part(province):
    assert province["donghoa"].parent == province["ubnd"]
    assert queries.organisations(province.asker("agency_officer")).get() == province["donghoa"]
    assert queries.contact_ladder(admin(), province.id("donghoa"))[0].value == "0000 000 123"
    assert reaches() == slow_closure()


def test_a_renaming_keeps_what_it_was_called(graph):
    row = graph["donghoa"]
    row = actions.edit_organisation(admin(), row.pk, row.version, since=DAY, name="Phường Đông Hòa", kind="commune")
    assert row.version == 2
    assert queries.names_at(admin(), row.pk, DAY).name == "Phường Đông Hòa"
    assert queries.names_at(admin(), row.pk, DAY - timedelta(seconds=1)).name == "Xã Đông Hòa"
    assert queries.names_at(admin(), row.pk, START - timedelta(days=1)) is None
    assert [(event.what, event.row.name) for event in queries.history(admin(), row.pk) if event.what == "name"] == [
        ("name", "Phường Đông Hòa"),
        ("name", "Xã Đông Hòa"),
    ]


def bases(row):
    return [(event.what, event.row.basis) for event in queries.history(admin(), row.pk) if hasattr(event.row, "basis")]


def test_a_new_name_and_a_new_place_keep_by_which_document(graph):
    row = make_organisation("moi", graph["ubnd"], basis="NQ 01/2019/NQ-HĐND")
    assert bases(row) == [("name", "NQ 01/2019/NQ-HĐND"), ("placement", "NQ 01/2019/NQ-HĐND")]
    values = {"name": "Phường Mới", "parent_id": graph.id("sokhcn")}
    row = actions.edit_organisation(admin(), row.pk, row.version, since=DAY, basis="NQ 9/NQ-CP", **values)
    assert bases(row)[:2] == [("name", "NQ 9/NQ-CP"), ("placement", "NQ 9/NQ-CP")]
    assert bases(row)[2:] == [("name", "NQ 01/2019/NQ-HĐND"), ("placement", "NQ 01/2019/NQ-HĐND")]
    row = actions.edit_organisation(admin(), row.pk, row.version, since=DAY + timedelta(1), short_name="P. Mới")
    assert bases(row)[0] == ("name", "")


def test_a_document_is_corrected_alone(graph):
    row = make_organisation("moi", graph["ubnd"], basis="NQ 10")
    row = actions.edit_organisation(admin(), row.pk, row.version, name=row.name, basis="NQ 01")
    assert bases(row) == [("name", "NQ 01"), ("placement", "NQ 10")]
    row = actions.edit_organisation(admin(), row.pk, row.version, parent_id=row.parent_id, basis="NQ 02")
    assert bases(row) == [("name", "NQ 01"), ("placement", "NQ 02")]
    row = actions.edit_organisation(admin(), row.pk, row.version, name="Tên đúng")
    assert bases(row) == [("name", "NQ 01"), ("placement", "NQ 02")]
    for values, words in (({"note": "x"}, "a name or a place"), ({"name": "Y"}, "too many")):
        with pytest.raises(InvalidValues, match=words):
            actions.edit_organisation(admin(), row.pk, row.version, basis="x" * 251, **values)


def test_a_correction_leaves_no_history(graph):
    row = graph["donghoa"]
    actions.edit_organisation(admin(), row.pk, row.version, name="Xã Đông Hoà")
    assert [one.name for one in Name.objects.filter(organisation=row)] == ["Xã Đông Hoà"]


def test_a_move_keeps_where_it_stood_and_changes_who_sees_it(graph):
    row = graph["benhvien"]
    health, science = granted(("auditor", graph["soyte"])), granted(("auditor", graph["sokhcn"]))
    assert may_on(health, "organisations.view", row.pk)
    assert not may_on(science, "organisations.view", row.pk)
    actions.edit_organisation(admin(), row.pk, row.version, since=DAY, parent_id=graph.id("sokhcn"))
    assert queries.placement_at(admin(), row.pk, DAY - timedelta(days=1)).parent == graph["soyte"]
    assert queries.placement_at(admin(), row.pk, DAY).parent == graph["sokhcn"]
    assert not may_on(health, "organisations.view", row.pk)
    assert may_on(science, "organisations.view", row.pk)
    assert reaches() == slow_closure()


@pytest.mark.parametrize("target", ["soyte", "benhvien"])
def test_a_cycle_is_refused(graph, target):
    row = graph["soyte"]
    with pytest.raises(InvalidValues, match="cannot stand below itself"):
        actions.edit_organisation(admin(), row.pk, row.version, since=DAY, parent_id=graph.id(target))
    row.refresh_from_db()
    assert (row.parent, row.version) == (graph["ubnd"], 1)
    assert reaches() == slow_closure()


def test_the_second_of_two_editors_is_told(graph):
    row = graph["donghoa"]
    actions.edit_organisation(admin(), row.pk, row.version, note="một")
    with pytest.raises(EditConflict):
        actions.edit_organisation(admin(), row.pk, row.version, note="hai")
    with pytest.raises(EditConflict):
        actions.close_organisation(admin(), row.pk, row.version, at=DAY)
    assert Organisation.objects.get(pk=row.pk).note == "một"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "needed"),
        ({"name": "x" * 251}, "too many"),
        ({"name": "Xã \u202eĐông"}, "RIGHT-TO-LEFT OVERRIDE"),
        ({"code": "xã"}, "cannot stand here"),
        ({"code": "ubnd"}, "another organisation"),
        ({"kind": "planet"}, "not possible here"),
        ({"valid_from": DAY, "valid_until": DAY}, "before it begins"),
    ],
)
def test_values_that_cannot_stand_are_refused_by_field(graph, values, words):
    n = Organisation.objects.count()
    with pytest.raises(InvalidValues, match=words) as caught:
        actions.create_organisation(admin(), **{"code": "moi", "kind": "commune", "name": "Mới", **values})
    assert caught.value.faults[0].field in {*values, "valid_until"}
    assert Organisation.objects.count() == n


def test_all_faults_come_at_once(graph):
    with pytest.raises(InvalidValues) as caught:
        actions.create_organisation(admin(), code="", kind="", name="")
    assert {fault.field for fault in caught.value.faults} == {"code", "kind", "name"}


def test_markup_is_stored_as_it_is(graph):
    text = "<img src=x onerror=alert(1)>"
    assert make_organisation("xss", name=text).name == text
    assert queries.organisations(admin(), text="onerror=alert").get().name == text


def test_dates_are_corrected_with_their_first_name_and_place(graph):
    row = graph["donghoa"]
    actions.edit_organisation(admin(), row.pk, row.version, valid_from=DAY)
    assert queries.names_at(admin(), row.pk, DAY - timedelta(days=1)) is None
    assert Placement.objects.get(organisation=row).valid_from == DAY
    with pytest.raises(InvalidValues, match="close it instead"):
        actions.edit_organisation(admin(), row.pk, 2, valid_until=DAY + timedelta(days=5))


def test_a_name_cannot_begin_before_the_one_it_follows(graph):
    row = graph["donghoa"]
    row = actions.edit_organisation(admin(), row.pk, row.version, since=DAY, name="Một")
    with pytest.raises(InvalidValues, match="began later, on 2024-03-01"):
        actions.edit_organisation(admin(), row.pk, row.version, since=DAY - timedelta(days=1), name="Hai")
    with pytest.raises(InvalidValues, match="future"):
        actions.edit_organisation(admin(), row.pk, row.version, since=datetime(2190, 1, 1, tzinfo=UTC), name="Hai")


def test_closing_ends_all_that_it_had_and_reopening_brings_it_back(graph):
    row = graph["donghoa"]
    with pytest.raises(InvalidValues, match="organisations stand under it"):
        actions.close_organisation(admin(), graph.id("ubnd"), 1, at=DAY)
    row = actions.close_organisation(admin(), row.pk, row.version, at=DAY)
    assert not queries.owner_at(admin(), "198.51.100.5", DAY)
    assert queries.owner_at(admin(), "198.51.100.5", DAY - timedelta(days=1))
    assert queries.contact_ladder(admin(), row.pk) == []
    assert row in queries.organisations(admin(), closed=True)
    assert row not in queries.organisations(admin(), closed=False)
    with pytest.raises(InvalidValues, match="exists no longer"):
        make_organisation("duoi", row)
    row = actions.reopen_organisation(admin(), row.pk, row.version)
    assert row.valid_until is None
    assert queries.names_at(admin(), row.pk, DAY).name == row.name


def test_a_stranger_sees_nothing_and_changes_nothing(graph):
    row, stranger = graph["donghoa"], granted(("administrator", graph["stranger"]))
    n = Entry.objects.count()
    assert row not in queries.organisations(stranger)
    for query in (
        queries.organisation,
        queries.history,
        queries.successors,
        queries.predecessors,
    ):
        with pytest.raises(NotThere):
            query(stranger, row.pk)
    for attack in (
        lambda: actions.edit_organisation(stranger, row.pk, row.version, name="Của tôi"),
        lambda: actions.close_organisation(stranger, row.pk, row.version, at=DAY),
        lambda: actions.reopen_organisation(stranger, row.pk, row.version),
        lambda: actions.create_organisation(stranger, code="x", kind="commune", name="X", parent_id=row.pk),
        lambda: actions.edit_organisation(stranger, graph.id("stranger"), 1, since=DAY, parent_id=row.pk),
        lambda: actions.add_mandate(stranger, row.pk, subject="orders"),
        lambda: actions.add_mandate(stranger, graph.id("stranger"), subject="orders", over_id=row.pk),
    ):
        with pytest.raises((NotThere, NotAllowed)):
            attack()
    with pytest.raises(NotAllowed):  # a mandate over the whole province needs everywhere
        actions.add_mandate(stranger, graph.id("stranger"), subject="orders")
    with pytest.raises(NotAllowed):  # nor may it leave where it stands
        actions.create_organisation(stranger, code="x", kind="commune", name="X")
    assert Entry.objects.count() == n


def test_who_sees_it_only_may_not_change_it(graph):
    officer = granted(("agency_officer", graph["donghoa"]))
    with pytest.raises(NotAllowed):
        actions.edit_organisation(officer, graph.id("donghoa"), 1, name="Của tôi")


def test_a_move_out_of_ones_own_scope_is_refused(graph):
    boss = granted(("administrator", graph["soyte"]))
    row = graph["benhvien"]
    with pytest.raises(NotThere):
        actions.edit_organisation(boss, row.pk, row.version, since=DAY, parent_id=graph.id("sokhcn"))
    with pytest.raises(NotAllowed):
        actions.edit_organisation(boss, row.pk, row.version, since=DAY, parent_id=None)
    with pytest.raises(NotAllowed):  # taking oneself away from above
        actions.edit_organisation(boss, graph.id("soyte"), 1, since=DAY, parent_id=row.pk)


def test_fields_that_are_no_values_cannot_be_assigned(graph):
    with pytest.raises(TypeError):
        actions.edit_organisation(admin(), graph.id("donghoa"), 1, id=99, folded="x")
    with pytest.raises(TypeError):
        actions.create_organisation(admin(), code="x", kind="commune", name="X", version=7)


def test_an_entry_says_what_was_and_is(graph):
    row = graph["donghoa"]
    actions.edit_organisation(admin(), row.pk, row.version, since=DAY, name="Phường Đông Hòa")
    entry = Entry.objects.order_by("-seq").first()
    assert (entry.action, entry.object_id, entry.organisation_id) == ("organisations.edit", str(row.pk), row.pk)
    assert "Xã Đông Hòa" in entry.detail.content
    assert "Phường Đông Hòa" in entry.detail.content


def test_mandates_are_edited_and_end(graph):
    row = actions.add_mandate(admin(), graph.id("sokhcn"), subject="orders", valid_from=START)
    with pytest.raises(InvalidValues, match="already"):
        actions.add_mandate(admin(), graph.id("sokhcn"), subject="orders")
    row = actions.edit_mandate(admin(), row.pk, row.version, basis="Quyết định 5")
    with pytest.raises(EditConflict):
        actions.edit_mandate(admin(), row.pk, 1, basis="khác")
    actions.end_mandate(admin(), row.pk, row.version, at=DAY)
    assert [one.holder.code for one in queries.holders(admin(), "orders", None, DAY - timedelta(days=1))] == ["sokhcn"]
    assert queries.holders(admin(), "orders", None, DAY) == []


def test_who_held_the_mandate_follows_where_a_territory_stood_then(graph):
    row = graph["benhvien"]
    actions.add_mandate(admin(), graph.id("soyte"), subject="support", over_id=graph.id("soyte"), valid_from=START)
    actions.add_mandate(admin(), graph.id("trungtam"), subject="support", over_id=graph.id("sokhcn"), valid_from=START)
    actions.edit_organisation(admin(), row.pk, row.version, since=DAY, parent_id=graph.id("sokhcn"))

    def held(at):
        return [one.holder.code for one in queries.holders(admin(), "support", row.pk, at)]

    assert held(DAY - timedelta(days=1)) == ["soyte"]
    assert held(DAY) == ["trungtam"]


@settings(max_examples=12)
@given(st.data())
def test_whatever_moves_what_reaches_what_is_the_closure(data):
    nodes = [make_organisation(f"n{i}", name=f"N{i}") for i in range(7)]
    try:
        for step in range(8):
            row = Organisation.objects.get(pk=data.draw(st.sampled_from(nodes)).pk)
            if row.valid_until is not None:
                continue
            target = data.draw(st.sampled_from([None, *nodes]))
            at = DAY + timedelta(days=step)
            try:
                if target is not None and data.draw(st.booleans()):
                    actions.merge(admin(), [row.pk], successor=target.pk, at=at)
                else:
                    parent_id = None if target is None else target.pk
                    actions.edit_organisation(admin(), row.pk, row.version, since=at, parent_id=parent_id)
            except InvalidValues:
                pass
            assert reaches() == slow_closure()
        exact = reaches()
        Reach.objects.all().delete()
        reach.rebuild()
        assert reaches() == exact
    finally:
        Succession.objects.all().delete()
        Organisation.objects.update(parent=None)
        Placement.objects.all().delete()
        Network.objects.all().delete()
        Organisation.objects.all().delete()
