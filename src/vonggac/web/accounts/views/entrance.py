"""Pages of those who are not signed in yet: the door, the second factor, forgotten passwords, invitations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import views as account_views
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.base import views as factor_views
from allauth.mfa.webauthn import views as passkey_views
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from vonggac.desk.accounts import actions, queries
from vonggac.errors import InvalidValues, NotThere
from vonggac.web.accounts import passkeys, sealed, sign_on
from vonggac.web.accounts.faults import put
from vonggac.web.accounts.forms import AcceptForm, AskForLinkForm, NewPasswordForm
from vonggac.web.accounts.words import role_words
from vonggac.web.shell.middleware import origin_of
from vonggac.web.shell.pages import PUBLIC, page
from vonggac.web.shell.words import tell

EVEN_S = 0.4
"""How long an answer takes at least that must not tell by its time whether there is such an account."""

INVITED, LINKED = "invitation_token", "password_token"
"""Session keys: tokens of links that were opened, so that they stand in no address that is kept or sent on; sealed, since
sessions stand in the database.
"""


class SignInView(account_views.LoginView):  # type: ignore[misc]  # allauth has no types
    """Name and password; passkey and sign-on service where there are."""

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As allauth's, from a browser only."""
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What else the page offers."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        return {
            **super().get_context_data(**kwargs),
            "passkeys": not passkeys.obstacle(),
            "sign_on": sign_on.title() if sign_on.is_on() else "",
            "next": wanted if account_views.get_adapter().is_safe_url(wanted) else "",
        }


class SignOutView(account_views.LogoutView):  # type: ignore[misc]
    """The end of a session, on the server and in the browser."""

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """What was typed and not sent goes with it: pages keep that in the browser's storage."""
        response = super().post(*args, **kwargs)
        response.headers["Clear-Site-Data"] = '"storage"'
        return response


class SecondFactorView(factor_views.AuthenticateView):  # type: ignore[misc]
    """A code or a passkey, after the password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which of them this person has."""
        kinds = {one.type for one in queries.factors(self.stage.login.user.pk)}
        return {**super().get_context_data(**kwargs), "kinds": kinds, "obstacle": passkeys.obstacle()}


sign_in = page(PUBLIC, "POST")(SignInView.as_view())
sign_in_by_passkey = page(PUBLIC, "POST")(passkey_views.LoginWebAuthnView.as_view())
second_factor = page(PUBLIC, "POST")(SecondFactorView.as_view())
sign_out = page(PUBLIC, "POST")(SignOutView.as_view())
inactive = page(PUBLIC)(account_views.AccountInactiveView.as_view())


@page(PUBLIC, "POST")
def sign_on_start(request: Any) -> HttpResponse:
    """To the sign-on service."""
    if not sign_on.is_on():
        raise NotThere(_("There is no sign-on service here."))
    return sign_on.start(request) if request.method == "POST" else HttpResponseRedirect("/account/login/")


@page(PUBLIC)
def sign_on_callback(request: Any) -> HttpResponse:
    """Back from the sign-on service."""
    if not sign_on.is_on():
        raise NotThere(_("There is no sign-on service here."))
    return sign_on.callback(request)


@page(PUBLIC, "POST")
def forgotten(request: Any) -> HttpResponse:
    """Ask for a link; the answer is the same whether there is such an account."""
    form = AskForLinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/forgotten.html", {"form": form}, status=422 if form.is_bound else 200)
    with evenly():
        actions.ask_for_link(form.cleaned_data["who"], origin_of(request))
    return HttpResponseRedirect("/account/password/forgotten/sent/")


@page(PUBLIC)
def forgotten_sent(request: Any) -> HttpResponse:
    """A link is on its way, if there is such an account."""
    return render(request, "accounts/forgotten_sent.html")


@page(PUBLIC, "POST")
def new_password(request: Any) -> HttpResponse:
    """Whoever opened a link chooses a new password."""
    if "t" in request.GET:
        return _take_token(request, LINKED)
    token = _token(request, LINKED)
    try:
        user = queries.link_user(token)
    except NotThere as error:
        return render(request, "accounts/no_link.html", {"told": tell(error), "kind": "password"}, status=404)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.set_by_link(token, origin_of(request), password=values["password"], again=values["password_again"])
        except InvalidValues as error:
            put(form, error)
        else:
            request.session.flush()
            return HttpResponseRedirect("/account/password/new/done/")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/new_password.html", {"form": form, "account": user}, status=status)


@page(PUBLIC)
def new_password_done(request: Any) -> HttpResponse:
    """The new password holds."""
    return render(request, "accounts/new_password_done.html")


@page(PUBLIC, "POST")
def invitation(request: Any) -> HttpResponse:
    """Whoever was invited sees by whom and for what, and makes their account."""
    if "t" in request.GET:
        return _take_token(request, INVITED)
    if request.user.is_authenticated:
        return render(request, "accounts/already_in.html", status=409)
    token = _token(request, INVITED)
    try:
        offer = queries.offer_of(token)
    except NotThere as error:
        return render(request, "accounts/no_link.html", {"told": tell(error), "kind": "invitation"}, status=404)
    row = offer.invitation
    start = {"name": row.name, "username": row.email.partition("@")[0], "language": row.language}
    form = AcceptForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            user = actions.accept(
                token,
                origin_of(request),
                username=values["username"],
                name=values["name"],
                password=values["password"],
                again=values["password_again"],
                language=values["language"],
            )
        except InvalidValues as error:
            put(form, error)
        except NotThere as error:
            return render(request, "accounts/no_link.html", {"told": tell(error), "kind": "invitation"}, status=404)
        else:
            request.session.pop(INVITED, None)
            login = Login(user=user, redirect_url="/")
            response: HttpResponse = perform_password_login(request, {"username": user.username}, login)
            return response
    given = [(one, role, role_words(role)) for one, role in offer.roles]
    context = {"form": form, "offer": offer, "given": given}
    return render(request, "accounts/invitation.html", context, status=422 if form.is_bound else 200)


def _take_token(request: Any, key: str) -> HttpResponse:
    """Put the token of a link into the session and go on without it in the address."""
    token = request.GET["t"][:100]
    if request.user.is_authenticated and key == LINKED:
        # A link of somebody else must not change what this person is signed in as: it is opened after signing out.
        return render(request, "accounts/already_in.html", status=409)
    request.session[key] = sealed.seal(token)
    return HttpResponseRedirect(request.path)


def _token(request: Any, key: str) -> str:
    kept = request.session.get(key, "")
    return sealed.opened(kept) if kept else ""


@contextmanager
def evenly() -> Iterator[None]:
    """Take at least EVEN_S."""
    begin = time.monotonic()
    yield
    time.sleep(max(0.0, EVEN_S - (time.monotonic() - begin)))
