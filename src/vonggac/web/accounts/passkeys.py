"""Whether browsers can use passkeys where the portal stands: they need a host name, and HTTPS but for localhost."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.utils.translation import gettext as _


def obstacle() -> str:
    """Why there can be no passkeys here, in the reader's language; empty where there can."""
    host = settings.PUBLIC.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if settings.IS_HTTPS or host == "localhost" or host.endswith(".localhost"):
            return ""
        return _("Passkeys need an encrypted connection (https). Ask the administrator for the portal’s https address.")
    return _(
        "Passkeys need a name, and the portal stands at a bare address ({host}). Ask the administrator to give it a name; "
        "on this machine itself, http://localhost works."
    ).format(host=host)
