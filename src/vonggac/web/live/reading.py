"""What the stream reads from the database: new entries, and who a session belongs to. Called in threads, never in the loop."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections, connection
from django.http import HttpRequest, parse_cookie

from vonggac.desk.accounts.queries import asker_of, needs_second_factor
from vonggac.desk.audit import queries
from vonggac.desk.audit.queries import Step
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.desk.scope.rule import above
from vonggac.web.accounts.adapters import BEGAN, SEEN
from vonggac.web.accounts.heard import STRONG
from vonggac.web.live.events import Change

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks: the session, whose it is, and what they hold now."""

    session_key: str
    user_id: int
    asker: Asker


def _fresh(read: Callable[P, R]) -> Callable[P, R]:
    """A connection that the database has closed meanwhile is replaced; none is left in a transaction."""

    @wraps(read)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return read(*args, **kwargs)
        except Exception:
            connection.close()
            raise

    return call


@_fresh
def changes_after(seq: int, limit: int) -> list[Change]:
    """The first ``limit`` entries after number ``seq``, in their order, each with the organisations that reach it."""
    steps: list[Step] = queries.steps_after(seq, limit)
    reached = above({step.organisation_id for step in steps if step.organisation_id is not None})
    return [
        Change(
            step.seq,
            step.action,
            step.object_type,
            step.object_id,
            step.organisation_id,
            reached.get(step.organisation_id, frozenset()) if step.organisation_id is not None else frozenset(),
        )
        for step in steps
    ]


@_fresh
def last_seq() -> int:
    """The number of the newest entry."""
    return queries.last_seq()


def session_key_in(cookie_header: str) -> str:
    """The session's key in a Cookie header, read as Django reads it; empty without one."""
    key: str = parse_cookie(cookie_header).get(settings.SESSION_COOKIE_NAME, "")
    return key


@_fresh
def visitor_of(session_key: str, address: str, agent: str) -> Visitor | None:
    """Whose session this is now; None when it is over, not signed in, or its owner owes a step before anything else."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if not request.session.exists(session_key):
        return None
    user: Any = get_user(request)  # looks at the hash of the password, too: a new one ends older sessions
    if not user.is_authenticated or not user.is_active or user.must_change_password:
        return None
    digest = hashlib.sha256(session_key.encode()).hexdigest()[:16]
    asker = asker_of(user, Origin("web", address, agent, digest))
    if _is_over(request.session) or (needs_second_factor(asker) and not request.session.get(STRONG)):
        return None
    return Visitor(session_key, user.pk, asker)


def _is_over(session: Any) -> bool:
    """Whether the pages would end the session: old, or idle. A stream that is open is no use of it."""
    now, began, seen = time.time(), session.get(BEGAN), session.get(SEEN)
    is_old = isinstance(began, int) and now - began >= settings.LONGEST.total_seconds()
    return is_old or (isinstance(seen, int) and now - seen >= settings.IDLE.total_seconds())
