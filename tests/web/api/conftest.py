"""Clients of the API: each with a token of somebody."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone


class Api:
    """Sends JSON with the token of one user; ``secret`` empty: without."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})

    def __call__(self, method, path, body=None, **headers):
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self.client, method)(f"/api/v1{path}", headers=headers, **data)


@pytest.fixture
def api(province):
    """``api(role)``: a client with a token of who holds ``role`` in the province, with all that they may."""
    from signing import give_factor

    from vonggac.desk.accounts.actions import create_token
    from vonggac.desk.scope.roles import PERMISSIONS

    def make(role, permissions=None):
        asker = province.asker(role)
        give_factor(province.users[role])
        allowed = [one for one in sorted(PERMISSIONS) if asker.may(one)] if permissions is None else permissions
        expires = timezone.now() + timedelta(days=30)
        return Api(create_token(asker, name="test", permissions=allowed, expires_at=expires)[1])

    return make
