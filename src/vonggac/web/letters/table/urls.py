"""Where these pages are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.table import views

urlpatterns: list[URLPattern] = [
    path("letters/<int:letter_id>/table", views.table, name="letter-table"),
    path("letters/<int:letter_id>/table/<int:clause_id>", views.clause, name="letter-table-clause"),
    path("letters/<int:letter_id>/table/export", views.export, name="letter-table-export"),
]
