"""The Django app of the shell: its templates, assets and template tags."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """Shell."""

    name = "vonggac.web.shell"
    label = "shell"
