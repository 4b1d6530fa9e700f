"""Accounts: one's own, and those that an administrator sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from vonggac.desk.accounts import sessions
from vonggac.desk.accounts.authority import may_give, may_manage, seen_users, to_see
from vonggac.desk.accounts.models import ApiToken, Grant, Lockout, User
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.roles import ROLES, Role
from vonggac.desk.scope.rule import visible
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotThere

STATES = {
    "active": N_("In use"),
    "no_factor": N_("Without a second factor"),
    "locked": N_("Locked"),
    "never": N_("Never signed in"),
    "shut": N_("Shut"),
}
"""What the list of accounts can be narrowed to, with its title."""


def accounts(
    asker: Asker, *, text: str = "", organisation_id: int | None = None, role: str = "", state: str = ""
) -> QuerySet[User]:
    """Those that the asker sees, by name, each with ``holding`` (grants that hold now), ``has_factor`` and ``is_locked``.

    ``organisation_id``: at home there or below. ``role``: who holds it now. ``state``: see STATES; those that are shut are
    shown only when asked for.
    """
    now = timezone.now()
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    lock = Lockout.objects.filter(user=OuterRef("pk"), kind__in=("name", "factor"), locked_until__gt=now)
    rows = User.objects.filter(seen_users(asker), is_active=state != "shut")
    for word in search_form(text).split():
        rows = rows.filter(folded__contains=word)
    if organisation_id is not None:
        below = Reach.objects.filter(ancestor_id=organisation_id).values("descendant_id")
        rows = rows.filter(organisation_id__in=below)
    if role:
        held = visible(Grant.objects.filter(valid_at(now), role=role), asker, "accounts.view")
        rows = rows.filter(pk__in=held.values("user_id"))
    rows = rows.annotate(has_factor=Exists(factor), is_locked=Exists(lock))
    if state == "no_factor":
        rows = rows.filter(has_factor=False)
    elif state == "locked":
        rows = rows.filter(is_locked=True)
    elif state == "never":
        rows = rows.filter(last_login=None)
    holding = visible(Grant.objects.filter(valid_at(now)), asker, "accounts.view").select_related("organisation")
    return (
        rows.select_related("organisation")
        .prefetch_related(Prefetch("grants", queryset=holding.order_by("role"), to_attr="holding"))
        .order_by("sort_key", "pk")
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Accounts in use, and how many of them have no second factor, are locked, never signed in."""

    active: int
    no_factor: int
    locked: int
    never: int


def counts(asker: Asker) -> Counts:
    """How many accounts the asker sees, and whose doors are weak or shut; one query."""
    rows = accounts(asker).order_by().select_related(None).prefetch_related(None)
    return Counts(
        **rows.aggregate(
            active=Count("pk"),
            no_factor=Count("pk", filter=Q(has_factor=False)),
            locked=Count("pk", filter=Q(is_locked=True)),
            never=Count("pk", filter=Q(last_login=None)),
        )
    )


def account(asker: Asker, user_id: int) -> User:
    """One account with its home; raises NotThere when there is none that the asker sees."""
    to_see(asker, user_id)
    return User.objects.select_related("organisation").get(pk=user_id)


def account_named(asker: Asker, username: str) -> User | None:
    """The account that signs in with this name, whatever its case; None where there is none that the asker sees."""
    return User.objects.filter(seen_users(asker), username__iexact=username).first()


def is_manageable(asker: Asker, user: User) -> bool:
    """Whether the asker may act on the account."""
    return may_manage(asker, user)


def grants_of(asker: Asker, user_id: int) -> list[Grant]:
    """What somebody holds, held and will hold, as far as the asker sees it: what holds first, then the latest."""
    to_see(asker, user_id)
    rows = visible(Grant.objects.filter(user_id=user_id), asker, "accounts.view")
    return list(
        rows.select_related("organisation", "granted_by").order_by(F("valid_until").desc(nulls_first=True), "-pk")
    )


def sessions_of(asker: Asker, user_id: int, idle: timedelta) -> list[UserSession]:
    """Where somebody is signed in, for whoever may act on the account."""
    return sessions.living(user_id, timezone.now() - idle) if may_manage(asker, to_see(asker, user_id)) else []


def factors_of(asker: Asker, user_id: int) -> list[Authenticator]:
    """The second factors of somebody: kind and times, no secrets are read."""
    to_see(asker, user_id)
    return factors(user_id)


def factors(user_id: int) -> list[Authenticator]:
    """The second factors of somebody who is signing in, or of oneself: kind and times."""
    return list(Authenticator.objects.filter(user_id=user_id).defer("data").order_by("created_at"))


def tokens_of(asker: Asker, user_id: int) -> list[ApiToken]:
    """The API tokens of somebody that open something, for whoever may act on the account."""
    return _living_tokens(user_id) if may_manage(asker, to_see(asker, user_id)) else []


def locked_until(asker: Asker, user_id: int) -> datetime | None:
    """Until when an account is locked, None when it is not."""
    to_see(asker, user_id)
    rows = Lockout.objects.filter(user_id=user_id, kind__in=("name", "factor"), locked_until__gt=timezone.now())
    return rows.order_by("-locked_until").values_list("locked_until", flat=True).first()


def roles_to_give(asker: Asker) -> list[Role]:
    """The roles that the asker could give somewhere, in the order of the file."""
    roots = asker.roots("accounts.edit")
    places = [None] if not isinstance(roots, frozenset) else sorted(roots)
    return [role for role in ROLES.values() if any(may_give(asker, role.name, place) for place in places)]


def own(asker: Asker) -> User:
    """One's own account; raises NotThere for whoever has none."""
    row = User.objects.select_related("organisation").filter(pk=asker.user_id).first() if asker.user_id else None
    if row is None:
        raise NotThere(N_("there is no such account here"))
    return row


def own_grants(asker: Asker) -> list[tuple[Grant, Role]]:
    """What one holds now or will."""
    lasting = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    rows = Grant.objects.filter(lasting, user_id=asker.user_id or 0).select_related("organisation")
    return [(row, ROLES[row.role]) for row in rows.order_by("role", "pk") if row.role in ROLES]


def own_sessions(asker: Asker, idle: timedelta) -> list[UserSession]:
    """Where one is signed in."""
    return sessions.living(asker.user_id, timezone.now() - idle) if asker.user_id is not None else []


def own_tokens(asker: Asker) -> list[ApiToken]:
    """One's own API tokens that open something."""
    return _living_tokens(asker.user_id) if asker.user_id is not None else []


def _living_tokens(user_id: int) -> list[ApiToken]:
    rows = ApiToken.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=timezone.now())
    return list(rows.order_by("-created_at"))
