"""The Django app of this room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DirectivesConfig(AppConfig):
    """Letters, what they ask, and what was answered."""

    name = "vonggac.desk.directives"
    label = "directives"

    def ready(self) -> None:
        """What this room adds to those below: groups of recipients that are shipped, what becomes of declarations, links in reminders."""
        from vonggac.desk.directives.actions.declaring import take_in
        from vonggac.desk.directives.actions.links import ring
        from vonggac.desk.directives.shipped import propose_groups
        from vonggac.desk.work.actions.alarms import TELLERS
        from vonggac.desk.work.actions.review import ON_ACCEPTED
        from vonggac.desk.work.kinds import DECLARE

        post_migrate.connect(propose_groups, sender=self)
        ON_ACCEPTED[DECLARE.name] = take_in
        if ring not in TELLERS:
            TELLERS.append(ring)
