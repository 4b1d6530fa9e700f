"""Browsers (Django's test client) of people who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def browser(province: Any) -> Callable[..., Any]:
    """``browser("agency_officer")``: the client of somebody of the province with that role, every fault of the server raised."""
    from django.test import Client

    def open_as(role: str, **extra: Any) -> Client:
        client = Client(**extra)
        client.force_login(province.users[role])
        return client

    return open_as
