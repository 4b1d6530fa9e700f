"""One's own account: what stands in it, password, second factors, sessions, API tokens."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from vonggac.desk.accounts import actions, queries
from vonggac.errors import EditConflict, InvalidValues
from vonggac.web.accounts import passkeys
from vonggac.web.accounts.adapters import AccountAdapter, FactorAdapter
from vonggac.web.accounts.faults import put
from vonggac.web.accounts.forms import ChangePasswordForm, NewPasswordForm, ProfileForm, TokenForm
from vonggac.web.accounts.fresh import fresh, require_fresh
from vonggac.web.accounts.words import device, permission_title, permissions_of
from vonggac.web.shell.choices import THEME_COOKIE, remember
from vonggac.web.shell.pages import SIGNED_IN, Request, page

OWN = ("name", "email", "phone", "language", "theme")


@page(SIGNED_IN, "POST")
def profile(request: Request) -> HttpResponse:
    """Name, address, language, theme; and what one holds."""
    user = queries.own(request.asker)
    start = {name: getattr(user, name) for name in (*OWN, "version")}
    form = ProfileForm(request.POST or None, initial=start)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in OWN}
            if values["email"].strip().lower() != user.email.lower():
                require_fresh(request)
            try:
                row = actions.edit_own(request.asker, form.cleaned_data["version"], **values)
            except InvalidValues as error:
                put(form, error)
            except EditConflict:
                status = 409
                form = ProfileForm({**request.POST.dict(), "version": str(user.version)}, initial=start)
                form.add_error(
                    None, _("Your account was changed meanwhile. What you typed is still here: save again to keep it.")
                )
            else:
                return _in_their_ways(row)
    grants = [(one, role, permissions_of(role)) for one, role in queries.own_grants(request.asker)]
    return render(
        request, "accounts/mine/profile.html", {"form": form, "account": user, "grants": grants}, status=status
    )


def _in_their_ways(user: Any) -> HttpResponse:
    translation.activate(user.language)
    response = redirect("account_profile")
    remember(response, settings.LANGUAGE_COOKIE_NAME, user.language)
    remember(response, THEME_COOKIE, user.theme)
    return response


@page(SIGNED_IN, "POST")
@sensitive_post_parameters()
def password(request: Any) -> HttpResponse:
    """Choose a new password. Whoever has just come in by a one-time password is not asked for it again."""
    user = queries.own(request.asker)
    must = user.must_change_password
    form = (NewPasswordForm if must else ChangePasswordForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if not must and not AccountAdapter(request).reauthenticate(request.user, values["current"]):
            form.add_error("current", _("This is not your password."))
        else:
            try:
                row = actions.change_password(
                    request.asker,
                    password=values["password"],
                    again=values["password_again"],
                    this_session=request.session.session_key or "",
                )
            except InvalidValues as error:
                put(form, error)
            else:
                update_session_auth_hash(request, row)
                messages.success(request, _("Your new password holds. You are signed out everywhere else."))
                return HttpResponseRedirect("/" if must else "/account/")
    context = {"form": form, "must": must}
    name = "accounts/must_change.html" if must else "accounts/mine/password.html"
    return render(request, name, context, status=422 if form.is_bound else 200)


class IndexView(factor_views.IndexView):  # type: ignore[misc]  # allauth has no types
    """One's second factors."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What there is, and what can be."""
        return {
            **super().get_context_data(**kwargs),
            "obstacle": passkeys.obstacle(),
            "is_compulsory": queries.needs_second_factor(self.request.asker),
            "kinds": {one.type for one in queries.factors(self.request.user.pk)},
        }


class RemovePasskeyView(passkey_views.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey, unless it is the last second factor of a role that needs one."""

    def form_valid(self, form: Any) -> Any:
        """Remove it, or say why not."""
        if not FactorAdapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, FactorAdapter.error_messages["cannot_delete_authenticator"])
            return redirect("mfa_index")
        return super().form_valid(form)


factors = page(SIGNED_IN)(IndexView.as_view())
add_app = page(SIGNED_IN, "POST")(app_views.ActivateTOTPView.as_view())
remove_app = page(SIGNED_IN, "POST")(app_views.DeactivateTOTPView.as_view())
remove_passkey = page(SIGNED_IN, "POST")(RemovePasskeyView.as_view())
rename_passkey = page(SIGNED_IN, "POST")(passkey_views.EditWebAuthnView.as_view())
recovery_codes = page(SIGNED_IN)(code_views.ViewRecoveryCodesView.as_view())
make_recovery_codes = page(SIGNED_IN, "POST")(code_views.GenerateRecoveryCodesView.as_view())
by_password = page(SIGNED_IN, "POST")(account_views.ReauthenticateView.as_view())
by_code = page(SIGNED_IN, "POST")(factor_views.ReauthenticateView.as_view())
by_passkey = page(SIGNED_IN, "POST")(passkey_views.ReauthenticateWebAuthnView.as_view())

_add_passkey = passkey_views.AddWebAuthnView.as_view()


@page(SIGNED_IN, "POST")
def add_passkey(request: Any) -> Any:
    """A new passkey, where browsers can use them."""
    told = passkeys.obstacle()
    if told:
        messages.error(request, told)
        return redirect("mfa_index")
    return _add_passkey(request)


@page(SIGNED_IN)
def passkey_list(_request: Request) -> HttpResponse:
    """Passkeys stand among the second factors."""
    return redirect("mfa_index")


@page(SIGNED_IN)
def first_factor(request: Request) -> HttpResponse:
    """Whose role needs a second factor and who has none sets one up before anything else."""
    if not queries.needs_second_factor(request.asker) or queries.has_second_factor(request.asker.user_id or 0):
        return redirect("mfa_index")
    return render(request, "accounts/first_factor.html", {"obstacle": passkeys.obstacle()})


@page(SIGNED_IN)
def sessions(request: Any) -> HttpResponse:
    """Where one is signed in."""
    this = request.session.session_key
    rows = [
        (row, device(row.user_agent), row.session_key == this)
        for row in queries.own_sessions(request.asker, settings.IDLE)
    ]
    rows.sort(key=lambda row: not row[2])
    return render(request, "accounts/mine/sessions.html", {"rows": rows, "idle": settings.IDLE.seconds // 60})


@page(SIGNED_IN, "POST")
def end_sessions(request: Any) -> HttpResponse:
    """End one other session, or all others."""
    asked = request.POST.get("session", "")
    if request.method == "POST":
        only = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
        if asked and only is None:
            return redirect("account_sessions")
        actions.end_own_sessions(request.asker, this=request.session.session_key or "", only=only)
        messages.success(request, _("Ended."))
    return redirect("account_sessions")


@page(SIGNED_IN)
def tokens(request: Request) -> HttpResponse:
    """One's API tokens."""
    rows = [(row, [permission_title(name) for name in row.permissions]) for row in queries.own_tokens(request.asker)]
    return render(request, "accounts/mine/tokens.html", {"rows": rows})


@page(SIGNED_IN, "POST")
@fresh
def new_token(request: Request) -> HttpResponse:
    """A new token; its secret is shown once."""
    form = TokenForm(request.POST or None, asker=request.asker)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = actions.create_token(request.asker, **form.values())
        except InvalidValues as error:
            put(form, error, expires_at="days")
        else:
            return render(request, "accounts/mine/token_made.html", {"token": row, "secret": secret})
    return render(request, "accounts/mine/token_new.html", {"form": form}, status=422 if form.is_bound else 200)


@page(SIGNED_IN, "POST")
def revoke_token(request: Request, token_id: int) -> HttpResponse:
    """A token opens nothing any more."""
    if request.method == "POST":
        actions.revoke_token(request.asker, token_id)
        messages.success(request, _("The token opens nothing any more."))
    return redirect("account_tokens")
