"""The Django app of this room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WorkConfig(AppConfig):
    """Work."""

    name = "vonggac.desk.work"
    label = "work"

    def ready(self) -> None:
        """An empty table of policies is filled with what is shipped as proposed."""
        from vonggac.desk.work.shipped import propose

        post_migrate.connect(propose, sender=self)
