"""Invitations: those that an administrator sees, and the one that a link opens."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.desk.accounts import secret_texts
from vonggac.desk.accounts.authority import EDIT, VIEW, may_give
from vonggac.desk.accounts.models import Invitation, InvitedGrant
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.roles import ROLES, Role
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotAllowed, NotThere

INVALID = N_("this invitation was used, taken back or is over: ask whoever invited you for a new one")


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers to whoever opened it."""

    invitation: Invitation
    roles: tuple[tuple[InvitedGrant, Role], ...]
    invited_by: str
    needs_second_factor: bool


def invitations(asker: Asker, *, waiting: bool = True, text: str = "") -> QuerySet[Invitation]:
    """Those that the asker sees, the latest first: that still wait, or all."""
    rows = visible(Invitation.objects.all(), asker, VIEW).select_related("organisation", "invited_by", "user")
    if waiting:
        rows = rows.filter(accepted_at=None, revoked_at=None)
    for word in search_form(text).split():
        rows = rows.filter(folded__contains=word)
    return rows.prefetch_related("grants__organisation").order_by("-created_at", "-pk")


def n_waiting(asker: Asker) -> int:
    """How many invitations wait to be accepted, for who may send them again or take them back."""
    if not asker.may(EDIT):
        return 0
    return visible(Invitation.objects.filter(accepted_at=None, revoked_at=None), asker, EDIT).count()


def open_invitation(token: str, *, lock: bool = False) -> Invitation:
    """The invitation of a token, if it still waits; raises NotThere."""
    rows = Invitation.objects.select_related("organisation", "invited_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(
        token_hash=secret_texts.digest(token), accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    ).first()
    if row is None:
        raise NotThere(INVALID)
    return row


def offer_of(token: str) -> Offer:
    """What the invitation of a token offers; raises NotThere when it opens nothing."""
    row = open_invitation(token)
    given = tuple((one, ROLES[one.role]) for one in row.grants.select_related("organisation") if one.role in ROLES)
    by = str(row.invited_by) if row.invited_by is not None else "Vọng Gác"
    return Offer(row, given, by, any(role.mfa for _one, role in given))


def to_revoke(asker: Asker, invitation_id: int, *, lock: bool = False) -> Invitation:
    """An invitation that waits and that the asker could have sent; raises NotThere, or NotAllowed where they only see it."""
    rows = visible(Invitation.objects.all(), asker, VIEW).filter(Q(pk=invitation_id), accepted_at=None, revoked_at=None)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotThere(N_("there is no such invitation here"))
    given = [(one.role, one.organisation_id) for one in row.grants.all()]
    if not may_on(asker, EDIT, row.organisation_id) or not all(may_give(asker, role, where) for role, where in given):
        raise NotAllowed(N_("you can give only what you hold yourself, and only where you manage accounts"))
    return row
