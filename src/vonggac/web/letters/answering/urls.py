"""Where these pages are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.answering import views

urlpatterns: list[URLPattern] = [
    path("letters/received/", views.received, name="letters-received"),
    path("letters/received/<int:recipient_id>/", views.one, name="letter-received"),
    path("letters/received/<int:recipient_id>/sent", views.sent, name="letter-received-sent"),
    path("letters/received/<int:recipient_id>/draft", views.draft, name="letter-received-draft"),
    path("letters/received/<int:recipient_id>/files/<int:obligation_id>", views.files, name="letter-received-files"),
    path(
        "letters/received/<int:recipient_id>/files/<int:obligation_id>/<int:proof_id>/remove",
        views.remove_file,
        name="letter-received-remove",
    ),
]
