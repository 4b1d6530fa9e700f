"""The Django app of this room."""

from django.apps import AppConfig


class DirectivesConfig(AppConfig):
    """Letters, what they ask, and what was answered."""

    name = "vonggac.desk.directives"
    label = "directives"

    def ready(self) -> None:
        """Alarms of work reach contacts without an account by links that they can use."""
        from vonggac.desk.directives.actions.links import ring
        from vonggac.desk.work.actions.alarms import TELLERS

        if ring not in TELLERS:
            TELLERS.append(ring)
