"""Organisations merge, split and come back; whoever asks about the past hears what was true then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import models
from province import START, admin, granted, make_organisation

from vonggac.desk.audit.actions import snapshot
from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models import (
    ContactPoint,
    InformationSystem,
    Mandate,
    Name,
    Network,
    Organisation,
    Person,
    Placement,
    Reorganisation,
    Succession,
    SystemAddress,
)
from vonggac.desk.organisations.reach import closure, edges
from vonggac.desk.scope.models import Reach
from vonggac.errors import InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

MERGER = datetime(2025, 7, 1, tzinfo=UTC)
BEFORE, AFTER = MERGER - timedelta(seconds=1), MERGER
NEW = {"code": "donghoa-tayson", "kind": "commune", "name": "Xã Đông Tây"}
MODELS = (
    Organisation,
    Name,
    Placement,
    Succession,
    Mandate,
    Person,
    ContactPoint,
    Network,
    InformationSystem,
    SystemAddress,
    Reach,
)


def everything():
    """All records as they are, without what only counts edits and keys that a new row gets."""
    return {
        model: sorted(
            str(
                {
                    name: value
                    for name, value in snapshot(row).items()
                    if name not in {"version", "folded"} and (name != "id" or model is not Reach)
                }
            )
            for row in model.objects.all()
        )
        for model in MODELS
    }


def owners(address, at, asker=None):
    return [row.organisation.code for row in queries.owner_at(asker or admin(), address, at)]


def is_exact():
    ids = set(Organisation.objects.values_list("pk", flat=True))
    wanted = {(up, down) for down, ups in closure(edges(), ids).items() for up in ups}
    return set(Reach.objects.values_list("ancestor_id", "descendant_id")) == wanted


@pytest.fixture
def communes(graph):
    return [graph.id("donghoa"), graph.id("tayson")]


def merged(graph, communes, **more):
    return actions.merge(
        admin(), communes, successor={**NEW, "parent_id": graph.id("ubnd")}, at=MERGER, basis="Nghị quyết 1/NQ", **more
    )


def test_after_a_merger_the_past_belongs_to_the_old_and_the_present_to_the_new(graph, communes):
    new = merged(graph, communes)
    assert owners("198.51.100.5", BEFORE) == ["donghoa"]
    assert owners("198.51.100.5", AFTER) == ["donghoa-tayson"]
    assert owners("198.51.100.33", BEFORE) == ["tayson"]
    assert owners("198.51.100.33", AFTER) == ["donghoa-tayson"]
    assert owners("198.51.100.33", START - timedelta(days=1)) == []
    assert new.valid_from == MERGER
    assert {row.predecessor.code for row in queries.predecessors(admin(), new.pk)} == {"donghoa", "tayson"}
    assert [row.successor for row in queries.successors(admin(), communes[0])] == [new]
    assert queries.names_at(admin(), communes[0], BEFORE).name == "Xã Đông Hòa"
    assert queries.names_at(admin(), communes[0], AFTER) is None
    assert queries.names_at(admin(), new.pk, AFTER).name == "Xã Đông Tây"
    assert queries.names_at(admin(), new.pk, BEFORE) is None
    assert is_exact()


def test_people_contacts_and_systems_go_on_with_the_new_and_stay_with_the_old_in_the_past(graph, communes):
    new = merged(graph, communes)
    assert [row.name for row in queries.people(admin(), organisation_id=new.pk, at=AFTER)] == ["Nguyễn Văn Donghoa"]
    assert [row.name for row in queries.people(admin(), organisation_id=communes[0], at=BEFORE)] == [
        "Nguyễn Văn Donghoa"
    ]
    assert not queries.people(admin(), organisation_id=communes[0], at=AFTER)
    (contact,) = queries.contact_ladder(admin(), new.pk)
    assert contact.person.organisation == new
    assert contact.value == "0000 000 123"
    (system,) = queries.systems(admin(), organisation_id=new.pk)
    assert [one.value for one in system.addresses.all()] == ["donghoa.example"]
    assert [row.organisation.code for row in queries.systems(admin(), address="donghoa.example", at=BEFORE)] == [
        "donghoa"
    ]


def test_what_is_not_moved_ends(graph, communes):
    new = merged(graph, communes, moves=("networks",))
    assert not queries.people(admin(), organisation_id=new.pk)
    assert not queries.people(admin(), organisation_id=communes[0], at=AFTER)
    assert owners("198.51.100.5", AFTER) == ["donghoa-tayson"]


def test_one_that_exists_takes_the_others_in_even_from_above(graph):
    low = make_organisation("thon", graph["tayson"])
    actions.merge(admin(), [graph.id("tayson")], successor=low.pk, at=MERGER)
    low.refresh_from_db()
    assert low.parent == graph["ubnd"]
    assert owners("198.51.100.33", AFTER) == ["thon"]
    assert queries.placement_at(admin(), low.pk, BEFORE).parent == graph["tayson"]
    assert is_exact()


def test_one_merges_together_with_what_stands_below_it(graph):
    ward = make_organisation("khoa", graph["benhvien"])
    new = {"code": "yte", "kind": "department", "name": "Sở Y tế và Dân số", "parent_id": graph.id("ubnd")}
    before = everything()
    row = actions.merge(admin(), [graph.id("soyte"), graph.id("benhvien")], successor=new, at=MERGER)
    assert owners("192.0.2.65", BEFORE) == ["benhvien"]
    assert owners("192.0.2.65", AFTER) == ["yte"]
    assert queries.placement_at(admin(), graph.id("benhvien"), BEFORE).parent == graph["soyte"]
    assert queries.placement_at(admin(), graph.id("benhvien"), AFTER) is None
    assert queries.placement_at(admin(), ward.pk, AFTER).parent == row
    assert is_exact()
    actions.undo_succession(admin(), Reorganisation.objects.get().pk)
    assert everything() == before


@pytest.mark.parametrize("low", ["benhvien", "khoa"])
def test_one_merges_into_what_stands_below_or_above_it(graph, low):
    graph.orgs["khoa"] = make_organisation("khoa", graph["benhvien"])
    before = everything()
    actions.merge(admin(), [graph.id("soyte")], successor=graph.id(low), at=MERGER)
    assert queries.placement_at(admin(), graph.id(low), AFTER).parent == graph["ubnd"]
    if low == "khoa":
        assert queries.placement_at(admin(), graph.id("benhvien"), AFTER).parent == graph["khoa"]
    assert is_exact()
    actions.undo_succession(admin(), Reorganisation.objects.get().pk)
    assert everything() == before
    actions.merge(admin(), [graph.id("benhvien"), graph.id("khoa")], successor=graph.id("soyte"), at=MERGER)
    assert owners("192.0.2.65", AFTER) == ["soyte"]
    assert is_exact()


def test_a_split_into_what_stands_below_and_above(graph):
    before = everything()
    actions.split(
        admin(),
        graph.id("soyte"),
        successors=[graph.id("benhvien"), graph.id("ubnd")],
        at=MERGER,
        rest=None,
    )
    assert queries.placement_at(admin(), graph.id("benhvien"), AFTER).parent == graph["ubnd"]
    assert is_exact()
    actions.undo_succession(admin(), Reorganisation.objects.get().pk)
    assert everything() == before


def test_a_new_one_cannot_stand_below_what_moves_below_it(graph):
    before = everything()
    new = {"code": "yte", "kind": "department", "name": "Sở Y tế mới", "parent_id": graph.id("benhvien")}
    with pytest.raises(InvalidValues, match="below itself or below what it replaced"):
        actions.merge(admin(), [graph.id("soyte")], successor=new, at=MERGER)
    assert everything() == before


def test_a_successor_that_moved_below_later_comes_out_from_then_on(graph):
    later = MERGER + timedelta(days=9)
    row = graph["tayson"]
    actions.edit_organisation(admin(), row.pk, row.version, parent_id=graph.id("soyte"), since=later)
    actions.merge(admin(), [graph.id("soyte")], successor=row.pk, at=MERGER)
    assert not Placement.objects.filter(valid_until__lte=models.F("valid_from")).exists()
    assert queries.placement_at(admin(), row.pk, later).parent == graph["ubnd"]


def test_children_stand_below_the_successor_and_below_the_old_in_the_past(graph, communes):
    child = make_organisation("thon", graph["tayson"])
    new = merged(graph, communes)
    assert queries.placement_at(admin(), child.pk, BEFORE).parent == graph["tayson"]
    place = queries.placement_at(admin(), child.pk, AFTER)
    assert (place.parent, place.basis) == (new, "Nghị quyết 1/NQ")
    assert queries.names_at(admin(), new.pk, AFTER).basis == "Nghị quyết 1/NQ"
    assert is_exact()


def test_who_held_the_mandate_then(graph, communes):
    actions.add_mandate(admin(), graph.id("tayson"), subject="monitoring", over_id=graph.id("tayson"), valid_from=START)
    actions.add_mandate(
        admin(), graph.id("sokhcn"), subject="coordination", over_id=graph.id("tayson"), valid_from=START
    )
    actions.add_mandate(
        admin(), graph.id("sokhcn"), subject="coordination", over_id=graph.id("donghoa"), valid_from=START
    )
    actions.add_mandate(admin(), graph.id("soyte"), subject="support", over_id=graph.id("donghoa"), valid_from=START)
    actions.add_mandate(admin(), graph.id("ubnd"), subject="coordination", valid_from=START)
    new = merged(graph, communes)

    def held(subject, over, at):
        return [row.holder.code for row in queries.holders(admin(), subject, over, at)]

    assert held("monitoring", graph.id("tayson"), BEFORE) == ["tayson"]
    assert held("monitoring", new.pk, AFTER) == ["donghoa-tayson"]
    assert held("coordination", graph.id("tayson"), BEFORE) == ["sokhcn", "ubnd"]
    assert held("coordination", new.pk, AFTER) == ["sokhcn", "ubnd"]
    assert held("coordination", new.pk, BEFORE) == ["ubnd"]
    # held over one of the two only: nobody gets power over the other by a merger
    assert held("support", new.pk, AFTER) == []
    assert held("support", graph.id("donghoa"), BEFORE) == ["soyte"]


def test_a_split_gives_each_its_own(graph):
    network = Network.objects.get(organisation=graph["donghoa"])
    child = make_organisation("thon", graph["donghoa"])
    one, two = actions.split(
        admin(),
        graph.id("donghoa"),
        successors=[
            {"code": "dong", "kind": "commune", "name": "Xã Đông", "parent_id": graph.id("ubnd")},
            {"code": "hoa", "kind": "commune", "name": "Xã Hòa", "parent_id": graph.id("ubnd")},
        ],
        at=MERGER,
        goes={"networks": {network.pk: 1}, "organisations": {child.pk: 1}},
    )
    assert owners("198.51.100.5", AFTER) == ["hoa"]
    assert owners("198.51.100.5", BEFORE) == ["donghoa"]
    assert [row.organisation for row in queries.people(admin(), at=AFTER) if "Donghoa" in row.name] == [one]
    assert queries.placement_at(admin(), child.pk, AFTER).parent == two
    assert {row.successor for row in queries.successors(admin(), graph.id("donghoa"))} == {one, two}
    assert is_exact()


def test_a_split_asks_where_everybody_below_goes(graph):
    make_organisation("thon", graph["donghoa"])
    with pytest.raises(InvalidValues, match="say who gets them"):
        actions.split(
            admin(), graph.id("donghoa"), successors=[graph.id("tayson"), graph.id("duongmai")], at=MERGER, rest=None
        )
    assert Organisation.objects.get(code="donghoa").valid_until is None


def test_a_successor_sees_what_it_took_over_and_a_stranger_nothing(graph, communes):
    new = merged(graph, communes)
    officer, stranger = granted(("agency_officer", new)), granted(("agency_officer", graph["stranger"]))
    assert owners("198.51.100.5", BEFORE, officer) == ["donghoa"]
    assert owners("198.51.100.5", BEFORE, stranger) == []
    with pytest.raises(NotThere):
        queries.history(stranger, communes[0])


def test_nobody_merges_what_is_not_theirs(graph, communes):
    before = everything()
    for asker, error in (
        (granted(("agency_officer", graph["donghoa"])), NotAllowed),
        (granted(("administrator", graph["donghoa"])), NotThere),
        (granted(("administrator", graph["stranger"])), NotThere),
        (granted(("analyst", None)), NotAllowed),
    ):
        with pytest.raises(error):
            actions.merge(asker, communes, successor={**NEW, "parent_id": graph.id("ubnd")}, at=MERGER)
        with pytest.raises(error):
            actions.merge(asker, communes, successor=graph.id("duongmai"), at=MERGER)
    assert everything() == before


def test_the_second_who_merges_the_same_is_told(graph, communes):
    merged(graph, communes)
    with pytest.raises(InvalidValues, match="exists no longer"):
        actions.merge(admin(), communes, successor=graph.id("duongmai"), at=MERGER + timedelta(days=1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": datetime(2999, 1, 1, tzinfo=UTC)}, "not possible|future"),
        ({"at": START}, "after that only"),
        ({"predecessor_ids": []}, "needed"),
        ({"successor": {**NEW, "code": "ubnd"}}, "code of another"),
        ({"successor": {**NEW, "name": "\u202eXã"}}, "RIGHT-TO-LEFT OVERRIDE"),
        ({"moves": ("users",)}, "not possible here"),
        ({"basis": "x" * 251}, "too many"),
    ],
)
def test_values_that_cannot_stand_change_nothing(graph, communes, change, words):
    before = everything()
    with pytest.raises(InvalidValues, match=words):
        actions.merge(admin(), **{"predecessor_ids": communes, "successor": NEW, "at": MERGER, **change})
    assert everything() == before


def test_one_below_what_it_replaces_or_itself_is_refused(graph, communes):
    with pytest.raises(InvalidValues, match="below what it replaces"):
        actions.merge(admin(), communes, successor={**NEW, "parent_id": communes[0]}, at=MERGER)
    with pytest.raises(InvalidValues, match="its own successor"):
        actions.merge(admin(), communes, successor=communes[0], at=MERGER)


def test_a_merger_is_one_entry_of_the_audit(graph, communes):
    n = Entry.objects.count()
    new = merged(graph, communes)
    entry = Entry.objects.order_by("-seq").first()
    assert Entry.objects.count() == n + 1
    assert (entry.action, entry.organisation_id) == ("organisations.merge", new.pk)
    assert entry.n_objects > 10


def test_a_code_that_both_use_is_kept_apart_and_noted(graph, communes):
    for pk in communes:
        actions.add_system(admin(), pk, code="mail", name="Thư", addresses=["192.0.2.200"], valid_from=START)
    new = merged(graph, communes)
    codes = {row.code for row in queries.systems(admin(), organisation_id=new.pk)}
    assert codes == {"donghoa-web", "mail", "mail.tayson"}
    assert "mail.tayson" in Entry.objects.order_by("-seq").first().detail.content


def test_what_begins_later_is_handed_over_whole(graph, communes):
    later = MERGER + timedelta(days=30)
    row = actions.add_network(admin(), communes[0], text="198.51.100.64/28", valid_from=later)
    new = merged(graph, communes)
    row.refresh_from_db()
    assert (row.organisation, row.valid_from, row.valid_until) == (new, later, None)


@pytest.mark.parametrize("kind", ["merge", "absorb", "split"])
def test_undone_it_is_as_if_it_had_not_been(graph, communes, kind):
    make_organisation("thon", graph["tayson"])
    actions.add_mandate(admin(), graph.id("tayson"), subject="monitoring", over_id=graph.id("tayson"), valid_from=START)
    actions.add_network(admin(), communes[1], text="198.51.100.64/28", valid_from=MERGER + timedelta(days=3))
    before = everything()
    if kind == "merge":
        merged(graph, communes)
    elif kind == "absorb":
        actions.merge(admin(), communes[1:], successor=communes[0], at=MERGER)
    else:
        new = {"code": "moi", "kind": "commune", "name": "Xã Mới", "parent_id": graph.id("ubnd")}
        actions.split(admin(), communes[1], successors=[communes[0], new], at=MERGER, rest=1)
    assert everything() != before
    actions.undo_succession(admin(), Reorganisation.objects.get().pk)
    assert everything() == before
    assert not Reorganisation.objects.exists()


def test_nothing_is_undone_once_something_was_built_on_it(graph, communes):
    new = merged(graph, communes)
    act = Reorganisation.objects.get()
    person = actions.add_person(admin(), new.pk, name="Trần Thị Mới")
    with pytest.raises(InvalidValues, match="something was entered for “Xã Đông Tây”"):
        actions.undo_succession(admin(), act.pk)
    person.delete()
    network = Network.objects.filter(organisation=new).first()
    actions.edit_network(admin(), network.pk, network.version, note="đổi")
    before = everything()
    with pytest.raises(InvalidValues, match="was changed since"):
        actions.undo_succession(admin(), act.pk)
    assert everything() == before


def test_the_later_succession_is_undone_first(graph, communes):
    merged(graph, communes)
    first = Reorganisation.objects.get()
    new = Organisation.objects.get(code=NEW["code"])
    actions.merge(admin(), [new.pk], successor=graph.id("duongmai"), at=MERGER + timedelta(days=9))
    assert owners("198.51.100.5", MERGER + timedelta(days=9)) == ["duongmai"]
    with pytest.raises(InvalidValues, match="undo that first"):
        actions.undo_succession(admin(), first.pk)
    actions.undo_succession(admin(), Reorganisation.objects.latest("pk").pk)
    actions.undo_succession(admin(), first.pk)
    assert owners("198.51.100.5", AFTER) == ["donghoa"]


def test_nobody_undoes_what_is_not_theirs(graph, communes):
    new = merged(graph, communes)
    act = Reorganisation.objects.get()
    with pytest.raises(NotAllowed):
        actions.undo_succession(granted(("agency_officer", new)), act.pk)
    with pytest.raises(NotThere):
        actions.undo_succession(granted(("administrator", graph["stranger"])), act.pk)
    with pytest.raises(NotThere):
        actions.undo_succession(admin(), 10**9)
