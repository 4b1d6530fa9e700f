"""Who sees what: the one rule."""

from __future__ import annotations

import pytest

from vonggac.desk.organisations.models import Network, Organisation
from vonggac.desk.scope.asker import Asker, Held, nobody
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.rule import visible

pytestmark = pytest.mark.django_db


def test_no_grant_shows_no_rows_and_a_grant_shows_what_is_below():
    top = Organisation.objects.create(code="T", kind="authority", name="Tỉnh")
    low = Organisation.objects.create(code="L", kind="commune", name="Xã", parent=top)
    other = Organisation.objects.create(code="O", kind="commune", name="Xã khác")
    for one, two in ((top, top), (top, low), (low, low), (other, other)):
        Reach.objects.create(ancestor=one, descendant=two)
    for owner in (top, low, other):
        Network.objects.create(organisation=owner, text="192.0.2.1", first="0" * 32, last="0" * 32)

    def seen(asker):
        return set(visible(Network.objects.all(), asker, "networks.view").values_list("organisation_id", flat=True))

    assert seen(nobody()) == set()
    assert seen(Asker(1, "a", (Held("analyst", top.pk),))) == {top.pk, low.pk}
    assert seen(Asker(1, "a", (Held("analyst", low.pk),))) == {low.pk}
    assert seen(Asker(1, "a", (Held("authority_liaison", top.pk),))) == set()
    assert seen(Asker(1, "a", (Held("analyst", None),))) == {top.pk, low.pk, other.pk}
    assert seen(Asker(1, "a", (Held("analyst", None),), only=frozenset({"systems.view"}))) == set()
