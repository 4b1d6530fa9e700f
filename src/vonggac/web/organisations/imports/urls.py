"""Pages of import and export."""

from __future__ import annotations

from django.urls import path

from vonggac.web.organisations.imports import views

urlpatterns = [
    path("directory/import/", views.upload, name="directory-import"),
    path("directory/import/template", views.template, name="directory-template"),
    path("directory/import/<int:import_id>/", views.one, name="directory-import-one"),
    path("directory/import/<int:import_id>/apply", views.apply, name="directory-import-apply"),
    path("directory/import/<int:import_id>/check", views.check_again, name="directory-import-check"),
    path("directory/import/<int:import_id>/abandon", views.abandon, name="directory-import-abandon"),
    path("directory/import/<int:import_id>/faults", views.faults, name="directory-import-faults"),
    path("directory/export/", views.export, name="directory-export"),
]
