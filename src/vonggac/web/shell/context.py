"""What every page knows: its language and theme, the navigation that this person uses, who they are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext

from vonggac.desk.scope.roles import ROLES
from vonggac.web.shell import times
from vonggac.web.shell.choices import theme_of
from vonggac.web.shell.navigation import MINE, is_built, navigation_for

OWN_NAMES = {"vi": "Tiếng Việt", "en": "English"}
"""Language to what it calls itself."""


def _words() -> dict[str, str]:
    """What our scripts say, by the name of a data attribute; ``{n}`` is filled there."""
    return {
        **times.words(),
        "copied": gettext("Copied"),
        "not-copied": gettext("This browser did not let us copy. Mark the text and press Ctrl+C."),
        "failed": gettext("That did not work. Load the page anew and try again."),
        "offline": gettext("The portal cannot be reached. Check the network, then try again; nothing was changed."),
        "ended": gettext("Your session has ended. What you are typing is kept in this window: sign in anew to go on."),
        "new": gettext("{n} new"),
    }


def shell(request: Any) -> dict[str, Any]:
    """Template context of the shell: ``shell`` for its own parts, ``navigation`` for the side."""
    language = get_language() or settings.LANGUAGE_CODE
    values: dict[str, Any] = {
        "language": language,
        "theme": theme_of(request),
        "other_languages": [(code, OWN_NAMES[code]) for code, _name in settings.LANGUAGES if code != language],
        "words": _words(),
        "user": "",
        "here": request.get_full_path() if request.method == "GET" else "/",
        "asked": request.GET.get("q", "")[:200] if request.path == "/search" else "",
    }
    if not hasattr(request, "asker") or not request.user.is_authenticated:
        return {"shell": values, "navigation": ()}
    roles = [gettext(role.title) for name, role in ROLES.items() if name in request.asker.roles]
    values |= {
        "user": request.user_id,
        "roles": roles,
        "mine": [item for item in MINE if is_built(item.url)],
        "live": f"{settings.LIVE_URL}/live",
        "live_after": getattr(request, "live_after", None),
    }
    return {"shell": values, "navigation": navigation_for(request)}
