"""A file as the body of a request: into the spool, piece by piece."""

from __future__ import annotations

from typing import Annotated, Any

from django.conf import settings as django_settings
from ninja import Query

from vonggac.config import Settings
from vonggac.errors import N_, Fault, InvalidValues
from vonggac.jobs import spool

SETTINGS: Settings = django_settings.VONGGAC
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}
"""How the description of the API tells that the body is the file itself."""

FileName = Annotated[
    str, Query(min_length=1, max_length=200, description="Its ending says what it is: .xlsx, .csv, .zip …")
]
_PIECE = 256 << 10


def spooled(request: Any, limit: int = spool.UPLOAD_LIMIT) -> spool.Spooled:
    """The body in the spool: whatever its size, little is in memory. Raises InvalidValues for a form or an empty file, TooLarge."""
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise InvalidValues([Fault("body", N_("the body is the file itself, as application/octet-stream"))])
    taken = spool.Spool(SETTINGS, limit)
    try:
        while piece := request.read(_PIECE):
            taken.write(piece)
    except BaseException:
        taken.drop()
        raise
    if not taken.size:
        taken.drop()
        raise InvalidValues([Fault("body", N_("the file is empty"))])
    return taken.done()
