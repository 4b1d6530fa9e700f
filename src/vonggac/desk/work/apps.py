"""The Django app of this room."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Work."""

    name = "vonggac.desk.work"
    label = "work"
