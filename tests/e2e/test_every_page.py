"""Every page in both widths and both themes: nobody is shut out, nothing is wider than its window, nothing comes from outside."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from visiting import DESKTOP, PHONE, overflow

VARIANTS = {
    "search": "?q=dong+lau",
    "organisations": "?view=list",
    "network-owner": "?address=192.0.2.5&at=2024-06-01T00:00",
    "audit": "?entry=5",
}
"""Where a page shows more when it is asked for something."""

OUTSIDE = (
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "new_password",
    "new_password_done",
    "account_inactive",
    "invitation",
)
"""Pages for people who are signed out."""

CONTRAST = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What a theme can change."""


@pytest.fixture(scope="module")
def pages(portal):
    found = portal.pages()
    assert len(found) > 80
    return found


def faults(page, options=None):
    """What axe calls serious or critical: rule and the first places."""
    found = Axe().run(page, options=options).response["violations"]
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def look_at(page, name):
    """Faults of the page that ``page`` shows: desktop and phone, light and dark."""
    found = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        if overflow(page) > 0:
            found.append((name, size["width"], "wider than its window by", overflow(page)))
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += [(name, size["width"], "light", fault) for fault in faults(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(DESKTOP)
    found += [(name, "dark", fault) for fault in faults(page, CONTRAST)]
    return found


def goto(page, portal, path):
    """Open it; False where the page only takes what is sent to it."""
    return page.goto(portal.url + path).status != 405


def test_every_page_serves_everybody(visit, portal, pages):
    page = visit("administrator", None)
    found, n_seen = [], 0
    for name, path in pages.items():
        for query in {"", VARIANTS.get(name, "")}:
            if name not in OUTSIDE and goto(page, portal, path + query):
                n_seen += 1
                found += look_at(page, name + query)
    assert found == []
    assert n_seen > 60


def test_the_door_serves_everybody(visit, portal, pages):
    page = visit("", None)
    found = []
    for name in OUTSIDE:
        page.goto(portal.url + pages[name])
        found += look_at(page, name)
    assert found == []


def test_the_first_page_of_every_role_serves_everybody(visit, portal):
    found = []
    for role in portal.logins:
        found += look_at(visit(role, "/"), f"today of {role}")
    for path in ("/organisations/mine", "/systems/", "/people/"):
        found += look_at(visit("agency_officer", path), path)
    assert found == []
