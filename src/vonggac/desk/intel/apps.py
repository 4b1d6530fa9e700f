"""The Django app of this room."""

from django.apps import AppConfig


class IntelConfig(AppConfig):
    """Lists and indicators."""

    name = "vonggac.desk.intel"
    label = "intel"
