"""The Django app of this room."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "vonggac.desk.webhooks"
    label = "webhooks"
