"""Who is told of work: those who answer for an organisation, once per cause; reviewers; the head of the unit when nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.organisations.models import ContactPoint, Organisation
from vonggac.desk.organisations.queries.graph import heirs
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.roles import ROLES

ANSWERING = frozenset({"agency_officer", "telco_desk"})
"""Roles that answer for an organisation itself; the centre, which may do so for it, is not told of each."""


def tell_organisations(counts: Mapping[int, int], *, title: str, url: str, key: str) -> None:
    """Tell everybody who answers for one of these organisations how many Tasks it got; one message each, whatever the number.

    Where nobody has an account, the first e-mail contact of the organisation is told.
    """
    people = answering(counts)
    for organisation in Organisation.objects.filter(pk__in=sorted(counts)).order_by("pk"):
        values = {"organisation": organisation.name, "n": counts[organisation.pk], "title": title, "link": url}
        send("work_new", organisation.pk, people.get(organisation.pk, ()), values, key)


def answering(organisation_ids: Iterable[int]) -> dict[int, list[User]]:
    """Those who hold an answering role right on each organisation now; of one that is no more, on those that took over from it."""
    now = timezone.now()
    ids = set(organisation_ids)
    after = heirs(ids, now)
    rows = Grant.objects.filter(
        valid_at(now),
        organisation_id__in=sorted(ids.union(*after.values())),
        role__in=sorted(ANSWERING),
        user__is_active=True,
    )
    held: dict[int, list[User]] = {}
    for grant in rows.select_related("user").order_by("user_id"):
        held.setdefault(int(grant.organisation_id or 0), []).append(grant.user)
    found = {}
    for organisation_id in ids:
        users = [user for one in sorted({organisation_id, *after[organisation_id]}) for user in held.get(one, ())]
        if users:
            found[organisation_id] = list(dict.fromkeys(users))
    return found


def reviewing() -> list[User]:
    """Those who review work everywhere."""
    roles = sorted(name for name, role in ROLES.items() if "work.review" in role.permissions)
    rows = Grant.objects.filter(valid_at(timezone.now()), role__in=roles, organisation=None, user__is_active=True)
    return list(User.objects.filter(pk__in=rows.values("user_id")).order_by("pk"))


def send(
    template: str,
    organisation_id: int,
    users: Iterable[User],
    values: Mapping[str, Any],
    key: str,
    *,
    urgent: bool = False,
) -> None:
    """One message to each of ``users``; to the organisation's first e-mail contact when there is none."""
    told = list(users)
    for user in told:
        enqueue(
            template=template, organisation_id=organisation_id, user_id=user.pk, email=user.email, language=user.language,
            values=values, key=key, urgent=urgent,
        )  # fmt: skip
    if not told and (email := contact_email(organisation_id)):
        enqueue(template=template, organisation_id=organisation_id, email=email, values=values, key=key, urgent=urgent)


def contact_email(organisation_id: int, *, is_head: bool = False) -> str:
    """The e-mail contact of an organisation, or of who took over from it, that is to be tried first; ``is_head``: that of the head of the unit, if one is marked."""
    now = timezone.now()
    after = heirs({organisation_id}, now)[organisation_id]
    rows = ContactPoint.objects.filter(valid_at(now), organisation_id__in=sorted(after), channel="email")
    if is_head:
        heads = rows.filter(
            Q(label__icontains="thủ trưởng") | Q(label__icontains="lãnh đạo") | Q(label__icontains="head")
        )
        rows = heads if heads.exists() else rows.order_by("-rank")
        return rows.values_list("value", flat=True).first() or ""
    return rows.order_by("rank", "pk").values_list("value", flat=True).first() or ""
