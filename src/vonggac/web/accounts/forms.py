"""Forms of signing in and of one's own account."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from vonggac.desk.accounts import actions
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.values import THEMES
from vonggac.desk.scope.asker import Asker
from vonggac.web.accounts.adapters import WRONG_CODE, locked_page
from vonggac.web.accounts.words import PERMISSION_TITLES, permission_title
from vonggac.web.shell.middleware import origin_of

THEME_TITLES = {"auto": _("As this device"), "light": _("Light"), "dark": _("Dark")}
TOKEN_LIVES = {"30": _("30 days"), "90": _("90 days"), "365": _("One year")}


def password_field(label: Any, *, new: bool = False, help_text: Any = "") -> forms.CharField:
    """A field for a password; ``new``: password programs may offer one."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=256, help_text=help_text)


def _code_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True})
    return forms.CharField(label=_("Code"), max_length=20, widget=widget)


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Name to sign in with"),
            max_length=150,
            widget=forms.TextInput(
                attrs={"autocomplete": "username webauthn", "autocapitalize": "none", "autofocus": True}
            ),
        )
        self.fields["password"] = password_field(_("Password"))
        self.order_fields(["login", "password"])


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """One's password, to show again who one is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field(_("Password"))


class _Counted:
    """A code is counted before it is looked at, and a time step is taken once in all processes."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """The code, if it is right."""
        origin = origin_of(context.request)
        verdict = actions.admit_factor(self.user, origin)
        if verdict.refused_until is not None:
            raise ImmediateHttpResponse(locked_page(context.request, verdict.refused_until))
        code = "".join(self.cleaned_data["code"].split()).replace("-", "")
        self.cleaned_data["code"] = code
        if not self._is_fresh(code):
            actions.factor_wrong(self.user, origin, verdict)
            raise forms.ValidationError(WRONG_CODE)
        try:
            super().clean_code()  # type: ignore[misc]
        except forms.ValidationError:
            actions.factor_wrong(self.user, origin, verdict)
            raise
        actions.factor_right(self.user, origin)
        return code

    def _is_fresh(self, code: str) -> bool:
        """Whether the code, if it is one of the app, was not used before."""
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        step = None if app is None else step_of(decrypt(app.data["secret"]), code)
        return step is None or actions.use_code_step(self.user, step)


def step_of(secret: str, code: str) -> int | None:
    """The time step near now whose code of ``secret`` this is (RFC 6238)."""
    now = int(time.time()) // 30
    near = range(now - settings.MFA_TOTP_TOLERANCE, now + settings.MFA_TOTP_TOLERANCE + 1)
    return next(
        (step for step in near if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code)), None
    )


class CodeForm(_Counted, AuthenticateForm):  # type: ignore[misc]
    """A code of the app or a recovery code, after the password."""

    code = _code_field()


class CodeAgainForm(_Counted, CodeReauthenticateForm):  # type: ignore[misc]
    """A code, to show again who one is."""

    code = _code_field()


class NewAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    code = _code_field()

    def clean_code(self) -> str:
        """The code, if the app makes the same ones as we do."""
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        code: str = super().clean_code()
        step = step_of(self.secret, code)
        if step is None or not actions.use_code_step(self.user, step):
            raise forms.ValidationError(WRONG_CODE)
        return code


class _Careful:
    """What a browser sends of a passkey may be anything: what is not of the expected form is a wrong answer, no fault."""

    def clean_credential(self) -> Any:
        """The authenticator that answered."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise forms.ValidationError(_("This passkey was not recognised.")) from error


class PasskeySignInForm(_Careful, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of name and password."""


class PasskeyForm(_Careful, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""


class PasskeyAgainForm(_Careful, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey, to show again who one is."""


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            max_length=60,
            required=False,
            help_text=_("For example: my phone, the key on my key ring."),
        )
        self.fields["passwordless"].label = _("Sign in with it alone, without name and password")
        self.fields["passwordless"].help_text = _("The device then asks for your finger, face or PIN.")
        self.fields["passwordless"].initial = True
        self.order_fields(["name", "passwordless", "credential"])

    def clean(self) -> dict[str, Any]:
        """The new key, if the device answered as it must."""
        try:
            return super().clean()  # type: ignore[no-any-return]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise forms.ValidationError(_("This passkey was not recognised.")) from error


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""

    name = forms.CharField(label=_("Name"), max_length=60)


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = password_field(
        _("Your new password"),
        new=True,
        help_text=_("At least 12 characters. Several words that belong together for you alone are good."),
    )
    password_again = password_field(_("The same once more"), new=True)


class ChangePasswordForm(NewPasswordForm):
    """A new password, with the one that holds."""

    field_order = ("current", "password", "password_again")
    current = password_field(_("Your password now"))


class AskForLinkForm(forms.Form):
    """Who forgot their password."""

    who = forms.CharField(
        label=_("Name to sign in with, or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )


class AcceptForm(NewPasswordForm):
    """What whoever was invited chooses."""

    field_order = ("name", "username", "language", "password", "password_again")
    name = forms.CharField(label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    username = forms.CharField(
        label=_("Name to sign in with"),
        max_length=64,
        help_text=_("Small letters without marks, digits and . _ - @ +. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])


class ProfileForm(forms.Form):
    """What stands in one's own account; nothing else is taken from what is sent."""

    name = forms.CharField(label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Links for a new password and warnings go there."),
    )
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])
    theme = forms.ChoiceField(label=_("Light or dark"), choices=[(name, THEME_TITLES[name]) for name in THEMES])
    version = forms.IntegerField(widget=forms.HiddenInput)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=_("What it is for"), max_length=120, help_text=_("For example: nightly export to the data warehouse.")
    )
    permissions = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label=_("Ends after"), choices=list(TOKEN_LIVES.items()), initial="90")

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [name for name in PERMISSION_TITLES if asker.may(name)]
        self.fields["permissions"].choices = [(name, capfirst(permission_title(name))) for name in mine]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        until = timezone.now() + timedelta(days=int(self.cleaned_data["days"]))
        return {"name": self.cleaned_data["name"], "permissions": self.cleaned_data["permissions"], "expires_at": until}
