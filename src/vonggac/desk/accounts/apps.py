"""The Django app of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts."""

    name = "vonggac.desk.accounts"
    label = "accounts"
