"""Passwords: changed by their owner, set by a link, or replaced by one that works once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from vonggac.desk.accounts import lockouts, secret_texts, sessions
from vonggac.desk.accounts.actions.signing import known
from vonggac.desk.accounts.authority import to_manage
from vonggac.desk.accounts.models import PasswordLink, User
from vonggac.desk.accounts.queries.links import open_link
from vonggac.desk.accounts.values import LINK_LIFE, ONE_TIME_LIFE, clean_password
from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.errors import N_, NotThere


def change_password(asker: Asker, *, password: str, again: str, this_session: str) -> User:
    """Choose a new password for oneself; all sessions but ``this_session`` (its key) end.

    Whether the old one was known is for the page to ask, since signing in just now may stand for it.
    """
    row = User.objects.filter(pk=asker.user_id or 0, is_active=True).first()
    if row is None:
        raise NotThere(N_("there is no such account here"))
    check = Check()
    chosen = clean_password(check, row, password, again)
    check.done()
    with recording(asker, "accounts.change_password", on=row, organisation_id=row.organisation_id) as record:
        _set(row, chosen)
        record.note(n_sessions_ended=sessions.end(row.pk, but=this_session))
    return row


def ask_for_link(name_or_email: str, origin: Origin) -> None:
    """Send a link for a new password to the account of this name or address, if there is one that has an address.

    Nothing tells whether there is. Asked too often (for one account, or from one place), nothing is sent.
    """
    given = lockouts.of_name(name_or_email)
    user = known(given) or User.objects.filter(email__iexact=given, is_active=True).exclude(email="").first()
    of = lockouts.of_name(user.username) if user is not None else given
    tries = [
        lockouts.Try("reset_name", of, None if user is None else user.pk),
        lockouts.Try("reset_address", lockouts.of_address(origin.address)),
    ]
    verdict = lockouts.admit(tries)
    if user is None or not user.is_active or not user.email or verdict.refused_until is not None:
        return
    with recording(
        Asker(user.pk, str(user), (), origin), "accounts.ask_for_link", on=user, organisation_id=user.organisation_id
    ):
        _send_link(user)


def send_link(asker: Asker, user_id: int) -> None:
    """Send somebody a link for a new password; the old one stays good until it is used."""
    with transaction.atomic():
        row = to_manage(asker, user_id, lock=True)
        check = Check()
        if not row.email:
            check.fault("", N_("this account has no e-mail address: give it a one-time password instead"))
        if not row.is_active:
            check.fault("", N_("this account is shut: open it first"))
        check.done()
        with recording(asker, "accounts.send_link", on=row, organisation_id=row.organisation_id):
            _send_link(row)


def one_time_password(asker: Asker, user_id: int) -> str:
    """Replace somebody's password by one that must be changed at once and is good for ONE_TIME_LIFE; their sessions end.

    Returns it: it is shown once and kept nowhere.
    """
    password = secret_texts.one_time_password()
    # Whoever is given more meanwhile is no longer the asker's to open.
    with transaction.atomic():
        row = to_manage(asker, user_id, lock=True)
        with recording(asker, "accounts.one_time_password", on=row, organisation_id=row.organisation_id) as record:
            before = snapshot(row)
            row.must_change_password = True
            row.password_expires_at = timezone.now() + ONE_TIME_LIFE
            row.set_password(password)
            row.save(update_fields=["password", "must_change_password", "password_expires_at"])
            record.changed(row, before)
            PasswordLink.objects.filter(user=row, used_at=None).delete()
            sessions.end(row.pk)
            lockouts.release(row)
    return password


def set_by_link(token: str, origin: Origin, *, password: str, again: str) -> User:
    """Set the password that somebody with the link chose; it opens nothing any more, and all sessions end.

    The second factor stays what it was. Raises NotThere when the link is used or over.
    """
    with transaction.atomic():
        link = open_link(token, lock=True)
        user = link.user
        check = Check()
        chosen = clean_password(check, user, password, again)
        check.done()
        asker = Asker(user.pk, str(user), (), origin)
        with recording(asker, "accounts.set_by_link", on=user, organisation_id=user.organisation_id) as record:
            _set(user, chosen)
            PasswordLink.objects.filter(user=user, used_at=None).update(used_at=timezone.now())
            record.note(n_sessions_ended=sessions.end(user.pk))
            lockouts.release(user)
    return user


def _set(user: User, password: str) -> None:
    user.set_password(password)
    user.must_change_password, user.password_expires_at = False, None
    user.save(update_fields=["password", "must_change_password", "password_expires_at"])


def _send_link(user: User) -> None:
    token = secret_texts.new_token()
    PasswordLink.objects.filter(user=user, used_at=None).delete()
    link = PasswordLink.objects.create(
        user=user, token_hash=secret_texts.digest(token), expires_at=timezone.now() + LINK_LIFE
    )
    enqueue(
        template="password_reset",
        organisation_id=user.organisation_id,
        email=user.email,
        language=user.language,
        values={
            "name": str(user),
            "username": user.username,
            "link": f"/account/password/new/?t={token}",
            "expires_at": link.expires_at,
        },
        key=f"password:{link.token_hash[:40]}",
        urgent=True,
    )
