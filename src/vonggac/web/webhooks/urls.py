"""Pages of webhooks."""

from __future__ import annotations

from django.urls import path

from vonggac.web.webhooks import views

urlpatterns = [
    path("webhooks/", views.index, name="webhooks"),
    path("webhooks/add", views.add, name="webhook-add"),
    path("webhooks/<int:subscription_id>/", views.one, name="webhook"),
    path("webhooks/<int:subscription_id>/edit", views.edit, name="webhook-edit"),
    path("webhooks/<int:subscription_id>/test", views.try_out, name="webhook-test"),
    path("webhooks/<int:subscription_id>/retry", views.retry, name="webhook-retry"),
    path("webhooks/<int:subscription_id>/secret", views.new_secret, name="webhook-secret"),
    path("webhooks/<int:subscription_id>/remove", views.remove, name="webhook-remove"),
]
