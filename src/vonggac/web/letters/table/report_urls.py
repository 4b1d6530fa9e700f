"""Where reports on letters, the log of sending and single days are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.table import report_head, report_views, sent_views

urlpatterns: list[URLPattern] = [
    path("letters/<int:letter_id>/report", report_views.reports, name="letter-report"),
    path("letters/<int:letter_id>/report/begin", report_views.begin, name="report-begin"),
    path("letters/<int:report_id>/parts", report_views.parts, name="report-parts"),
    path("letters/<int:report_id>/parts/head", report_head.head, name="report-head"),
    path("letters/<int:report_id>/parts/ends", report_views.ends, name="report-ends"),
    path("letters/<int:report_id>/parts/add", report_views.add, name="report-part-add"),
    path("letters/<int:report_id>/parts/renew", report_views.renew, name="report-renew"),
    path("letters/<int:report_id>/parts/make", report_views.make, name="report-make"),
    path("letters/<int:report_id>/parts/files/<str:part>", report_views.file, name="report-file"),
    path("letters/<int:report_id>/parts/<int:part_id>", report_views.part, name="report-part"),
    path("letters/<int:letter_id>/sent", sent_views.sent, name="letter-sent"),
    path("letters/<int:letter_id>/sent/export", sent_views.export, name="letter-sent-export"),
    path("letters/sent/<int:recipient_id>/note", sent_views.note, name="letter-sent-note"),
    path("letters/sent/notes/<int:note_id>/remove", sent_views.remove, name="letter-sent-note-remove"),
    path("letters/<int:letter_id>/days/", sent_views.days, name="letter-days"),
    path("letters/<int:letter_id>/days/<str:day>", sent_views.one_day, name="letter-day"),
    path("letters/<int:letter_id>/days/<str:day>/docx", sent_views.day_file, name="letter-day-file"),
]
