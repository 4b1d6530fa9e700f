"""The only way to an account: somebody who may give the roles invites, whoever opens the link takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from vonggac.desk.accounts import secret_texts
from vonggac.desk.accounts.actions.grants import clean_grant
from vonggac.desk.accounts.authority import EDIT, may_give
from vonggac.desk.accounts.models import Grant, Invitation, InvitedGrant, User
from vonggac.desk.accounts.queries.askers import asker_of
from vonggac.desk.accounts.queries.invitations import INVALID, open_invitation, to_revoke
from vonggac.desk.accounts.values import (
    INVITATION_LIFE,
    clean_email,
    clean_language,
    clean_password,
    clean_username,
)
from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_, NotThere

MOST_GRANTS = 20


@dataclass(frozen=True, slots=True)
class GrantValues:
    """A role to be held on an organisation (None: everywhere) from a time (None: from acceptance) until another (None: no end)."""

    role: str
    organisation_id: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def invite(
    asker: Asker,
    *,
    email: str,
    name: str,
    organisation_id: int | None,
    grants: Sequence[GrantValues],
    language: str = "vi",
) -> tuple[Invitation, str]:
    """Send somebody a link that opens an account with ``grants``; returns the invitation and its token.

    The token is known to nobody else: only its hash is kept. Needs what granting each of ``grants`` needs, and accounts.edit
    at ``organisation_id``, the account's home.
    """
    check = Check()
    address = clean_email(check, email, needed=True)
    cleaned_name = check.text("name", name, most=120, needed=True)
    spoken = clean_language(check, language)
    known = organisation_id is None or Organisation.objects.filter(pk=organisation_id).exists()
    if not known or not may_on(asker, EDIT, organisation_id):
        check.fault("organisation_id", N_("you do not manage accounts there"))
    if not grants or len(grants) > MOST_GRANTS:
        check.fault("role", N_("1 to {most} roles can be given with an invitation"), most=MOST_GRANTS)
    for one in grants[:MOST_GRANTS]:
        clean_grant(check, asker, one.role, one.organisation_id, one.valid_from, one.valid_until)
    if address and _waiting(address).exists():
        check.fault("email", N_("an invitation waits there already: send it again, or take it back first"))
    check.done()
    token = secret_texts.new_token()
    with recording(asker, "accounts.invite", organisation_id=organisation_id) as record:
        row = Invitation(
            email=address,
            name=cleaned_name,
            organisation_id=organisation_id,
            language=spoken,
            invited_by_id=asker.user_id,
            by_program=asker.user_id is None,
            token_hash=secret_texts.digest(token),
            expires_at=timezone.now() + INVITATION_LIFE,
        )
        row.save(force_insert=True)
        record.on = row
        record.created(row)
        for one in grants:
            invited = InvitedGrant.objects.create(
                invitation=row,
                role=one.role,
                organisation_id=one.organisation_id,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
            record.created(invited)
        _send(row, token, asker)
    return row, token


def resend(asker: Asker, invitation_id: int) -> str:
    """Send a new link for the full time; the old one opens nothing any more. Returns the new token."""
    with transaction.atomic():
        row = to_revoke(asker, invitation_id, lock=True)
        token = secret_texts.new_token()
        with recording(asker, "accounts.resend", on=row, organisation_id=row.organisation_id) as record:
            before = snapshot(row)
            row.token_hash = secret_texts.digest(token)
            row.sent_at, row.n_sent = timezone.now(), row.n_sent + 1
            row.expires_at = timezone.now() + INVITATION_LIFE
            row.save(force_update=True)
            record.changed(row, before)
            _send(row, token, asker)
    return token


def revoke_invitation(asker: Asker, invitation_id: int) -> None:
    """Take an invitation back: its link opens nothing any more."""
    with transaction.atomic():
        row = to_revoke(asker, invitation_id, lock=True)
        with recording(asker, "accounts.revoke_invitation", on=row, organisation_id=row.organisation_id) as record:
            before = snapshot(row)
            row.revoked_at = timezone.now()
            row.save(force_update=True)
            record.changed(row, before)


def accept(token: str, origin: Origin, *, username: str, name: str, password: str, again: str, language: str) -> User:
    """Make the account of an invitation, with what it grants. Raises NotThere when the link is used, over or taken back, or
    when whoever invited may not give these roles any more.
    """
    with transaction.atomic():
        row = open_invitation(token, lock=True)
        _still_backed(row)
        check = Check()
        user = User(
            email=clean_email(check, row.email, needed=True),
            email_verified=True,
            organisation_id=row.organisation_id,
            username=clean_username(check, username),
            name=check.text("name", name, most=120, needed=True),
            language=clean_language(check, language),
        )
        chosen = clean_password(check, user, password, again)
        check.done()
        user.set_password(chosen)
        user.save(force_insert=True)
        with recording(
            Asker(user.pk, str(user), (), origin), "accounts.accept", on=user, organisation_id=row.organisation_id
        ) as record:
            record.created(user)
            _take(record, row, user)
    return user


def _take(record: Recording, row: Invitation, user: User) -> None:
    now = timezone.now()
    for one in row.grants.all():
        if one.valid_until is not None and one.valid_until <= now:
            continue
        made = Grant.objects.create(
            user=user,
            role=one.role,
            organisation_id=one.organisation_id,
            granted_by_id=row.invited_by_id,
            valid_from=one.valid_from or now,
            valid_until=one.valid_until,
        )
        record.created(made)
    before = snapshot(row)
    row.accepted_at, row.user = now, user
    row.save(force_update=True)
    record.changed(row, before)


def _still_backed(row: Invitation) -> None:
    """What was invited holds only while whoever invited could still give it."""
    if row.by_program:
        return
    inviter = None if row.invited_by is None else asker_of(row.invited_by, Origin())
    given = [(one.role, one.organisation_id) for one in row.grants.all()]
    if inviter is None or not all(may_give(inviter, role, where) for role, where in given):
        raise NotThere(INVALID)


def _waiting(email: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        email__iexact=email, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )


def _send(row: Invitation, token: str, asker: Asker) -> None:
    enqueue(
        template="invitation",
        organisation_id=row.organisation_id,
        email=row.email,
        language=row.language,
        values={
            "name": row.name,
            "organisation": str(row.organisation) if row.organisation else "Vọng Gác",
            "invited_by": asker.name or "Vọng Gác",
            "link": f"/account/invitation/?t={token}",
            "expires_at": row.expires_at,
        },
        key=f"invitation:{row.pk}:{row.n_sent}",
        urgent=True,
    )
