"""What the values of an account may be; every check notes its faults, so that all come at once."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from vonggac.config import LANGUAGES
from vonggac.desk.accounts.models import User
from vonggac.desk.organisations.checks import Check
from vonggac.errors import N_, Fault

LINK_HOURS = 2
"""How long a link for a new password may be used."""
INVITATION_DAYS = 7
ONE_TIME_HOURS = 72
"""How long a one-time password may be used."""
TOKEN_DAYS = 366
"""The longest life of an API token."""
THEMES = ("auto", "light", "dark")
LONGEST_PASSWORD = 256

INVITATION_LIFE = timedelta(days=INVITATION_DAYS)
LINK_LIFE = timedelta(hours=LINK_HOURS)
ONE_TIME_LIFE = timedelta(hours=ONE_TIME_HOURS)
TOKEN_LIFE = timedelta(days=TOKEN_DAYS)

_USERNAME = re.compile(r"[0-9a-z](?:[0-9a-z._@+-]{1,62})[0-9a-z]")


def clean_username(check: Check, value: str | None, *, but: User | None = None) -> str:
    """A name to sign in with: small letters, digits and ``. _ - @ +``, 3 to 64, of nobody else."""
    text = check.text("username", value, most=64, needed=True).lower()
    if text and not _USERNAME.fullmatch(text):
        check.fault(
            "username", N_("3 to 64 small letters without marks, digits and . _ - @ +, letters or digits at both ends")
        )
    elif text and _others(but).filter(username__iexact=text).exists():
        check.fault("username", N_("this name is taken: choose another"))
    return text


def clean_email(check: Check, value: str | None, *, needed: bool, but: User | None = None) -> str:
    """An e-mail address of nobody else, all in small letters."""
    text = check.email("email", value, needed=needed).lower()
    if text and _others(but).filter(email__iexact=text).exists():
        check.fault("email", N_("another account has this address"))
    return text


def clean_language(check: Check, value: str | None) -> str:
    """A language that we speak."""
    return str(check.one_of("language", value, LANGUAGES))


def clean_password(check: Check, user: User, password: str, again: str | None = None) -> str:
    """A password that may stand; ``again``: as it was typed a second time."""
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) > LONGEST_PASSWORD:
        check.fault("password", N_("{n} characters are too many: at most {most}"), n=len(plain), most=LONGEST_PASSWORD)
        return plain
    if again is not None and unicodedata.normalize("NFKC", again) != plain:
        check.fault("password_again", N_("the two are not the same"))
    try:
        validate_password(plain, user)
    except ValidationError as error:
        check.faults.extend(Fault("password", message) for message in error.messages)
    if plain and user.password and user.check_password(plain):
        check.fault("password", N_("this is the password that you have: choose another"))
    return plain


def _others(but: User | None) -> QuerySet[User]:
    return User.objects.all() if but is None or but.pk is None else User.objects.exclude(pk=but.pk)
