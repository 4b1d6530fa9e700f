"""A small province with some history, for tests of the record. Models are imported when Django is ready."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vonggac.desk.scope.asker import Asker


@pytest.fixture
def province(db) -> SimpleNamespace:
    """``top`` over ``low``, ``other`` apart; two people who changed things, one of them for no organisation."""
    from vonggac.desk.audit.actions import recording, snapshot
    from vonggac.desk.organisations.models import Organisation
    from vonggac.desk.scope.asker import Asker, Held, Origin
    from vonggac.desk.scope.models import Reach

    top = Organisation.objects.create(code="T", kind="authority", name="Sở Thông tin")
    low = Organisation.objects.create(code="L", kind="commune", name="Xã Đường Lâm", parent=top)
    other = Organisation.objects.create(code="O", kind="commune", name="Xã Khác")
    for one, two in ((top, top), (top, low), (low, low), (other, other)):
        Reach.objects.create(ancestor=one, descendant=two)
    origin = Origin("web", "192.0.2.7", "Browser/1", "ab12")
    lan = Asker(11, "Nguyễn Thị Lan", (Held("administrator", None),), origin)
    minh = Asker(12, "Trần Văn Minh", (Held("administrator", None),), origin)
    for asker, place in ((lan, top), (lan, low), (minh, low), (minh, other)):
        before = snapshot(place)
        with recording(asker, "organisations.edit", on=place, organisation_id=place.pk) as record:
            place.note = f"by {asker.name}"
            place.save()
            record.changed(place, before)
    with recording(minh, "directory.import") as record:
        record.note(rows=5)
    return SimpleNamespace(top=top, low=low, other=other, lan=lan, minh=minh)


@pytest.fixture
def auditor() -> Asker:
    """Somebody who sees and erases everything."""
    from vonggac.desk.scope.asker import Asker, Held

    return Asker(1, "auditor", (Held("administrator", None),))
