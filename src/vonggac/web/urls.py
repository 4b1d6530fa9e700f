"""Where everything is. One line per noun; a noun's own ``urls.py`` says the rest."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("vonggac.web.shell.urls")),
    path("", include("vonggac.web.organisations.urls")),
    path("", include("vonggac.web.accounts.urls")),
    path("", include("vonggac.web.audit.urls")),
    path("", include("vonggac.web.notices.urls")),
    path("", include("vonggac.web.operations.urls")),
]
