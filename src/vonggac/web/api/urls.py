"""Where the API is: ``/api/v1/``; its description is ``/api/v1/openapi.json``."""

from __future__ import annotations

from django.urls import path

from vonggac.web.accounts import api as accounts
from vonggac.web.api.core import api
from vonggac.web.audit import api as audit
from vonggac.web.intel import api as lists
from vonggac.web.intel.indicators import api as indicators
from vonggac.web.letters.api import ROUTERS as LETTERS
from vonggac.web.notices import api as notices
from vonggac.web.organisations.api import finding, graph, imports, mandates, networks, people, systems
from vonggac.web.webhooks import api as webhooks
from vonggac.web.work import api as work
from vonggac.web.work import inside_api, proof_api

_NOUNS = (
    graph,
    people,
    networks,
    systems,
    mandates,
    finding,
    imports,
    accounts,
    audit,
    notices,
    work,
    proof_api,
    inside_api,
    lists,
    indicators,
    webhooks,
)
for _noun in _NOUNS:
    api.add_router("", _noun.router)
for _router in LETTERS:
    api.add_router("", _router)

urlpatterns = [path("api/v1/", api.urls)]
