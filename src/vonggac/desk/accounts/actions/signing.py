"""Signing in and out: what is counted against guessing, and what stands in the audit.

Wrong guesses do not each make an entry, or whoever guesses could fill the chain: the first of a series against an account
makes one, each lock makes one, and the sign-in that ends a series says how many there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from vonggac.desk.accounts import lockouts, sessions
from vonggac.desk.accounts.lockouts import Try, Verdict
from vonggac.desk.accounts.models import User
from vonggac.desk.audit.actions import recording
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.scope.asker import Asker, Origin, nobody


def known(username: str) -> User | None:
    """The account of this name, whatever its case."""
    return User.objects.filter(username__iexact=username.strip()[:150]).first()


def admit_password(username: str, origin: Origin) -> Verdict:
    """Count a try of a password; when the verdict refuses, the password must not be looked at."""
    return lockouts.admit(_password_tries(username, origin))


def password_right(username: str, origin: Origin) -> int:
    """The password was right; returns how many wrong ones stood before."""
    return lockouts.give_back(_password_tries(username, origin))


def password_wrong(username: str, origin: Origin, verdict: Verdict) -> None:
    """The password was wrong, or there is no such account: both are counted and answered alike."""
    user = known(username)
    if "address" in verdict.locks:
        with recording(nobody(origin), "accounts.address_locked") as record:
            record.note(address=lockouts.of_address(origin.address), n=verdict.n)
    if user is not None:
        _wrong(user, origin, verdict, "name", "accounts.sign_in_failed")
    lockouts.sweep()


def admit_factor(user: User, origin: Origin) -> Verdict:
    """Count a try of a code of the second factor; when the verdict refuses, the code must not be looked at."""
    return lockouts.admit(_factor_tries(user, origin))


def factor_right(user: User, origin: Origin) -> None:
    """The code was right."""
    lockouts.give_back(_factor_tries(user, origin))


def factor_wrong(user: User, origin: Origin, verdict: Verdict) -> None:
    """The code was wrong."""
    _wrong(user, origin, verdict, "factor", "accounts.second_factor_failed")


def signed_in(asker: Asker, user: User, *, methods: Sequence[str], n_failed: int = 0) -> None:
    """Somebody has signed in, by ``methods`` (password, totp, webauthn, recovery_codes, socialaccount)."""
    with recording(asker, "accounts.sign_in", on=user, organisation_id=user.organisation_id) as record:
        record.note(methods=list(methods), n_failed_before=n_failed)


def signed_out(asker: Asker, user: User, *, reason: str = "asked", session_key: str | None = None) -> None:
    """Somebody has signed out; ``reason``: asked, idle or old. The session leaves their list."""
    with recording(asker, "accounts.sign_out", on=user, organisation_id=user.organisation_id) as record:
        record.note(reason=reason)
        sessions.forget(session_key or "")


def session_seen(session_key: str | None, origin: Origin) -> None:
    """A session is in use: no entry in the audit, its row in the list says from where."""
    sessions.seen(session_key or "", origin.address, origin.agent)


def linked(user: User, origin: Origin, *, issuer: str, subject: str) -> None:
    """An account of the sign-on service belongs to this user from now on."""
    with recording(
        Asker(user.pk, str(user), (), origin), "accounts.link", on=user, organisation_id=user.organisation_id
    ) as record:
        record.note(issuer=issuer, subject=subject)


def _wrong(user: User, origin: Origin, verdict: Verdict, kind: str, verb: str) -> None:
    if kind in verdict.locks:
        _locked(user, origin, kind, verdict.n)
    elif verdict.n == 1:
        with recording(nobody(origin), verb, on=user, organisation_id=user.organisation_id):
            pass


def _locked(user: User, origin: Origin, kind: str, n: int) -> None:
    now = timezone.now()
    until = now + lockouts.POLICIES[kind].delay(n)
    with recording(nobody(origin), "accounts.locked", on=user, organisation_id=user.organisation_id) as record:
        record.note(kind=kind, n=n, until=until.isoformat())
        enqueue(
            template="account_locked",
            organisation_id=user.organisation_id,
            user_id=user.pk,
            email=user.email,
            language=user.language,
            values={
                "name": str(user),
                "username": user.username,
                "address": origin.address,
                "at": now,
                "until": max(until, now + timedelta(seconds=1)),
            },
            key=f"locked:{user.pk}:{now:%Y-%m-%d}",  # one a day: whoever guesses must not fill a mailbox
        )


def _password_tries(username: str, origin: Origin) -> list[Try]:
    user = known(username)
    # Of the account, not of what was typed: databases take more spellings for the same name than casefold does (“ı” for “i”).
    of = lockouts.of_name(username if user is None else user.username)
    tries = [Try("name", of, None if user is None else user.pk)]
    return [*tries, Try("address", lockouts.of_address(origin.address))] if origin.address else tries


def _factor_tries(user: User, origin: Origin) -> list[Try]:
    tries = [Try("factor", str(user.pk), user.pk)]
    return [*tries, Try("address", lockouts.of_address(origin.address))] if origin.address else tries
