"""The Django app of this room."""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Organisations."""

    name = "vonggac.desk.organisations"
    label = "organisations"
