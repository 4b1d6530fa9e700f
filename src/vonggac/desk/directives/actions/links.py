"""Links of letters: looked up, opened, confirmed by a code, sent, revoked; reminders that carry a fresh one.

What is done by a link is kept as ``LinkUse``, so that one that was passed on shows in its log.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vonggac.desk.accounts import lockouts
from vonggac.desk.accounts.lockouts import Try
from vonggac.desk.accounts.models import User
from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.dispatching import new_link, tell_contact, values_of
from vonggac.desk.directives.actions.receipts import opened
from vonggac.desk.directives.models import Letter, Link, LinkUse, Recipient
from vonggac.desk.directives.queries.letters import letter, recipient
from vonggac.desk.directives.queries.links import asker_of_link, is_alive, is_token, of_token, open_ones, registered
from vonggac.desk.directives.states import ACTION, ISSUED
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Asker, Origin, nobody
from vonggac.desk.scope.rule import require
from vonggac.desk.work.actions.alarms import HEAD
from vonggac.desk.work.models import Task
from vonggac.desk.work.notifying import answering, contact_email
from vonggac.errors import N_, Fault, InvalidValues, NotThere

CODE_HOLDS: Final = timedelta(minutes=10)
MOST_WRONG: Final = 5
"""Wrong tries after which a code opens nothing; another one has to be sent."""
SEND_AGAIN: Final = timedelta(minutes=1)
SEEN_EVERY: Final = timedelta(minutes=10)
SAVED_EVERY: Final = timedelta(minutes=10)
"""How often the same browser or program at the same link makes a line of the log for looking, and for keeping a draft."""
MOST_SEEN: Final = 200
"""Lines of one link's log for those who only looked: whoever changes what they call themselves cannot fill the table."""
REMINDS_AGAIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Found:
    """What a token opens: a link, or nothing; ``refused_until``: this address guessed too often and nothing was looked at."""

    link: Link | None = None
    refused_until: datetime | None = None


def look_up(token: str, origin: Origin) -> Found:
    """The living link of a token. A token that nobody was ever given counts against the address; an old one does not."""
    if not is_token(token):  # cut off by a mail program, or mistyped: no guess that could come true
        return Found()
    places = [Try("link_address", lockouts.of_address(origin.address))] if origin.address else []
    if until := lockouts.locked_until(places):
        return Found(refused_until=until)
    link = of_token(token)
    if link is None:
        verdict = lockouts.admit(places)
        if verdict.locks:
            with recording(nobody(origin), "accounts.address_locked") as record:
                record.note(address=lockouts.of_address(origin.address), n=verdict.n)
        return Found()
    return Found(link if is_alive(link, timezone.now()) else None)


def seen(link: Link, origin: Origin) -> None:
    """Something fetched the address of a link, a program that looks at mail or a person who has not pressed the button yet."""
    if link.uses.filter(what="seen").count() < MOST_SEEN:
        _use(link, "seen", origin, "", SEEN_EVERY)


def used(link: Link, what: str, origin: Origin, browser: str) -> None:
    """A person did ``what`` (a key of ``states.LINK_USES``) by a link."""
    _use(link, what, origin, browser, SAVED_EVERY if what in ("saved", "file") else None)


def _use(link: Link, what: str, origin: Origin, browser: str, every: timedelta | None) -> None:
    now = timezone.now()
    values = {
        "what": what,
        "address": origin.address[:45],
        "agent": _one_line(origin.agent)[:200],
        "browser": browser[:64],
    }
    if every is None or not LinkUse.objects.filter(link=link, at__gt=now - every, **values).exists():
        LinkUse.objects.create(link=link, at=now, **values)


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def open_form(link: Link, origin: Origin, browser: str) -> None:
    """A person has the form of a link before them; the recipient counts as opened."""
    with transaction.atomic():
        used(link, "opened", origin, browser)
        opened(asker_of_link(link, link.sent_to or link.recipient.name, origin), link.recipient_id)


# ------------------------------------------------------------------------------------------------------------ codes


def code_goes_to(link: Link) -> str:
    """The registered contact that gets the code of a link: where the link went, while that is one; empty: there is none."""
    contacts = [one.value for one in registered(int(link.recipient.organisation_id or 0))]
    return link.sent_to if link.sent_to in contacts else next(iter(contacts), "")


def has_code(link: Link) -> bool:
    """Whether a code was sent that can still be tried."""
    return (
        bool(link.code_digest)
        and link.n_wrong < MOST_WRONG
        and link.code_until is not None
        and link.code_until > timezone.now()
    )


def send_code(link: Link) -> datetime | None:
    """A new code to the registered contact, in the place of the one before; gives until when no other is sent, None when it went.

    Raises InvalidValues where the organisation has no contact.
    """
    now = timezone.now()
    email = code_goes_to(link)
    if not email:
        message = N_("no e-mail contact of this organisation is registered: ask who sent the letter to enter one")
        raise InvalidValues([Fault("", message)])
    with transaction.atomic():
        row = Link.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if row.code_until is not None and (again := row.code_until - CODE_HOLDS + SEND_AGAIN) > now:
            return again
        verdict = lockouts.admit([Try("link_send", str(row.pk))])
        if verdict.refused_until is not None:
            return verdict.refused_until
        code = f"{secrets.randbelow(10**6):06d}"
        row.code_digest, row.code_until, row.n_wrong = _code_digest(row, code), now + CODE_HOLDS, 0
        row.save(update_fields=["code_digest", "code_until", "n_wrong"])
        one = link.recipient
        enqueue(
            template="letter_code", organisation_id=one.organisation_id, email=email,
            values={"organisation": one.name, "reference": one.letter.reference, "code": code, "expires_at": row.code_until},
            key=f"letter-code:{row.pk}:{int(now.timestamp() * 1000)}",
        )  # fmt: skip
    return None


def _code_digest(link: Link, code: str) -> str:
    """What is kept of a code: of no use without the key of the installation, and at no other link."""
    return salted_hmac("vonggac.letters.code", f"{link.pk}:{code}", algorithm="sha256").hexdigest()


def confirm(link: Link, code: str, origin: Origin, browser: str) -> str:
    """Try a code: ``right``, ``wrong``, ``over`` (run out, or tried too often: another one is needed), ``locked`` (too many codes tried)."""
    now = timezone.now()
    with transaction.atomic():
        row = Link.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if not row.code_digest or row.code_until is None or row.code_until <= now or row.n_wrong >= MOST_WRONG:
            return "over"
        tries = [Try("link_code", str(row.pk))]
        if lockouts.admit(tries).refused_until is not None:
            return "locked"
        if not hmac.compare_digest(row.code_digest, _code_digest(row, code)):
            row.n_wrong += 1
            row.save(update_fields=["n_wrong"])
            _use(row, "wrong_code", origin, browser, None)
            return "wrong" if row.n_wrong < MOST_WRONG else "over"
        lockouts.give_back(tries, forget=("link_code",))
        row.code_digest, row.code_until, row.n_wrong = "", None, 0  # a code opens once
        row.save(update_fields=["code_digest", "code_until", "n_wrong"])
        used(row, "confirmed", origin, browser)
    return "right"


# ------------------------------------------------------------------------------------------------ the centre's side


def send_link(asker: Asker, recipient_id: int, email: str, *, instead_of: int | None = None) -> Link:
    """A new link for a recipient, to a registered contact of it; ``instead_of``: the link that is revoked with it. Needs letters.issue."""
    with recording(asker, "letters.send_link") as record:
        row = _to_send(asker, recipient_id)
        record.on, record.organisation_id = row, row.letter.office_id
        if email not in {one.value for one in registered(int(row.organisation_id or 0))}:
            raise InvalidValues([Fault("email", N_("this is no registered contact of the organisation"))])
        now = timezone.now()
        if instead_of is not None:
            old = Link.objects.select_for_update().filter(recipient=row, pk=instead_of).first()
            if old is None:
                raise NotThere(N_("there is no such link here"))
            _revoke(record, old, now)
        made = tell_contact(record, row.letter, row, email, now)
        record.created(made)
    return made


def _to_send(asker: Asker, recipient_id: int) -> Recipient:
    """A recipient of a letter that holds, locked; raises NotThere, NotAllowed, InvalidValues."""
    seen_one = recipient(asker, recipient_id)
    require(asker, "letters.issue", seen_one.letter.office_id)
    row = Recipient.objects.select_for_update(of=("self",)).select_related("letter").get(pk=seen_one.pk)
    if row.letter.state != ISSUED or row.letter.sent_at is None:
        raise InvalidValues([Fault("", N_("the letter does not hold any more, or not yet"))])
    if row.role != ACTION or row.organisation_id is None:
        raise InvalidValues([Fault("", N_("nothing is asked of this recipient: it needs no link"))])
    return row


def revoke_link(asker: Asker, link_id: int) -> Link:
    """A link opens nothing from now on, nor does what was opened by it. Needs letters.issue. Again: nothing changes."""
    seen_one = Link.objects.filter(pk=link_id).first()
    if seen_one is None:
        raise NotThere(N_("there is no such link here"))
    try:
        row = recipient(asker, seen_one.recipient_id)
    except NotThere:
        raise NotThere(N_("there is no such link here")) from None
    require(asker, "letters.issue", row.letter.office_id)
    if seen_one.revoked_at is not None:
        return seen_one
    with recording(asker, "letters.revoke_link", organisation_id=row.letter.office_id) as record:
        link = Link.objects.select_for_update().get(pk=link_id)
        record.on = link
        _revoke(record, link, timezone.now())
    return link


def _revoke(record: Recording, link: Link, now: datetime) -> None:
    if link.revoked_at is None:
        before = snapshot(link)
        link.revoked_at, link.revoked_by_name = now, record.asker.name[:150]
        link.save(update_fields=["revoked_at", "revoked_by_name"])
        record.changed(link, before)


# -------------------------------------------------------------------------------------------------------- reminders


def remind(asker: Asker, letter_id: int) -> int:
    """Everybody who has not answered a letter is told again: those with an account, and the contact by a fresh link. Needs letters.issue.

    Who got a link within the last minutes is left alone. Gives how many recipients were told.
    """
    require(asker, "letters.issue", letter(asker, letter_id).office_id)
    with recording(asker, "letters.remind") as record:
        row = Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
        record.on, record.organisation_id = row, row.office_id
        if row.state != ISSUED or row.sent_at is None:
            raise InvalidValues([Fault("", N_("the letter does not hold any more, or not yet"))])
        now, waiting = timezone.now(), open_ones(row)
        rows = Recipient.objects.filter(letter=row, role=ACTION, organisation_id__in=sorted(waiting))
        just_told = Link.objects.filter(recipient__letter=row, created_at__gt=now - REMINDS_AGAIN)
        rows = rows.exclude(pk__in=just_told.values("recipient_id")).order_by("n")
        people = answering(waiting)
        n_told = sum(_remind(record, row, one, *waiting[int(one.organisation_id or 0)], people, now) for one in rows)
        record.note(n_waiting=len(waiting), n_told=n_told)
    return n_told


def _remind(
    record: Recording, row: Letter, one: Recipient, n_open: int, due: datetime, people: dict[int, list[User]], now: datetime
) -> bool:  # fmt: skip
    """Whether somebody could be told."""
    organisation_id = int(one.organisation_id or 0)
    contact = contact_email(organisation_id)
    values = {**values_of(row, one), "n": n_open, "until": due}
    users = people.get(organisation_id, [])
    slot = int(now.timestamp() // REMINDS_AGAIN.total_seconds())
    for user in users:
        enqueue(
            template="letter_due", organisation_id=organisation_id, user_id=user.pk,
            email="" if user.email == contact else user.email, language=user.language,
            values={**values, "link": f"/letters/received/{one.pk}/"}, key=f"letter-due:{one.pk}:{slot}", urgent=bool(row.urgency),
        )  # fmt: skip
    if contact:
        _with_link(record, row, one, "letter_reminder", contact, values, f"letter-reminder:{one.pk}:{slot}", now)
    return bool(users or contact)


def _with_link(
    record: Recording, row: Letter, one: Recipient, template: str, email: str, values: dict[str, object], key: str, now: datetime
) -> None:  # fmt: skip
    """A message with a fresh link, once for each ``key``: the token is in it alone."""
    if Notice.objects.filter(recipient=email, key=key).exists():
        return
    link, path = new_link(record, row, one, email, now)
    record.created(link)
    enqueue(
        template=template, organisation_id=one.organisation_id, email=email, values={**values, "link": path}, key=key
    )


def ring(record: Recording, organisation_id: int, level: int, tasks: Sequence[Task], has_people: bool) -> set[int]:
    """What ``work.actions.alarms`` asks: contacts are told of what a letter asks by a link that they can use, once for each level and time.

    Who has an account is told there, with the pages of the portal; then only the head of the unit gets a link, at the last level.
    """
    if has_people and level < HEAD:
        return set()
    batches = {task.batch_id for task in tasks if task.batch_id}
    letters = Letter.objects.filter(batch_id__in=batches, state=ISSUED, sent_at__isnull=False).order_by("pk")
    told: set[int] = set()
    for row in letters:
        one = Recipient.objects.filter(letter=row, organisation_id=organisation_id, role=ACTION).first()
        mine = [task for task in tasks if task.batch_id == row.batch_id]
        contact, head = contact_email(organisation_id), contact_email(organisation_id, is_head=True)
        if one is None or not contact:
            continue
        due = min(task.due_at for task in mine)
        values: dict[str, object] = {
            **values_of(row, one),
            "n": len(mine),
            "until": min(task.finish_due_at or task.due_at for task in mine),
        }
        key = f"letter-alarm:{one.pk}:{level}:{int(due.timestamp())}"
        if level == HEAD:
            _with_link(record, row, one, "letter_head", head, values, f"{key}:head", timezone.now())
        if not has_people and not (level == HEAD and head == contact):
            _with_link(record, row, one, "letter_reminder", contact, values, key, timezone.now())
        told.update(task.pk for task in mine)
    return told
