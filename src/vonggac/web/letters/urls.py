"""Pages of letters."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("vonggac.web.letters.writing.urls")),
    path("", include("vonggac.web.letters.answering.urls")),
    path("", include("vonggac.web.letters.links.urls")),
    path("", include("vonggac.web.letters.arriving.urls")),
    path("", include("vonggac.web.letters.table.urls")),
    path("", include("vonggac.web.letters.table.report_urls")),
    path("", include("vonggac.web.letters.file_urls")),
]
