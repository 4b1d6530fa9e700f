"""Where these pages are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.links import books, entrance, form, office

urlpatterns: list[URLPattern] = [
    path("a/code", entrance.code, name="answer-code"),
    path("a/form", form.form, name="answer-form"),
    path("a/sent", form.sent, name="answer-sent"),
    path("a/draft", form.draft, name="answer-draft"),
    path("a/files/<int:task_id>", form.files, name="answer-files"),
    path("a/files/<int:task_id>/<int:evidence_id>/remove", form.remove_file, name="answer-file-remove"),
    path("a/evidence/<int:evidence_id>", form.evidence, name="answer-evidence"),
    path("a/file/<int:file_id>", form.file, name="answer-file"),
    path("a/book", books.book, name="answer-book"),
    path("a/book/send", books.send, name="answer-book-send"),
    path("a/answers.xlsx", books.workbook, name="answer-workbook"),
    path("a/reply.docx", books.reply, name="answer-reply"),
    path("a/leave", entrance.leave, name="answer-leave"),
    path("a/language", entrance.language, name="answer-language"),
    path("letters/<int:letter_id>/links", office.office, name="letter-links"),
    path("letters/<int:letter_id>/links/<int:recipient_id>", office.recipient, name="letter-recipient-links"),
    path("letters/<int:letter_id>/links/<int:recipient_id>/send", office.send, name="letter-link-send"),
    path(
        "letters/<int:letter_id>/links/<int:recipient_id>/revoke/<int:link_id>",
        office.revoke,
        name="letter-link-revoke",
    ),
    path("letters/<int:letter_id>/remind", office.remind, name="letter-remind"),
    path("a/<str:token>", entrance.entrance, name="answer-link"),
]
