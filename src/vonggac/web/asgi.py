"""The live stream: what its server loads, in one process (``granian --interface asgi vonggac.web.asgi:application``)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
django.setup()


def _application() -> "Live":
    from urllib.parse import urlsplit

    from django.conf import settings

    from vonggac.web.live.application import Live

    hosts = [*settings.ALLOWED_HOSTS, urlsplit(settings.LIVE_URL).hostname or "localhost"]
    return Live(settings.VONGGAC.public_url, hosts)


application = _application()
