"""The Django app of this room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DirectivesConfig(AppConfig):
    """Letters, what they ask, and what was answered."""

    name = "vonggac.desk.directives"
    label = "directives"

    def ready(self) -> None:
        """Where there are no groups of recipients those that are shipped are proposed."""
        from vonggac.desk.directives.shipped import propose_groups

        post_migrate.connect(propose_groups, sender=self)
