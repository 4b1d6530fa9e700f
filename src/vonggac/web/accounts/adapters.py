"""How allauth does things here: no sign-up, our words, our audit, our redirects, no mail of its own."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.accounts import actions, queries
from vonggac.desk.accounts.models import User
from vonggac.desk.scope.asker import Origin
from vonggac.web.accounts import sealed
from vonggac.web.accounts.heard import STRONG
from vonggac.web.shell import times
from vonggac.web.shell.choices import THEME_COOKIE, remember
from vonggac.web.shell.errors import error_page
from vonggac.web.shell.middleware import origin_of

BEGAN, SEEN = "began_at", "seen_at"
"""Session keys: when the session began and when it was last in use, in seconds since 1970."""

WRONG_PASSWORD = _("The name and the password do not fit together.")
WRONG_CODE = _("This code is not right, or was used already. Wait for the next one.")


def locked_page(request: HttpRequest, until: Any) -> HttpResponse:
    """Too many wrong tries: until when to wait. The same for names that nobody has."""
    told = gettext("Too many wrong tries. You can try again at {time}.").format(time=times.exact(until))
    page = error_page(request, 429, told)
    page.headers["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds())))
    return page


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Names and passwords, and what happens at the two ends of a session."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG_PASSWORD,
        "incorrect_password": _("This is not your password."),
        "incorrect_code": WRONG_CODE,
        "account_inactive": _("This account is shut."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only invitations make accounts."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """A path of this portal; never another host, whatever it is called."""
        return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where the request comes from, as the shell knows it."""
        return origin_of(request).address or "0.0.0.0"  # noqa: S104  # stands for unknown

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user of name and password; a page of its own while there were too many wrong ones."""
        user = super().authenticate(request, **credentials)
        until = getattr(request, "locked_until", None)
        if until is not None:
            raise ImmediateHttpResponse(locked_page(request, until))
        return user

    def pre_login(self, request: Any, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Shut accounts and one-time passwords that are over end here; both are told only to who knew the password."""
        refused = super().pre_login(request, user, **kwargs)
        if refused is not None:
            return refused  # type: ignore[no-any-return]
        request.session["n_failed"] = getattr(request, "n_failed", 0)
        if user.password_expires_at is not None and user.password_expires_at <= timezone.now():
            return render(request, "accounts/expired.html", status=403)
        return None

    def login(self, request: Any, user: User) -> None:
        """Begin a session: a new id, its times, whether a second factor was shown; and its audit entry."""
        super().login(request, user)
        records = get_authentication_records(request, user)
        methods = [str(record.get("type") or record["method"]) for record in records]
        has_shown = any(record["method"] == "mfa" for record in records)
        request.session[BEGAN] = request.session[SEEN] = int(time.time())
        request.session[STRONG] = has_shown or getattr(request, "sign_on_has_mfa", False)
        n_failed = request.session.pop("n_failed", 0)
        actions.signed_in(queries.asker_of(user, origin_of(request)), user, methods=methods, n_failed=n_failed)

    def post_login(self, request: Any, user: User, **kwargs: Any) -> HttpResponse:
        """Go on where they wanted to, in their language and theme."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        translation.activate(user.language)
        remember(response, settings.LANGUAGE_COOKIE_NAME, user.language)
        remember(response, THEME_COOKIE, user.theme)
        return response

    def logout(self, request: Any) -> None:
        """End the session and its row in the list."""
        leave(request, "asked")

    def get_login_stages(self) -> list[str]:
        """After the password: the second factor, for whoever has one."""
        return ["vonggac.web.accounts.stages.SecondFactorStage"]

    def is_reauthentication_required(self, app: str) -> bool:
        """Whether it must be shown again who one is: not within ten minutes of signing in or of showing it."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return not any(time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The ways to show again who one is, in our words."""
        titles = {
            "reauthenticate": gettext("Use your password"),
            "mfa_reauthenticate": gettext("Use a code"),
            "mfa_reauthenticate:webauthn": gettext("Use a passkey"),
        }
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**way, "description": titles[way["id"]]} for way in ways]

    def add_message(self, request: Any, level: int, *args: Any, message: str | None = None, **kwargs: Any) -> None:
        """Only what is said in so many words; allauth's own texts are left out."""
        if message:
            messages.add_message(request, level, message)

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what people are told goes through the outbox of notices."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: see send_mail."""


def leave(request: Any, reason: str) -> None:
    """End the session of whoever is signed in. ``reason``: asked, idle or old."""
    from django.contrib.auth import logout

    user, origin = request.user, origin_of(request)
    if user.is_authenticated:
        actions.signed_out(queries.asker_of(user, origin), user, reason=reason, session_key=request.session.session_key)
    logout(request)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Add another one before you remove this one."
        ),
    }

    def get_totp_label(self, user: User) -> str:
        """What the app shows beside the code."""
        return user.username

    def encrypt(self, text: str) -> str:
        """Seeds are sealed at rest."""
        return sealed.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """See encrypt."""
        return sealed.opened(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """The last one stays where a role makes one compulsory."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        return not queries.needs_second_factor(queries.asker_of(authenticator.user, Origin()))

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002  # allauth's name
        """What a new passkey is called until somebody calls it otherwise."""
        n = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey {n}").format(n=n + 1)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whose passkeys these are: the host of the portal's public address, whatever a request says."""
        return {"id": settings.PUBLIC.hostname or "localhost", "name": "Vọng Gác"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """Whom the device names."""
        return {"id": user_pk_to_url_str(user).encode(), "display_name": str(user), "name": user.username}
