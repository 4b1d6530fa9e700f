"""Parts of long lists: which rows are shown, and the addresses of what comes before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Paged:
    """Rows of one part of a list.

    ``previous`` and ``next`` are what the URL's query says to go there, as pairs (``{"after": "x"}``), None where there is no
    more. ``first`` is the place of the first row, from 1; 0 where places are not counted. ``total`` is None where not counted.
    """

    rows: Sequence[Any]
    previous: dict[str, str] | None = None
    next: dict[str, str] | None = None
    first: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """What the paginator shows: addresses (empty where there is no more) and places."""

    previous: str
    next: str
    first: int
    last: int
    total: int | None


def asked_page(request: Any, most: int = 200) -> int:
    """The page number that the URL asks for: 1 to ``most``, 1 for anything else."""
    text = request.GET.get("page", "")
    return min(max(int(text), 1), most) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def page_of(rows: Any, request: Any, size: int = 50, total: int | None = None) -> Paged:
    """The part of ``rows`` (a queryset or a sequence) that the URL's ``page`` asks for; one row more is read, none counted."""
    number = asked_page(request)
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    return Paged(
        rows=found[:size],
        previous={"page": str(number - 1)} if number > 1 else None,
        next={"page": str(number + 1)} if len(found) > size else None,
        first=start + 1 if found else 0,
        total=total,
    )


def address(request: Any, change: dict[str, str]) -> str:
    """The query of this page with its place in the list replaced by ``change``; filters and order stay."""
    query = request.GET.copy() if request is not None else None
    if query is None:
        return "?" + "&".join(f"{key}={value}" for key, value in change.items())
    for key in ("page", "after", "before", "cursor"):
        query.pop(key, None)
    for key, value in change.items():
        query[key] = value
    return f"?{query.urlencode()}"


def links_of(page: Any, request: Any) -> Links:
    """The links of a Paged or of Django's Page."""
    if isinstance(page, Paged):
        last = page.first + len(page.rows) - 1 if page.first else 0
        before = address(request, page.previous) if page.previous is not None else ""
        after = address(request, page.next) if page.next is not None else ""
        return Links(before, after, page.first, last, page.total)
    before = address(request, {"page": str(page.previous_page_number())}) if page.has_previous() else ""
    after = address(request, {"page": str(page.next_page_number())}) if page.has_next() else ""
    return Links(before, after, page.start_index(), page.end_index(), page.paginator.count)
