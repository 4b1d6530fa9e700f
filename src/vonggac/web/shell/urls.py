"""Pages of the shell itself."""

from __future__ import annotations

from django.urls import path

from vonggac.web.shell import views

urlpatterns = [
    path("", views.today, name="today"),
    path("search", views.search, name="search"),
    path("search/suggestions", views.suggestions, name="suggestions"),
    path("language", views.language, name="language"),
    path("theme", views.theme, name="theme"),
    path("components/", views.components, name="components"),
]
