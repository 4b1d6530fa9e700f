"""What every page knows of messages: how many of one's own are unread, whether messages are held."""

from __future__ import annotations

from typing import Any

from django.utils.functional import SimpleLazyObject

from vonggac.desk.notices import delivery, queries


def bell(request: Any) -> dict[str, Any]:
    """Template context, asked of the database only where a template shows it.

    ``n_unread`` (100 for more than 99), for ``notices/bell.html``; ``notices_held`` and ``may_release_notices``, for
    ``notices/held.html``.
    """
    if not hasattr(request, "asker"):
        return {}
    return {
        "n_unread": SimpleLazyObject(lambda: queries.n_unread(request.asker)),
        "notices_held": SimpleLazyObject(delivery.is_holding),
        "may_release_notices": SimpleLazyObject(lambda: request.asker.may("notices.release")),
    }
