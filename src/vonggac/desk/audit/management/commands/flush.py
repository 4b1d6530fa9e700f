"""Django's ``flush``, for a database whose audit rows are guarded: transactional tests call it after each test."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush

from vonggac.desk.audit import guard


class Command(flush.Command):
    """Empty every table, the guarded ones too, in one transaction."""

    def handle(self, **options: Any) -> None:
        """As Django's, without the triggers; it asks first, as ever."""
        with guard.away():
            super().handle(**options)
