"""Roles granted and taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from vonggac.desk.accounts.authority import may_give, seen_users, to_see
from vonggac.desk.accounts.last import hold_administrators, keep_an_administrator
from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.roles import ROLES
from vonggac.errors import N_, NotAllowed, NotThere


def grant(
    asker: Asker,
    user_id: int,
    *,
    role: str,
    organisation_id: int | None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Grant:
    """Somebody holds ``role`` on an organisation and everything below it (None: everywhere) for a time, from now on if
    ``valid_from`` is None. Needs that the asker edits accounts there and holds there all that the role may do.
    """
    user = to_see(asker, user_id)
    check = Check()
    first, until = clean_grant(check, asker, role, organisation_id, valid_from, valid_until)
    check.done()
    with recording(asker, "accounts.grant", on=user, organisation_id=organisation_id) as record:
        User.objects.select_for_update().get(pk=user.pk)
        _refuse_twice(user, role, organisation_id, first, until)
        row = Grant.objects.create(
            user=user,
            role=role,
            organisation_id=organisation_id,
            granted_by_id=asker.user_id,
            valid_from=first,
            valid_until=until,
        )
        record.created(row)
    return row


def revoke(asker: Asker, grant_id: int) -> None:
    """A grant ends now; one that has not begun is gone. Needs what granting it needs; never the last administrator's."""
    with transaction.atomic():
        seen = Grant.objects.filter(pk=grant_id).first()
        if seen is not None and (seen.role, seen.organisation_id) == ("administrator", None):
            hold_administrators()
        row = Grant.objects.select_for_update(of=("self",)).filter(pk=grant_id).first()
        if row is None or not User.objects.filter(seen_users(asker), pk=row.user_id).exists():
            raise NotThere(N_("there is no such grant here"))
        if not may_give(asker, row.role, row.organisation_id) and not _is_unknown(asker, row):
            raise NotAllowed(N_("you do not hold there what this role may do"))
        now = timezone.now()
        if row.valid_until is not None and row.valid_until <= now:
            raise NotThere(N_("this grant has ended"))
        keep_an_administrator(without_grant=row.pk)
        with recording(asker, "accounts.revoke", on=row.user, organisation_id=row.organisation_id) as record:
            end(record, row, now)


def clean_grant(
    check: Check,
    asker: Asker,
    role: str,
    organisation_id: int | None,
    valid_from: datetime | None,
    valid_until: datetime | None,
) -> tuple[datetime, datetime | None]:
    """From when until when something is granted; notes what the asker may not give, or what cannot be."""
    check.one_of("role", role, ROLES)
    known = organisation_id is None or Organisation.objects.filter(pk=organisation_id).exists()
    if role in ROLES and not (known and may_give(asker, role, organisation_id)):
        check.fault("role", N_("you can give only what you hold yourself, and only where you manage accounts"))
    first, until = check.period({"valid_from": valid_from, "valid_until": valid_until})
    now = timezone.now()
    if until is not None and until <= now:
        check.fault("valid_until", N_("this is over already"))
    return first or now, until


def _refuse_twice(user: User, role: str, organisation_id: int | None, first: datetime, until: datetime | None) -> None:
    overlapping = Grant.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=first), Q(organisation_id=organisation_id), user=user, role=role
    )
    if until is not None:
        overlapping = overlapping.filter(Q(valid_from=None) | Q(valid_from__lt=until))
    if overlapping.exists():
        check = Check()
        check.fault("role", N_("they hold this role there in that time already"))
        check.done()


def _is_unknown(asker: Asker, row: Grant) -> bool:
    """A role that was taken out of the file opens nothing; whoever edits accounts everywhere may tidy it away."""
    return row.role not in ROLES and may_give(asker, "administrator", None)
