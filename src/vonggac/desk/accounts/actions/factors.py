"""Second factors: added, removed, taken away by an administrator."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from vonggac.desk.accounts import sessions
from vonggac.desk.accounts.authority import to_manage
from vonggac.desk.accounts.models import User
from vonggac.desk.audit.actions import recording
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.scope.asker import Asker


def factor_added(asker: Asker, user: User, *, kind: str, this_session: str) -> None:
    """A second factor was added; sessions that were opened without it end."""
    with recording(asker, "accounts.add_factor", on=user, organisation_id=user.organisation_id) as record:
        record.note(kind=kind, n_sessions_ended=sessions.end(user.pk, but=this_session))


def factor_removed(asker: Asker, user: User, *, kind: str) -> None:
    """Somebody removed one of their own second factors."""
    with recording(asker, "accounts.remove_factor", on=user, organisation_id=user.organisation_id) as record:
        record.note(kind=kind)


def recovery_codes_made(asker: Asker, user: User) -> None:
    """New recovery codes stand in for the old ones."""
    with recording(asker, "accounts.make_recovery_codes", on=user, organisation_id=user.organisation_id):
        pass


def reset_factors(asker: Asker, user_id: int) -> int:
    """Take all second factors from somebody who lost them; their sessions end, and they are told. Returns how many there were."""
    with transaction.atomic():
        row = to_manage(asker, user_id, lock=True)
        with recording(asker, "accounts.reset_factors", on=row, organisation_id=row.organisation_id) as record:
            kinds = list(Authenticator.objects.filter(user=row).values_list("type", flat=True))
            Authenticator.objects.filter(user=row).delete()
            User.objects.filter(pk=row.pk).update(totp_step=0)
            sessions.end(row.pk)
            record.note(kinds=kinds)
            now = timezone.now()
            enqueue(
                template="mfa_reset",
                organisation_id=row.organisation_id,
                user_id=row.pk,
                email=row.email,
                language=row.language,
                values={"name": str(row), "by": asker.name or "Vọng Gác", "at": now},
                key=f"mfa_reset:{row.pk}:{now.timestamp()}",
                urgent=True,
            )
    return len(kinds)


def use_code_step(user: User, step: int) -> bool:
    """Take a time step of the one-time codes; False when its code, or a later one, was used before."""
    return bool(User.objects.filter(pk=user.pk, totp_step__lt=step).update(totp_step=step))
