"""The live stream: what its server loads, in one process (``granian --interface asgi vonggac.web.asgi:application``)."""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
django.setup()

from vonggac.web.live.application import Live  # noqa: E402  # reads models, which have to be loaded

application = Live(
    settings.VONGGAC.public_url, [*settings.ALLOWED_HOSTS, urlsplit(settings.LIVE_URL).hostname or "localhost"]
)
