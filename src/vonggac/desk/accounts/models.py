"""People who sign in, what they were granted, what opens an account, and what stops those who guess."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import SORT_KEY_LENGTH, search_form, sort_key


class Users(BaseUserManager["User"]):
    """Finds users by what they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of this name, whatever its case."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """``username`` is what they sign in with. ``must_change_password``: nothing else is allowed until they did.

    ``password_expires_at``: until when a one-time password may be used. ``email_verified``: somebody opened a link sent there.
    ``totp_step``: the last time step whose code was used, so that none is used twice.
    """

    AUDIT_SECRET: ClassVar = ("password", "last_login", "folded", "sort_key", "totp_step")
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["email"]

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    email_verified = models.BooleanField(default=False)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=32, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="users")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    password_expires_at = models.DateTimeField(null=True, blank=True)
    totp_step = models.BigIntegerField(default=0)
    language = models.CharField(max_length=2, default="vi")
    theme = models.CharField(max_length=5, default="auto")
    created_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, editable=False)

    objects = Users()

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="username_once"),
            models.UniqueConstraint(Lower("email"), name="email_once", condition=~models.Q(email="")),
        )
        indexes = (models.Index(fields=["sort_key", "id"], name="user_by_name"),)

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The name that people read."""
        return str(self)

    # Keyboards write Vietnamese letters composed or decomposed: both are the same password (NIST SP 800-63B, 3.1.1.2: NFKC).

    def set_password(self, raw_password: str | None) -> None:
        """Keep the hash of a password."""
        super().set_password(None if raw_password is None else unicodedata.normalize("NFKC", raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password."""
        return super().check_password(None if raw_password is None else unicodedata.normalize("NFKC", raw_password))

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form and the sort key with what they are of."""
        self.folded = search_form(self.username, self.name, self.email)
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Grant(Dated):
    """``user`` holds ``role`` on ``organisation`` and everything below it (None: everywhere) for a time."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=["user", "role"], name="grant_of_user"),
            models.Index(fields=["role", "organisation"], name="grant_of_role"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(models.Model):
    """An account that waits to be taken by whoever opens the link sent to ``email``. Only the SHA-256 of its token is kept.

    ``invited_by`` None: the program itself. ``user``: the account that was made of it.
    """

    AUDIT_SECRET: ClassVar = ("token_hash", "folded")

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=2, default="vi")
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    by_program = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    n_sent = models.IntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    user = models.OneToOneField(User, models.SET_NULL, null=True, blank=True, related_name="invitation")
    folded = models.TextField(editable=False)

    class Meta:
        indexes = (models.Index(fields=["-created_at"], name="invitation_by_time"),)

    def __str__(self) -> str:
        return self.email

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form with what it is of."""
        self.folded = search_form(self.name, self.email)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class InvitedGrant(Dated):
    """What an invitation grants when it is accepted; as Grant."""

    id = models.BigAutoField(primary_key=True)
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.role}"


class PasswordLink(models.Model):
    """A way to set a new password once. Only the SHA-256 of its token is kept."""

    AUDIT_SECRET: ClassVar = ("token_hash",)

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="password_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"password link of {self.user_id}"


class ApiToken(models.Model):
    """A secret with which a program asks for ``user``, within ``permissions`` and what the user holds at the time.

    Only the SHA-256 of the secret is kept. ``last_used_at`` is true to the hour.
    """

    AUDIT_SECRET: ClassVar = ("secret_hash", "last_used_at")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120)
    secret_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    permissions = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Lockout(models.Model):
    """How often something was tried in vain lately, and until when it is refused. ``key`` is a SHA-256: names stay unsaid.

    ``kind``: see ``lockouts.POLICIES``. ``user``: whose account it is, where there is one.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=64)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="lockouts")
    n = models.IntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="lockout_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.n}"
