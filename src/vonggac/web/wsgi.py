"""Pages and API: what the server of requests loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
application = get_wsgi_application()
