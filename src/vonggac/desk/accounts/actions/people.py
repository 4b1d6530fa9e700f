"""Accounts of people: the first one, what stands in them, whether they are open, where they are signed in."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from vonggac.desk.accounts import lockouts, secret_texts, sessions
from vonggac.desk.accounts.authority import EDIT, to_manage
from vonggac.desk.accounts.last import keep_an_administrator
from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.accounts.values import ONE_TIME_LIFE, THEMES, clean_email, clean_language
from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import require_version, update
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotAllowed, NotThere

FIRST = "admin"
"""What the first administrator signs in with."""


def first_administrator(asker: Asker, *, language: str = "vi") -> str | None:
    """Create the administrator FIRST where there is no account yet, and return the one-time password that opens it.

    None where there is any account. The password must be changed at the first sign-in and is good for ONE_TIME_LIFE.
    """
    if not may_on(asker, EDIT, None):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=EDIT)
    with transaction.atomic():
        if User.objects.select_for_update().exists():
            return None
        password = secret_texts.one_time_password()
        with recording(asker, "accounts.first_administrator") as record:
            user = User(
                username=FIRST,
                name="Administrator" if language == "en" else "Quản trị viên",
                language=language,
                must_change_password=True,
                password_expires_at=timezone.now() + ONE_TIME_LIFE,
            )
            user.set_password(password)
            user.save(force_insert=True)
            record.on = user
            record.created(user)
            row = Grant.objects.create(user=user, role="administrator", valid_from=timezone.now())
            record.created(row)
    return password


def edit_own(asker: Asker, version: int, *, name: str, email: str, phone: str, language: str, theme: str) -> User:
    """Change what stands in one's own account. An address that changes is unverified until a link sent there is opened."""
    row = _own(asker)
    require_version(row, version)
    check = Check()
    values: dict[str, Any] = {
        "name": check.text("name", name, most=120, needed=True),
        "email": clean_email(check, email, needed=bool(row.email), but=row),
        "phone": check.phone("phone", phone),
        "language": clean_language(check, language),
        "theme": check.one_of("theme", theme, THEMES),
    }
    check.done()
    if values["email"] != row.email.lower():
        values["email_verified"] = False
    with recording(asker, "accounts.edit_own", on=row, organisation_id=row.organisation_id) as record:
        update(record, row, version, values)
    return row


def choose(asker: Asker, *, language: str | None = None, theme: str | None = None) -> None:
    """Keep a language or a theme with oneself; what is not known is left alone."""
    values = {"language": language} if language in ("vi", "en") else {}
    values |= {"theme": theme} if theme in THEMES else {}
    if asker.user_id is not None and values:
        User.objects.filter(pk=asker.user_id).update(**values)


def edit_account(
    asker: Asker, user_id: int, version: int, *, name: str, email: str, phone: str, organisation_id: int | None
) -> User:
    """Change what stands in somebody's account; its new home too must be one where the asker edits accounts."""
    with transaction.atomic():
        row = to_manage(asker, user_id, lock=True)
        require_version(row, version)
        check = Check()
        values: dict[str, Any] = {
            "name": check.text("name", name, most=120, needed=True),
            "email": clean_email(check, email, needed=bool(row.email), but=row),
            "phone": check.phone("phone", phone),
            "organisation_id": organisation_id,
        }
        known = organisation_id is None or Organisation.objects.filter(pk=organisation_id).exists()
        if organisation_id != row.organisation_id and not (known and may_on(asker, EDIT, organisation_id)):
            check.fault("organisation_id", N_("you do not manage accounts there"))
        check.done()
        if values["email"] != row.email.lower():
            values["email_verified"] = False
        with recording(asker, "accounts.edit", on=row, organisation_id=row.organisation_id) as record:
            update(record, row, version, values)
    return row


def deactivate(asker: Asker, user_id: int, version: int) -> None:
    """Shut an account: its sessions end, its API tokens open nothing. Not one's own, not the last administrator's."""
    with transaction.atomic():
        row = to_manage(asker, user_id)
        if row.pk == asker.user_id:
            raise InvalidValues([Fault("", N_("you cannot shut your own account"))])
        keep_an_administrator(without_user=row.pk)
        _set_active(asker, row, version, is_active=False)
        sessions.end(row.pk)


def reactivate(asker: Asker, user_id: int, version: int) -> None:
    """Open an account again."""
    with transaction.atomic():
        _set_active(asker, to_manage(asker, user_id), version, is_active=True)


def unlock(asker: Asker, user_id: int) -> None:
    """Let somebody who is locked out try again at once."""
    row = to_manage(asker, user_id)
    with recording(asker, "accounts.unlock", on=row, organisation_id=row.organisation_id) as record:
        record.note(n=lockouts.release(row))


def end_sessions(asker: Asker, user_id: int) -> int:
    """End all sessions of somebody; returns how many there were."""
    row = to_manage(asker, user_id)
    with recording(asker, "accounts.end_sessions", on=row, organisation_id=row.organisation_id) as record:
        n = sessions.end(row.pk)
        record.note(n=n)
    return n


def end_own_sessions(asker: Asker, *, this: str, only: int | None = None) -> int:
    """End one's own sessions but ``this`` (its key): all of them, or ``only`` one (the id of its row)."""
    row = _own(asker)
    with recording(asker, "accounts.end_own_sessions", on=row, organisation_id=row.organisation_id) as record:
        n = sessions.end(row.pk, but=this, only=only)
        if only is not None and not n:
            raise NotThere(N_("there is no such session: it may have ended"))
        record.note(n=n)
    return n


def _own(asker: Asker) -> User:
    row = User.objects.filter(pk=asker.user_id, is_active=True).first() if asker.user_id is not None else None
    if row is None:
        raise NotThere(N_("there is no such account here"))
    return row


def _set_active(asker: Asker, row: User, version: int, *, is_active: bool) -> None:
    verb = "accounts.reactivate" if is_active else "accounts.deactivate"
    if row.version != version:
        raise EditConflict(N_("somebody else changed this since you opened it"))
    with recording(asker, verb, on=row, organisation_id=row.organisation_id) as record:
        before = snapshot(row)
        row.is_active, row.version = is_active, version + 1
        if not User.objects.filter(pk=row.pk, version=version).update(is_active=is_active, version=version + 1):
            raise EditConflict(N_("somebody else changed this since you opened it"))
        record.changed(row, before)
