"""People who sign in, and what they were granted."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import search_form


class Users(BaseUserManager["User"]):
    """Finds users by what they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of this name, whatever its case."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """``username`` is what they sign in with. ``must_change_password``: nothing else is allowed until they did."""

    AUDIT_SECRET: ClassVar = ("password", "last_login", "folded")
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["email"]

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=32, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="users")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    language = models.CharField(max_length=2, default="vi")
    theme = models.CharField(max_length=5, default="auto")
    created_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)

    objects = Users()

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The name that people read."""
        return str(self)

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form with what it is of."""
        self.folded = search_form(self.username, self.name, self.email)
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
        indexes = (models.Index(fields=["user", "role"], name="grant_of_user"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
