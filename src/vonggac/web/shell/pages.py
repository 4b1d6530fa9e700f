"""What makes a function a page: who may open it, with which methods. A test holds that every URL says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods

from vonggac.desk.audit.queries import last_seq
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotAllowed

P = ParamSpec("P")
PUBLIC = "public"
"""Open to everybody."""
SIGNED_IN = "signed in"
"""Open to everybody who is signed in; the page itself says what they see."""


class Request(HttpRequest):
    """A request of somebody signed in. ``asker`` is set by ``middleware.asker``."""

    asker: Asker
    htmx: Any


View = Callable[Concatenate[Any, P], HttpResponseBase]


def page(permission: str, *methods: str) -> Callable[[View[P]], View[P]]:
    """A page that needs ``permission`` (``<noun>.<verb>``, PUBLIC or SIGNED_IN) and takes ``methods`` (GET if none is named).

    It asks whether the permission is held on anything; what the page shows and does is scoped by queries and actions.
    """

    def decorate(view: View[P]) -> View[P]:
        @require_http_methods(["GET", "HEAD", *methods])
        @wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if permission != PUBLIC:
                if not request.user.is_authenticated:
                    return _to_sign_in(request)
                if permission != SIGNED_IN and not request.asker.may(permission):
                    raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=permission)
                if "HX-Request" not in request.headers:  # a part of a page goes on with the stream of the whole
                    # Before anything is read for the page: what changes while it is made is then told to it, too.
                    request.live_after = last_seq()
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast("View[P]", guarded)

    return decorate


def _to_sign_in(request: Any) -> HttpResponseBase:
    """To the page of signing in, and back afterwards; a part of a page would otherwise get that page in its place."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return redirect_to_login(request.get_full_path())
    whole = redirect_to_login(htmx.current_url_abs_path or "/")
    return HttpResponse(status=204, headers={"HX-Redirect": whole["Location"]})


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of the page (``hx-select`` picks it); messages then stay for the next whole page."""
    return bool(request.htmx) and not request.htmx.boosted


__all__ = ["PUBLIC", "SIGNED_IN", "HttpResponse", "Request", "is_partial", "page"]
