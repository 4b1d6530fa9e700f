"""Signing in by the province's own sign-on service (OpenID Connect), off while its settings are empty.

It opens accounts that an invitation made, and makes none: the first time by the e-mail address, if both sides hold it verified,
from then on by the subject of this issuer. A second factor that the service has just seen counts when its ID token says so
(``amr`` holds ``mfa``, RFC 8176); otherwise ours is asked for, or must be set up where the role needs one.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.accounts import actions
from vonggac.desk.accounts.models import User
from vonggac.jobs.outgoing import Guarded
from vonggac.web.accounts.adapters import AccountAdapter
from vonggac.web.shell.middleware import origin_of

LOG = logging.getLogger("vonggac.accounts")

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures by a key pair only: one that both sides know (HS256) could be made from a published key."""


def is_on() -> bool:
    """Whether there is a sign-on service."""
    return bool(settings.VONGGAC.oidc_issuer and settings.VONGGAC.oidc_client_id)


def title() -> str:
    """What people call it."""
    return str(settings.VONGGAC.oidc_name) or (urlsplit(settings.VONGGAC.oidc_issuer).hostname or "")


def provider_id() -> str:
    """Stands for the issuer: with another issuer, the subjects of the old one open nothing."""
    return "oidc-" + hashlib.sha256(settings.VONGGAC.oidc_issuer.encode()).hexdigest()[:16]


class Door(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The service as we ask it: one address to come back to, and an ID token that is looked at whole."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the service says of itself; raises OAuth2Error when it speaks for another issuer."""
        found: Any = super().openid_config
        if not isinstance(found, dict) or str(found.get("issuer", "")).rstrip("/") != settings.VONGGAC.oidc_issuer:
            raise OAuth2Error("the service speaks for another issuer than the one in the settings")
        return dict(found)

    def get_callback_url(self, request: Any, app: Any) -> str:
        """Our address, whatever host a request names."""
        return f"{settings.VONGGAC.public_url.rstrip('/')}{reverse('sign_on_callback')}"

    def complete_login(self, request: Any, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who has signed in there: the claims of the ID token over those of the same subject's user info."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("the service sent no ID token")
        claims = self._decode_id_token(app, id_token)
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 180:
            raise OAuth2Error("the ID token names nobody")
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
                raise OAuth2Error("the user info is of somebody else")
            claims = {**more, **claims}
        kept = {name: claims[name] for name in ("sub", "email", "email_verified") if name in claims}
        request.sign_on_amr = claims.get("amr")
        return self.get_provider().sociallogin_from_response(request, {"id_token": kept})

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(id_token)
        except jwt.PyJWTError as error:
            raise OAuth2Error("this is no ID token") from error
        if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
            raise OAuth2Error("the ID token is signed in a way that is not taken")
        try:
            found: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("the keys of the service are not as expected") from error
        return found


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Which account somebody opens who has signed in there."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        """Only invitations make accounts."""
        return False

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one service that our settings name; none that somebody wrote into the database."""
        ours = settings.VONGGAC
        if (
            not is_on()
            or provider not in (None, provider_id(), "openid_connect")
            or client_id not in (None, ours.oidc_client_id)
        ):
            return []
        secret = ours.oidc_secret_file.read_text("utf-8").strip() if ours.oidc_secret_file is not None else ""
        more = {"server_url": ours.oidc_issuer, "oauth_pkce_enabled": True}
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=provider_id(),
                name=title(),
                client_id=ours.oidc_client_id,
                secret=secret,
                settings=more,
            )
        ]

    def get_requests_session(self) -> Guarded:
        """How the service is asked."""
        return Guarded(own_hosts={urlsplit(settings.VONGGAC.oidc_issuer).hostname or ""})

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        """Find the account by subject, else by verified address; without one, say so and end."""
        if not sociallogin.is_existing:
            self._link(request, sociallogin)
        amr = getattr(request, "sign_on_amr", None)
        request.sign_on_has_mfa = isinstance(amr, list) and "mfa" in amr

    def on_authentication_error(self, request: Any, provider: Any, **kwargs: Any) -> None:
        """Back to the sign-in page with a word; what went wrong exactly is for the log."""
        cancelled = kwargs.get("error") == AuthError.CANCELLED
        if not cancelled:
            LOG.warning("sign-on failed: %s", kwargs.get("exception") or kwargs.get("error"))
        told = _("You ended it at “{name}”.") if cancelled else _("Signing in at “{name}” did not succeed. Try again.")
        raise ImmediateHttpResponse(_back(request, told.format(name=title())))

    def _link(self, request: Any, sociallogin: Any) -> None:
        emails = [one.email for one in sociallogin.email_addresses if one.verified is True]
        user = (
            User.objects.filter(email__iexact=emails[0], email_verified=True, is_active=True).first()
            if emails
            else None
        )
        if user is not None and user.email.lower() != emails[0].lower():  # PostgreSQL takes “ı” for “i”
            user = None
        if user is None:
            told = _(
                "“{name}” knows you, but no account here belongs to you yet. Ask your administrator for an invitation."
            )
            raise ImmediateHttpResponse(_back(request, told.format(name=title())))
        account = sociallogin.account
        account.user = sociallogin.user = user
        try:
            with transaction.atomic():
                account.save()
                actions.linked(user, origin_of(request), issuer=settings.VONGGAC.oidc_issuer, subject=account.uid)
        except IntegrityError as error:
            raise ImmediateHttpResponse(_back(request, _("This took too long. Try again."))) from error


def start(request: Any) -> HttpResponse:
    """Send somebody to the service, to come back to where they wanted to go."""
    door = Door(request, provider_id())
    wanted = request.POST.get("next", "")
    try:
        provider = door.get_provider()
        provider.oauth2_adapter_class = Door
        response: HttpResponse = provider.redirect(
            request, process=AuthProcess.LOGIN, next_url=wanted if AccountAdapter().is_safe_url(wanted) else "/"
        )
    except (OAuth2Error, requests.RequestException, ValueError, KeyError) as error:
        provider = None
        try:
            SignOnAdapter().on_authentication_error(request, provider, exception=error)
        except ImmediateHttpResponse as told:
            return told.response  # type: ignore[no-any-return]
        raise
    return response


def callback(request: Any) -> HttpResponse:
    """Somebody comes back from the service."""
    view = OAuth2CallbackView.adapter_view(Door(request, provider_id()))
    try:
        response: HttpResponse = view(request)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Answers of the service in another form than the standard's: allauth takes their form for granted.
        try:
            SignOnAdapter().on_authentication_error(request, None, exception=error)
        except ImmediateHttpResponse as told:
            return told.response  # type: ignore[no-any-return]
        raise
    return response


def _back(request: Any, told: str) -> HttpResponseRedirect:
    messages.error(request, told)
    return HttpResponseRedirect(reverse("account_login"))
