"""The Django app of this room."""

from django.apps import AppConfig


class DirectivesConfig(AppConfig):
    """Letters, what they ask, and what was answered."""

    name = "vonggac.desk.directives"
    label = "directives"
