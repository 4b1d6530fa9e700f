"""Who somebody is, and what they hold now."""

from __future__ import annotations

from django.utils import timezone

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.scope.roles import ROLES


def asker_of(user: User, origin: Origin) -> Asker:
    """The Asker for a signed-in user: the grants that hold now. Somebody not active holds nothing."""
    if not user.is_active:
        return Asker(user.pk, str(user), (), origin)
    grants = Grant.objects.filter(valid_at(timezone.now()), user=user).values_list("role", "organisation_id")
    return Asker(user.pk, str(user), tuple(Held(role, where) for role, where in grants if role in ROLES), origin)


def needs_second_factor(asker: Asker) -> bool:
    """Whether a role that the asker holds makes a second factor compulsory."""
    return any(ROLES[role].mfa for role in asker.roles)
