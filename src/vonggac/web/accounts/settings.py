"""What Django's authentication and allauth are told.

allauth's own limits of rates are off: they count in the memory of one process. Ours count in the database, see
``desk.accounts.lockouts``.
"""

from __future__ import annotations

from datetime import timedelta

IDLE = timedelta(minutes=30)
"""A session that is not used for so long ends."""
LONGEST = timedelta(hours=12)
"""A session ends so long after its beginning, whatever is done in it."""

AUTHENTICATION_BACKENDS = ["vonggac.web.accounts.backend.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "vonggac.web.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_FORMS = {
    "login": "vonggac.web.accounts.forms.SignInForm",
    "reauthenticate": "vonggac.web.accounts.forms.PasswordAgainForm",
}

MFA_ADAPTER = "vonggac.web.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TRUST_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
MFA_TOTP_ISSUER = "Vọng Gác"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "vonggac.web.accounts.forms.CodeForm",
    "reauthenticate": "vonggac.web.accounts.forms.CodeAgainForm",
    "activate_totp": "vonggac.web.accounts.forms.NewAppForm",
    "add_webauthn": "vonggac.web.accounts.forms.NewPasskeyForm",
    "edit_webauthn": "vonggac.web.accounts.forms.PasskeyNameForm",
    "login_webauthn": "vonggac.web.accounts.forms.PasskeySignInForm",
    "authenticate_webauthn": "vonggac.web.accounts.forms.PasskeyForm",
    "reauthenticate_webauthn": "vonggac.web.accounts.forms.PasskeyAgainForm",
}

USERSESSIONS_TRACK_ACTIVITY = False  # a write for every request; ours writes once a minute

SOCIALACCOUNT_ADAPTER = "vonggac.web.accounts.sign_on.SignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
