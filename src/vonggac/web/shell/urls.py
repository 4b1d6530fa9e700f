"""Pages of the shell itself."""

from __future__ import annotations

from django.urls import path

from vonggac.web.shell import views

urlpatterns = [
    path("", views.today, name="today"),
]
