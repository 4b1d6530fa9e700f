"""Where these pages are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.writing import changes, editor, groups, lists, reading, starting, steps

urlpatterns: list[URLPattern] = [
    path("letters/", lists.index, name="letters"),
    path("letters/new", starting.new, name="letter-new"),
    path("letters/addressable", editor.pick, name="letter-addressable"),
    path("letters/groups/", groups.groups, name="letter-groups"),
    path("letters/groups/new", groups.add, name="letter-group-add"),
    path("letters/groups/<int:group_id>/", groups.edit, name="letter-group"),
    path("letters/<int:letter_id>/", reading.one, name="letter"),
    path("letters/<int:letter_id>/edit", editor.edit, name="letter-edit"),
    path("letters/<int:letter_id>/changes", changes.changes, name="letter-changes"),
    path("letters/<int:letter_id>/check", steps.check, name="letter-check"),
    path("letters/<int:letter_id>/approve", steps.approve, name="letter-approve"),
    path("letters/<int:letter_id>/send-back", steps.send_back, name="letter-send-back"),
    path("letters/<int:letter_id>/issue", steps.issue, name="letter-issue"),
    path("letters/<int:letter_id>/send", steps.send, name="letter-send"),
    path("letters/<int:letter_id>/withdraw", steps.withdraw, name="letter-withdraw"),
    path("letters/<int:letter_id>/discard", steps.discard, name="letter-discard"),
]
