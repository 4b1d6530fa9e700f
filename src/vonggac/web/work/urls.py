"""Pages of this noun."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.work import cleanup_views, evidence_views, report_views
from vonggac.web.work.views import bulk, opening, policies, queue, task

urlpatterns: list[URLPattern] = [
    path("work/", queue.queue, name="work"),
    path("work/views", queue.views, name="work-views"),
    path("work/bulk", bulk.bulk, name="work-bulk"),
    path("work/undo", bulk.undo, name="work-undo"),
    path("work/new", opening.add, name="work-new"),
    path("work/policies", policies.policies, name="work-policies"),
    path("work/policies/new", policies.propose, name="work-policy-new"),
    path("work/policies/<int:policy_id>/decide", policies.decide, name="work-policy-decide"),
    path("work/calendar", policies.calendar, name="work-calendar"),
    path("work/calendar/days", policies.days, name="work-days"),
    path("work/<int:task_id>/", task.task, name="task"),
    path("work/<int:task_id>/answer", task.answer, name="task-answer"),
    path("work/<int:task_id>/comment", task.comment, name="task-comment"),
    path("work/<int:task_id>/watch", task.watch, name="task-watch"),
    path("work/<int:task_id>/evidence", evidence_views.evidence, name="task-evidence"),
    path("work/report/", report_views.report, name="work-report"),
    path("work/report/workbook", report_views.workbook, name="work-report-workbook"),
    path("work/report/send", report_views.send, name="work-report-send"),
    path("work/cleanup/", cleanup_views.cleanup, name="work-cleanup"),
    path("work/cleanup/file", cleanup_views.file, name="work-cleanup-file"),
    path("work/evidence/<int:evidence_id>", evidence_views.download, name="evidence-file"),
    path("work/evidence/<int:evidence_id>/preview", evidence_views.preview, name="evidence-preview"),
    path("work/evidence/<int:evidence_id>/remove", evidence_views.remove, name="evidence-remove"),
    *(path(f"work/<int:task_id>/{name}", view, name=f"task-{name}") for name, view in task.VIEWS.items()),
]
