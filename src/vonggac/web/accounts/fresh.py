"""Sensitive pages: whoever opens them has shown who they are within the last ten minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def fresh(view: View) -> View:
    """Ask again for password, code or passkey before ``view``; what was sent is kept and goes on afterwards."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return guarded


def require_fresh(request: Any) -> None:
    """Raise what sends the browser to show again who is there, unless that was shown just now."""
    raise_if_reauthentication_required(request, app="vonggac")
