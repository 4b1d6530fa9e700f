"""Where the files of letters are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters import books, files

urlpatterns: list[URLPattern] = [
    path("letters/<int:letter_id>/files/", files.files, name="letter-files"),
    path("letters/<int:letter_id>/files/add", files.attach, name="letter-attach"),
    path("letters/<int:letter_id>/files/signed", files.signed, name="letter-signed"),
    path("letters/<int:letter_id>/files/<int:file_id>", files.download, name="letter-file"),
    path("letters/attachments/<int:attached_id>/remove", files.remove, name="letter-file-remove"),
    path("letters/<int:letter_id>/preview.docx", files.preview, {"form": "docx"}, name="letter-preview-docx"),
    path("letters/<int:letter_id>/preview.pdf", files.preview, {"form": "pdf"}, name="letter-preview-pdf"),
    path("letters/received/<int:recipient_id>/answers.xlsx", books.workbook, name="letter-answers-workbook"),
    path("letters/received/<int:recipient_id>/answers", books.book, name="letter-answers-book"),
    path("letters/received/<int:recipient_id>/answers/send", books.send, name="letter-answers-send"),
    path("letters/received/<int:recipient_id>/reply.docx", books.reply, name="letter-reply"),
]
