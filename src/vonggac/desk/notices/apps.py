"""The Django app of this room."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices."""

    name = "vonggac.desk.notices"
    label = "notices"
