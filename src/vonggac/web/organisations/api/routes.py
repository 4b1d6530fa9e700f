"""The routes that every noun of the directory has: add, read, change, end."""
# Annotations are looked at by the library and name values of the enclosing function, so they are not put off here.

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ninja import Router, Schema

from vonggac.desk.scope.asker import Asker
from vonggac.web.api.core import ERRORS, Id, Strict, written
from vonggac.web.organisations.api.shapes import Edit, Ending


def changes_of(body: Edit) -> dict[str, Any]:
    """The fields that a change gives, without its version."""
    return body.model_dump(exclude_unset=True, exclude={"version"})


@dataclass(frozen=True, slots=True)
class Noun:
    """How one noun is read and written; ``out`` is what a record looks like outside."""

    router: Router
    name: str
    path: str
    shape_in: type[Strict]
    shape_edit: type[Edit]
    shape_out: type[Schema]
    read: Callable[[Asker, int], Any]
    out: Callable[[Any], Schema]
    add: Callable[[Asker, dict[str, Any]], Any]
    edit: Callable[..., Any]
    end: Callable[..., Any]


def register(noun: Noun) -> None:
    """Give ``noun.router`` its routes: add, read, change, end. The list differs by its filters and stands with the noun."""
    router, path, name = noun.router, noun.path, noun.name
    one = f"{path}/{{record_id}}"
    out, shape_in, shape_edit = noun.shape_out, noun.shape_in, noun.shape_edit

    @router.post(path, response={201: out, **ERRORS}, operation_id=f"add_{name}", summary=f"Add a {name}")
    def add(request: Any, body: shape_in) -> Any:  # type: ignore[valid-type]
        return written(request, 201, lambda: noun.out(noun.add(request.asker, body.model_dump())))  # type: ignore[attr-defined]

    @router.get(one, response={200: out, **ERRORS}, operation_id=f"read_{name}", summary=f"Read a {name}")
    def read(request: Any, record_id: Id) -> Any:
        return noun.out(noun.read(request.asker, record_id))

    @router.patch(one, response={200: out, **ERRORS}, operation_id=f"change_{name}", summary=f"Change a {name}")
    def change(request: Any, record_id: Id, body: shape_edit) -> Any:  # type: ignore[valid-type]
        def write() -> Schema:
            noun.edit(request.asker, record_id, body.version, **changes_of(body))  # type: ignore[attr-defined]
            return noun.out(noun.read(request.asker, record_id))

        return written(request, 200, write)

    @router.post(f"{one}/end", response={200: out, **ERRORS}, operation_id=f"end_{name}", summary=f"End a {name}")
    def end(request: Any, record_id: Id, body: Ending) -> Any:
        def write() -> Schema:
            noun.end(request.asker, record_id, body.version, at=body.at)
            return noun.out(noun.read(request.asker, record_id))

        return written(request, 200, write)
