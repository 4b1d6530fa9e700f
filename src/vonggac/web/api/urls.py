"""Where the API is: ``/api/v1/``; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from django.urls import path

from vonggac.web.api.core import api
from vonggac.web.organisations.api import graph, mandates, networks, people, systems

for _router in (graph.router, people.router, networks.router, systems.router, mandates.router):
    api.add_router("", _router)

urlpatterns = [path("api/v1/", api.urls)]
