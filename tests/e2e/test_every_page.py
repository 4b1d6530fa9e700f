"""Every page in both widths and both themes: nobody is shut out, nothing is wider than its window, nothing comes from outside."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
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

BY_THEME = ["color-contrast", "link-in-text-block"]
BY_WIDTH = ["scrollable-region-focusable", "target-size", "aria-hidden-focus", "bypass", "landmark-unique", "skip-link"]
"""Rules whose answer a theme, or a width, can change; the others read the same document."""

RUN = """async rules => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const options = {resultTypes: ['violations'], ...(rules.length ? {runOnly: rules} : {})};
    const found = (await axe.run(document, options)).violations;
    return found.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]);
}"""
"""What axe calls serious or critical: rule and the first places."""


@pytest.fixture(scope="module")
def pages(portal):
    found = portal.pages()
    assert len(found) > 80
    return found


def look_at(page, name):
    """Faults of what ``page`` shows, by axe and by its width: on a desk and on a phone, light and dark."""
    found = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for size, scheme, rules in ((DESKTOP, "light", []), (DESKTOP, "dark", BY_THEME), (PHONE, "dark", BY_WIDTH)):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += [(name, size["width"], scheme, fault) for fault in page.evaluate(RUN, rules)]
        if overflow(page) > 0:
            found.append((name, size["width"], "wider than its window by", overflow(page)))
    return found


SECTIONS = ("account", "accounts", "audit", "contacts", "directory", "mandates", "networks", "notices", "operations",
            "organisations", "people", "systems", "", "search", "components", "work", "lists", "indicators", "webhooks", "letters", "a")  # fmt: skip
"""First words of paths. Those of forms that are only sent (language, theme) have no page."""


def test_no_section_is_left_out(pages):
    assert {path.split("/")[1] for path in pages.values()} - {"language", "theme"} == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section or "today")
def test_every_page_serves_everybody(visit, portal, pages, section):
    page = visit("administrator", None, reduced_motion="reduce")
    found, seen = [], set()
    for name, path in pages.items():
        if path.split("/")[1] == section and name not in OUTSIDE:
            for query in sorted({"", VARIANTS.get(name, "")}):
                takes_what_is_sent_only = page.goto(portal.url + path + query).status == 405
                if not takes_what_is_sent_only and page.url not in seen:  # some lead to where another leads
                    seen.add(page.url)
                    found += look_at(page, name + query)
    assert found == []
    assert seen


def test_the_door_serves_everybody(visit, portal, pages):
    page = visit("", None, reduced_motion="reduce")
    found = []
    for name in OUTSIDE:
        page.goto(portal.url + pages[name])
        found += look_at(page, name)
    assert found == []


def test_the_first_page_of_every_role_serves_everybody(visit, portal):
    found = []
    for role in portal.logins:
        found += look_at(visit(role, "/", reduced_motion="reduce"), f"today of {role}")
    for path in ("/organisations/mine", "/systems/", "/people/"):
        found += look_at(visit("agency_officer", path, reduced_motion="reduce"), path)
    assert found == []
