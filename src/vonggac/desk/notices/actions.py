"""What is done with messages: put in the outbox, held, released, dropped, tried again, read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.config import LANGUAGES
from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.notices import delivery, sealed, wording
from vonggac.desk.notices.channels import CHANNELS, Reachable
from vonggac.desk.notices.delivery import is_holding
from vonggac.desk.notices.models import DROPPED, FAILED, HELD, WAITING, Notice, Received, Switch
from vonggac.desk.notices.rendering import place, site
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require, visible
from vonggac.errors import N_, Fault, InvalidValues, NotAllowed, NotThere

MERGE_WINDOW = timedelta(minutes=10)
"""How long what is not urgent waits for more to the same recipient about the same organisation."""
AT_ONCE = 10_000
"""Messages released, dropped or tried again by one action; the rest stays for the next."""
KEEP_SECRETS = timedelta(days=7)
"""How long a message that was not delivered keeps its link, for another try."""
KEEP_READ = timedelta(days=90)
KEEP_UNREAD = timedelta(days=365)
KEEP_LOG = timedelta(days=730)


def enqueue(  # noqa: PLR0913  # what a message is, by name
    *,
    template: str,
    organisation_id: int | None,
    user_id: int | None = None,
    email: str = "",
    language: str = "vi",
    values: Mapping[str, Any],
    key: str,
    urgent: bool = False,
    files: str = "",
) -> None:
    """Put a message in the outbox, within the transaction of what causes it: both happen, or neither.

    It goes by every channel that reaches the person: by e-mail when ``email`` is given, in the portal when ``user_id`` is.
    ``template`` and ``values``: see ``wording.TEMPLATES``; links are paths of the portal. ``key`` (up to 200 characters) names
    what it is about: the same key goes to the same recipient once by each channel. What is not urgent may be merged into a
    digest. ``files`` (``letter:<id>``) are attached when it goes out, where the channel carries files; such a message is in no digest. Raises ValueError for values that the template cannot stand, InvalidValues for no address.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a message is put in the outbox within the transaction that causes it")
    if not key or len(key) > 200:
        raise ValueError("a message needs a key of up to 200 characters")
    if language not in LANGUAGES:
        raise ValueError(f"“{language}” is no language that messages are written in")
    form = wording.BY_NAME[template]
    plain = wording.plain(form, values, site())
    wording.render(form, language, plain, place())
    hidden = {name: plain.pop(name) for name in form.secrets}
    to = Reachable(user_id, email)
    now, is_urgent = timezone.now(), urgent or form.is_urgent
    holding = is_holding()
    Notice.objects.bulk_create(
        [
            Notice(
                key=key,
                channel=channel.name,
                recipient=recipient,
                user_id=user_id,
                organisation_id=organisation_id,
                template=template,
                language=language,
                values=plain,
                secrets=sealed.seal(hidden) if channel.leaves else "",
                files=files if channel.carries_files else "",
                is_urgent=is_urgent,
                state=HELD if holding and channel.leaves else WAITING,
                created_at=now,
                due_at=now if is_urgent or files or not channel.merges else now + MERGE_WINDOW,
            )
            for channel in CHANNELS
            if (recipient := channel.recipient(to))
        ],
        ignore_conflicts=True,  # the same key again
    )


def send_test(asker: Asker, email: str, language: str = "vi") -> str:
    """Send a test message past the switch, for who asks wants it out; returns its key. Raises InvalidValues for no address."""
    require(asker, "notices.release", None)
    if not email:
        raise InvalidValues([Fault("email", N_("an address is needed"))])
    key, now = f"test:{uuid4()}", timezone.now()
    with recording(asker, "notices.test") as record:
        enqueue(template="test", organisation_id=None, email=email, language=language, values={"at": now}, key=key)
        notice = Notice.objects.get(key=key)
        Notice.objects.filter(pk=notice.pk).update(state=WAITING, released_at=now)
        record.on = notice
        record.note(template="test", channel=notice.channel)
    return key


def release(asker: Asker, ids: Collection[int] | None = None) -> int:
    """Let held messages go, ``ids`` or all that ``asker`` may release (up to AT_ONCE); returns how many went.

    Those that go out in one message with one of ``ids`` go along: what was previewed is what goes out.
    """
    now = timezone.now()

    def write(rows: QuerySet[Notice]) -> int:
        return rows.update(state=WAITING, released_at=now, due_at=now)

    return _move(asker, "notices.release", HELD, ids if ids is None else _with_company(asker, ids), write)


def _with_company(asker: Asker, ids: Collection[int]) -> set[int]:
    """``ids`` with what is held for the same digests: of the same organisation, so ``asker`` may release it too."""
    found = set(_known(asker, ids))
    of_digests = {
        (notice.channel, notice.recipient, notice.organisation_id)
        for notice in Notice.objects.filter(pk__in=found, state=HELD, is_urgent=False, n_attempts=0)
    }
    for group in of_digests:
        found.update(delivery.group(HELD, *group).values_list("pk", flat=True))
    return found


def drop(asker: Asker, ids: Collection[int], reason: str) -> int:
    """Never send these messages that are held or were not delivered; ``reason`` stays with them. Returns how many."""
    check = Check()
    reason = check.text("reason", reason, most=250)
    if not reason:
        check.fault("reason", N_("say why, in up to 250 characters"))
    check.done()

    def write(rows: QuerySet[Notice]) -> int:
        return rows.update(state=DROPPED, reason=reason, secrets="", ended_at=timezone.now())

    return _move(asker, "notices.drop", (HELD, FAILED), ids, write, reason=reason)


def retry(asker: Asker, ids: Collection[int]) -> int:
    """Try again to send messages that were given up; returns how many will be."""
    now = timezone.now()

    def write(rows: QuerySet[Notice]) -> int:
        return rows.update(
            state=WAITING, due_at=now, released_at=now, n_attempts=0, fault="", fault_params={}, ended_at=None
        )

    return _move(asker, "notices.retry", FAILED, ids, write)


def _move(
    asker: Asker,
    action: str,
    states: str | tuple[str, ...],
    ids: Collection[int] | None,
    write: Any,
    **said: Any,
) -> int:
    """Move what is in ``states`` by ``write``, with one entry that says which; what moved meanwhile is left out."""
    wanted = (states,) if isinstance(states, str) else states
    with recording(asker, action) as record:
        rows = visible(Notice.objects.all(), asker, "notices.release")
        if ids is None:
            rows = rows.filter(state__in=wanted).order_by("id")[:AT_ONCE]
        else:
            rows = rows.filter(pk__in=_known(asker, ids))
        # Locked, so that nobody else moves them before this does (SQLite has one writer anyway).
        taken = [row for row in rows.select_for_update(of=("self",)) if row.state in wanted]
        if not taken:
            raise InvalidValues([Fault("", N_("none of these messages can be moved any more: look at their state"))])
        n = write(Notice.objects.filter(pk__in=[row.pk for row in taken], state__in=wanted))
        _tell(record, taken, said)
    return int(n)


def _known(asker: Asker, ids: Collection[int]) -> list[int]:
    """``ids``, all of which the asker may release. Raises NotThere for what they may not even see, else NotAllowed."""
    wanted = sorted(set(ids))[:AT_ONCE]
    may = set(visible(Notice.objects.filter(pk__in=wanted), asker, "notices.release").values_list("pk", flat=True))
    rest = [one for one in wanted if one not in may]
    if rest:
        seen = visible(Notice.objects.filter(pk__in=rest), asker, "notices.view").count()
        if seen < len(rest):
            raise NotThere(N_("there is no such message"))
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="notices.release")
    return wanted


def _tell(record: Recording, taken: list[Notice], said: Mapping[str, Any]) -> None:
    record.on = taken[0] if len(taken) == 1 else None
    organisations = {notice.organisation_id for notice in taken}
    record.organisation_id = organisations.pop() if len(organisations) == 1 else None
    record.n_objects = len(taken)
    record.note(ids=[notice.pk for notice in taken], before=sorted({notice.state for notice in taken}), **said)


def hold(asker: Asker) -> int:
    """Hold all messages that leave the house from now on, with those that wait; returns how many wait now held."""
    require(asker, "notices.release", None)
    with recording(asker, "notices.hold") as record:
        _turn(asker, record, is_on=True)
        n = delivery.hold_back()
        record.note(held=n)
    return n


def stop_holding(asker: Asker) -> int:
    """Let new messages go at once. What is held stays held until it is released or dropped; returns how many that are."""
    require(asker, "notices.release", None)
    with recording(asker, "notices.stop_holding") as record:
        _turn(asker, record, is_on=False)
        n = Notice.objects.filter(state=HELD).count()
        record.note(still_held=n)
    return n


def _turn(asker: Asker, record: Recording, *, is_on: bool) -> None:
    switch, _made = Switch.objects.select_for_update().get_or_create(pk=1, defaults={"is_on": True})
    before = snapshot(switch)
    switch.is_on, switch.changed_at, switch.changed_by = is_on, timezone.now(), asker.name[:150]
    switch.save()
    record.on = switch
    record.changed(switch, before)


def mark_read(asker: Asker, ids: Collection[int] | None = None) -> int:
    """Mark ``asker``'s own messages in the portal as read, ``ids`` or all; returns how many were unread.

    No entry of the audit record: it changes nothing for anybody else, as opening a page does not.
    """
    if (own := asker.user_id) is None:
        return 0
    rows = Received.objects.filter(user_id=own, read_at__isnull=True)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=timezone.now())


def clear_old(asker: Asker) -> dict[str, int]:
    """Housekeeping: old messages of the portal, the log after two years, links of what was not delivered. Returns counts."""
    require(asker, "notices.release", None)
    now = timezone.now()
    too_old = Q(read_at__lt=now - KEEP_READ) | Q(at__lt=now - KEEP_UNREAD)
    old: dict[str, QuerySet[Any]] = {
        "received": Received.objects.filter(too_old),
        "log": Notice.objects.filter(ended_at__lt=now - KEEP_LOG).exclude(state__in=(HELD, WAITING)),
    }
    stale = Notice.objects.filter(state=FAILED, ended_at__lt=now - KEEP_SECRETS).exclude(secrets="")
    if not stale.exists() and not any(rows.exists() for rows in old.values()):
        return {}
    with recording(asker, "notices.clear_old") as record:
        counts = {"links": stale.update(secrets=""), **{name: _delete(rows) for name, rows in old.items()}}
        record.note(**counts)
    return counts


def _delete(rows: QuerySet[Any]) -> int:
    """Up to AT_ONCE of ``rows``; the next round takes the next."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    model: type[models.Model] = rows.model
    _n, by_kind = model._default_manager.filter(pk__in=ids).delete()  # noqa: SLF001  # Django's documented name
    return by_kind.get(model._meta.label, 0)  # noqa: SLF001
