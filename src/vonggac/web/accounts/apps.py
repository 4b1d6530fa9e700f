"""The Django app of these pages: their assets, and what is heard of allauth."""

from django.apps import AppConfig


class AccountPagesConfig(AppConfig):
    """Pages of accounts."""

    name = "vonggac.web.accounts"
    label = "account_pages"

    def ready(self) -> None:
        """Hear when second factors are added, removed and used."""
        from vonggac.web.accounts import heard

        heard.connect()
