"""The Django app of this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Audit."""

    name = "vonggac.desk.audit"
    label = "audit"
