"""What all routes share: who asks, one shape of errors, pages by cursor, writes that may be repeated."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer
from ninja.security.session import SessionAuth
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from vonggac import __version__
from vonggac.desk.accounts.queries import asker_of_token
from vonggac.desk.replies.actions import once
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotAllowed, NotThere, VonggacError
from vonggac.web.shell.errors import CODES
from vonggac.web.shell.middleware import origin_of
from vonggac.web.shell.words import tell, tell_fault

MAX_ITEMS = 200
"""The most items of one page."""


class Strict(Schema):
    """What a client sends: a field that we do not know is an error, never dropped."""

    # Actions trim texts; trimmed here, what the description allows would be too short for it.
    model_config = ConfigDict(extra="forbid")


class Version(Strict):
    """The version that was read."""

    version: int = Field(ge=1, lt=2**31)


class FaultOut(Schema):
    """One wrong value."""

    field: str
    message: str


class ErrorOut(Schema):
    """Every error of the API. ``code`` is stable; ``message`` is for people, in the language asked for."""

    code: str
    message: str
    faults: list[FaultOut] = Field(default_factory=list)


ERRORS: dict[int, type[Schema]] = dict.fromkeys((400, 401, 403, 404, 409, 422), ErrorOut)
"""What every route may answer instead of what was asked for."""


def _in_utc(value: datetime) -> datetime:
    """``value`` in UTC: databases take no offset beyond 16 hours. At the edges of what a calendar holds it has none there."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return value.replace(tzinfo=UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its offset, kept in UTC."""
Id = Annotated[int, Field(ge=1, lt=2**63)]
Limit = Annotated[int, Query(50, ge=1, le=MAX_ITEMS, description="Items of one page")]
After = Annotated[str, Query("", max_length=40, description="The cursor `next` of the page before")]
Text = Annotated[str, Query("", max_length=200, description="With or without diacritics")]
OptionalId = Annotated[int | None, Query(None, ge=1, lt=2**63)]


class TokenAuth(HttpBearer):
    """``Authorization: Bearer vgt_…``: a token of a user, narrowed to the token's permissions."""

    def authenticate(self, request: HttpRequest, token: str) -> Asker | None:
        """The asker that the token stands for, or None."""
        asker = asker_of_token(token, origin_of(request, "api"))
        if asker is not None:
            request.asker = asker  # type: ignore[attr-defined]
        return asker


class PortalAuth(SessionAuth):
    """Somebody signed in to the portal, with the CSRF token on writes."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """The signed-in user, or None."""
        return request.user if request.user.is_authenticated else None


class DescribedOnce(NinjaAPI):
    """Its description is made once in a process, where no route changes any more: making it takes half a second."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The description, with every path after ``path_prefix``: by default the one that the routes lie under."""
        return self._described(self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    @lru_cache(maxsize=2)  # noqa: B019  # there is one API, as old as its process
    def _described(self, path_prefix: str) -> OpenAPISchema:
        return super().get_openapi_schema(path_prefix=path_prefix)


api = DescribedOnce(
    title="Vọng Gác",
    version=__version__,
    description="The same actions and queries as the portal. Times are ISO 8601 with an offset; ids are numbers.",
    auth=[TokenAuth(), PortalAuth(csrf=True)],
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)

_CODES = (
    (NotAllowed, 403, "not_allowed"),
    (NotThere, 404, "not_there"),
    (EditConflict, 409, "edit_conflict"),
    (InvalidValues, 422, "invalid_values"),
)


def _answer(request: HttpRequest, status: int, code: str, message: str, faults: Iterable[Any] = ()) -> HttpResponse:
    body = {"code": code, "message": message, "faults": list(faults)}
    return api.create_response(request, body, status=status)


@api.exception_handler(VonggacError)
def _ours(request: HttpRequest, error: VonggacError) -> HttpResponse:
    status, code = next(((status, code) for kind, status, code in _CODES if isinstance(error, kind)), (400, "refused"))
    faults = error.faults if isinstance(error, InvalidValues) else ()
    return _answer(request, status, code, tell(error), [{"field": f.field, "message": tell_fault(f)} for f in faults])


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [
        {"field": ".".join(map(str, one["loc"][1:])) or str(one["loc"]), "message": one["msg"]} for one in error.errors
    ]
    return _answer(
        request, 422, "malformed", gettext(N_("the request does not have the form that the description gives")), faults
    )


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    response = _answer(request, 401, "not_signed_in", gettext(N_("a token or a session is needed")))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, CODES.get(error.status_code, "refused"), str(error))


# ---------------------------------------------------------------------------------------------------- pages by cursor


def page_of(
    rows: QuerySet[Any], limit: int, after: str, *, by: str = "id", shape: Callable[[Any], Any]
) -> dict[str, Any]:
    """``limit`` items of ``rows`` in the order of the unique column ``by``, after the cursor ``after`` (empty: from the start).

    Returns {"items", "next"}; ``next`` is the cursor of the following page, null on the last.
    """
    if after:
        rows = rows.filter(**{f"{by}__gt": read_cursor(after)})
    found: list[Model] = list(rows.order_by(by)[: limit + 1])
    more = len(found) > limit
    last = getattr(found[limit - 1], by) if more else None
    return {"items": [shape(row) for row in found[:limit]], "next": cursor_of(last) if more else None}


def cursor_of(value: int | None) -> str:
    """The cursor that stands for a number."""
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """The number that a cursor stands for. Raises InvalidValues for one that no page gave."""
    try:
        value = int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii"))
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise InvalidValues([Fault("after", N_("this is no cursor that a page gave"))])
    return value


# ----------------------------------------------------------------------------------------------- writes that are repeated


def written(request: Any, status: int, write: Callable[[], BaseModel | None]) -> HttpResponse:
    """Do ``write`` and answer ``status`` with what it returns; with an Idempotency-Key, do it once and answer a repetition alike."""

    def run() -> tuple[int, str]:
        result = write()
        return status, result.model_dump_json(by_alias=True) if result is not None else ""

    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 100 or not key.isascii() or not (key.isprintable() or not key):
        raise InvalidValues([Fault("Idempotency-Key", N_("at most 100 printable ASCII characters"))])
    if not key:
        code, body = run()
        repeated = False
    else:
        sent = b"\0".join((request.method.encode(), request.get_full_path().encode(), request.body))
        code, body, repeated = once(_owner(request), key, sent, run)
    response = HttpResponse(body, status=code, content_type="application/json" if body else "text/plain")
    if repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _owner(request: Any) -> str:
    asker: Asker = request.asker
    return f"{asker.origin.via}:{asker.user_id}:{asker.origin.session if asker.origin.via == 'api' else ''}"
