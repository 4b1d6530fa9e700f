"""Accounts, grants and invitations over the API, and who asks. Tokens are made by people in the portal only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.accounts import actions, queries
from vonggac.desk.accounts.actions import GrantValues
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Strict, Text, Version, page_of, written

router = Router(tags=["accounts"])

Role = Literal[
    "leader", "duty_officer", "analyst", "responder", "agency_officer", "telco_desk", "authority_liaison", "records_clerk",
    "auditor", "administrator",
]  # fmt: skip
State = Literal["active", "no_factor", "locked", "never", "shut"]


class HeldOut(Schema):
    """A role held on an organisation and below; null: everywhere."""

    role: str
    organisation_id: int | None


class MeOut(Schema):
    """Who asks: ``permissions`` is all that they may on anything, with this token."""

    user_id: int | None
    name: str
    held: list[HeldOut]
    permissions: list[str]


class AccountOut(Schema):
    """Somebody who signs in."""

    id: int
    username: str
    name: str
    email: str
    phone: str
    organisation_id: int | None
    is_active: bool
    last_login: Moment | None
    version: int


class Accounts(Schema):
    """A page of accounts."""

    items: list[AccountOut]
    next: str | None


class AccountEdit(Strict):
    """All that an administrator may change; what is not given stays."""

    version: int = Field(ge=1, lt=2**31)
    name: str | None = Field(None, max_length=120)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    organisation_id: Id | None = None


class GrantIn(Strict):
    """A role on an organisation and below (null: everywhere), from (null: now) until (null: without an end)."""

    role: Role
    organisation_id: Id | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class GrantOut(Schema):
    """A grant."""

    id: int
    role: str
    organisation_id: int | None
    valid_from: Moment | None
    valid_until: Moment | None


class InvitationIn(Strict):
    """Somebody to invite; the link goes to ``email`` and nowhere else."""

    email: str = Field(max_length=254)
    name: str = Field(max_length=120)
    organisation_id: Id | None = None
    grants: list[GrantIn] = Field(min_length=1, max_length=20)
    language: Literal["vi", "en"] = "vi"


class InvitationOut(Schema):
    """An invitation that waits."""

    id: int
    email: str
    name: str
    organisation_id: int | None
    created_at: Moment
    expires_at: Moment


class Invitations(Schema):
    """A page of invitations."""

    items: list[InvitationOut]
    next: str | None


def account_out(row: Any) -> AccountOut:
    """An account as it looks outside."""
    return AccountOut.model_validate(row, from_attributes=True)


def invitation_out(row: Any) -> InvitationOut:
    """An invitation as it looks outside: never its token."""
    return InvitationOut.model_validate(row, from_attributes=True)


def _grants_out(asker: Any, user_id: int) -> list[GrantOut]:
    return [GrantOut.model_validate(row, from_attributes=True) for row in queries.grants_of(asker, user_id)]


@router.get("/me", response={200: MeOut, **ERRORS}, operation_id="me", summary="Who asks")
def me(request: Any) -> Any:
    """Who asks, and what they may."""
    from vonggac.desk.scope.roles import PERMISSIONS

    asker = request.asker
    held = [HeldOut(role=one.role, organisation_id=one.organisation_id) for one in asker.held]
    permissions = [one for one in sorted(PERMISSIONS) if asker.may(one)]
    return MeOut(user_id=asker.user_id, name=asker.name, held=held, permissions=permissions)


@router.get("/accounts", response={200: Accounts, **ERRORS}, operation_id="list_accounts", summary="List accounts")
def accounts(
    request: Any, limit: Limit, after: After, text: Text, organisation_id: OptionalId = None, role: Role | None = None,
    state: Annotated[State | None, Query(None)] = None,
) -> Any:  # fmt: skip
    """Those that the asker sees."""
    rows = queries.accounts(
        request.asker, text=text, organisation_id=organisation_id, role=role or "", state=state or ""
    )
    return page_of(rows, limit, after, shape=account_out)


@router.get(
    "/accounts/{user_id}", response={200: AccountOut, **ERRORS}, operation_id="read_account", summary="Read an account"
)
def read(request: Any, user_id: Id) -> Any:
    """One account."""
    return account_out(queries.account(request.asker, user_id))


@router.patch(
    "/accounts/{user_id}",
    response={200: AccountOut, **ERRORS},
    operation_id="change_account",
    summary="Change an account",
)
def change(request: Any, user_id: Id, body: AccountEdit) -> Any:
    """What is not given stays."""

    def write() -> AccountOut:
        row = queries.account(request.asker, user_id)
        given = body.model_dump(exclude_unset=True, exclude={"version"})
        values = {name: given.get(name, getattr(row, name)) for name in ("name", "email", "phone", "organisation_id")}
        return account_out(actions.edit_account(request.asker, user_id, body.version, **values))

    return written(request, 200, write)


@router.post("/accounts/{user_id}/deactivate", response={204: None, **ERRORS}, operation_id="deactivate_account")
def deactivate(request: Any, user_id: Id, body: Version) -> Any:
    """They can sign in no more, and are signed out."""
    return written(request, 204, lambda: actions.deactivate(request.asker, user_id, body.version))


@router.post("/accounts/{user_id}/reactivate", response={204: None, **ERRORS}, operation_id="reactivate_account")
def reactivate(request: Any, user_id: Id, body: Version) -> Any:
    """They can sign in again."""
    return written(request, 204, lambda: actions.reactivate(request.asker, user_id, body.version))


@router.get("/accounts/{user_id}/grants", response={200: list[GrantOut], **ERRORS}, operation_id="list_grants")
def grants(request: Any, user_id: Id) -> Any:
    """What an account was granted, as far as the asker sees it."""
    return _grants_out(request.asker, user_id)


@router.post(
    "/accounts/{user_id}/grants", response={201: GrantOut, **ERRORS}, operation_id="add_grant", summary="Grant a role"
)
def grant(request: Any, user_id: Id, body: GrantIn) -> Any:
    """Nobody grants more than they hold."""

    def write() -> GrantOut:
        row = actions.grant(request.asker, user_id, **body.model_dump())
        return GrantOut.model_validate(row, from_attributes=True)

    return written(request, 201, write)


@router.delete(
    "/grants/{grant_id}", response={204: None, **ERRORS}, operation_id="revoke_grant", summary="Revoke a role"
)
def revoke(request: Any, grant_id: Id) -> Any:
    """It holds no more from now on."""
    return written(request, 204, lambda: actions.revoke(request.asker, grant_id))


@router.get(
    "/invitations", response={200: Invitations, **ERRORS}, operation_id="list_invitations", summary="List invitations"
)
def invitations(request: Any, limit: Limit, after: After, text: Text) -> Any:
    """Those that wait."""
    return page_of(queries.invitations(request.asker, text=text), limit, after, shape=invitation_out)


@router.post("/invitations", response={201: InvitationOut, **ERRORS}, operation_id="invite", summary="Invite somebody")
def invite(request: Any, body: InvitationIn) -> Any:
    """The link is mailed; it is never answered here."""

    def write() -> InvitationOut:
        grants = [GrantValues(**one.model_dump()) for one in body.grants]
        row, _token = actions.invite(
            request.asker, email=body.email, name=body.name, organisation_id=body.organisation_id, grants=grants,
            language=body.language,
        )  # fmt: skip
        return invitation_out(row)

    return written(request, 201, write)


@router.delete("/invitations/{invitation_id}", response={204: None, **ERRORS}, operation_id="revoke_invitation")
def revoke_invitation(request: Any, invitation_id: Id) -> Any:
    """Its link opens nothing any more."""
    return written(request, 204, lambda: actions.revoke_invitation(request.asker, invitation_id))
