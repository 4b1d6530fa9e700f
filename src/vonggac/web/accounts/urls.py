"""Signing in and out, one's own account, people with accounts, invitations."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
]
