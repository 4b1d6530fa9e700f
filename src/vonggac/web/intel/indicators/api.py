"""Indicators over the API: found, told, changed, withdrawn; files of STIX and MISP in and out; other names of malware."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.intel.actions import aliases as alias_actions
from vonggac.desk.intel.actions import indicators as actions
from vonggac.desk.intel.queries import indicators as queries
from vonggac.errors import N_, Fault, InputError, InvalidValues
from vonggac.jobs.exchange.found import Defaults
from vonggac.jobs.exchange.intake import Outcome, pasted, take_in, values_in, warninglists_in
from vonggac.jobs.exchange.outgo import share
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, Strict, Version, page_of, written

router = Router(tags=["indicators"])

Kind = Literal["ipv4", "ipv6", "cidr", "range", "domain", "url", "md5", "sha1", "sha256"]
State = Literal["active", "expired", "withdrawn"]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Role = Literal["hostile", "victim"]
Form = Literal["stix", "misp"]
Audience = Literal["public", "community", "clients", "organisation", "named"]
Confidence = Annotated[int, Field(ge=0, le=100)]
Word = Annotated[str, Query("", max_length=120)]


class IndicatorOut(Schema):
    """An indicator. ``sources``: [source, number] of who told it, newest last."""

    id: int
    kind: Kind
    value: str
    role: Role
    family: str
    state: State
    tlp: Tlp
    confidence: int
    first_seen: Moment | None
    last_seen: Moment | None
    valid_from: Moment
    expires_at: Moment | None
    port: int | None
    sources: list[list[str]]
    warnings: str
    note: str
    reason: str
    stix_id: str
    version: int


class Indicators(Schema):
    """A page of indicators."""

    items: list[IndicatorOut]
    next: str | None


class IndicatorsIn(Strict):
    """Values as they stand in a letter, defanged or not, in ``text``; all of them are told alike."""

    text: str = Field(min_length=1, max_length=200_000)
    source: str = Field(min_length=1, max_length=120)
    family: str = Field("", max_length=120)
    role: Role = "hostile"
    tlp: Tlp = "amber"
    confidence: Confidence = 70
    expires_at: Moment | None = None
    note: str = Field("", max_length=10_000)


class IndicatorEdit(Strict):
    """What changes; what is not given stays."""

    version: int = Field(ge=1, lt=2**31)
    family: str | None = Field(None, max_length=120)
    role: Role | None = None
    tlp: Tlp | None = None
    confidence: Confidence | None = None
    expires_at: Moment | None = None
    note: str | None = Field(None, max_length=10_000)


class Why(Strict):
    """The version that was read, and why."""

    version: int = Field(ge=1, lt=2**31)
    reason: str = Field(min_length=1, max_length=250)


class ToldOut(Schema):
    """What became of what was told, or would: ``left_out``: an English reason to how many."""

    n_new: int
    n_changed: int
    n_same: int
    n_sightings: int = 0
    left_out: dict[str, int] = Field(default_factory=dict)


class AliasOut(Schema):
    """Another name of a family."""

    id: int
    alias: str
    family: str
    note: str
    version: int


class Aliases(Schema):
    """A page of names."""

    items: list[AliasOut]
    next: str | None


class AliasIn(Strict):
    """A name that lists use, and the family that it means."""

    alias: str = Field(min_length=1, max_length=120)
    family: str = Field(min_length=1, max_length=120)
    note: str = Field("", max_length=250)


class AliasEdit(Strict):
    """What changes; what is not given stays."""

    version: int = Field(ge=1, lt=2**31)
    alias: str | None = Field(None, min_length=1, max_length=120)
    family: str | None = Field(None, min_length=1, max_length=120)
    note: str | None = Field(None, max_length=250)


def out(row: Any) -> IndicatorOut:
    """An indicator as it looks outside."""
    return IndicatorOut.model_validate(row, from_attributes=True)


def alias_out(row: Any) -> AliasOut:
    """A name as it looks outside."""
    return AliasOut.model_validate(row, from_attributes=True)


@router.get(
    "/indicators", response={200: Indicators, **ERRORS}, operation_id="list_indicators", summary="List indicators"
)
def indicators(
    request: Any, limit: Limit, after: After, text: Annotated[str, Query("", max_length=600)], family: Word,
    kind: Kind | None = None, state: State | None = None, tlp: Tlp | None = None,
) -> Any:  # fmt: skip
    """Those that the asker sees. ``text``: values (with what holds them and what they hold), or words."""
    wanted = queries.Filters(text, values_in(text), kind or "", state or "", tlp or "", family)
    return page_of(queries.indicators(request.asker, wanted), limit, after, shape=out)


@router.post(
    "/indicators", response={201: ToldOut, **ERRORS}, operation_id="tell_indicators", summary="Tell indicators"
)
def tell(request: Any, body: IndicatorsIn) -> Any:
    """One or many at once; what is known already learns the new source."""

    def write() -> ToldOut:
        values = body.model_dump(exclude={"text", "source"})
        actions.require_telling(request.asker)
        drafts, faults = pasted(body.text, actions.Draft("", "", **values), warninglists_in(settings.VONGGAC))
        if faults:
            raise InvalidValues(
                Fault("text", N_("“{what}” is not read: {why}"), {"what": what, "why": why})
                for what, why in faults[:50]
            )
        told = actions.add_indicators(request.asker, drafts, body.source)
        return ToldOut(n_new=told.n_new, n_changed=told.n_changed, n_same=told.n_same)

    return written(request, 201, write)


def taken_in(*args: Any, **kwargs: Any) -> Outcome:
    """As ``take_in``; a body that is no such file is a value that cannot stand, with its reason."""
    try:
        return take_in(*args, **kwargs)
    except InputError as error:
        raise InvalidValues([Fault("body", error.message, error.params)]) from None


@router.post("/indicators/import", response={200: ToldOut, **ERRORS}, operation_id="import_indicators", summary="Take in STIX or MISP",
             openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}})  # fmt: skip
def import_(
    request: Any, source: Word, number: Word, form: Form | None = None, tlp: Tlp = "amber",
    confidence: Annotated[int, Query(ge=0, le=100)] = 70, dry_run: bool = False,
) -> Any:  # fmt: skip
    """The body is the file, at most 2 MB; larger ones go through the page or the command line. ``dry_run``: only tell what would happen.

    ``source``: who sends it, else whoever asks.
    """
    data = request.body

    def write() -> ToldOut:
        done = taken_in(
            request.asker, data, source=source or request.asker.name[:120], number=number, form=form or "", is_dry=dry_run,
            defaults=Defaults(tlp=tlp, confidence=confidence), warninglists=warninglists_in(settings.VONGGAC),
        )  # fmt: skip
        told = done.told
        return ToldOut(
            n_new=told.n_new,
            n_changed=told.n_changed,
            n_same=told.n_same,
            n_sightings=done.n_sightings,
            left_out=done.reasons,
        )

    return written(request, 200, write)


@router.get(
    "/indicators/export",
    response={200: dict[str, Any], **ERRORS},
    operation_id="export_indicators",
    summary="STIX or MISP for others",
)
def export(
    request: Any, audience: Audience, recipient: Annotated[str, Query("", max_length=250)], family: Word, form: Form = "stix",
    kind: Kind | None = None, state: State | None = "active",
) -> Any:  # fmt: skip
    """What the audience may have by TLP, as a bundle or an event. It is written down; ``X-Left-Out`` says how many must stay here."""
    wanted = queries.Filters(kind=kind or "", state=state or "", family=family)
    shared = share(request.asker, wanted, form=form, audience=audience, recipient=recipient)
    return HttpResponse(shared.content, content_type="application/json", headers={"X-Left-Out": str(shared.n_left_out)})


@router.get(
    "/indicators/aliases", response={200: Aliases, **ERRORS}, operation_id="list_aliases", summary="Names of malware"
)
def aliases(request: Any, limit: Limit, after: After, text: Word) -> Any:
    """Names that people entered."""
    return page_of(queries.aliases(request.asker, text), limit, after, shape=alias_out)


@router.post("/indicators/aliases", response={201: AliasOut, **ERRORS}, operation_id="add_alias")
def add_alias(request: Any, body: AliasIn) -> Any:
    """From now on this name means that family."""
    return written(request, 201, lambda: alias_out(alias_actions.add_alias(request.asker, **body.model_dump())))


@router.patch("/indicators/aliases/{alias_id}", response={200: AliasOut, **ERRORS}, operation_id="change_alias")
def change_alias(request: Any, alias_id: Id, body: AliasEdit) -> Any:
    """Change what a name means."""
    values = {name: value for name, value in body.model_dump(exclude={"version"}).items() if value is not None}
    return written(
        request, 200, lambda: alias_out(alias_actions.edit_alias(request.asker, alias_id, body.version, **values))
    )


@router.post("/indicators/aliases/{alias_id}/remove", response={204: None, **ERRORS}, operation_id="remove_alias")
def remove_alias(request: Any, alias_id: Id, body: Version) -> Any:
    """It means nothing any more."""
    return written(request, 204, lambda: alias_actions.remove_alias(request.asker, alias_id, body.version))


@router.get("/indicators/{indicator_id}", response={200: IndicatorOut, **ERRORS}, operation_id="read_indicator")
def read(request: Any, indicator_id: Id) -> Any:
    """One indicator."""
    return out(queries.indicator(request.asker, indicator_id))


@router.patch("/indicators/{indicator_id}", response={200: IndicatorOut, **ERRORS}, operation_id="change_indicator")
def change(request: Any, indicator_id: Id, body: IndicatorEdit) -> Any:
    """Change what is known of it."""
    given = body.model_dump(exclude_unset=True, exclude={"version"})
    values = {name: value for name, value in given.items() if value is not None or name == "expires_at"}
    return written(
        request, 200, lambda: out(actions.edit_indicator(request.asker, indicator_id, body.version, **values))
    )


@router.post(
    "/indicators/{indicator_id}/withdraw", response={200: IndicatorOut, **ERRORS}, operation_id="withdraw_indicator"
)
def withdraw(request: Any, indicator_id: Id, body: Why) -> Any:
    """It is not to be looked for any more."""
    return written(
        request, 200, lambda: out(actions.withdraw_indicator(request.asker, indicator_id, body.version, body.reason))
    )


@router.post(
    "/indicators/{indicator_id}/put-back", response={200: IndicatorOut, **ERRORS}, operation_id="put_back_indicator"
)
def put_back(request: Any, indicator_id: Id, body: Why) -> Any:
    """It is looked for again."""
    return written(
        request, 200, lambda: out(actions.put_back_indicator(request.asker, indicator_id, body.version, body.reason))
    )
