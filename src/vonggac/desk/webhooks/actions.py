"""Webhooks set up, changed, tried and removed. What they are told is made by ``deliveries``."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Collection, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.audit.queries import last_seq
from vonggac.desk.audit.titles import ACTIONS, NOUNS
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import require_version, update
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.webhooks import secrets
from vonggac.desk.webhooks.models import FAILED, WAITING, Delivery, Subscription
from vonggac.errors import N_, Fault, InvalidValues, NotAllowed, NotThere

MOST_SUBSCRIPTIONS: Final = 50
EDIT: Final = "webhooks.edit"
_HOST = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?|\[[0-9a-f:]+\]")


def add_subscription(
    asker: Asker,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    organisation_id: int | None = None,
    inner_hosts: Collection[str] = (),
) -> tuple[Subscription, str]:
    """Tell ``url`` from now on; gives the webhook with its secret, which is shown this once. Needs webhooks.edit there, by a person."""
    if asker.user_id is None:
        raise NotAllowed(N_("a webhook is set up by a person who is signed in: what it is told is what they may see"))
    _require_place(asker, organisation_id)
    values = _checked({"name": name, "url": url, "events": events}, inner_hosts)
    if Subscription.objects.count() >= MOST_SUBSCRIPTIONS:
        raise InvalidValues([Fault("", N_("{n} webhooks are enough: remove one first"), {"n": MOST_SUBSCRIPTIONS})])
    secret = secrets.new()
    with recording(asker, "webhooks.add", organisation_id=organisation_id) as record:
        record.on = row = Subscription(
            **values,
            organisation_id=organisation_id,
            user_id=asker.user_id,
            secret=secrets.seal(secret),
            after_seq=last_seq(),
        )
        row.save(force_insert=True)
        record.created(row)
    return row, secret


def edit_subscription(
    asker: Asker, subscription_id: int, version: int, *, inner_hosts: Collection[str] = (), **values: Any
) -> Subscription:
    """Change name, address, events, organisation, or whether it is told at all. Whoever changes it owns it from then on."""
    if asker.user_id is None:
        raise NotAllowed(N_("a webhook is set up by a person who is signed in: what it is told is what they may see"))
    row = to_edit(asker, subscription_id)
    taken = dict(values)
    if "organisation_id" in taken:
        _require_place(asker, taken["organisation_id"])
    place = taken.pop("organisation_id", row.organisation_id)
    is_active = bool(taken.pop("is_active", row.is_active))
    known = {"name": row.name, "url": row.url, "events": row.events}
    checked = _checked({**known, **taken}, inner_hosts)
    changes: dict[str, Any] = {**checked, "organisation_id": place, "is_active": is_active, "user_id": asker.user_id}
    if is_active and not row.is_active:
        changes |= {"after_seq": last_seq(), "failing_since": None}
    with recording(asker, "webhooks.edit", on=row, organisation_id=place) as record:
        update(record, row, version, changes)
    return row


def new_secret(asker: Asker, subscription_id: int, version: int) -> tuple[Subscription, str]:
    """Another secret, shown this once; the one of before signs nothing any more."""
    row = to_edit(asker, subscription_id)
    secret = secrets.new()
    with recording(asker, "webhooks.new_secret", on=row, organisation_id=row.organisation_id) as record:
        update(record, row, version, {"secret": secrets.seal(secret)})
    return row, secret


def remove_subscription(asker: Asker, subscription_id: int, version: int) -> None:
    """Tell nothing there any more; what was sent is forgotten with it."""
    row = to_edit(asker, subscription_id)
    require_version(row, version)
    with recording(asker, "webhooks.remove", on=row, organisation_id=row.organisation_id) as record:
        before = snapshot(row)
        row.delete()
        record.deleted(row, before)


def try_subscription(asker: Asker, subscription_id: int) -> Delivery:
    """Send a message that says nothing, to see whether it arrives."""
    row = to_edit(asker, subscription_id)
    now = timezone.now()
    with recording(asker, "webhooks.test", on=row, organisation_id=row.organisation_id) as record:
        body = {"type": "webhooks.test", "timestamp": now.isoformat(), "data": {}}
        made = Delivery.objects.create(
            subscription=row, key=f"msg_{uuid.uuid4().hex}", event="webhooks.test", body=orjson.dumps(body).decode()
        )
        record.note(ids=[made.pk])
    return made


def retry_failed(asker: Asker, subscription_id: int) -> int:
    """Try all failed deliveries again, for another day; gives how many."""
    row = to_edit(asker, subscription_id)
    failed = Delivery.objects.filter(subscription=row, state=FAILED)
    if not failed.exists():
        return 0
    now = timezone.now()
    with recording(asker, "webhooks.retry", on=row, organisation_id=row.organisation_id) as record:
        n = failed.update(state=WAITING, since=now, due_at=now, ended_at=None, n_attempts=0, fault="", status=None)
        record.note(n=n)
    return n


def to_edit(asker: Asker, subscription_id: int) -> Subscription:
    """One of them that the asker may change. Raises NotThere, NotAllowed."""
    row = Subscription.objects.filter(pk=subscription_id).first()
    if row is None or not may_on(asker, "webhooks.view", row.organisation_id):
        raise NotThere(N_("there is no such webhook here"))
    require(asker, EDIT, row.organisation_id)
    return row


def _require_place(asker: Asker, organisation_id: int | None) -> None:
    if organisation_id is not None and not may_on(asker, "organisations.view", organisation_id):
        raise NotThere(N_("there is no such organisation here"))
    require(asker, EDIT, organisation_id)
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id).exists():
        raise NotThere(N_("there is no such organisation here"))


def _checked(values: dict[str, Any], inner_hosts: Collection[str]) -> dict[str, Any]:
    check = Check()
    taken: dict[str, Any] = {
        "name": check.text("name", values["name"], most=120, needed=True),
        "url": check.text("url", values["url"], most=500, needed=True),
        "events": sorted(set(values["events"])),
    }
    if taken["url"]:
        _check_url(check, taken["url"], inner_hosts)
    unknown = [event for event in taken["events"] if event not in ACTIONS and event not in NOUNS]
    if unknown:
        check.fault("events", N_("“{event}” is nothing that happens here"), event=str(unknown[0])[:64])
    elif not taken["events"]:
        check.fault("events", N_("choose at least one"))
    for name in values.keys() - taken.keys():
        check.fault(name, N_("this cannot be changed"))
    check.done()
    return taken


def _check_url(check: Check, url: str, inner_hosts: Collection[str]) -> None:
    """Faults of an address that is never asked. Where a name leads is looked at when a message is sent, every time."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        check.fault("url", N_("this is no address"))
        return
    shown = f"[{host}]" if ":" in host else host
    if parts.username is not None or parts.fragment or not _HOST.fullmatch(shown) or not url.isascii():
        check.fault("url", N_("an address like https://host/path was expected, without a password"))
    elif parts.scheme == "http" and host in inner_hosts and host in ("localhost", "127.0.0.1", "::1"):
        return
    elif parts.scheme != "https":
        check.fault("url", N_("webhooks go by https only"))
    elif host not in inner_hosts and _is_inner(host):
        check.fault("url", N_("this host stands in the inner network; the setting webhook_hosts can allow it"))


def _is_inner(host: str) -> bool:
    if (
        host == "localhost"
        or host.endswith((".localhost", ".local", ".internal"))
        or "." not in host + host.replace(":", ".")
    ):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
