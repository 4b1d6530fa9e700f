"""What allauth says of second factors goes to the desk: audit, and the end of sessions that were opened without one."""

from __future__ import annotations

from typing import Any

from allauth.mfa import signals

from vonggac.desk.accounts import actions, queries
from vonggac.web.shell.middleware import origin_of

STRONG = "strong"
"""Session key: somebody showed a second factor in this session, or added one."""


def connect() -> None:
    """Listen; the names keep a second connection from hearing twice."""
    signals.authenticator_added.connect(_added, dispatch_uid="vonggac.added")
    signals.authenticator_removed.connect(_removed, dispatch_uid="vonggac.removed")
    signals.authenticator_reset.connect(_codes_made, dispatch_uid="vonggac.codes_made")


def _added(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        return
    request.session[STRONG] = True
    actions.factor_added(
        queries.asker_of(user, origin_of(request)),
        user,
        kind=authenticator.type,
        this_session=request.session.session_key or "",
    )


def _removed(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        return
    actions.factor_removed(queries.asker_of(user, origin_of(request)), user, kind=authenticator.type)
    if not queries.has_second_factor(user.pk):
        request.session.pop(STRONG, None)


def _codes_made(request: Any, user: Any, **_more: Any) -> None:
    actions.recovery_codes_made(queries.asker_of(user, origin_of(request)), user)
