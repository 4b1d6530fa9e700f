"""A letter of the invented province. Django is not ready while this file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from letter_of import Holiday
    from province import Province


@pytest.fixture
def drafted(province: Province) -> Callable[..., Holiday]:
    """Makes the draft of a holiday letter of three clauses to all communes and telcos; see ``letter_of.draft``."""
    from letter_of import draft

    return lambda **values: draft(province, **values)


@pytest.fixture
def issued(province: Province) -> Holiday:
    """A holiday letter of three clauses to all communes and telcos, issued and sent."""
    from letter_of import draft

    return draft(province).issued()


@pytest.fixture
def opened(chromium: Any, live_server: Any, province: Province) -> Iterator[Callable[..., Any]]:
    """``opened(role, path, **options)``: a page in Chromium as somebody; in the end no browser complained."""
    from django.conf import settings
    from django.test import Client
    from signing import sign_in

    faults: list[str] = []
    contexts = []

    def open_page(role: str, path: str, **options: Any) -> Any:
        wide = {"width": 1440, "height": 900}
        context = chromium.new_context(**{"viewport": wide, "reduced_motion": "reduce", **options})
        contexts.append(context)
        cookie = sign_in(Client(), province.users[role]).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.route(f"{settings.LIVE_URL}/**", lambda route: route.fulfill(status=204))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
