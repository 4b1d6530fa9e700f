"""Who answers a letter and who reads its table: sessions by rows, and what each of them has to answer. Django is ready when this is imported."""

from __future__ import annotations

import random
from importlib import import_module
from typing import Any

from desk_sessions import _signed_in
from django.conf import settings
from letter_fill import values_for

from vonggac.desk.accounts.models import User
from vonggac.desk.directives.models import Letter, Recipient
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Task

CSRF = "b" * 32


def cast() -> dict[str, Any]:
    """The letter, its leader's session, and for each recipient a session with the body of the answer to each clause."""
    chance = random.Random(5)  # no secret
    row = Letter.objects.get()
    tasks: dict[int, list[Task]] = {}
    for task in Task.objects.filter(batch_id=row.batch_id, turn="owner").order_by("pk"):
        tasks.setdefault(task.organisation_id, []).append(task)
    officers = {user.organisation_id: user for user in User.objects.filter(username__startswith="canbo")}
    people = []
    for recipient in Recipient.objects.filter(letter=row, organisation__in=tasks).order_by("n"):
        answers = []
        for task in tasks[int(recipient.organisation_id or 0)]:
            result, values = values_for(BY_NAME[task.kind], chance)
            answers.append({"task_id": task.pk, "result": result, "values": values})
        people.append({"recipient": recipient.pk, "answers": answers, **_session(officers[recipient.organisation_id])})
    return {"letter": row.pk, "leader": _session(User.objects.get(username="lanhdao")), "people": people}


def _session(user: User) -> dict[str, str]:
    cookie = _signed_in(user)
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore(cookie.partition("=")[2])
    store["_csrftoken"] = CSRF
    store.save()
    return {"cookie": cookie, "csrf": CSRF}
