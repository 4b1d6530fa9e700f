"""Pages of lists."""

from __future__ import annotations

from django.urls import path

from vonggac.web.intel.views import lists, matrix, typing, uploads, versions

urlpatterns = [
    path("lists/", lists.index, name="lists"),
    path("lists/new", lists.add, name="list-add"),
    path("lists/picture", typing.picture, name="list-picture"),
    path("lists/<int:list_id>/", lists.one, name="list"),
    path("lists/<int:list_id>/edit", lists.edit, name="list-edit"),
    path("lists/<int:list_id>/import", uploads.upload, name="list-import"),
    path("lists/<int:list_id>/type", typing.type_in, name="list-type"),
    path("lists/<int:list_id>/matrix", matrix.matrix, name="list-matrix"),
    path("lists/<int:list_id>/matrix/export", matrix.export, name="list-matrix-export"),
    path("lists/versions/<int:version_id>/", versions.one, name="list-version"),
    path("lists/versions/<int:version_id>/columns", versions.columns, name="list-version-columns"),
    path("lists/versions/<int:version_id>/details", versions.details, name="list-version-details"),
    path("lists/versions/<int:version_id>/decide", versions.decide, name="list-version-decide"),
    path("lists/versions/<int:version_id>/confirm", versions.confirm, name="list-version-confirm"),
    path("lists/versions/<int:version_id>/abandon", versions.abandon, name="list-version-abandon"),
    path("lists/versions/<int:version_id>/ask", versions.ask_holders, name="list-version-ask"),
    path("lists/versions/<int:version_id>/export", versions.export, name="list-version-export"),
]
