"""Who sees what: the one rule, against an oracle that walks the parents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.desk.organisations.models import Network, Organisation
from vonggac.desk.scope.asker import EVERYWHERE, Asker, Held, machine, nobody
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.roles import PERMISSIONS, ROLES
from vonggac.desk.scope.rule import above, may_on, require, visible
from vonggac.errors import NotAllowed

pytestmark = pytest.mark.django_db


def plant(parents: list[int | None]) -> list[Organisation]:
    """Organisations, each under an earlier one or none, with the reach and one network of each."""
    made: list[Organisation] = []
    for number, parent in enumerate(parents):
        under = made[parent] if parent is not None else None
        made.append(Organisation.objects.create(code=f"O{number}", kind="agency", name=f"O{number}", parent=under))
        for up in [number, *ancestors(parents, number)]:
            Reach.objects.create(ancestor=made[up], descendant=made[number])
        Network.objects.create(organisation=made[-1], text="192.0.2.1", first="0" * 32, last="0" * 32)
    return made


def ancestors(parents: list[int | None], number: int) -> list[int]:
    found: list[int] = []
    at = parents[number]
    while at is not None:
        found.append(at)
        at = parents[at]
    return found


def seen(asker: Asker, permission: str = "networks.view") -> set[int | None]:
    return set(visible(Network.objects.all(), asker, permission).values_list("organisation_id", flat=True))


def test_no_grant_shows_no_rows_and_a_grant_shows_what_is_below():
    top, low, other = (one.pk for one in plant([None, 0, None]))
    assert seen(nobody()) == set()
    assert seen(Asker(1, "a", (Held("analyst", top),))) == {top, low}
    assert seen(Asker(1, "a", (Held("analyst", low),))) == {low}
    assert seen(Asker(1, "a", (Held("authority_liaison", top),))) == set()
    assert seen(Asker(1, "a", (Held("analyst", None),))) == {top, low, other}
    assert seen(Asker(1, "a", (Held("analyst", None),), only=frozenset({"systems.view"}))) == set()


def test_the_machine_holds_what_its_roles_hold_everywhere_and_nobody_holds_nothing():
    (only,) = plant([None])
    for permission in PERMISSIONS:
        assert machine("cli").may(permission) == (permission in ROLES["administrator"].permissions)
        assert machine("cli", ["telco_desk"]).may(permission) == (permission in ROLES["telco_desk"].permissions)
        assert machine("cli").roots(permission) in (EVERYWHERE, frozenset())
        assert not nobody().may(permission)
        assert not may_on(nobody(), permission, only.pk)
        assert not may_on(nobody(), permission, None)
    assert seen(machine("cli")) == {only.pk}
    assert seen(machine("cli", [])) == set()
    assert machine("cli").user_id is None


def test_of_no_organisation_is_for_those_who_hold_it_everywhere():
    top, _low = plant([None, 0])
    somewhere = Asker(1, "a", (Held("analyst", top.pk),))
    everywhere = Asker(1, "a", (Held("analyst", None),))
    assert not may_on(somewhere, "networks.edit", None)
    assert may_on(everywhere, "networks.edit", None)
    assert may_on(everywhere, "networks.edit", 10**9)
    assert not may_on(somewhere, "networks.edit", 10**9)


def test_require_says_which_permission_is_lacking():
    (only,) = plant([None])
    require(machine("cli"), "networks.edit", only.pk)
    with pytest.raises(NotAllowed, match=r"networks\.edit"):
        require(Asker(1, "a", (Held("responder", None),)), "networks.edit", only.pk)


def test_a_permission_that_no_role_knows_opens_nothing():
    plant([None])
    assert seen(machine("cli", list(ROLES)), "networks.destroy") == set()


TREES = st.integers(1, 9).flatmap(
    lambda n: st.tuples(*(st.one_of(st.none(), st.integers(0, i - 1)) if i else st.none() for i in range(n)))
)
HELD = st.lists(st.tuples(st.sampled_from(sorted(ROLES)), st.one_of(st.none(), st.integers(0, 8))), max_size=3)


@settings(max_examples=40)
@given(TREES, HELD, st.sampled_from(["networks.view", "networks.edit", "audit.view"]), st.booleans())
def test_the_rule_is_what_walking_the_parents_says(tree, held, permission, narrowed):
    Network.objects.all().delete()
    Reach.objects.all().delete()
    Organisation.objects.update(parent=None)
    Organisation.objects.all().delete()
    parents = list(tree)
    made = plant(parents)
    grants = [(role, where) for role, where in held if where is None or where < len(made)]
    only = frozenset({"networks.view"}) if narrowed else None
    asker = Asker(1, "a", tuple(Held(role, None if at is None else made[at].pk) for role, at in grants), only=only)

    def oracle(number: int) -> bool:
        if narrowed and permission != "networks.view":
            return False
        return any(
            permission in ROLES[role].permissions and (at is None or at in [number, *ancestors(parents, number)])
            for role, at in grants
        )

    expected = {made[number].pk for number in range(len(made)) if oracle(number)}
    assert seen(asker, permission) == expected
    assert {one.pk for one in made if may_on(asker, permission, one.pk)} == expected
    reached = above(one.pk for one in made)
    assert reached == {
        one.pk: frozenset(made[up].pk for up in [number, *ancestors(parents, number)])
        for number, one in enumerate(made)
    }
