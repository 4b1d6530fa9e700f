"""Who may give what to whom: nobody more than they hold, nobody beyond their part of the graph."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.roles import ROLES
from vonggac.desk.scope.rule import may_on, visible
from vonggac.errors import N_, NotAllowed, NotThere

EDIT = "accounts.edit"
VIEW = "accounts.view"


def may_give(asker: Asker, role: str, organisation_id: int | None) -> bool:
    """Whether the asker edits accounts on this organisation (None: everywhere) and holds all that ``role`` may do there."""
    if role not in ROLES:
        return False
    roots = {asker.roots(permission) for permission in ROLES[role].permissions | {EDIT}}
    narrow = [root for root in roots if not isinstance(root, Everywhere)]
    if not narrow:
        return True
    if organisation_id is None:
        return False
    above = set(Reach.objects.filter(descendant_id=organisation_id).values_list("ancestor_id", flat=True))
    return all(root & above for root in narrow)


def lasting_grants(user: User) -> Iterable[Grant]:
    """The grants of ``user`` that hold now or will."""
    return Grant.objects.filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()), user=user)


def may_manage(asker: Asker, user: User) -> bool:
    """Whether the asker may act on the account itself: edits accounts at its home and holds all that it holds or will hold."""
    if not may_on(asker, EDIT, user.organisation_id):
        return False
    held = {(grant.role, grant.organisation_id) for grant in lasting_grants(user) if grant.role in ROLES}
    return all(may_give(asker, role, where) for role, where in held)


def seen_users(asker: Asker) -> Q:
    """The condition on User that the asker sees it: at home where accounts may be seen, or granted something there."""
    roots = asker.roots(VIEW)
    if isinstance(roots, Everywhere):
        return Q()
    if not roots:
        return Q(pk__in=())
    home = visible(User.objects.all(), asker, VIEW).values("pk")
    granted = visible(Grant.objects.all(), asker, VIEW).values("user_id")
    return Q(pk__in=home) | Q(pk__in=granted)


def to_see(asker: Asker, user_id: int, *, lock: bool = False) -> User:
    """The account, if the asker sees it; raises NotThere. ``lock``: nobody changes it, or grants it something, meanwhile."""
    rows = User.objects.select_for_update(of=("self",)) if lock else User.objects.all()
    user = rows.filter(seen_users(asker), pk=user_id).first()
    if user is None:
        raise NotThere(N_("there is no such account here"))
    return user


def to_manage(asker: Asker, user_id: int, *, lock: bool = False) -> User:
    """The account, if the asker may act on it; raises NotThere, or NotAllowed where they only see it. ``lock``: see to_see."""
    user = to_see(asker, user_id, lock=lock)
    if not may_manage(asker, user):
        raise NotAllowed(N_("this account holds more than you do, or stands outside your organisations"))
    return user
