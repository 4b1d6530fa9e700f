"""Organisations, people and messages of an invented province.

pytest loads this before Django is ready, so what needs Django is imported where it is used.
"""

from __future__ import annotations

import itertools

import pytest
from django.db import transaction

AT = "2026-03-01T02:00:00+00:00"
IMPORT = {"file": "mang.xlsx", "n_created": 1, "n_changed": 2, "n_same": 3, "link": "/directory/import/1"}
INVITATION = {
    "name": "Trần Thị Bưởi",
    "organisation": "Xã Tân An",
    "invited_by": "Lê Văn Cam",
    "link": "/invitations/only-they-know",
    "expires_at": "2199-01-01T00:00:00+00:00",
}


@pytest.fixture
def communes(db):
    """Two communes, neither below the other."""
    from vonggac.desk.organisations.models import Organisation
    from vonggac.desk.scope.models import Reach

    found = [
        Organisation.objects.create(code=code, kind="commune", name=name)
        for code, name in (("A", "Xã Tân An"), ("B", "Xã Bình Minh"))
    ]
    for one in found:
        Reach.objects.create(ancestor=one, descendant=one)
    return found


@pytest.fixture
def put():
    """Put a message in the outbox; returns the newest that came of it."""
    from vonggac.desk.notices import actions
    from vonggac.desk.notices.models import Notice

    numbers = itertools.count(1)

    def put(template="test", organisation=None, **changes):
        values = {"test": {"at": AT}, "import_finished": IMPORT, "invitation": INVITATION}[template]
        with transaction.atomic():
            actions.enqueue(
                **{
                    "template": template,
                    "organisation_id": organisation and organisation.pk,
                    "email": "buoi@xa-tan-an.example",
                    "values": values,
                    "key": f"k{next(numbers)}",
                    **changes,
                }
            )
        return Notice.objects.order_by("-id").first()

    return put


@pytest.fixture
def switch_off(db):
    from vonggac.desk.notices.models import Switch

    Switch.objects.update_or_create(pk=1, defaults={"is_on": False})


@pytest.fixture
def administrator():
    from vonggac.desk.scope.asker import machine

    return machine("Quản trị")


@pytest.fixture
def clerk(communes):
    """Sees the messages of commune A and may release none."""
    from vonggac.desk.scope.asker import Asker, Held

    return Asker(None, "Văn thư", (Held("records_clerk", communes[0].pk),))
