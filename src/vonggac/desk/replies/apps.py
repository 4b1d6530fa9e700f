"""The Django app of this room."""

from django.apps import AppConfig


class RepliesConfig(AppConfig):
    """Replies."""

    name = "vonggac.desk.replies"
    label = "replies"
