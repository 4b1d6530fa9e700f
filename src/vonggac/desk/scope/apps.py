"""The Django app of this room."""

from django.apps import AppConfig


class ScopeConfig(AppConfig):
    """Scope."""

    name = "vonggac.desk.scope"
    label = "scope"
