"""How a name and a password become a user: counted before they are looked at, and as slow for names that nobody has."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from vonggac.desk.accounts import actions
from vonggac.desk.scope.asker import Origin
from vonggac.web.shell.middleware import origin_of


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's backend behind our lock-outs. A refused try leaves ``request.locked_until``."""

    def authenticate(self, request: Any, **credentials: Any) -> Any:
        """The user, or None when name and password do not fit or are not looked at yet."""
        username, password = credentials.get("username"), credentials.get("password")
        if not isinstance(username, str) or not isinstance(password, str) or "\x00" in username or len(username) > 150:
            return None
        origin = Origin("web") if request is None or not hasattr(request, "session") else origin_of(request)
        verdict = actions.admit_password(username, origin)
        if verdict.refused_until is not None:
            if request is not None:
                request.locked_until = verdict.refused_until
            return None
        user = super().authenticate(request, username=username, password=password)
        if user is None:
            actions.password_wrong(username, origin, verdict)
            return None
        n_failed = actions.password_right(username, origin)
        if request is not None:
            request.n_failed = n_failed
        return user
