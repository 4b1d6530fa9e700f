"""Does things in the desk of the served database, on request: one JSON array (name, arguments…) a line, one answer a line.

A process of its own, since the tests' process has a database of its own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from vonggac.desk.accounts.models import Grant, User  # noqa: E402
from vonggac.desk.audit.actions import recording  # noqa: E402
from vonggac.desk.audit.queries import last_seq  # noqa: E402
from vonggac.desk.organisations.models import Organisation  # noqa: E402
from vonggac.desk.scope.asker import machine  # noqa: E402
from vonggac.desk.scope.models import Reach  # noqa: E402


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def organisation(code: str, parent: int | None) -> int:
    made = Organisation.objects.create(code=code, kind="commune", name=code, parent_id=parent)
    Reach.objects.create(ancestor=made, descendant=made)
    if parent:
        Reach.objects.create(ancestor_id=parent, descendant=made)
    return made.pk


def user(name: str, role: str, where: int | None) -> int:
    made = User(username=name, name=name)
    made.set_unusable_password()
    made.save()
    if role:
        Grant.objects.create(user=made, role=role, organisation_id=where)
    return made.pk


def session(user_id: int, **values: Any) -> str:
    store = SessionStore()
    someone = User.objects.get(pk=user_id)
    store[SESSION_KEY] = str(user_id)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = someone.get_session_auth_hash()
    store.update(values)
    store.create()
    return str(store.session_key)


def sign_out(key: str) -> None:
    SessionStore(key).flush()


def change_user(user_id: int, **values: Any) -> None:
    User.objects.filter(pk=user_id).update(**values)


def grant(user_id: int, role: str, where: int | None) -> None:
    Grant.objects.filter(user_id=user_id).delete()
    Grant.objects.create(user_id=user_id, role=role, organisation_id=where)


def act(n: int, action: str, where: int | None, kind: str = "organisation") -> int:
    for _ in range(n):
        on = Organisation.objects.filter(pk=where).first() if kind else None
        with recording(machine("A secret name"), action, on=on, organisation_id=where) as record:
            record.note(secret="a secret value")
    return last_seq()


for line in sys.stdin:
    name, arguments, words = json.loads(line)
    sys.stdout.write(json.dumps(globals()[name](*arguments, **words)) + "\n")
    sys.stdout.flush()
