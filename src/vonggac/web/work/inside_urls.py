"""Pages of who it was inside."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.work import inside_views

urlpatterns: list[URLPattern] = [
    path("work/<int:task_id>/guide", inside_views.guide, name="task-guide"),
    path("work/<int:task_id>/hosts", inside_views.hosts, name="task-hosts"),
    path("work/<int:task_id>/ask-holder", inside_views.ask_holder, name="task-ask-holder"),
    path("work/<int:task_id>/pass-on", inside_views.pass_on, name="task-pass-on"),
]
