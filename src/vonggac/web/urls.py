"""Where everything is. One line per noun; a noun's own ``urls.py`` says the rest."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("vonggac.web.shell.urls")),
    path("", include("vonggac.web.work.urls")),
    path("", include("vonggac.web.letters.urls")),
    path("", include("vonggac.web.intel.urls")),
    path("", include("vonggac.web.intel.indicators.urls")),
    path("", include("vonggac.web.organisations.urls")),
    path("", include("vonggac.web.work.inside_urls")),
    path("", include("vonggac.web.accounts.urls")),
    path("", include("vonggac.web.audit.urls")),
    path("", include("vonggac.web.notices.urls")),
    path("", include("vonggac.web.operations.urls")),
    path("", include("vonggac.web.webhooks.urls")),
    path("", include("vonggac.web.api.urls")),
]

handler400 = "vonggac.web.shell.errors.bad_request"
handler403 = "vonggac.web.shell.errors.forbidden"
handler404 = "vonggac.web.shell.errors.not_found"
handler500 = "vonggac.web.shell.errors.failed"
