"""What every page knows: the navigation that this person uses."""

from __future__ import annotations

from typing import Any

from vonggac.web.shell.navigation import navigation_for


def shell(request: Any) -> dict[str, Any]:
    """Template context of the shell."""
    if not hasattr(request, "asker") or not request.user.is_authenticated:
        return {"navigation": ()}
    return {"navigation": navigation_for(request)}
