"""Pages and API: what the server of requests loads."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
_django = get_wsgi_application()

STACK_SLOTS = 70_000

# SQLite's driver lets other threads run at every row that it fetches, and each time waits its turn: with the default of 5 ms a page of a
# hundred rows waits half a second beside another that computes.
sys.setswitchinterval(0.0005)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    return _django(environ, start_response)


# CPython 3.11 keeps frames in chunks of 16 KiB. A loop deep in a template that calls across the end of a chunk asks the kernel for
# memory and gives it back at every call: a quarter of the time of some pages. A chunk is made as large as the frame that it is made
# for, rounded up to a power of two (Python/pystate.c, push_chunk); this frame asks for half a megabyte, which the rest then uses.
application.__code__ = application.__code__.replace(co_stacksize=STACK_SLOTS)
