"""Messages: the queue and its log, one message, the switch that holds them, one's own list."""

from __future__ import annotations

from django.urls import path

from vonggac.web.notices import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/move", views.move, name="notices-move"),
    path("notices/hold", views.hold, name="notices-hold"),
    path("notices/test", views.test, name="notices-test"),
    path("notices/mine", views.mine, name="notices-mine"),
    path("notices/mine/read", views.read, name="notices-read"),
    path("notices/<int:notice_id>/", views.notice, name="notice"),
]
