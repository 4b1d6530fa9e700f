"""Pages of the audit record."""

from __future__ import annotations

from django.urls import path

from vonggac.web.audit import views

urlpatterns = [
    path("audit/", views.entries, name="audit"),
    path("audit/export", views.export, name="audit-export"),
    path("audit/erase", views.erase, name="audit-erase"),
]
