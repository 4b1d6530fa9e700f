"""Every door of the portal, from what Django and the API's own description know; and what is written through each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

WITHOUT_PERMISSION = (
    "api:openapi-json",  # the description of the API holds no data
    "api:api-root",  # has no page: names of routes are reversed from it
)
"""Names of URLs that declare no permission, each with its reason. Of allauth's own URLs there are none: ours wrap its views."""

NOUNS = {
    "organisations": "organisation_id",
    "people": "person_id",
    "contacts": "contact_id",
    "networks": "network_id",
    "systems": "system_id",
    "mandates": "mandate_id",
    "imports": "import_id",
    "reorganisations": "reorganisation_id",
}
"""First part of an API path to what its ``record_id`` stands for."""


@dataclass(frozen=True)
class Door:
    """One way in. ``route``: a path with its arguments in braces. ``permission``: as the page declares it; empty for the API."""

    name: str
    method: str
    route: str
    permission: str = ""

    @property
    def is_api(self) -> bool:
        """Whether it is a door of the API."""
        return self.route.startswith("/api/")

    @property
    def arguments(self) -> list[str]:
        """The names of its arguments."""
        return re.findall(r"\{(\w+)\}", self.route)

    def path(self, ids: dict[str, int]) -> str:
        """Its path for the records of one side."""

        def fill(match: re.Match[str]) -> str:
            noun = self.route.split("/")[3] if self.is_api else ""
            return str(ids[NOUNS[noun] if match[1] == "record_id" else match[1]])

        return re.sub(r"\{(\w+)\}", fill, self.route)


def patterns(resolver: Any = None, before: str = "", space: str = "") -> list[tuple[str, str, URLPattern]]:
    """Name, route and pattern of every URL that Django knows."""
    found: list[tuple[str, str, URLPattern]] = []
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            found += patterns(one, route, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            found.append((f"{space}{one.name}", "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route), one))
    return found


def pages() -> list[Door]:
    """Every page, once for GET and once for POST where it takes that."""
    found = []
    for name, route, pattern in patterns():
        if route.startswith("/api/"):
            continue
        permission = getattr(pattern.callback, "permission", "")
        found += [Door(name, method, route, permission) for method in ("GET", "POST") if method in methods_of(pattern)]
    return found


def methods_of(pattern: URLPattern) -> tuple[str, ...]:
    """The methods that a page takes: what ``require_http_methods`` was told, found by walking through its wrappers."""
    view: Any = pattern.callback
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            value = cell.cell_contents
            if isinstance(value, list) and value and set(value) <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}:
                return tuple(value)
        view = getattr(view, "__wrapped__", None)
    raise LookupError(f"{pattern.name}: no decorator says which methods it takes")


@cache
def described() -> dict[str, dict[str, Any]]:
    """What the API says of itself, by path and method. It takes half a second to make."""
    from vonggac.web.api.urls import api

    paths: dict[str, dict[str, Any]] = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    return paths


@cache
def routes() -> tuple[Door, ...]:
    """Every method of every path that the API describes."""
    return tuple(
        Door(operation["operationId"], method.upper(), path)
        for path, operations in described().items()
        for method, operation in operations.items()
    )
