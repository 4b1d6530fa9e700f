"""Pages of indicators."""

from __future__ import annotations

from django.urls import path

from vonggac.web.intel.indicators import aliases, exchange, views

urlpatterns = [
    path("indicators/", views.index, name="indicators"),
    path("indicators/add", views.add, name="indicator-add"),
    path("indicators/import", exchange.take_in, name="indicators-import"),
    path("indicators/export", exchange.export, name="indicators-export"),
    path("indicators/aliases/", aliases.index, name="aliases"),
    path("indicators/aliases/add", aliases.add, name="alias-add"),
    path("indicators/aliases/<int:alias_id>/edit", aliases.edit, name="alias-edit"),
    path("indicators/aliases/<int:alias_id>/remove", aliases.remove, name="alias-remove"),
    path("indicators/<int:indicator_id>/", views.one, name="indicator"),
    path("indicators/<int:indicator_id>/edit", views.edit, name="indicator-edit"),
    path("indicators/<int:indicator_id>/withdraw", views.withdraw, name="indicator-withdraw"),
    path("indicators/<int:indicator_id>/put-back", views.put_back, name="indicator-put-back"),
]
